trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1
diff <(printf '1\n2\n') <(printf '1\n3\n'); echo "status $?"
sleep 30 & kill %1; wait %1; echo "status $?"
timeout 0.2 sleep 5; echo "status $?"
(exit 3) | (exit 4); echo "${PIPESTATUS[@]}"
x=$(cat <<EOF
here $((6 * 7)) ${HOSTNAME:+named}
EOF
); echo "$x"
coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r -u "${CAT[0]}" line; echo "$line"
read -t 0.1 nothing < <(sleep 1); echo "read $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "status $?"
set -o pipefail; false | true; echo "status $?"
echo {a..e}{1..2} | xargs -n 3 -P 2 echo | sort
printf '%s\n' "$BASHPID" | grep -q '^[0-9]*$' && echo pid
exec 5>log; echo logged >&5; exec 5>&-; cat log; rm log
