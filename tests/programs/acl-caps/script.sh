# As `$1`, with the groups that the user has.
as() { local who=$1; shift; setpriv --reuid "$who" --regid "$who" --init-groups -- "$@"; }
# The lists of everything below a folder, in one order on every file system.
all() { (cd "$1"; shift; find "$@" | LC_ALL=C sort | xargs getfacl); }

lists() {
    echo "== lists in $1"; rm -rf "$1"; mkdir "$1"; cd "$1"; umask 022
    echo secret >f; chmod 640 f
    as user cat f
    setfacl -m u:user:r,g:games:rw f; getfacl f; ls -l f | cut -c1-11
    as user cat f; as user sh -c 'echo more >>f'; as games sh -c 'echo games >>f; cat f'; as daemon cat f
    # The mask bounds what is named; group bits of the mode are the mask.
    chmod g=r f; getfacl -c f; as games sh -c 'echo more >>f'; stat -c %a f
    chmod g=rw f; as games sh -c 'echo again >>f'; tail -1 f
    setfacl -m m::--- f; as user cat f; getfacl -cE f | grep user:user
    setfacl -n -m u:daemon:rwx f; getfacl -c f | head -4; setfacl -m u:daemon:rwx f; stat -c %a f
    setfacl -x u:daemon f; getfacl -c f; setfacl -b f; getfacl -c f; ls -l f | cut -c1-11
    # What a folder hands on.
    mkdir d; setfacl -d -m u:user:rwx,g:games:rx,o::- d; getfacl d; umask 077; echo x >d/file; mkdir -p d/sub/deep; umask 022
    getfacl d/file d/sub/deep; as user sh -c 'cat d/file; echo y >>d/file; wc -l <d/file; cat d/sub/deep/none'
    setfacl -m u:user:rwx d; as user sh -c 'echo mine >d/mine; mkdir d/own; getfacl -c d/mine; stat -c "%U %a" d/mine d/own'
    ln -s d/file link; setfacl -m u:games:r link; getfacl -c d/file | grep games; getfacl -P link | head -1
    getfacl -R d >saved; setfacl -R -b -k d; getfacl -cR d | sort | uniq -c; setfacl --restore=saved; getfacl -R d | cmp - saved && echo restored; wc -l <saved
    setfacl -k d; getfacl -d d
    # Copies.
    setfacl -m u:user:rw,g:games:r f; cp f plain; cp -p f kept; mv kept moved; cp -a d tree; getfacl -c plain moved | paste -sd,
    tar --acls -cf t.tar d f; mkdir x; tar --acls -xf t.tar -C x; cmp <(all x d f) <(all . d f) && echo same from tar
    cmp <(all tree .) <(all d .) && echo same from cp
    getfacl f | setfacl --set-file=- plain; getfacl -c plain | cmp - <(getfacl -c f) && echo same from a file
    chacl -l f; chacl u::rw-,g::r--,o::--- f; chacl -l f; setfacl --set u::rwx,g::rx,o::x,u:1234:r,m::r f; getfacl -cn f
    for i in $(seq 2000 2199); do echo "u:$i:r-x"; done | setfacl -M - f; getfacl -cn f | grep -c 'user:2'; setfacl -b f
    # What may not be.
    setfacl -m u:nobody-there:r f; setfacl -m u::rwq f; setfacl -d -m u:user:r f; as user setfacl -m u:user:rwx f; setfacl -m u:user:r none
    chown user f; as user setfacl -m u:games:r f; getfacl -c f | grep -c games; getfattr -m- f | grep -v '^$'
    python3 - <<'END'
import os
def tried(what, *arguments):
    try: print(what(*arguments))
    except OSError as error: print(error.strerror)
acl = os.getxattr("f", "system.posix_acl_access")
print(len(acl), acl[:4].hex())
for bad in acl[:-1], b"", acl[4:], b"\1" + acl[1:], acl + acl[-8:], acl[:4] + acl[-8:]: tried(os.setxattr, "f", "system.posix_acl_access", bad)
tried(os.setxattr, "f", "system.posix_acl_default", acl)
tried(os.getxattr, "f", "system.posix_acl_access")
tried(os.setxattr, "f", "system.posix_acl_access", acl, os.XATTR_REPLACE)
tried(os.setxattr, "f", "system.posix_acl_access", acl)
print(os.getxattr("f", "system.posix_acl_access") == acl)
END
    cd /
}
lists /srv/lists; lists /tmp/lists

