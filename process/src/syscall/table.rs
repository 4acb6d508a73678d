//! The table of system calls: one row each, for both ABIs. Everything else
//! (dispatch, tracing, `docs/syscall-numbers.md`) derives from it.

use super::{
    advise, fs, ids, io, ipc, misc, mm, mqueue, net, poll, sched, signal, stat, state, system, task, time,
    tty, watch, xattr,
};
use crate::futex;
use crate::syscall::{Args, refused, refused_quietly};
use crate::thread::{SysResult, Thread};

/// How much of a system call is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All that programs see on Linux, as far as known.
    Full,
    /// What the note says is different or missing.
    Partial,
    /// ENOSYS.
    None,
}

/// Serves a call with its arguments as the registers held them (32-bit ones zero-extended).
pub type Handler = fn(&mut Thread<'_>, &Args) -> SysResult;

/// One system call.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// x86-64 number.
    pub n64: Option<u16>,
    /// i386 number.
    pub n32: Option<u16>,
    /// Linux's name.
    pub name: &'static str,
    /// Function that serves it.
    pub handler: Handler,
    /// Its arguments for tracing: `d` signed, `u` unsigned, `x` hexadecimal, `o`
    /// octal, `p` pointer, `s` string, `b` bytes counted by the next argument.
    pub args: &'static str,
    /// Support level.
    pub support: Support,
    /// What is different or missing.
    pub note: &'static str,
}

/// One more than the highest number of either ABI.
const NUMBERS: usize = 480;

macro_rules! number {
    (-) => {
        None
    };
    ($n:literal) => {
        Some($n)
    };
}

macro_rules! table {
    ($($n64:tt, $n32:tt, $name:ident, $handler:path, $args:literal, $support:ident, $note:literal;)*) => {
        /// All rows.
        pub const TABLE: &[Row] = &[$(Row {
            n64: number!($n64),
            n32: number!($n32),
            name: stringify!($name),
            handler: $handler,
            args: $args,
            support: Support::$support,
            note: $note,
        }),*];
    };
}

/// Row numbers by system call number; `u16::MAX` for none.
const fn index(wide: bool) -> [u16; NUMBERS] {
    let mut out = [u16::MAX; NUMBERS];
    let mut i = 0;
    while i < TABLE.len() {
        let number = if wide { TABLE[i].n64 } else { TABLE[i].n32 };
        if let Some(number) = number {
            assert!(out[number as usize] == u16::MAX, "two rows with one number");
            out[number as usize] = i as u16;
        }
        i += 1;
    }
    out
}

static BY_NUMBER_64: [u16; NUMBERS] = index(true);
static BY_NUMBER_32: [u16; NUMBERS] = index(false);

/// The row of a system call number.
pub fn find(number: u64, wide: bool) -> Option<&'static Row> {
    let index = if wide { &BY_NUMBER_64 } else { &BY_NUMBER_32 };
    let row = *index.get(usize::try_from(number).ok()?)?;
    TABLE.get(usize::from(row))
}

/// The table as a page (`docs/syscall-numbers.md`).
pub fn markdown() -> String {
    use std::fmt::Write;
    let mut out = String::from(
        "# System calls by number\n\nWhat guests may call; `syscalls.md` says what the kernel worker does for them. Printed from the table in `process/src/syscall/table.rs`. What is not here returns ENOSYS\n\
         and is logged once per process.\n\n| call | x86-64 | i386 | support | note |\n|---|---|---|---|---|\n",
    );
    let mut rows: Vec<&Row> = TABLE.iter().collect();
    rows.sort_by_key(|row| row.name);
    for row in rows {
        let number = |n: Option<u16>| n.map_or(String::from("–"), |n| n.to_string());
        let support = match row.support {
            Support::Full => "full",
            Support::Partial => "partial",
            Support::None => "no",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {support} | {} |",
            row.name,
            number(row.n64),
            number(row.n32),
            row.note
        );
    }
    out
}

