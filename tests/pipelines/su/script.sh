su - user -c 'id; pwd; echo "$HOME $SHELL"; touch /root/x; touch x && stat -c "%U %a" x'
id -u
