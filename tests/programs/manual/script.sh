mkdir -p /usr/local/share/man/man1 && cat >/usr/local/share/man/man1/waka.1 <<'M'
.TH WAKA 1 "2020-01-01" "1.0" "Boats"
.SH NAME
waka \- carries people over water
.SH SYNOPSIS
.B waka
[\fB\-p\fR \fIpaddlers\fR]
.I place
.SH DESCRIPTION
A long line that has to be filled and adjusted by the formatter, because it does not fit into the width of the terminal that it is shown in.
.TP
.B \-p
Number of paddlers.
.PP
.TS
tab(;);
l r.
people;12
dogs;3
.TE
.SH "SEE ALSO"
.BR man (1)
M
export MANWIDTH=72 TERM=xterm
man waka | cat; man -w waka; mandb -q 2>/dev/null; whatis waka; apropos water
man nothing-of-the-sort; echo "status $?"
script -qc 'stty cols 80 rows 24; PAGER=less MANPAGER= man waka' /dev/null </dev/null 2>&1 | grep -ac 'paddlers'
tmux -f /dev/null new-session -d -x 80 -y 24 'man waka'
for i in $(seq 200); do tmux capture-pane -p 2>/dev/null | grep -q 'SYNOPSIS' && { echo shown; break; }; sleep 0.1; done
tmux send-keys q; for i in $(seq 50); do tmux ls 2>/dev/null | grep -q . || { echo left; break; }; sleep 0.1; done
