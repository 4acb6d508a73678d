//! System calls: one table row each, from which the dispatch and
//! `docs/syscalls.md` are made. Handlers decode, check, act and map the error;
//! they never block (see [`crate::wait`]).

mod block;
mod descriptor;
mod fcntl;
mod identity;
mod inet;
mod ioctl;
mod ipc;
mod mapping;
mod message;
mod misc;
mod mqueue;
mod open;
mod own;
mod path;
mod poll;
mod process;
mod read;
mod schedule;
mod signals;
mod socket;
mod sockopt;
mod time;
mod transfer;
mod watch;
mod write;
mod xattr;

pub use misc::{RELEASE, VERSION};
pub use schedule::Schedule;

use crate::kernel::{Caller, Kernel};
use crate::task::TaskId;
use crate::wait::{Progress, SysResult};
use tawaki_abi::wire::{Body, Call, Reply};
use tawaki_vfs::Scope;

/// How much of a system call works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All that programs are known to use.
    Full,
    /// With limits that the note names.
    Partial,
    /// Refused with an error.
    None,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// System calls that arrive as this request.
    pub names: &'static str,
    /// How much works.
    pub support: Support,
    /// What does not.
    pub note: &'static str,
}

/// Reply with a value.
pub(crate) fn done(value: impl TryInto<i64>) -> SysResult {
    Ok(Reply::ok(value.try_into().unwrap_or(i64::MAX)))
}

/// Reply 0 with data.
pub(crate) fn with(body: Body) -> SysResult {
    Ok(Reply::with(0, body))
}

macro_rules! syscalls {
    ($k:ident, $c:ident, $p:ident; $($pattern:pat => $handler:expr, $support:ident, $names:literal, $note:literal;)*) => {
        impl Kernel {
            /// Runs the handler of a call; [`Kernel::dispatch`] is what does so for its caller.
            fn handle(&mut self, task: TaskId, call: &mut Call, $p: &mut Progress) -> SysResult {
                let $k = self;
                let $c = Caller { task, proc: $k.sys.tasks[task].proc };
                match call { $($pattern => $handler,)* }
            }
        }
        /// All rows, in the order of [`Call`].
        pub const TABLE: &[Row] = &[$(Row { names: $names, support: Support::$support, note: $note },)*];
    };
}

