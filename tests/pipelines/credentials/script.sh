id; whoami; cat /etc/shadow; ls /root; echo x >/etc/new; kill -9 1
echo mine >file && chmod 400 file && (echo more >>file) ; cat file
for d in null zero full random urandom tty; do stat -c '%n %A' /dev/$d; done; echo into nothing >/dev/null && echo written
su - user -c 'id -un' </dev/null 2>&1 | tail -1
chown root file; chmod 4755 file && stat -c %A file
