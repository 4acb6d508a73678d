//! Requests of a process worker to the kernel, one variant per system call family member.

// A field carries the name of the man page's argument; the variant says what differs.
#![allow(missing_docs)]

use super::trace::{TraceAnswer, TraceEvent, TraceOp, TraceRequest};
use crate::fs::{OpenFlags, Timespec};
use crate::signal::{SigAction, SigInfo, SigSet};
use crate::tty::{Termios, WinSize};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A file descriptor as the guest names it.
pub type Fd = i32;

/// A path as the guest gave it, without its NUL. Empty with `AT_EMPTY_PATH`.
pub type Path = ByteBuf;

/// A request. Unless said otherwise the reply's `result` is the system call's
/// return value and the body is [`crate::wire::Body::None`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// Any other call, and for how long the program itself ran since the last answer, nanoseconds.
    Timed { user: u64, call: Box<Call> },
    // ---- files
    /// openat(2). `mode` before umask.
    Open { dirfd: Fd, path: Path, flags: OpenFlags, mode: u32 },
    /// openat2(2): the same, and `RESOLVE_*`.
    OpenWithin { dirfd: Fd, path: Path, flags: OpenFlags, mode: u32, resolve: u32 },
    /// close(2).
    Close { fd: Fd },
    /// close_range(2).
    CloseRange { first: u32, last: u32, flags: u32 },
    /// read(2), pread(2) with `offset`. Body: `Bytes`, at most `len` and
    /// [`crate::wire::MAX_TRANSFER`]. With `more` (a later piece of a split
    /// read) it never waits: EAGAIN instead.
    Read { fd: Fd, len: u32, offset: Option<u64>, more: bool },
    /// write(2), pwrite(2) with `offset`. A blocking write replies when all is
    /// written (or the count written before an error or signal).
    Write { fd: Fd, data: ByteBuf, offset: Option<u64> },
    /// pwritev2(2) with RWF_APPEND: at the end. With `stays` the file's own position does.
    Append { fd: Fd, data: ByteBuf, stays: bool },
    /// vmsplice(2): bytes into the writing end of a pipe, as many as there is room for; or up to `len` out of its reading
    /// end (body: `Bytes`). With neither: 1 for the one, 0 for the other.
    Vmsplice { fd: Fd, data: Option<ByteBuf>, len: u32, wait: bool },
    /// lseek(2).
    Lseek { fd: Fd, offset: i64, whence: u32 },
    /// dup(2).
    Dup { fd: Fd },
    /// dup2(2) (`flags: None`, equal descriptors allowed) and dup3(2).
    Dup3 { old: Fd, new: Fd, flags: Option<OpenFlags> },
    /// fcntl(2) commands with an integer argument.
    Fcntl { fd: Fd, cmd: u32, arg: u64 },
    /// fcntl(2) locks: F_GETLK, F_SETLK, F_SETLKW and OFD forms. Body: `Lock` for GETLK.
    FcntlLock { fd: Fd, cmd: u32, lock: Flock },
    /// flock(2).
    Flock { fd: Fd, op: u32 },
    /// ioctl(2). Body as [`IoctlOp`] says.
    Ioctl { fd: Fd, op: IoctlOp },
    /// ioctl(2) of loop and other block devices: `LOOP_*`, `BLK*`. `arg` as the caller
    /// gave it, `data` the structure it points to where there is one. Result: the
    /// number asked for; body: `Bytes` of a structure asked for.
    BlockIoctl { fd: Fd, cmd: u32, arg: u64, data: ByteBuf },
    /// fstatat(2) and all its kin. Body: `Stat`.
    Stat { dirfd: Fd, path: Path, flags: u32 },
    /// faccessat2(2).
    Access { dirfd: Fd, path: Path, mode: u32, flags: u32 },
    /// getdents64(2). Body: `Dirents`, whose encoded `linux_dirent64` records fit `len`.
    Getdents { fd: Fd, len: u32 },
    /// readlinkat(2). Body: `Bytes`.
    Readlink { dirfd: Fd, path: Path },
    /// symlinkat(2).
    Symlink { target: Path, dirfd: Fd, path: Path },
    /// linkat(2).
    Link { olddir: Fd, old: Path, newdir: Fd, new: Path, flags: u32 },
    /// unlinkat(2) (with AT_REMOVEDIR: rmdir).
    Unlink { dirfd: Fd, path: Path, flags: u32 },
    /// renameat2(2).
    Rename { olddir: Fd, old: Path, newdir: Fd, new: Path, flags: u32 },
    /// mkdirat(2).
    Mkdir { dirfd: Fd, path: Path, mode: u32 },
    /// mknodat(2).
    Mknod { dirfd: Fd, path: Path, mode: u32, dev: u64 },
    /// fchmodat2(2).
    Chmod { dirfd: Fd, path: Path, mode: u32, flags: u32 },
    /// fchownat(2); `u32::MAX` leaves one alone.
    Chown { dirfd: Fd, path: Path, uid: u32, gid: u32, flags: u32 },
    /// utimensat(2).
    Utimens { dirfd: Fd, path: Path, atime: SetTime, mtime: SetTime, flags: u32 },
    /// truncate(2).
    Truncate { path: Path, len: u64 },
    /// ftruncate(2).
    Ftruncate { fd: Fd, len: u64 },
    /// fallocate(2).
    Fallocate { fd: Fd, mode: u32, offset: u64, len: u64 },
    /// fsync(2), fdatasync(2), syncfs(2).
    Fsync { fd: Fd },
    /// sync(2).
    Sync,
    /// statfs(2). Body: `Statfs`.
    Statfs { path: Path },
    /// fstatfs(2). Body: `Statfs`.
    Fstatfs { fd: Fd },
    /// pipe2(2). Body: `Fds`.
    Pipe { flags: OpenFlags },
    /// poll(2), ppoll(2), select(2), pselect6(2). `deadline`: monotonic
    /// nanoseconds, `None` for ever, 0 for at once. Body: `Poll` with one
    /// `revents` per entry; result: entries with some. `mask` swaps the signal
    /// mask for the wait.
    Poll { fds: Vec<PollFd>, deadline: Option<u64>, mask: Option<SigSet> },
    /// chdir(2).
    Chdir { path: Path },
    /// fchdir(2).
    Fchdir { fd: Fd },
    /// getcwd(2). Body: `Bytes` without NUL.
    Getcwd,
    /// chroot(2).
    Chroot { path: Path },
    /// umask(2).
    Umask { mask: u32 },
    /// mount(2).
    Mount { source: Path, target: Path, fstype: Path, flags: u64, data: ByteBuf },
    /// umount2(2).
    Umount { target: Path, flags: u32 },
    /// sendfile(2), copy_file_range(2), splice(2): moves up to `len` bytes from
    /// one descriptor to another. Offsets given: used instead of the file's
    /// own; body `Offsets` gives them back.
    Transfer {
        from: Fd,
        from_offset: Option<u64>,
        to: Fd,
        to_offset: Option<u64>,
        len: u64,
        kind: TransferKind,
    },
    /// memfd_create(2).
    Memfd { name: ByteBuf, flags: u32 },
    /// eventfd2(2).
    Eventfd { count: u32, flags: u32 },
    /// epoll_create1(2).
    EpollCreate { flags: u32 },
    /// epoll_ctl(2).
    EpollCtl { epfd: Fd, op: u32, fd: Fd, events: u32, data: u64 },
    /// epoll_pwait2(2). Body: `Epoll`.
    EpollWait { epfd: Fd, max: u32, deadline: Option<u64>, mask: Option<SigSet> },
    /// timerfd_create(2).
    TimerfdCreate { clock: u32, flags: u32 },
    /// timerfd_settime(2). Body: `Itimer` (old).
    TimerfdSet { fd: Fd, flags: u32, interval: u64, value: u64 },
    /// timerfd_gettime(2). Body: `Itimer`.
    TimerfdGet { fd: Fd },
    /// signalfd4(2).
    Signalfd { fd: Fd, mask: SigSet, flags: u32 },
    /// inotify_init1(2).
    InotifyInit { flags: u32 },
    /// inotify_add_watch(2): result is the watch.
    InotifyAdd { fd: Fd, path: Path, mask: u32 },
    /// inotify_rm_watch(2).
    InotifyRm { fd: Fd, watch: i32 },
    /// getxattr(2), setxattr(2), listxattr(2), removexattr(2) and their kin; an empty
    /// path with AT_EMPTY_PATH is the descriptor's file. Body: `Bytes` of a value or of
    /// names with their NULs.
    Xattr { dirfd: Fd, path: Path, flags: u32, op: XattrOp },

    // ---- memory, as far as the kernel is concerned
    /// Before mmap(2) of a file: checks the descriptor's rights. `prot` and
    /// `shared` as in mmap. Body: `Mapped` (identity of the file). With `keep` the file is kept for private mappings;
    /// result: a handle, the same as long as the file is kept, or 0.
    MapFile { fd: Fd, prot: u32, shared: bool, keep: bool },
    /// Reads file data for a mapping, bypassing the descriptor's offset and
    /// checked by `MapFile` before. `ahead` bytes after these will be read next.
    /// Body: `Bytes`, short at end of file.
    MapRead { source: MapSource, offset: u64, len: u32, ahead: u32 },
    /// Keeps the mapped file referenced (a mapping outlives its descriptor);
    /// result: a handle for `MapSource::Handle`.
    MapHold { fd: Fd },
    /// madvise(2), MADV_REMOVE: a hole in the file of a handle.
    MapPunch { handle: u32, offset: u64, len: u64 },
    /// Drops a handle of `MapHold` or `ExecOpen`.
    MapDrop { handle: u32 },
    /// What a handle of `MapHold` shows now. Body: `Mapped`.
    MapStat { handle: u32 },
    /// Writes back a dirty page of a shared mapping (only below the file's size).
    MapWrite { handle: u32, offset: u64, data: ByteBuf },
    /// Tells the kernel what `/proc/self/maps` and `statm` show: sent when the
    /// kernel asks by `Errno(530)` and re-issued after.
    Maps { text: ByteBuf, vsize: u64, rss: u64, auxv: ByteBuf },

    // ---- processes
    /// fork(2), vfork(2), clone(2), clone3(2). `image` is opaque to the kernel
    /// and goes to the child's worker. The reply to the parent comes when the
    /// child has copied the parent's memory (`ChildReady`). With
    /// CLONE_VM|CLONE_VFORK the reply comes at once **in the same slot**, with
    /// result 0, and the caller goes on as the child (see `Slot`).
    Fork { flags: u64, exit_signal: u32, image: ByteBuf },
    /// First call of a forked child: its copy is complete; the parent resumes.
    /// Result: the child's own tid.
    ChildReady,
    /// Opens a program (or interpreter) for execution: checks type and
    /// permission. Result: a handle. Body: `Exec`.
    ExecOpen { dirfd: Fd, path: Path, flags: u32 },
    /// The point of no return of execve(2): other threads end, descriptors
    /// close, caught signals reset, set-id takes effect. `handle` is the program's.
    /// Body: `ExecStarted`.
    /// `environ`: the environment with its NULs, for `/proc/self/environ`.
    ExecCommit { handle: u32, path: Path, argv: Vec<ByteBuf>, environ: ByteBuf, comm: ByteBuf },
    /// execve(2) in a vfork child: the new program starts in another worker
    /// (`request` is opaque and goes there), and this slot is the parent's
    /// again. Result: the child's pid, as vfork returns it to the parent.
    ExecSpawn { handle: u32, request: ByteBuf },
    /// exit(2) of one thread. In a vfork child: as `ExecSpawn`, the slot is the
    /// parent's again and the result is the child's pid. Otherwise body `Die`.
    Exit { status: i32 },
    /// exit_group(2), likewise.
    ExitGroup { status: i32 },
    /// Waits until the other threads of a process that dumps have ended. Body: `DumpThreads`.
    DumpThreads,
    /// Dies by a signal whose frame could not be delivered, or a fatal fault
    /// (core-dump rules apply); likewise.
    /// `core`: it has written the core file that `Body::Dump` offered.
    KillSelf { signo: u32, core: bool },
    /// wait4(2) (which adds `WEXITED` to the options) and waitid(2). Body: `Waited`.
    Wait { which: WaitWhich, options: u32 },
    /// pidfd_open(2).
    PidfdOpen { pid: i32, flags: u32 },
    /// pidfd_send_signal(2).
    PidfdSignal { fd: Fd, signo: u32, info: Option<SigInfo> },
    /// pidfd_getfd(2).
    PidfdGetfd { fd: Fd, target: Fd },
    /// getpid, getppid, gettid … : one of the process's own numbers.
    GetId { which: IdKind },
    /// setuid(2) family, getgroups and setgroups.
    SetIds { op: SetIds },
    /// getresuid, getresgid: body `Ids` (real, effective, saved).
    GetIds { group: bool },
    /// getgroups(2): body `Groups`.
    Getgroups,
    /// getpgid(2).
    Getpgid { pid: i32 },
    /// setpgid(2).
    Setpgid { pid: i32, pgid: i32 },
    /// getsid(2).
    Getsid { pid: i32 },
    /// setsid(2).
    Setsid,
    /// prlimit64(2). Body: `Rlimit` (old).
    Prlimit { pid: i32, resource: u32, new: Option<(u64, u64)> },
    /// getrusage(2) and times(2). Body: `Rusage`.
    Getrusage { who: i32 },
    /// sysinfo(2). Body: `Sysinfo`.
    Sysinfo,
    /// uname(2). Body: `Uname`.
    Uname,
    /// sethostname(2), or setdomainname(2) with `domain`. Without a name: whether the caller may.
    SetName { domain: bool, name: Option<ByteBuf> },
    /// vhangup(2).
    Vhangup,
    /// prctl(2) operations the kernel keeps (name, pdeathsig, dumpable, …).
    Prctl { op: u32, arg: u64, name: ByteBuf },
    /// getpriority(2), setpriority(2).
    Priority { which: u32, who: i32, set: Option<i32> },
    /// sched_setscheduler(2): policy (`u32::MAX`: it stays) and priority. `None`: the reply is the
    /// policy, with the priority from bit 32 on.
    Schedule { pid: i32, set: Option<(u32, u32)> },
    /// sched_setaffinity(2), sched_getaffinity(2): a bit for each processor.
    Affinity { pid: i32, set: Option<u64> },
    /// sched_yield(2).
    Yield,
    /// The thread goes to sleep within its process (futex(2)): no processor time passes until
    /// its next call.
    Rest,
    // set_tid_address, robust list: remembered per thread by `process`; at
    // thread exit `process` does the wakes itself.
    /// getrandom(2) and the auxv seed. Body: `Bytes`.
    Getrandom { len: u32 },
    // futex(2) on memory shared between processes is refused; private ones
    // never come here.
    /// capget(2). Body: `Caps`.
    Capget { pid: i32 },
    /// capset(2) of the caller.
    Capset { effective: u64, permitted: u64, inheritable: u64 },

    // ---- signals
    /// rt_sigaction(2). Body: `Action` (old).
    Sigaction { signo: u32, action: Option<SigAction> },
    /// rt_sigprocmask(2); `how` 0 block, 1 unblock, 2 set. Body: `Mask` (old).
    Sigprocmask { how: u32, set: Option<SigSet> },
    /// rt_sigpending(2). Body: `Mask`.
    Sigpending,
    /// rt_sigsuspend(2).
    Sigsuspend { mask: SigSet },
    /// rt_sigtimedwait(2). Body: `Info`.
    Sigtimedwait { set: SigSet, deadline: Option<u64> },
    /// kill(2), tkill, tgkill, rt_sigqueueinfo: `pid` as in kill; `tid` restricts to one thread.
    Kill { pid: i32, tid: Option<i32>, signo: u32, info: Option<SigInfo> },
    /// A signal that the process raises on its own thread by a fault
    /// (SIGSEGV, SIGFPE …): forced, fatal when blocked or ignored. The reply is
    /// that of `TakeSignal`.
    Fault { info: SigInfo },
    /// Asks for the next deliverable signal: sent when the attention word is
    /// set, and after an `ERESTART*` error. Stops (SIGSTOP) happen inside this
    /// call. Body: `Deliver`, `None` when there is nothing to do, or `Die`.
    TakeSignal,
    /// setitimer(2): nanoseconds. Body: `Itimer` (old). `which` 0 real, 1 virtual, 2 prof.
    Setitimer { which: u32, interval: u64, value: u64 },
    /// getitimer(2). Body: `Itimer`.
    Getitimer { which: u32 },
    /// timer_create(2): result is the timer's id.
    TimerCreate { clock: u32, signo: u32, value: u64, tid: Option<i32>, notify: u32 },
    /// mq_open(2); `attr`: most messages, longest one.
    MqOpen { name: Path, flags: OpenFlags, mode: u32, attr: Option<(i64, i64)> },
    /// mq_unlink(2).
    MqUnlink { name: Path },
    /// mq_timedsend(2); `deadline`: monotonic nanoseconds.
    MqSend { fd: Fd, data: ByteBuf, prio: u32, deadline: Option<u64> },
    /// mq_timedreceive(2). Body: `Message`, of its priority.
    MqReceive { fd: Fd, len: u64, deadline: Option<u64> },
    /// mq_notify(2): `sigev_notify`, signal, value.
    MqNotify { fd: Fd, notify: Option<(u32, u32, u64)> },
    /// mq_getsetattr(2), with the new flags. Body: `Bytes` of four 64-bit numbers.
    MqAttr { fd: Fd, new: Option<u64> },
    /// timer_settime(2). Body: `Itimer` (old).
    TimerSet { id: i32, flags: u32, interval: u64, value: u64 },
    /// timer_gettime(2). Body: `Itimer`.
    TimerGet { id: i32 },
    /// timer_delete(2).
    TimerDelete { id: i32 },
    /// timer_getoverrun(2).
    TimerOverrun { id: i32 },
    /// nanosleep(2), pause(2) (no deadline): waits until `deadline` of the
    /// clock (0 realtime, 1 monotonic), nanoseconds. Interrupted: EINTR kind.
    Sleep { clock: u32, deadline: Option<u64> },
    /// ptrace(2) on thread `tid`.
    Ptrace { tid: i32, request: TraceRequest },
    /// A traced thread stops. Body: `TraceOp` (do it, then `TraceResult`) or `TraceGo`.
    Traced { event: TraceEvent },
    /// A stopped thread has done what its tracer asked; the reply as that of `Traced`.
    TraceResult { answer: TraceAnswer },
    /// What was asked by `Body::Probe`.
    ProbeResult { answer: TraceAnswer },
    /// prlimit(2), when it has changed RLIMIT_AS, RLIMIT_DATA or RLIMIT_STACK of another process: that is told.
    TellLimit { pid: i32, resource: u32 },
    /// process_vm_readv(2), process_vm_writev(2): reads or writes the memory of another
    /// process. Body: `Bytes`.
    Memory { pid: i32, op: TraceOp },

    // ---- System V IPC
    /// msgget(2).
    Msgget { key: i32, flags: u32 },
    /// msgsnd(2); `kind` is the message's type.
    Msgsnd { id: i32, kind: i64, data: ByteBuf, flags: u32 },
    /// msgrcv(2). Body: `Message`.
    Msgrcv { id: i32, size: u64, kind: i64, flags: u32 },
    /// msgctl(2). Body: `IpcStat` for IPC_STAT.
    Msgctl { id: i32, op: IpcOp },
    /// semget(2).
    Semget { key: i32, count: i32, flags: u32 },
    /// semop(2), semtimedop(2).
    Semop { id: i32, ops: Vec<SemOp>, deadline: Option<u64> },
    /// semctl(2). Body: `IpcStat`, or `Groups` with all values.
    Semctl { id: i32, index: i32, op: IpcOp },

    // ---- sockets
    /// socket(2).
    Socket { domain: u32, kind: u32, protocol: u32 },
    /// socketpair(2). Body: `Fds`.
    Socketpair { domain: u32, kind: u32, protocol: u32 },
    /// bind(2); the address is the guest's `sockaddr` bytes (same on both widths).
    Bind { fd: Fd, addr: ByteBuf },
    /// connect(2).
    Connect { fd: Fd, addr: ByteBuf },
    /// listen(2).
    Listen { fd: Fd, backlog: i32 },
    /// accept4(2). Body: `Bytes` (peer address).
    Accept { fd: Fd, flags: u32 },
    /// sendto(2), sendmsg(2).
    Send {
        fd: Fd,
        data: ByteBuf,
        flags: u32,
        addr: Option<ByteBuf>,
        fds: Vec<Fd>,
        creds: Option<(i32, u32, u32)>,
    },
    /// recvfrom(2), recvmsg(2). Body: `Received`.
    Recv { fd: Fd, len: u32, flags: u32 },
    /// shutdown(2).
    Shutdown { fd: Fd, how: u32 },
    /// getsockname(2), getpeername(2) (`peer`). Body: `Bytes`.
    Sockname { fd: Fd, peer: bool },
    /// setsockopt(2).
    Setsockopt { fd: Fd, level: u32, name: u32, value: ByteBuf },
    /// getsockopt(2). Body: `Bytes`.
    Getsockopt { fd: Fd, level: u32, name: u32, len: u32 },
}