#[rustfmt::skip]
table! {
    // ---- files: data
       0,    3, read, io::read, "dpu", Full, "";
       1,    4, write, io::write, "dbu", Full, "";
      17,  180, pread64, io::pread, "dpuu", Full, "";
      18,  181, pwrite64, io::pwrite, "dbuu", Full, "";
      19,  145, readv, io::readv, "dpu", Full, "";
      20,  146, writev, io::writev, "dpu", Full, "";
     295,  333, preadv, io::preadv, "dpuu", Full, "";
     296,  334, pwritev, io::pwritev, "dpuu", Full, "";
     327,  378, preadv2, io::preadv2, "dpuux", Partial, "RWF_NOWAIT refused";
     328,  379, pwritev2, io::pwritev2, "dpuux", Partial, "RWF_NOWAIT refused";
       8,   19, lseek, io::lseek, "ddu", Partial, "SEEK_DATA and SEEK_HOLE see files without holes";
       -,  140, _llseek, io::llseek, "dxxpu", Partial, "SEEK_DATA and SEEK_HOLE see files without holes";
      40,  187, sendfile, io::sendfile, "ddpu", Partial, "between files, pipes and sockets; others EINVAL, which programs answer with read and write";
       -,  239, sendfile64, io::sendfile64, "ddpu", Full, "";
     326,  377, copy_file_range, io::copy_file_range, "dpdpux", Partial, "between files, pipes and sockets; others EINVAL, which programs answer with read and write";
     275,  313, splice, io::splice, "dpdpux", Partial, "between files, pipes and sockets; others EINVAL, which programs answer with read and write";
     276,  315, tee, io::tee, "ddux", Partial, "between files, pipes and sockets; others EINVAL, which programs answer with read and write";
     278,  316, vmsplice, io::vmsplice, "dpux", Partial, "copies; what is given is not shared";
    // ---- files: descriptors
       2,    5, open, fs::open, "sxo", Full, "";
     257,  295, openat, fs::openat, "dsxo", Full, "";
     437,  437, openat2, fs::openat2, "dspu", Full, "";
      85,    8, creat, fs::creat, "so", Full, "";
       3,    6, close, io::close, "d", Full, "";
     436,  436, close_range, io::close_range, "uux", Full, "";
      32,   41, dup, io::dup, "d", Full, "";
      33,   63, dup2, io::dup2, "dd", Full, "";
     292,  330, dup3, io::dup3, "ddx", Full, "";
      22,   42, pipe, io::pipe, "p", Full, "";
     293,  331, pipe2, io::pipe2, "px", Full, "";
      72,    -, fcntl, fs::fcntl, "ddx", Partial, "that poll(2) finds no room does not count for the signal of O_ASYNC that there is some, only a write does";
       -,   55, fcntl, fs::fcntl, "ddx", Partial, "that poll(2) finds no room does not count for the signal of O_ASYNC that there is some, only a write does";
       -,  221, fcntl64, fs::fcntl, "ddx", Partial, "that poll(2) finds no room does not count for the signal of O_ASYNC that there is some, only a write does";
      73,  143, flock, fs::flock, "dx", Full, "";
      16,   54, ioctl, tty::ioctl, "dxx", Partial, "terminals, pseudo-terminals, FIONREAD, FIONBIO, FIOASYNC, FIOCLEX";
     319,  356, memfd_create, io::memfd_create, "sx", Partial, "no huge pages";
     284,  323, eventfd, io::eventfd, "u", Full, "";
     290,  328, eventfd2, io::eventfd2, "ux", Full, "";
     282,  321, signalfd, poll::signalfd, "dpu", Full, "";
     289,  327, signalfd4, poll::signalfd4, "dpux", Full, "";
     253,  291, inotify_init, watch::inotify_init, "", Full, "";
     294,  332, inotify_init1, watch::inotify_init1, "x", Full, "";
     254,  292, inotify_add_watch, watch::inotify_add_watch, "dsx", Partial, "IN_EXCL_UNLINK has no effect";
     255,  293, inotify_rm_watch, watch::inotify_rm_watch, "dd", Full, "";
     434,  434, pidfd_open, watch::pidfd_open, "dx", Full, "";
     424,  424, pidfd_send_signal, watch::pidfd_send_signal, "ddpx", Full, "";
     438,  438, pidfd_getfd, watch::pidfd_getfd, "ddx", Full, "";
      74,  118, fsync, fs::fsync, "d", Full, "";
      75,  148, fdatasync, fs::fsync, "d", Full, "";
     306,  344, syncfs, fs::fsync, "d", Full, "";
     162,   36, sync, fs::sync, "", Full, "";
     221,  250, fadvise64, fs::hint, "dxxxx", Partial, "accepted, without effect";
     187,  225, readahead, fs::hint, "dxxxx", Partial, "accepted, without effect";
     277,  314, sync_file_range, fs::hint, "dxxxx", Partial, "accepted, without effect";
       -,  272, fadvise64_64, fs::hint, "dxxxx", Partial, "accepted, without effect";
     285,  324, fallocate, fs::fallocate, "dxuu", Partial, "allocate, keep-size and punch-hole (written as zeros, blocks stay); no other mode, as on Linux's ext2 and tmpfs";
      76,   92, truncate, fs::truncate, "sd", Full, "";
      77,   93, ftruncate, fs::ftruncate, "dd", Full, "";
       -,  193, truncate64, fs::truncate64, "suu", Full, "";
       -,  194, ftruncate64, fs::ftruncate64, "duu", Full, "";
    // ---- files: names
       4,  106, stat, stat::stat, "sp", Full, "";
       6,  107, lstat, stat::lstat, "sp", Full, "";
       5,  108, fstat, stat::fstat, "dp", Full, "";
       -,  195, stat64, stat::stat64, "sp", Full, "";
       -,  196, lstat64, stat::lstat64, "sp", Full, "";
       -,  197, fstat64, stat::fstat64, "dp", Full, "";
     262,    -, newfstatat, stat::fstatat, "dspx", Full, "";
       -,  300, fstatat64, stat::fstatat, "dspx", Full, "";
     332,  383, statx, stat::statx, "dsxxp", Partial, "the basic fields";
     137,   99, statfs, stat::statfs, "sp", Full, "";
     138,  100, fstatfs, stat::fstatfs, "dp", Full, "";
       -,  268, statfs64, stat::statfs64, "sup", Full, "";
       -,  269, fstatfs64, stat::fstatfs64, "dup", Full, "";
      21,   33, access, fs::access, "so", Full, "";
     269,  307, faccessat, fs::faccessat, "dso", Full, "";
     439,  439, faccessat2, fs::faccessat2, "dsox", Full, "";
      78,  141, getdents, fs::getdents, "dpu", Full, "";
     217,  220, getdents64, fs::getdents64, "dpu", Full, "";
      89,   85, readlink, fs::readlink, "spu", Full, "";
     267,  305, readlinkat, fs::readlinkat, "dspu", Full, "";
      88,   83, symlink, fs::symlink, "ss", Full, "";
     266,  304, symlinkat, fs::symlinkat, "sds", Full, "";
      86,    9, link, fs::link, "ss", Full, "";
     265,  303, linkat, fs::linkat, "dsdsx", Full, "";
      87,   10, unlink, fs::unlink, "s", Full, "";
     263,  301, unlinkat, fs::unlinkat, "dsx", Full, "";
      84,   40, rmdir, fs::rmdir, "s", Full, "";
      82,   38, rename, fs::rename, "ss", Full, "";
     264,  302, renameat, fs::renameat, "dsds", Full, "";
     316,  353, renameat2, fs::renameat2, "dsdsx", Partial, "no RENAME_WHITEOUT";
      83,   39, mkdir, fs::mkdir, "so", Full, "";
     258,  296, mkdirat, fs::mkdirat, "dso", Full, "";
     133,   14, mknod, fs::mknod, "sox", Full, "";
     259,  297, mknodat, fs::mknodat, "dsox", Full, "";
      90,   15, chmod, fs::chmod, "so", Full, "";
      91,   94, fchmod, fs::fchmod, "do", Full, "";
     268,  306, fchmodat, fs::fchmodat, "dso", Full, "";
     452,  452, fchmodat2, fs::fchmodat2, "dsox", Full, "";
      92,    -, chown, fs::chown, "sdd", Full, "";
      94,    -, lchown, fs::lchown, "sdd", Full, "";
      93,    -, fchown, fs::fchown, "ddd", Full, "";
     260,  298, fchownat, fs::fchownat, "dsddx", Full, "";
       -,  212, chown32, fs::chown, "sdd", Full, "";
       -,  198, lchown32, fs::lchown, "sdd", Full, "";
       -,  207, fchown32, fs::fchown, "ddd", Full, "";
       -,  182, chown, fs::chown16, "sdd", Full, "";
       -,   16, lchown, fs::lchown16, "sdd", Full, "";
       -,   95, fchown, fs::fchown16, "ddd", Full, "";
     132,   30, utime, fs::utime, "sp", Full, "";
     235,  271, utimes, fs::utimes, "sp", Full, "";
     261,  299, futimesat, fs::futimesat, "dsp", Full, "";
     280,  320, utimensat, fs::utimensat, "dspx", Full, "";
       -,  412, utimensat_time64, fs::utimensat_time64, "dspx", Full, "";
      80,   12, chdir, fs::chdir, "s", Full, "";
      81,  133, fchdir, fs::fchdir, "d", Full, "";
      79,  183, getcwd, fs::getcwd, "pu", Full, "";
     161,   61, chroot, fs::chroot, "s", Full, "";
      95,   60, umask, fs::umask, "o", Full, "";
     165,   21, mount, fs::mount, "sssxp", Partial, "tmpfs, proc, sysfs, devpts, ext2 on loop devices, MS_BIND (not recursive), MS_MOVE and MS_REMOUNT; propagation is accepted without effect";
     166,   52, umount2, fs::umount2, "sx", Partial, "no MNT_EXPIRE";
       -,   22, umount, fs::umount, "s", Full, "";
     188,  226, setxattr, xattr::setxattr, "sspux", Full, "";
     189,  227, lsetxattr, xattr::lsetxattr, "sspux", Full, "";
     190,  228, fsetxattr, xattr::fsetxattr, "dspux", Full, "";
     191,  229, getxattr, xattr::getxattr, "sspu", Full, "";
     192,  230, lgetxattr, xattr::lgetxattr, "sspu", Full, "";
     193,  231, fgetxattr, xattr::fgetxattr, "dspu", Full, "";
     194,  232, listxattr, xattr::listxattr, "spu", Full, "";
     195,  233, llistxattr, xattr::llistxattr, "spu", Full, "";
     196,  234, flistxattr, xattr::flistxattr, "dpu", Full, "";
     197,  235, removexattr, xattr::removexattr, "ss", Full, "";
     198,  236, lremovexattr, xattr::lremovexattr, "ss", Full, "";
     199,  237, fremovexattr, xattr::fremovexattr, "ds", Full, "";
    // ---- waiting for descriptors
       7,  168, poll, poll::poll, "pud", Full, "";
     271,  309, ppoll, poll::ppoll, "puppu", Full, "";
       -,  414, ppoll_time64, poll::ppoll_time64, "puppu", Full, "";
      23,    -, select, poll::select, "dpppp", Full, "";
       -,  142, _newselect, poll::select, "dpppp", Full, "";
       -,   82, select, poll::old_select, "p", Full, "";
     270,  308, pselect6, poll::pselect6, "dppppp", Full, "";
       -,  413, pselect6_time64, poll::pselect6_time64, "dppppp", Full, "";
     213,  254, epoll_create, poll::epoll_create, "d", Full, "";
     291,  329, epoll_create1, poll::epoll_create1, "x", Full, "";
     233,  255, epoll_ctl, poll::epoll_ctl, "dddp", Full, "";
     232,  256, epoll_wait, poll::epoll_wait, "dpdd", Full, "";
     281,  319, epoll_pwait, poll::epoll_pwait, "dpddpu", Full, "";
     441,  441, epoll_pwait2, poll::epoll_pwait2, "dpdppu", Full, "";
    // ---- memory
       9,    -, mmap, mm::mmap, "xuxxdx", Partial, "files are copied in; shared memory is not shared across fork";
       -,  192, mmap2, mm::mmap2, "xuxxdx", Partial, "as mmap";
       -,   90, mmap, mm::old_mmap, "p", Partial, "as mmap";
      11,   91, munmap, mm::munmap, "xu", Full, "";
      10,  125, mprotect, mm::mprotect, "xux", Full, "";
     329,  380, pkey_mprotect, mm::pkey_mprotect, "xuxd", Partial, "default key only";
      25,  163, mremap, mm::mremap, "xuuxx", Partial, "no second view of shared memory (an old size of 0)";
      12,   45, brk, mm::brk, "x", Full, "";
      28,  219, madvise, advise::madvise, "xud", Partial, "MADV_REMOVE writes zeros, blocks stay";
      26,  144, msync, mm::msync, "xux", Full, "";
      27,  218, mincore, advise::mincore, "xup", Full, "";
     149,  150, mlock, advise::mlock, "xu", Full, "";
     325,  376, mlock2, advise::mlock2, "xux", Full, "";
     150,  151, munlock, advise::munlock, "xu", Full, "";
     151,  152, mlockall, advise::mlockall, "x", Full, "";
     152,  153, munlockall, advise::munlockall, "", Full, "";
     310,  347, process_vm_readv, misc::process_vm_readv, "dpupux", Full, "";
     311,  348, process_vm_writev, misc::process_vm_writev, "dpupux", Full, "";
    // ---- processes
      57,    2, fork, task::fork, "", Full, "";
      58,  190, vfork, task::vfork, "", Full, "";
      56,  120, clone, task::clone, "xxxxx", Partial, "fork, vfork and threads; no name spaces";
     435,  435, clone3, task::clone3, "pu", Partial, "as clone";
      59,   11, execve, task::execve, "spp", Full, "";
     322,  358, execveat, task::execveat, "dsppx", Full, "";
      60,    1, exit, task::exit, "d", Full, "";
     231,  252, exit_group, task::exit_group, "d", Full, "";
      61,  114, wait4, task::wait4, "dpxp", Full, "";
       -,    7, waitpid, task::waitpid, "dpx", Full, "";
     247,  284, waitid, task::waitid, "ddpxp", Full, "";
      39,   20, getpid, ids::getpid, "", Full, "";
     186,  224, gettid, ids::gettid, "", Full, "";
     110,   64, getppid, ids::getppid, "", Full, "";
     111,   65, getpgrp, ids::getpgrp, "", Full, "";
     102,    -, getuid, ids::getuid, "", Full, "";
       -,  199, getuid32, ids::getuid, "", Full, "";
       -,   24, getuid, ids::getuid16, "", Full, "";
     107,    -, geteuid, ids::geteuid, "", Full, "";
       -,  201, geteuid32, ids::geteuid, "", Full, "";
       -,   49, geteuid, ids::geteuid16, "", Full, "";
     104,    -, getgid, ids::getgid, "", Full, "";
       -,  200, getgid32, ids::getgid, "", Full, "";
       -,   47, getgid, ids::getgid16, "", Full, "";
     108,    -, getegid, ids::getegid, "", Full, "";
       -,  202, getegid32, ids::getegid, "", Full, "";
       -,   50, getegid, ids::getegid16, "", Full, "";
     121,  132, getpgid, ids::getpgid, "d", Full, "";
     109,   57, setpgid, ids::setpgid, "dd", Full, "";
     124,  147, getsid, ids::getsid, "d", Full, "";
     112,   66, setsid, ids::setsid, "", Full, "";
     105,    -, setuid, ids::setuid, "d", Full, "";
       -,  213, setuid32, ids::setuid, "d", Full, "";
       -,   23, setuid, ids::setuid16, "d", Full, "";
     106,    -, setgid, ids::setgid, "d", Full, "";
       -,  214, setgid32, ids::setgid, "d", Full, "";
       -,   46, setgid, ids::setgid16, "d", Full, "";
     113,    -, setreuid, ids::setreuid, "dd", Full, "";
       -,  203, setreuid32, ids::setreuid, "dd", Full, "";
       -,   70, setreuid, ids::setreuid16, "dd", Full, "";
     114,    -, setregid, ids::setregid, "dd", Full, "";
       -,  204, setregid32, ids::setregid, "dd", Full, "";
       -,   71, setregid, ids::setregid16, "dd", Full, "";
     117,    -, setresuid, ids::setresuid, "ddd", Full, "";
       -,  208, setresuid32, ids::setresuid, "ddd", Full, "";
       -,  164, setresuid, ids::setresuid16, "ddd", Full, "";
     119,    -, setresgid, ids::setresgid, "ddd", Full, "";
       -,  210, setresgid32, ids::setresgid, "ddd", Full, "";
       -,  170, setresgid, ids::setresgid16, "ddd", Full, "";
     122,    -, setfsuid, ids::setfsuid, "d", Full, "";
       -,  215, setfsuid32, ids::setfsuid, "d", Full, "";
       -,  138, setfsuid, ids::setfsuid16, "d", Full, "";
     123,    -, setfsgid, ids::setfsgid, "d", Full, "";
       -,  216, setfsgid32, ids::setfsgid, "d", Full, "";
       -,  139, setfsgid, ids::setfsgid16, "d", Full, "";
     118,    -, getresuid, ids::getresuid, "ppp", Full, "";
       -,  209, getresuid32, ids::getresuid, "ppp", Full, "";
       -,  165, getresuid, ids::getresuid16, "ppp", Full, "";
     120,    -, getresgid, ids::getresgid, "ppp", Full, "";
       -,  211, getresgid32, ids::getresgid, "ppp", Full, "";
       -,  171, getresgid, ids::getresgid16, "ppp", Full, "";
     115,    -, getgroups, ids::getgroups, "dp", Full, "";
       -,  205, getgroups32, ids::getgroups, "dp", Full, "";
       -,   80, getgroups, ids::getgroups16, "dp", Full, "";
     116,    -, setgroups, ids::setgroups, "dp", Full, "";
       -,  206, setgroups32, ids::setgroups, "dp", Full, "";
       -,   81, setgroups, ids::setgroups16, "dp", Full, "";
     125,  184, capget, ids::capget, "pp", Full, "";
     126,  185, capset, ids::capset, "pp", Full, "";
     157,  172, prctl, state::prctl, "dxxxx", Partial, "names, parent death signal, dumpable, seccomp and the like";
     158,  384, arch_prctl, state::arch_prctl, "xx", Full, "";
       -,  243, set_thread_area, state::set_thread_area, "p", Full, "";
       -,  244, get_thread_area, state::get_thread_area, "p", Full, "";
     218,  258, set_tid_address, state::set_tid_address, "p", Full, "";
     273,  311, set_robust_list, state::set_robust_list, "pu", Full, "";
     274,  312, get_robust_list, state::get_robust_list, "dpp", Full, "";
     202,  240, futex, futex::futex, "pxxxpx", Partial, "private to the process; no requeueing of waiters with an owner (WAIT_REQUEUE_PI)";
       -,  422, futex_time64, futex::futex_time64, "pxxxpx", Partial, "as futex";
     135,  136, personality, state::personality, "x", Partial, "PER_LINUX only";
     219,    0, restart_syscall, state::restart_syscall, "", Full, "";
    // ---- limits, usage, system
     302,  340, prlimit64, system::prlimit64, "ddpp", Partial, "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
      97,    -, getrlimit, system::getrlimit, "dp", Partial, "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
       -,  191, ugetrlimit, system::getrlimit, "dp", Partial, "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
       -,   76, getrlimit, system::old_getrlimit, "dp", Partial, "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
     160,   75, setrlimit, system::setrlimit, "dp", Partial, "AS, CORE, CPU, DATA, FSIZE, MEMLOCK, MSGQUEUE, NICE, NOFILE, NPROC, RTPRIO, SIGPENDING and STACK are enforced; a STACK raised at run time gets what is free below; AS, DATA and STACK of a process that waits in vfork count from its next exec on, where another sets them";
      98,   77, getrusage, system::getrusage, "dp", Partial, "system time is measured at about every sixteenth call, which stands for the others";
     100,   43, times, system::times, "p", Partial, "system time is measured at about every sixteenth call, which stands for the others";
      99,  116, sysinfo, system::sysinfo, "p", Full, "";
      63,    -, uname, system::uname, "p", Full, "";
       -,  122, uname, system::uname, "p", Full, "";
       -,  109, olduname, system::olduname, "p", Full, "";
     170,   74, sethostname, system::sethostname, "su", Full, "";
     318,  355, getrandom, system::getrandom, "pux", Full, "";
     140,   96, getpriority, system::getpriority, "dd", Full, "";
     141,   97, setpriority, system::setpriority, "ddd", Partial, "remembered, without effect";
       -,   34, nice, system::nice, "d", Partial, "remembered, without effect";
      24,  158, sched_yield, sched::sched_yield, "", Full, "";
     204,  242, sched_getaffinity, sched::sched_getaffinity, "dup", Full, "";
     203,  241, sched_setaffinity, sched::sched_setaffinity, "dup", Partial, "remembered, without effect";
     145,  157, sched_getscheduler, sched::sched_getscheduler, "d", Full, "";
     144,  156, sched_setscheduler, sched::sched_setscheduler, "ddp", Partial, "remembered, without effect; no SCHED_DEADLINE";
     143,  155, sched_getparam, sched::sched_getparam, "dp", Full, "";
     142,  154, sched_setparam, sched::sched_setparam, "dp", Partial, "remembered, without effect";
     147,  160, sched_get_priority_min, sched::sched_priority_min, "d", Full, "";
     146,  159, sched_get_priority_max, sched::sched_priority_max, "d", Full, "";
     309,  318, getcpu, system::getcpu, "pp", Full, "";
     324,  375, membarrier, system::membarrier, "dx", Full, "";
     171,  121, setdomainname, system::setdomainname, "su", Full, "";
     169,   88, reboot, system::not_permitted, "xxx", Partial, "EPERM";
     167,   87, swapon, system::not_permitted, "xxx", Partial, "EPERM";
     168,  115, swapoff, system::not_permitted, "xxx", Partial, "EPERM";
     163,   51, acct, system::not_permitted, "xxx", Partial, "EPERM";
     172,  110, iopl, system::not_permitted, "xxx", Partial, "EPERM";
     173,  101, ioperm, system::not_permitted, "xxx", Partial, "EPERM";
     155,  217, pivot_root, system::not_permitted, "xxx", Partial, "EPERM";
     175,  128, init_module, system::not_permitted, "xxx", Partial, "EPERM";
     313,  350, finit_module, system::not_permitted, "xxx", Partial, "EPERM";
     176,  129, delete_module, system::not_permitted, "xxx", Partial, "EPERM";
     103,  103, syslog, system::not_permitted, "xxx", Partial, "EPERM";
     153,  111, vhangup, system::vhangup, "", Full, "";
     179,  131, quotactl, system::not_permitted, "xxx", Partial, "EPERM";
    // ---- signals
      13,  174, rt_sigaction, signal::rt_sigaction, "dppu", Full, "";
       -,   67, sigaction, signal::old_sigaction, "dpp", Full, "";
       -,   48, signal, signal::old_signal, "dx", Full, "";
      14,  175, rt_sigprocmask, signal::rt_sigprocmask, "dppu", Full, "";
       -,  126, sigprocmask, signal::old_sigprocmask, "dpp", Full, "";
     127,  176, rt_sigpending, signal::rt_sigpending, "pu", Full, "";
       -,   73, sigpending, signal::old_sigpending, "p", Full, "";
     130,  179, rt_sigsuspend, signal::rt_sigsuspend, "pu", Full, "";
       -,   72, sigsuspend, signal::old_sigsuspend, "xxx", Full, "";
      34,   29, pause, signal::pause, "", Full, "";
     128,  177, rt_sigtimedwait, signal::rt_sigtimedwait, "pppu", Full, "";
       -,  421, rt_sigtimedwait_time64, signal::rt_sigtimedwait_time64, "pppu", Full, "";
      62,   37, kill, signal::kill, "dd", Full, "";
     200,  238, tkill, signal::tkill, "dd", Full, "";
     234,  270, tgkill, signal::tgkill, "ddd", Full, "";
     129,  178, rt_sigqueueinfo, signal::rt_sigqueueinfo, "ddp", Full, "";
     297,  335, rt_tgsigqueueinfo, signal::rt_tgsigqueueinfo, "dddp", Full, "";
      15,  173, rt_sigreturn, signal::rt_sigreturn, "", Full, "";
       -,  119, sigreturn, signal::sigreturn, "", Full, "";
     131,  186, sigaltstack, signal::sigaltstack, "pp", Full, "";
    // ---- time
     228,  265, clock_gettime, time::clock_gettime, "dp", Full, "";
       -,  403, clock_gettime64, time::clock_gettime64, "dp", Full, "";
     229,  266, clock_getres, time::clock_getres, "dp", Full, "";
       -,  406, clock_getres_time64, time::clock_getres64, "dp", Full, "";
      96,   78, gettimeofday, time::gettimeofday, "pp", Full, "";
     201,   13, time, time::time, "p", Full, "";
      35,  162, nanosleep, time::nanosleep, "pp", Full, "";
     230,  267, clock_nanosleep, time::clock_nanosleep, "ddpp", Partial, "not on processor time";
       -,  407, clock_nanosleep_time64, time::clock_nanosleep64, "ddpp", Partial, "not on processor time";
     227,  264, clock_settime, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
     164,   79, settimeofday, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
     305,  343, clock_adjtime, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
     159,  124, adjtimex, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
       -,  404, clock_settime64, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
       -,  405, clock_adjtime64, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
       -,   25, stime, time::not_settable, "xx", Partial, "EPERM: the clock is the host's";
      37,   27, alarm, time::alarm, "u", Full, "";
      38,  104, setitimer, time::setitimer, "dpp", Full, "";
      36,  105, getitimer, time::getitimer, "dp", Full, "";
     222,  259, timer_create, time::timer_create, "dpp", Partial, "processor time only of the caller (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID)";
     223,  260, timer_settime, time::timer_settime, "dxpp", Full, "";
       -,  409, timer_settime64, time::timer_settime64, "dxpp", Full, "";
     224,  261, timer_gettime, time::timer_gettime, "dp", Full, "";
       -,  408, timer_gettime64, time::timer_gettime64, "dp", Full, "";
     226,  263, timer_delete, time::timer_delete, "d", Full, "";
     225,  262, timer_getoverrun, time::timer_getoverrun, "d", Full, "";
     283,  322, timerfd_create, time::timerfd_create, "dx", Full, "";
     286,  325, timerfd_settime, time::timerfd_settime, "dxpp", Full, "";
       -,  411, timerfd_settime64, time::timerfd_settime64, "dxpp", Full, "";
     287,  326, timerfd_gettime, time::timerfd_gettime, "dp", Full, "";
       -,  410, timerfd_gettime64, time::timerfd_gettime64, "dp", Full, "";
    // ---- sockets
      41,  359, socket, net::socket, "ddd", Partial, "AF_UNIX; AF_INET and AF_INET6 with TCP and UDP on the loopback; NETLINK_ROUTE (reading) and NETLINK_KOBJECT_UEVENT (silent); no raw sockets; other families EAFNOSUPPORT";
      53,  360, socketpair, net::socketpair, "dddp", Full, "";
      49,  361, bind, net::bind, "dpu", Full, "";
      42,  362, connect, net::connect, "dpu", Full, "";
      50,  363, listen, net::listen, "dd", Full, "";
      43,    -, accept, net::accept, "dpp", Full, "";
     288,  364, accept4, net::accept4, "dppx", Full, "";
      44,  369, sendto, net::sendto, "dbuxpu", Partial, "no urgent data (EOPNOTSUPP)";
      45,  371, recvfrom, net::recvfrom, "dpuxpp", Full, "";
      46,  370, sendmsg, net::sendmsg, "dpx", Partial, "no urgent data (EOPNOTSUPP)";
      47,  372, recvmsg, net::recvmsg, "dpx", Full, "";
     307,  345, sendmmsg, net::sendmmsg, "dpux", Partial, "no urgent data (EOPNOTSUPP)";
     299,  337, recvmmsg, net::recvmmsg, "dpuxp", Full, "";
      48,  373, shutdown, net::shutdown, "dd", Full, "";
      51,  367, getsockname, net::getsockname, "dpp", Full, "";
      52,  368, getpeername, net::getpeername, "dpp", Full, "";
      54,  366, setsockopt, net::setsockopt, "dddpu", Partial, "SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST, SO_LINGER (0), SO_RCVTIMEO, SO_SNDTIMEO, SO_PASSCRED, IPV6_V6ONLY, SO_TIMESTAMP and SO_TIMESTAMPNS, and of datagrams IP_PKTINFO, IP_RECVTTL, IP_RECVTOS and their IPv6 kin; others of a table are remembered without effect, buffer sizes too";
      55,  365, getsockopt, net::getsockopt, "dddpp", Partial, "what setsockopt takes, and SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_PEERCRED";
       -,  417, recvmmsg_time64, net::recvmmsg_time64, "dpuxp", Full, "";
       -,  102, socketcall, net::socketcall, "dp", Full, "";
    // ---- known, and refused with ENOSYS
     334,  386, rseq, refused_quietly, "xxxxxx", None, "not logged: every program of the C library asks";
     425,  425, io_uring_setup, refused, "xxxxxx", None, "";
     426,  426, io_uring_enter, refused, "xxxxxx", None, "";
     427,  427, io_uring_register, refused, "xxxxxx", None, "";
     300,  338, fanotify_init, refused, "xxxxxx", None, "";
     301,  339, fanotify_mark, refused, "xxxxxx", None, "";
     237,  274, mbind, refused, "xxxxxx", None, "";
     239,  275, get_mempolicy, refused, "xxxxxx", None, "";
     238,  276, set_mempolicy, refused, "xxxxxx", None, "";
     450,  450, set_mempolicy_home_node, refused, "xxxxxx", None, "";
     256,  294, migrate_pages, refused, "xxxxxx", None, "";
     279,  317, move_pages, refused, "xxxxxx", None, "";
     330,  381, pkey_alloc, refused, "xxxxxx", None, "";
     331,  382, pkey_free, refused, "xxxxxx", None, "";
     323,  374, userfaultfd, refused, "xxxxxx", None, "";
     101,   26, ptrace, super::ptrace::ptrace, "udpp", Partial, "no PTRACE_SINGLEBLOCK";
     298,  336, perf_event_open, refused, "xxxxxx", None, "";
     321,  357, bpf, refused, "xxxxxx", None, "";
     317,  354, seccomp, crate::seccomp::seccomp, "uxp", Partial, "no notifications, no TSYNC with several threads";
     246,  283, kexec_load, refused, "xxxxxx", None, "";
     250,  288, keyctl, refused, "xxxxxx", None, "";
     248,  286, add_key, refused, "xxxxxx", None, "";
     249,  287, request_key, refused, "xxxxxx", None, "";
     444,  444, landlock_create_ruleset, refused, "xxxxxx", None, "";
     445,  445, landlock_add_rule, refused, "xxxxxx", None, "";
     446,  446, landlock_restrict_self, refused, "xxxxxx", None, "";
      68,  399, msgget, ipc::msgget, "xx", Full, "";
      69,  400, msgsnd, ipc::msgsnd, "dpux", Full, "";
      70,  401, msgrcv, ipc::msgrcv, "dpudx", Partial, "no MSG_COPY";
      71,  402, msgctl, ipc::msgctl, "dxp", Partial, "no INFO and STAT by index";
      64,  393, semget, ipc::semget, "xdx", Full, "";
      65,    -, semop, ipc::semop, "dpu", Full, "";
      66,  394, semctl, ipc::semctl, "ddxx", Partial, "no INFO and STAT by index";
     220,    -, semtimedop, ipc::semtimedop, "dpup", Full, "";
      29,  395, shmget, refused, "xxxxxx", None, "memory is not shared between processes";
      30,  397, shmat, refused, "xxxxxx", None, "memory is not shared between processes";
      67,  398, shmdt, refused, "xxxxxx", None, "memory is not shared between processes";
      31,  396, shmctl, refused, "xxxxxx", None, "memory is not shared between processes";
     240,  277, mq_open, mqueue::mq_open, "pxxp", Full, "";
     241,  278, mq_unlink, mqueue::mq_unlink, "p", Full, "";
     242,  279, mq_timedsend, mqueue::mq_timedsend, "dpuxp", Full, "";
     243,  280, mq_timedreceive, mqueue::mq_timedreceive, "dpupp", Full, "";
       -,  418, mq_timedsend_time64, mqueue::mq_timedsend_time64, "dpuxp", Full, "";
       -,  419, mq_timedreceive_time64, mqueue::mq_timedreceive_time64, "dpupp", Full, "";
     244,  281, mq_notify, mqueue::mq_notify, "dp", Partial, "no SIGEV_THREAD";
     245,  282, mq_getsetattr, mqueue::mq_getsetattr, "dpp", Full, "";
     303,  341, name_to_handle_at, misc::name_to_handle_at, "dsppx", Partial, "EOPNOTSUPP";
     304,  342, open_by_handle_at, misc::open_by_handle_at, "dpx", Partial, "ESTALE";
     308,  346, setns, misc::setns, "dx", Partial, "EINVAL: no name spaces";
     272,  310, unshare, misc::unshare, "x", Partial, "no name spaces";
     206,  245, io_setup, refused, "xxxxxx", None, "";
     207,  246, io_destroy, refused, "xxxxxx", None, "";
     209,  248, io_submit, refused, "xxxxxx", None, "";
     210,  249, io_cancel, refused, "xxxxxx", None, "";
     208,  247, io_getevents, refused, "xxxxxx", None, "";
     333,  385, io_pgetevents, refused, "xxxxxx", None, "";
     252,  290, ioprio_get, misc::ioprio_get, "dd", Partial, "of the caller";
     251,  289, ioprio_set, misc::ioprio_set, "ddx", Partial, "of the caller; remembered, no disk is scheduled by it";
     312,  349, kcmp, refused, "xxxxxx", None, "";
     212,  253, lookup_dcookie, refused, "xxxxxx", None, "";
     154,  123, modify_ldt, refused, "xxxxxx", None, "";
     314,  351, sched_setattr, sched::sched_setattr, "dpx", Partial, "remembered, without effect; no SCHED_DEADLINE, no utilization";
     315,  352, sched_getattr, sched::sched_getattr, "dpux", Full, "";
     148,  161, sched_rr_get_interval, sched::sched_rr_get_interval, "dp", Full, "";
     216,  257, remap_file_pages, refused, "xxxxxx", None, "";
     440,  440, process_madvise, refused, "xxxxxx", None, "";
     448,  448, process_mrelease, refused, "xxxxxx", None, "";
     447,  447, memfd_secret, refused, "xxxxxx", None, "";
     449,  449, futex_waitv, refused, "xxxxxx", None, "";
     442,  442, mount_setattr, refused, "xxxxxx", None, "";
     429,  429, move_mount, refused, "xxxxxx", None, "";
     428,  428, open_tree, refused, "xxxxxx", None, "";
     430,  430, fsopen, refused, "xxxxxx", None, "";
     431,  431, fsconfig, refused, "xxxxxx", None, "";
     432,  432, fsmount, refused, "xxxxxx", None, "";
     433,  433, fspick, refused, "xxxxxx", None, "";
     139,  135, sysfs, refused, "xxxxxx", None, "";
     136,   62, ustat, refused, "xxxxxx", None, "";
     134,   86, uselib, refused, "xxxxxx", None, "";
       -,  166, vm86, refused, "xxxxxx", None, "";
       -,  113, vm86old, refused, "xxxxxx", None, "";
       -,   89, readdir, refused, "xxxxxx", None, "";
       -,  117, ipc, ipc::ipc, "uxxxpx", Partial, "no shared memory";
       -,  423, sched_rr_get_interval_time64, sched::sched_rr_get_interval64, "dp", Full, "";
       -,  420, semtimedop_time64, ipc::semtimedop64, "dpup", Full, "";
       -,   18, oldstat, refused, "xxxxxx", None, "";
       -,   84, oldlstat, refused, "xxxxxx", None, "";
       -,   28, oldfstat, refused, "xxxxxx", None, "";
       -,   59, oldolduname, refused, "xxxxxx", None, "";
       -,   68, sgetmask, refused, "xxxxxx", None, "";
       -,   69, ssetmask, refused, "xxxxxx", None, "";
       -,  134, bdflush, refused, "xxxxxx", None, "";
     214,    -, epoll_ctl_old, refused, "xxxxxx", None, "";
     215,    -, epoll_wait_old, refused, "xxxxxx", None, "";
     443,  443, quotactl_fd, refused, "xxxxxx", None, "";}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_their_rows() {
        for row in TABLE {
            for (number, wide) in [(row.n64, true), (row.n32, false)] {
                if let Some(number) = number {
                    let found = find(number.into(), wide);
                    assert_eq!(found.map(|r| r.name), Some(row.name));
                }
            }
            assert!(row.args.len() <= 6, "{}", row.name);
        }
        assert!(find(479, true).is_none());
        assert!(find(u64::MAX, false).is_none());
        assert!(markdown().contains("| `openat` | 257 | 295 | full |"));
    }
}
