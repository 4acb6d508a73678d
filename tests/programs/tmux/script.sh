export PS1='$ ' TERM=screen
tmux -f /dev/null new-session -d -x 60 -y 12 'exec sh'
tmux split-window -h 'exec sh'
tmux send-keys -t 0 'echo le""ft; tty | grep -c pts' Enter
tmux send-keys -t 1 'echo ri""ght; stty size' Enter
for pane in 0 1; do
    for i in $(seq 100); do
        tmux capture-pane -p -t $pane | grep -q "^$([ $pane = 0 ] && echo left || echo right)" && break
        sleep 0.1
    done
    sleep 0.3
    echo "pane $pane:"; tmux capture-pane -p -t $pane | grep -v '^$'
done
tmux resize-pane -t 0 -x 20
tmux list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
tmux kill-server; echo "status $?"