/// One operation of semop(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemOp {
    /// Which semaphore.
    pub index: u16,
    /// What is added; 0 waits for zero.
    pub change: i16,
    /// IPC_NOWAIT, SEM_UNDO.
    pub flags: u16,
}

/// What msgctl(2) and semctl(2) do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpcOp {
    /// IPC_RMID.
    Remove,
    /// IPC_SET; `limit` is a queue's `msg_qbytes`.
    Set { uid: u32, gid: u32, mode: u32, limit: u64 },
    /// IPC_STAT.
    Stat,
    /// GETVAL.
    GetValue,
    /// GETPID.
    GetPid,
    /// GETNCNT and (`zero`) GETZCNT.
    GetWaiting { zero: bool },
    /// GETALL.
    GetAll,
    /// SETVAL.
    SetValue(i32),
    /// SETALL.
    SetAll(Vec<u16>),
}

/// What is done to extended attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum XattrOp {
    /// The value of one.
    Get { name: ByteBuf },
    /// The names of all.
    List,
    /// Sets one; `flags` are XATTR_CREATE 1 and XATTR_REPLACE 2.
    Set { name: ByteBuf, value: ByteBuf, flags: u32 },
    /// Removes one.
    Remove { name: ByteBuf },
}

/// Where `MapRead` reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapSource {
    /// A descriptor.
    Fd(Fd),
    /// A handle of `ExecOpen` or `MapHold`.
    Handle(u32),
}