powers() {
    echo "== powers in $1"; rm -rf "$1"; mkdir "$1"; cd "$1"; umask 022
    bind() { as "$1" "$2" -c 'import socket; s = socket.create_server(("127.0.0.1", 80)); print("bound to", s.getsockname()[1])' 2>&1 | tail -1; }
    cp /usr/bin/python3 py; bind user ./py
    setcap cap_net_bind_service=ep py; getcap py; setcap -v cap_net_bind_service=ep py; setcap -v cap_chown=ep py; bind user ./py; bind user python3
    as user ./py -c 'print(*[l.split()[1] for l in open("/proc/self/status") if l.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb"))])'
    as user ./py -c 'import subprocess; print(subprocess.run(["grep", "CapEff", "/proc/self/status"], capture_output=True, text=True).stdout)'
    setcap cap_net_bind_service=p py; bind user ./py; getcap py; setcap cap_net_bind_service=i py; bind user ./py
    # One that inherits: the file's set and the thread's together.
    setpriv --reuid user --regid user --init-groups --inh-caps +net_bind_service -- ./py -c 'print([l.split()[1] for l in open("/proc/self/status") if l.startswith("CapPrm")])'
    setpriv --reuid user --regid user --init-groups --inh-caps +net_bind_service --ambient-caps +net_bind_service -- python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 80)); print("ambient")'
    setcap cap_net_bind_service+ep py
    as user setpriv --no-new-privs ./py -c 'print([l.split()[1] for l in open("/proc/self/status") if l.startswith("CapPrm")])'
    as user strace -o /dev/null ./py -c 'print([l.split()[1] for l in open("/proc/self/status") if l.startswith("CapPrm")])'
    cp /usr/bin/cat c; as user ./c /etc/shadow; setcap cap_dac_read_search=ep c; as user ./c /etc/shadow | head -1 | cut -d: -f1
    as user sh -c './c /proc/self/status | grep -E "^Cap(Prm|Eff)"; echo x >"$0"' "$1/other"
    cp /usr/bin/chown ch; setcap 'cap_chown,cap_fowner=ep' ch; getcap ch; echo x >mine; as user ./ch user mine; as user sh -c 'echo y >>mine'; stat -c %U mine; wc -l <mine
    cp /usr/bin/kill k; sleep 100 & as user ./k $! 2>&1 | sed 's/([0-9]*)/(PID)/'; setcap cap_kill=ep k; as user ./k $! && { wait $!; echo "ended by $(($? - 128))"; } 2>/dev/null
    cp /usr/sbin/chroot cr; as user ./cr / id -u; setcap cap_sys_chroot=ep cr; as user ./cr / id -u
    cp py root; setcap cap_setuid,cap_setgid=ep root; as user ./root -c 'import os; os.setgid(0); os.setuid(0); print(os.getresuid(), open("/etc/shadow").read(5))'
    # Only root may give them, and what is written is trusted no more.
    as user setcap cap_chown=ep c; chown user c; getcap c; setcap cap_dac_read_search=ep c; as user setcap cap_chown=ep c 2>&1 | tail -1; getcap c
    echo >>c; getcap c; setcap cap_chown=ep ch; chown user ch; getcap ch; setcap cap_chown=ep ch; as user truncate -s 0 ch; getcap ch
    setcap cap_kill=ep k; chmod 755 k; touch k; getcap k; cp k k2; cp -a k k3; getcap k2 k3; mv k k4; ln k4 k5; getcap k4 k5; : >k5; getcap k4
    setcap -r py; getcap py; setcap -r py; setcap cap_chown,no_such=ep py 2>&1 | grep -i invalid; setcap cap_chown=ep none 2>&1 | tail -1; getcap none
    setcap -n 1000 cap_chown=ep py; getcap py; getcap -n py; bind user ./py; getfattr -m- -d -e hex py
    mkdir where; setcap cap_setuid=ep root; getcap -r . | sort; tar --xattrs --xattrs-include='*' -cf t.tar root; tar --xattrs --xattrs-include='*' -xf t.tar -C where; getcap where/root
    mount -t tmpfs -o nosuid tmpfs where; cp -a root where/; getcap where/root; as user where/root -c 'import os; os.setuid(0)' 2>&1 | tail -1; umount where
    python3 - <<'END'
import os
def tried(what, *arguments):
    try: print(what(*arguments))
    except OSError as error: print(error.strerror)
value = os.getxattr("root", "security.capability")
print(value.hex())
tried(os.setxattr, "root", "security.capability", value[:3] + b"\3" + value[4:] + b"\0" * 4)
print(os.getxattr("root", "security.capability").hex())
for bad in value[:-1], value + b"\0", b"\0" * 20, value[:3] + b"\5" + value[4:]: tried(os.setxattr, "root", "security.capability", bad)
tried(os.getxattr, "root", "security.capability")
tried(os.setxattr, "root", "security.capability", value)
print(os.getxattr("root", "security.capability") == value)
END
    cd /
}
mkdir /srv/memory; mount -t tmpfs tmpfs /srv/memory
powers /srv/powers; powers /srv/memory/powers

echo "== capsh"
cd /tmp; capsh --drop=cap_chown -- -c 'touch own; chown user own; grep CapBnd /proc/self/status | grep -c "...........e$"'
capsh --drop=cap_sys_resource --caps='=ep cap_sys_resource-ep' --user=user --print | grep -E '^(uid|gid|euid|Current)'
capsh --keep=1 --uid=1000 --caps=cap_kill+eip --addamb=cap_kill -- -c 'grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status; kill -0 1 && echo may'
capsh --secbits=47 --print | grep -A5 Securebits; capsh --decode=00000000a80425fb; capsh --has-p=cap_chown && echo has it
capsh --has-p=cap_chown --drop=cap_chown --has-b=cap_chown; capsh --supports=cap_bpf && echo known
sleep 100 & setpriv --reuid user --clear-groups --inh-caps +kill --ambient-caps +kill sleep 100 & sleep 1; getpcaps $! | sed 's/^[0-9]*/PID/'; kill %1 %2
