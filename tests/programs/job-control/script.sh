export HOME=/tmp/home TERM=screen; mkdir -p $HOME; cd /tmp; echo "PS1='% '" >rc
tmux -f /dev/null new-session -d -x 70 -y 20 'exec bash --rcfile rc'
keys() { tmux send-keys -t 0 "$@"; }
shows() {
    for i in $(seq 300); do tmux capture-pane -p | grep -q "$1" && { echo "shows $1"; return; }; sleep 0.1; done
    echo "never shows $1"; tmux capture-pane -p
}
fresh() { keys clear Enter; for i in $(seq 100); do [ "$(tmux capture-pane -p | grep -c .)" = 1 ] && return; sleep 0.1; done; }
shows '^% *$'
keys 'sleep 1000' Enter; sleep 0.5; keys C-z; shows '^\[1\]+  Stopped  *sleep 1000'
keys 'sleep 2000 | cat &' Enter; shows '^\[2\] [0-9]'; keys 'jobs' Enter; shows '^\[2\]-  Running  *sleep 2000 | cat &'
fresh; keys 'bg %1' Enter; shows '^\[1\]+ sleep 1000 &'; keys 'jobs -r | wc -l' Enter; shows '^2$'
fresh; keys 'fg %2' Enter; shows '^sleep 2000 | cat'; keys C-c; shows '^% *$'; keys 'echo "status $?"' Enter; shows '^status 130'
fresh; keys 'kill -STOP %1; sleep 0.3; jobs' Enter; shows '^\[1\]+  Stopped  *sleep 1000'; keys 'kill -CONT %1; kill %1; wait %1; echo "ended $?"' Enter; shows '^ended 143'
fresh; keys 'cat &' Enter; shows '^\[1\] [0-9]'; keys Enter Enter; shows 'Stopped  *cat'; keys 'fg' Enter; sleep 0.5; keys 'typed to it' Enter; shows '^typed to it'; keys C-d; shows '^% *$'
fresh; keys 'stty tostop; (echo late) & sleep 0.5; jobs; stty -tostop' Enter; shows 'Stopped  *( echo late )'; keys 'fg' Enter; shows '^late'
fresh; keys 'f() { sleep 0.3; return 9; }; f & wait $!; echo "waited $?"' Enter; shows '^waited 9'
fresh; keys 'set -b; sleep 0.5 &' Enter; shows 'Done  *sleep 0.5'
fresh; keys "bash -c 'trap \"echo interrupted; exit 4\" INT; read x'" Enter; sleep 0.7; keys C-c; shows 'interrupted$'; keys 'echo "status $?"' Enter; shows '^status 4'
fresh; keys "bash -c 'ulimit -c 0; sleep 100'" Enter; sleep 0.7; keys 'C-\'; shows '^% *$'; keys 'echo "status $?"' Enter; shows '^status 131'
fresh; keys 'sleep 3000 & disown; jobs | wc -l; pgrep -fc "^sleep 3000"' Enter; shows '^0$'; shows '^1$'
keys 'bash --norc' Enter; sleep 0.7; keys 'PS1="inner "' Enter; shows '^inner'; keys 'suspend' Enter; shows 'Stopped  *bash --norc'; keys 'fg' Enter; sleep 0.3; keys 'exit 6' Enter; sleep 0.5; keys 'echo "status $?"' Enter; shows '^status 6'
keys 'sleep 4000' Enter; sleep 0.5; keys C-z; shows 'Stopped  *sleep 4000'; keys 'exit' Enter; shows 'There are stopped jobs'; keys 'exit' Enter
for i in $(seq 100); do tmux ls 2>/dev/null | grep -q . || { echo left; break; }; sleep 0.1; done; sleep 0.3; pgrep -f '^sleep [24]000' | wc -l; pkill -f '^sleep 3000'; echo "status $?"
