cd /tmp && dpkg-source -x /usr/src/packages/cjson_*.dsc cjson >/tmp/log 2>&1; echo "unpacked $?"
cd cjson && sed -i 's/--buildsystem=cmake/&+ninja/' debian/rules
CC=gcc dpkg-buildpackage -b -uc -us -j2 >/tmp/log 2>&1; echo "built $?"
grep -c '^\[[0-9]*/[0-9]*\] ' /tmp/log | sed 's/^[1-9][0-9]*$/steps by ninja: some/'; grep -E 'tests passed' /tmp/log
cd .. && ls *cjson*.deb | sed 's/_.*//' | sort; dpkg -i libcjson*_*.deb >/dev/null 2>&1; echo "installed $?"
cat >j.c <<'C'
#include <cjson/cJSON.h>
#include <stdio.h>
int main(void) { cJSON *j = cJSON_Parse("{\"a\": [1, 2.5, \"\\u00e9\"]}"); puts(cJSON_PrintUnformatted(j)); cJSON_Delete(j); return 0; }
C
gcc -o j j.c -lcjson && ./j
dpkg-source -x /usr/src/packages/tinyxml2_*.dsc tinyxml2 >/tmp/log 2>&1; echo "unpacked $?"
cd tinyxml2 && CXX=g++ dpkg-buildpackage -b -uc -us -j2 >/tmp/log 2>&1; echo "built $?"; grep -E 'tests passed' /tmp/log
cd .. && ls libtinyxml2*.deb | sed 's/_.*//' | sort; dpkg -i libtinyxml2*_*.deb >/dev/null 2>&1; echo "installed $?"
cd tinyxml2 && cmake -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DBUILD_SHARED_LIBS=yes -S . -B by-clang >/tmp/log 2>&1; echo "configured $?"
ninja -C by-clang >/tmp/log 2>&1; echo "built $?"; ctest --test-dir by-clang | grep 'tests passed'
readelf -p .comment by-clang/xmltest | grep -oE 'clang version [0-9]+'