/// Which call a `Transfer` stands for (their rules differ).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferKind {
    /// sendfile(2).
    Sendfile,
    /// copy_file_range(2).
    CopyFileRange,
    /// splice(2), with its flags.
    Splice(u32),
    /// tee(2), with its flags.
    Tee(u32),
}

/// A time for `utimensat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetTime {
    /// `UTIME_OMIT`.
    Omit,
    /// `UTIME_NOW`.
    Now,
    /// This time.
    At(Timespec),
}

/// One entry of `poll`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollFd {
    /// Descriptor; negative ones are skipped.
    pub fd: Fd,
    /// `POLL*` bits asked for.
    pub events: u16,
}

/// `struct flock` (fcntl(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flock {
    /// F_RDLCK 0, F_WRLCK 1, F_UNLCK 2.
    pub kind: u16,
    /// SEEK_*.
    pub whence: u16,
    /// Start.
    pub start: i64,
    /// Length, 0 to the end.
    pub len: i64,
    /// Holder (answer only).
    pub pid: i32,
}

/// ioctl(2) requests that the kernel serves, arguments already copied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum IoctlOp {
    /// TCGETS, TCGETS2. Body: `Termios`.
    GetTermios,
    /// TCSETS (0), TCSETSW (1), TCSETSF (2).
    SetTermios { when: u32, termios: Termios },
    /// TIOCGWINSZ. Body: `WinSize`.
    GetWinSize,
    /// TIOCSWINSZ.
    SetWinSize(WinSize),
    /// TIOCGPGRP: result is the group.
    GetPgrp,
    /// TIOCSPGRP.
    SetPgrp(i32),
    /// TIOCGSID: result is the session.
    GetSid,
    /// TIOCSCTTY.
    SetCtty(u32),
    /// TIOCNOTTY.
    NoTty,
    /// TCFLSH.
    Flush(u32),
    /// TCSBRK, TCSBRKP.
    SendBreak(u32),
    /// TCXONC.
    Flow(u32),
    /// FIONREAD: result is the count.
    ReadableBytes,
    /// TIOCOUTQ: result is the count.
    OutputQueue,
    /// FIONBIO.
    NonBlock(bool),
    /// FIOASYNC.
    Async(bool),
    /// FIOCLEX, FIONCLEX.
    CloseOnExec(bool),
    /// TIOCGPTN: result is the number of the pty.
    PtyNumber,
    /// TIOCSPTLCK.
    PtyLock(bool),
    /// TIOCGPTPEER: result is a descriptor.
    PtyPeer(u32),
    /// TIOCPKT: packet mode of a pty's master.
    PacketMode(bool),
    /// TIOCGPKT: result is whether packet mode is on.
    GetPacketMode,
    /// TIOCGPTLCK: result is whether the pty is locked.
    GetPtyLock,
    /// TIOCEXCL, TIOCNXCL.
    Exclusive(bool),
    /// TIOCGEXCL: result is whether the terminal is exclusive.
    GetExclusive,
    /// TIOCSIG: a signal for the foreground group of a pty.
    PtySignal(u32),
    /// Whether the descriptor is a socket, for what netdevice(7) asks.
    Interface,
    /// Anything else: ENOTTY (and a log line when the file is a tty).
    Other { cmd: u32, arg: u64 },
}

/// Which children wait is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitWhich {
    /// Any child.
    Any,
    /// This process.
    Pid(i32),
    /// Any of this group; 0 is the caller's own.
    Group(i32),
    /// The process of this pidfd.
    Pidfd(Fd),
}

/// For `GetId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdKind {
    /// Process (thread group).
    Pid,
    /// Parent process.
    Ppid,
    /// Thread.
    Tid,
    /// Real user.
    Uid,
    /// Effective user.
    Euid,
    /// Real group.
    Gid,
    /// Effective group.
    Egid,
    /// Process group.
    Pgrp,
}

/// Changes of credentials; `u32::MAX` leaves a field alone where Linux says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetIds {
    /// setuid(2).
    Uid(u32),
    /// setgid(2).
    Gid(u32),
    /// setreuid(2).
    Reuid(u32, u32),
    /// setregid(2).
    Regid(u32, u32),
    /// setresuid(2).
    Resuid(u32, u32, u32),
    /// setresgid(2).
    Resgid(u32, u32, u32),
    /// setgroups(2).
    Groups(Vec<u32>),
    /// setfsuid(2): result is the old one.
    Fsuid(u32),
    /// setfsgid(2): result is the old one.
    Fsgid(u32),
}
