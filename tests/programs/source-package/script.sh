cd /tmp && dpkg-source -x /usr/src/packages/hello_*.dsc hello >/tmp/log 2>&1; echo "unpacked $?"
cd hello && dpkg-buildpackage -b -uc -us -j2 >/tmp/log 2>&1; echo "built $?"
# One of them, greeting-2, is skipped unless the moon is full.
awk '/^# (TOTAL|FAIL|ERROR):/; /^# (PASS|SKIP):/ { n += $3 } END { print "passed or skipped", n }' /tmp/log
cd .. && ls hello*.deb | sed 's/_.*//' | sort; dpkg-deb -f hello_*.deb Package Maintainer | head -1
dpkg -i hello_*.deb >/dev/null 2>&1; echo "installed $?"; hello; hello -g 'from its own package'
