export HOME=/tmp/home TERM=screen; mkdir -p $HOME; cd /tmp; seq 300000 >big; echo "PS1='% '" >rc
tmux -f /dev/null new-session -d -x 80 -y 24 'exec bash --rcfile rc'
keys() { tmux send-keys -t 0 "$@"; }
shows() {
    for i in $(seq 300); do tmux capture-pane -p | grep -q "$1" && { echo "shows $1"; return; }; sleep 0.1; done
    echo "never shows $1"; tmux capture-pane -p
}
keys 'python3 -q' Enter; shows '^>>>'; keys 'sum(i * i for i in range(1000))' Enter; shows '^332833500'
keys 'for i in range(3):' Enter '    print("row", i)' Enter Enter; shows '^row 2'; keys 'imp' Tab 'os; os.getcwd()' Enter; shows "^'/tmp'"
keys 'while True: pass' Enter Enter; sleep 0.5; keys C-c; shows 'KeyboardInterrupt'; keys C-d; shows '^% *$'
keys 'clear; node' Enter; shows '^> *$'; keys '[1, 2, 3].map(n => n * 2)' Enter; shows '^\[ 2, 4, 6 \]'; keys 'await Promise.resolve(7' Enter ')' Enter; shows '^7'
keys 'for (;;) {}' Enter; sleep 0.5; keys C-c; shows 'interrupted'; keys '.exit' Enter; shows '^% *$'
keys 'clear; sqlite3' Enter; shows 'sqlite>'; keys 'create table t(a)\;' Enter 'insert into t values(41)\;' Enter 'select a + 1 from t\;' Enter; shows '^42'; keys '.quit' Enter
keys 'clear; bc -q' Enter; keys '2^100' Enter; shows '1267650600228229401496703205376'; keys C-d
keys 'clear; vim -u NONE -N big' Enter; shows '"big"'; keys 'G'; shows '^300000'; keys ':%s/9$/nine/' Enter; shows '30000 substitutions'; keys ':123456' Enter 'Ochanged' Escape; shows '^changed'
keys ':wq' Enter; shows '^% *$'; sed -n 123456p big; wc -l <big
keys 'clear; less big' Enter; shows '^1$'; keys G; shows '^300000'; keys '?changed' Enter; shows '^changed'; keys q
keys 'clear; for f in 1 2 3; do echo "n$f"; done | tac' Enter; shows '^n1'; keys C-r 'tac' Enter; sleep 0.3; keys 'echo $((6 * 7))' Enter; shows '^42'
tmux resize-window -x 100 -y 30; keys 'stty size' Enter; shows '^[23][0-9] 100'
tmux new-window 'exec cat'; tmux send-keys 'typed' Enter; shows '^typed'; tmux select-window -t 0; tmux list-windows -F '#{window_index}' | tr '\n' ' '; echo; tmux kill-server
