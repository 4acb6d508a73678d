# Runs workloads by name: `bash --norc --noprofile /bench/session.sh`.
# Standard input: lines "NAME COUNT". Standard output, per line read:
#   @start MICROSECONDS      before the first of COUNT runs
#   @end STATUS MICROSECONDS after the last
#   @sum CHECKSUM BYTES      of the last run's output (and of what verify prints)
#   @figure NUMBER           when the workload measured something itself
#   @error TEXT              the last line of standard error, when it failed
#   @done
# A workload is a file in /bench/jobs that defines `work`, and if it needs them
# `prepare` (not timed, once) and `verify` (not timed, adds to the output).
[ -t 0 ] && stty -echo -onlcr
shopt -s nullglob
mkdir -p /tmp/w /tmp/home
echo "@ready"
while read -r name count; do
	cd /tmp/w || exit 1
	left=(/tmp/w/* /tmp/figure)
	((${#left[@]})) && rm -rf /tmp/w/* /tmp/figure
	prepare() { :; }
	verify() { :; }
	unset OPENSSL_ia32cap GLIBC_TUNABLES
	. "/bench/jobs/$name"
	prepare </dev/null >/tmp/err 2>&1
	echo "@start ${EPOCHREALTIME/./}"
	status=0
	for ((i = 0; i < count; i++)); do
		work </dev/null >/tmp/out 2>/tmp/err || {
			status=$?
			break
		}
	done
	echo "@end $status ${EPOCHREALTIME/./}"
	verify </dev/null >>/tmp/out 2>>/tmp/err
	sum=$(cksum </tmp/out)
	echo "@sum $sum"
	[ -s /tmp/figure ] && echo "@figure $(</tmp/figure)"
	if ((status)); then
		text=$(</tmp/err)
		text=${text##*$'\n'}
		echo "@error ${text:0:200}"
	fi
	echo "@done"
done
