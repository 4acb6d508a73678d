export PS1='$ '
tmux -f /dev/null new-session -d -x 80 -y 24 'exec sh'
keys() { tmux send-keys -t 0 "$@"; }
shows() {
    for i in $(seq 150); do tmux capture-pane -p | grep -q "$1" && { echo "shows $1"; return; }; sleep 0.1; done
    echo "never shows $1"; tmux capture-pane -p
}
keys 'nano --ignorercfiles /tmp/note' Enter; shows 'New File'
keys 'written in nano' C-o Enter; shows 'Wrote 1 line'
keys C-x; shows '^# *$'; cat /tmp/note
keys 'clear; less /etc/passwd' Enter; shows 'root:x:0'; keys q
keys 'clear; htop' Enter; shows 'PID USER'; shows 'Load average'; keys q; sleep 0.5
keys 'clear; mc -u' Enter; shows 'Left *File *Command *Options *Right'; keys F10; sleep 1
keys 'clear; top -d 1' Enter; shows 'PID USER'; keys q; shows '^# *$'
tmux kill-server