syscalls! { k, c, p;
    Call::Timed { .. } => Err(tawaki_abi::Errno::EINVAL.into()), Full, "(any call, measured)", "";
    // files
    Call::Open { dirfd, path, flags, mode } => k.sys_open(c, *dirfd, path, (*flags, *mode, Scope::empty()), p), Full, "open openat creat", "";
    Call::OpenWithin { dirfd, path, flags, mode, resolve } => k.sys_open(c, *dirfd, path, (*flags, *mode, Scope::from_bits_truncate(*resolve)), p), Full, "openat2", "";
    Call::Close { fd } => k.sys_close(c, *fd), Full, "close", "";
    Call::CloseRange { first, last, flags } => k.sys_close_range(c, *first, *last, *flags), Full, "close_range", "";
    Call::Read { fd, len, offset, more } => k.sys_read(c, *fd, *len, *offset, *more, p), Full, "read pread64 readv preadv preadv2", "";
    Call::Write { fd, data, offset } => k.sys_write(c, *fd, data, *offset, p), Full, "write pwrite64 writev pwritev pwritev2", "";
    Call::Append { fd, data, stays } => k.sys_append(c, *fd, data, *stays, p), Full, "pwritev2 (RWF_APPEND)", "";
    Call::Vmsplice { fd, data, len, wait } => k.sys_vmsplice(c, *fd, data, *len, *wait), Partial, "vmsplice", "copies; what is given is not shared";
    Call::Lseek { fd, offset, whence } => k.sys_lseek(c, *fd, *offset, *whence), Partial, "lseek _llseek", "SEEK_DATA and SEEK_HOLE see files without holes";
    Call::Dup { fd } => k.sys_dup(c, *fd), Full, "dup", "";
    Call::Dup3 { old, new, flags } => k.sys_dup3(c, *old, *new, *flags), Full, "dup2 dup3", "";
    Call::Fcntl { fd, cmd, arg } => k.sys_fcntl(c, *fd, *cmd, *arg), Partial, "fcntl fcntl64", "that poll(2) finds no room does not count for the signal of O_ASYNC that there is some, only a write does";
    Call::FcntlLock { fd, cmd, lock } => k.sys_fcntl_lock(c, *fd, *cmd, *lock), Full, "fcntl (locks)", "";
    Call::Flock { fd, op } => k.sys_flock(c, *fd, *op), Full, "flock", "";
    Call::BlockIoctl { fd, cmd, arg, data } => k.sys_block_ioctl(c, *fd, *cmd, *arg, data), Partial, "ioctl (loop devices)", "LOOP_* and BLK*; no LOOP_CHANGE_FD, no partitions, no discard";
    Call::Ioctl { fd, op } => k.sys_ioctl(c, *fd, *op), Partial, "ioctl", "terminals, pseudo-terminals, FIONREAD, FIONBIO, FIOASYNC, FIOCLEX";
    Call::Stat { dirfd, path, flags } => k.sys_stat(c, *dirfd, path, *flags), Partial, "stat fstat lstat newfstatat statx", "statx: no birth time";
    Call::Access { dirfd, path, mode, flags } => k.sys_access(c, *dirfd, path, *mode, *flags), Full, "access faccessat faccessat2", "";
    Call::Getdents { fd, len } => k.sys_getdents(c, *fd, *len), Full, "getdents getdents64", "";
    Call::Readlink { dirfd, path } => k.sys_readlink(c, *dirfd, path), Full, "readlink readlinkat", "";
    Call::Symlink { target, dirfd, path } => k.sys_symlink(c, target, *dirfd, path), Full, "symlink symlinkat", "";
    Call::Link { olddir, old, newdir, new, flags } => k.sys_link(c, *olddir, old, *newdir, new, *flags), Full, "link linkat", "";
    Call::Unlink { dirfd, path, flags } => k.sys_unlink(c, *dirfd, path, *flags), Full, "unlink unlinkat rmdir", "";
    Call::Rename { olddir, old, newdir, new, flags } => k.sys_rename(c, *olddir, old, *newdir, new, *flags), Partial, "rename renameat renameat2", "renameat2: no RENAME_WHITEOUT";
    Call::Mkdir { dirfd, path, mode } => k.sys_mkdir(c, *dirfd, path, *mode), Full, "mkdir mkdirat", "";
    Call::Mknod { dirfd, path, mode, dev } => k.sys_mknod(c, *dirfd, path, *mode, *dev), Full, "mknod mknodat", "";
    Call::Chmod { dirfd, path, mode, flags } => k.sys_chmod(c, *dirfd, path, *mode, *flags), Full, "chmod fchmod fchmodat fchmodat2", "";
    Call::Chown { dirfd, path, uid, gid, flags } => k.sys_chown(c, *dirfd, path, *uid, *gid, *flags), Full, "chown fchown lchown fchownat", "";
    Call::Utimens { dirfd, path, atime, mtime, flags } => k.sys_utimens(c, *dirfd, path, *atime, *mtime, *flags), Full, "utimensat futimesat utimes utime", "";
    Call::Truncate { path, len } => k.sys_truncate(c, path, *len), Full, "truncate", "";
    Call::Ftruncate { fd, len } => k.sys_ftruncate(c, *fd, *len), Full, "ftruncate", "";
    Call::Fallocate { fd, mode, offset, len } => k.sys_fallocate(c, *fd, *mode, (*offset, *len), p), Partial, "fallocate", "allocate, keep-size and punch-hole (written as zeros, blocks stay); no other mode, as on Linux's ext2 and tmpfs";
    Call::Fsync { fd } => k.sys_fsync(c, *fd), Full, "fsync fdatasync syncfs", "";
    Call::Sync => k.sys_sync(c), Full, "sync", "";
    Call::Xattr { dirfd, path, flags, op } => k.sys_xattr(c, *dirfd, path, *flags, op), Full, "getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr", "";
    Call::Statfs { path } => k.sys_statfs(c, path), Full, "statfs", "";
    Call::Fstatfs { fd } => k.sys_fstatfs(c, *fd), Full, "fstatfs", "";
    Call::Pipe { flags } => k.sys_pipe(c, *flags), Full, "pipe pipe2", "";
    Call::Poll { fds, deadline, mask } => k.sys_poll(c, fds, *deadline, *mask, p), Full, "poll ppoll select pselect6", "";
    Call::Chdir { path } => k.sys_chdir(c, path), Full, "chdir", "";
    Call::Fchdir { fd } => k.sys_fchdir(c, *fd), Full, "fchdir", "";
    Call::Getcwd => k.sys_getcwd(c), Full, "getcwd", "";
    Call::Chroot { path } => k.sys_chroot(c, path), Full, "chroot", "";
    Call::Umask { mask } => k.sys_umask(c, *mask), Full, "umask", "";
    Call::Mount { source, target, fstype, flags, data } => k.sys_mount(c, source, target, fstype, *flags, data), Partial, "mount", "tmpfs, proc, sysfs, devpts, ext2 on loop devices, MS_BIND (not recursive), MS_MOVE and MS_REMOUNT; propagation is accepted without effect";
    Call::Umount { target, flags } => k.sys_umount(c, target, *flags), Partial, "umount umount2", "umount2: no MNT_EXPIRE";
    Call::Transfer { from, from_offset, to, to_offset, len, kind } => k.sys_transfer(c, (*from, *from_offset), (*to, *to_offset), *len, *kind, p), Partial, "sendfile copy_file_range splice tee", "between files, pipes and sockets; others EINVAL, which programs answer with read and write";
    Call::Memfd { name, flags } => k.sys_memfd(c, name, *flags), Partial, "memfd_create", "no huge pages";
    Call::Eventfd { count, flags } => k.sys_eventfd(c, *count, *flags), Full, "eventfd eventfd2", "";
    Call::EpollCreate { flags } => k.sys_epoll_create(c, *flags), Full, "epoll_create epoll_create1", "";
    Call::EpollCtl { epfd, op, fd, events, data } => k.sys_epoll_ctl(c, *epfd, *op, *fd, *events, *data), Full, "epoll_ctl", "";
    Call::EpollWait { epfd, max, deadline, mask } => k.sys_epoll_wait(c, *epfd, *max, *deadline, *mask, p), Full, "epoll_wait epoll_pwait epoll_pwait2", "";
    Call::TimerfdCreate { clock, flags } => k.sys_timerfd_create(c, *clock, *flags), Full, "timerfd_create", "";
    Call::TimerfdSet { fd, flags, interval, value } => k.sys_timerfd_set(c, *fd, *flags, *interval, *value), Full, "timerfd_settime", "";
    Call::TimerfdGet { fd } => k.sys_timerfd_get(c, *fd), Full, "timerfd_gettime", "";
    Call::Signalfd { fd, mask, flags } => k.sys_signalfd(c, *fd, *mask, *flags), Full, "signalfd signalfd4", "";
    Call::InotifyInit { flags } => k.sys_inotify_init(c, *flags), Full, "inotify_init inotify_init1", "";
    Call::InotifyAdd { fd, path, mask } => k.sys_inotify_add(c, *fd, path, *mask), Partial, "inotify_add_watch", "IN_EXCL_UNLINK has no effect";
    Call::InotifyRm { fd, watch } => k.sys_inotify_rm(c, *fd, *watch), Full, "inotify_rm_watch", "";
    // memory
    Call::MapFile { fd, prot, shared, keep } => k.sys_map_file(c, *fd, *prot, *shared, *keep), Partial, "mmap (files)", "what a writable shared mapping changes reaches the file when the process reads or writes it, and at msync, munmap and exit; the child of a fork does not get it";
    Call::MapRead { source, offset, len, ahead } => k.sys_map_read(c, *source, *offset, *len, *ahead), Full, "mmap (files, data)", "";
    Call::MapHold { fd } => k.sys_map_hold(c, *fd), Partial, "mmap (files, reference)", "ENODEV while another process has the file mapped shared and writable";
    Call::MapStat { handle } => k.sys_map_stat(c, *handle), Full, "mmap (files, size)", "";
    Call::MapDrop { handle } => k.sys_map_drop(c, *handle), Full, "munmap (files)", "";
    Call::MapPunch { handle, offset, len } => k.sys_map_punch(c, *handle, (*offset, *len), p), Partial, "madvise", "MADV_REMOVE writes zeros, blocks stay";
    Call::MapWrite { handle, offset, data } => k.sys_map_write(c, *handle, *offset, data), Full, "msync", "";
    Call::Maps { text, vsize, rss, auxv } => k.sys_maps(c, text, *vsize, *rss, auxv), Full, "(contents of /proc/self/maps, auxv)", "";
    // processes
    Call::Fork { flags, exit_signal, image } => k.sys_fork(c, *flags, *exit_signal, image), Partial, "fork vfork clone clone3", "clone, clone3: no namespaces, no CLONE_VM without CLONE_VFORK or CLONE_THREAD";
    Call::ChildReady => k.sys_child_ready(c), Full, "(first call of a child)", "";
    Call::ExecOpen { dirfd, path, flags } => k.sys_exec_open(c, *dirfd, path, *flags), Full, "execve execveat (opening)", "";
    Call::ExecCommit { handle, path, argv, environ, comm } => k.sys_exec_commit(c, *handle, path, argv, environ, comm), Full, "execve execveat", "";
    Call::ExecSpawn { handle, request } => k.sys_exec_spawn(c, *handle, request), Full, "execve (in a vfork child)", "";
    Call::Exit { status } => k.sys_exit(c, *status, false), Full, "exit", "";
    Call::ExitGroup { status } => k.sys_exit(c, *status, true), Full, "exit_group", "";
    Call::DumpThreads => k.sys_dump_threads(c), Full, "(other threads in a core file)", "";
    Call::KillSelf { signo, core } => k.sys_kill_self(c, *signo, *core), Full, "(death by a fault)", "";
    Call::Wait { which, options } => k.sys_wait(c, *which, *options), Full, "wait4 waitpid waitid", "";
    Call::PidfdOpen { pid, flags } => k.sys_pidfd_open(c, *pid, *flags), Full, "pidfd_open", "";
    Call::PidfdSignal { fd, signo, info } => k.sys_pidfd_signal(c, *fd, *signo, *info), Full, "pidfd_send_signal", "";
    Call::PidfdGetfd { fd, target } => k.sys_pidfd_getfd(c, *fd, *target), Full, "pidfd_getfd", "";
    Call::GetId { which } => k.sys_getid(c, *which), Full, "getpid getppid gettid getuid geteuid getgid getegid getpgrp", "";
    Call::SetIds { op } => k.sys_setids(c, op), Full, "setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid", "";
    Call::GetIds { group } => k.sys_getids(c, *group), Full, "getresuid getresgid", "";
    Call::Getgroups => k.sys_getgroups(c), Full, "getgroups", "";
    Call::Getpgid { pid } => k.sys_getpgid(c, *pid), Full, "getpgid", "";
    Call::Setpgid { pid, pgid } => k.sys_setpgid(c, *pid, *pgid), Full, "setpgid", "";
    Call::Getsid { pid } => k.sys_getsid(c, *pid), Full, "getsid", "";
    Call::Setsid => k.sys_setsid(c), Full, "setsid", "";
    Call::Prlimit { pid, resource, new } => k.sys_prlimit(c, *pid, *resource, *new), Partial, "prlimit64 getrlimit setrlimit ugetrlimit", "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
    Call::Getrusage { who } => k.sys_getrusage(c, *who), Partial, "getrusage times", "system time is measured at about every sixteenth call, which stands for the others";
    Call::Sysinfo => k.sys_sysinfo(c), Full, "sysinfo", "";
    Call::Uname => k.sys_uname(c), Full, "uname", "";
    Call::SetName { domain, name } => k.sys_set_name(c, *domain, name), Full, "sethostname setdomainname", "";
    Call::Vhangup => k.sys_vhangup(c), Full, "vhangup", "";
    Call::Prctl { op, arg, name } => k.sys_prctl(c, *op, *arg, name), Partial, "prctl", "name, pdeathsig, dumpable, keepcaps, no_new_privs, child_subreaper, capability sets, securebits";
    Call::Priority { which, who, set } => k.sys_priority(c, *which, *who, *set), Partial, "getpriority setpriority nice", "setpriority, nice: remembered, without effect";
    Call::Schedule { pid, set } => k.sys_schedule(c, *pid, *set), Partial, "sched_getscheduler sched_setscheduler sched_getparam sched_setparam sched_getattr sched_setattr", "sched_setscheduler, sched_setparam, sched_setattr: remembered, without effect";
    Call::Affinity { pid, set } => k.sys_affinity(c, *pid, *set), Partial, "sched_getaffinity sched_setaffinity", "sched_setaffinity: remembered, without effect";
    Call::Yield => done(0), Full, "sched_yield", "";
    Call::Rest => k.sys_rest(c), Full, "(a long wait on a futex)", "";
    Call::Getrandom { len } => k.sys_getrandom(*len), Full, "getrandom", "";
    Call::Capget { pid } => k.sys_capget(c, *pid), Full, "capget", "";
    Call::Capset { effective, permitted, inheritable } => k.sys_capset(c, *effective, *permitted, *inheritable), Full, "capset", "";
    // signals
    Call::Sigaction { signo, action } => k.sys_sigaction(c, *signo, *action), Full, "rt_sigaction sigaction signal", "";
    Call::Sigprocmask { how, set } => k.sys_sigprocmask(c, *how, *set), Full, "rt_sigprocmask sigprocmask", "";
    Call::Sigpending => k.sys_sigpending(c), Full, "rt_sigpending sigpending", "";
    Call::Sigsuspend { mask } => k.sys_sigsuspend(c, *mask, p), Full, "rt_sigsuspend sigsuspend", "";
    Call::Sigtimedwait { set, deadline } => k.sys_sigtimedwait(c, *set, *deadline), Full, "rt_sigtimedwait", "";
    Call::Kill { pid, tid, signo, info } => k.sys_kill(c, *pid, *tid, *signo, *info), Full, "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo", "";
    Call::Fault { info } => k.sys_fault(c, *info), Full, "(faults)", "";
    Call::TakeSignal => k.take_signal_call(c), Full, "(signal delivery)", "";
    Call::Setitimer { which, interval, value } => k.sys_setitimer(c, *which, *interval, *value), Full, "setitimer alarm", "";
    Call::Getitimer { which } => k.sys_getitimer(c, *which), Full, "getitimer", "";
    Call::TimerCreate { clock, signo, value, tid, notify } => k.sys_timer_create(c, *clock, *signo, *value, *tid, *notify), Partial, "timer_create", "processor time only of the caller (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID)";
    Call::TimerSet { id, flags, interval, value } => k.sys_timer_set(c, *id, *flags, *interval, *value), Full, "timer_settime", "";
    Call::TimerGet { id } => k.sys_timer_get(c, *id), Full, "timer_gettime", "";
    Call::TimerDelete { id } => k.sys_timer_delete(c, *id), Full, "timer_delete", "";
    Call::TimerOverrun { id } => k.sys_timer_overrun(c, *id), Full, "timer_getoverrun", "";
    Call::Sleep { clock, deadline } => k.sys_sleep(c, *clock, *deadline), Full, "nanosleep clock_nanosleep pause", "";
    Call::Ptrace { tid, request } => k.sys_ptrace(c, *tid, request), Partial, "ptrace", "no PTRACE_SINGLEBLOCK";
    Call::Traced { event } => k.sys_traced(c, *event), Full, "(stops of a traced thread)", "";
    Call::ProbeResult { answer } => k.sys_probe_result(c, answer), Full, "(answers about memory)", "";
    Call::TellLimit { pid, resource } => k.sys_tell_limit(c, *pid, *resource), Full, "(limits of another process)", "";
    Call::Memory { pid, op } => k.sys_memory(c, *pid, op), Full, "process_vm_readv process_vm_writev", "";
    Call::TraceResult { answer } => k.sys_trace_result(c, answer), Full, "(answers of a traced thread)", "";
    // System V IPC
    Call::Msgget { key, flags } => k.sys_msgget(c, *key, *flags), Full, "msgget", "";
    Call::Msgsnd { id, kind, data, flags } => k.sys_msgsnd(c, *id, *kind, data, *flags, p), Full, "msgsnd", "";
    Call::Msgrcv { id, size, kind, flags } => k.sys_msgrcv(c, *id, *size, *kind, *flags, p), Partial, "msgrcv", "no MSG_COPY";
    Call::Msgctl { id, op } => k.sys_msgctl(c, *id, op), Partial, "msgctl", "no MSG_INFO, MSG_STAT";
    Call::MqOpen { name, flags, mode, attr } => k.sys_mq_open(c, name, *flags, *mode, *attr), Full, "mq_open", "";
    Call::MqUnlink { name } => k.sys_mq_unlink(c, name), Full, "mq_unlink", "";
    Call::MqSend { fd, data, prio, deadline } => k.sys_mq_send(c, *fd, data, *prio, *deadline), Full, "mq_timedsend", "";
    Call::MqReceive { fd, len, deadline } => k.sys_mq_receive(c, *fd, *len, *deadline), Full, "mq_timedreceive", "";
    Call::MqNotify { fd, notify } => k.sys_mq_notify(c, *fd, *notify), Partial, "mq_notify", "no SIGEV_THREAD";
    Call::MqAttr { fd, new } => k.sys_mq_attr(c, *fd, *new), Full, "mq_getsetattr", "";
    Call::Semget { key, count, flags } => k.sys_semget(c, *key, *count, *flags), Full, "semget", "";
    Call::Semop { id, ops, deadline } => k.sys_semop(c, *id, ops, *deadline, p), Full, "semop semtimedop", "";
    Call::Semctl { id, index, op } => k.sys_semctl(c, *id, *index, op), Partial, "semctl", "no SEM_INFO, SEM_STAT";
    // sockets
    Call::Socket { domain, kind, protocol } => k.sys_socket(c, *domain, *kind, *protocol), Partial, "socket", "AF_UNIX; AF_INET and AF_INET6 with TCP and UDP on the loopback; NETLINK_ROUTE (reading) and NETLINK_KOBJECT_UEVENT (silent); no raw sockets; other families EAFNOSUPPORT";
    Call::Socketpair { domain, kind, protocol } => k.sys_socketpair(c, *domain, *kind, *protocol), Full, "socketpair", "";
    Call::Bind { fd, addr } => k.sys_bind(c, *fd, addr), Full, "bind", "";
    Call::Connect { fd, addr } => k.sys_connect(c, *fd, addr, p), Full, "connect", "";
    Call::Listen { fd, backlog } => k.sys_listen(c, *fd, *backlog), Full, "listen", "";
    Call::Accept { fd, flags } => k.sys_accept(c, *fd, *flags, p), Full, "accept accept4", "";
    Call::Send { fd, data, flags, addr, fds, creds } => k.sys_send(c, *fd, data, (*flags, *creds), addr.as_deref().map(|a| &a[..]), fds, p), Partial, "sendto sendmsg sendmmsg", "no urgent data (EOPNOTSUPP)";
    Call::Recv { fd, len, flags } => k.sys_recv(c, *fd, *len, *flags, p), Full, "recvfrom recvmsg recvmmsg", "";
    Call::Shutdown { fd, how } => k.sys_shutdown(c, *fd, *how), Full, "shutdown", "";
    Call::Sockname { fd, peer } => k.sys_sockname(c, *fd, *peer), Full, "getsockname getpeername", "";
    Call::Setsockopt { fd, level, name, value } => k.sys_setsockopt(c, *fd, *level, *name, value), Partial, "setsockopt", "SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST, SO_LINGER (0), SO_RCVTIMEO, SO_SNDTIMEO, SO_PASSCRED, IPV6_V6ONLY, SO_TIMESTAMP and SO_TIMESTAMPNS, and of datagrams IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and their IPv6 kin; others of a table are remembered without effect, buffer sizes too";
    Call::Getsockopt { fd, level, name, len } => k.sys_getsockopt(c, *fd, *level, *name, *len), Partial, "getsockopt", "what setsockopt takes, and SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_PEERCRED";
}

/// The table as a page: `docs/syscalls.md`.
pub fn syscall_page() -> String {
    let mut page = String::from(
        "# System calls\n\nPrinted from the table in `kernel/src/syscall/mod.rs`. What is not listed is \
         answered inside the process (memory, private futexes, clocks) or is ENOSYS with one log line.\n\n\
         | calls | support | note |\n|---|---|---|\n",
    );
    for row in TABLE {
        page.push_str(&format!("| {} | {:?} | {} |\n", row.names, row.support, row.note));
    }
    page
}
