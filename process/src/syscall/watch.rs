//! inotify(7) and process descriptors (pidfd_open(2)).

use crate::syscall::Args;
use crate::syscall::signal::load_info;
use crate::thread::{SysResult, Thread};
use tawaki_abi::Errno;
use tawaki_abi::wire::Call;

/// inotify_init(2).
pub fn inotify_init(t: &mut Thread<'_>, _: &Args) -> SysResult {
    t.value(&Call::InotifyInit { flags: 0 })
}

/// inotify_init1(2).
pub fn inotify_init1(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::InotifyInit { flags: a[0] as u32 })
}

/// inotify_add_watch(2).
pub fn inotify_add_watch(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let path = t.path(a[1])?;
    t.value(&Call::InotifyAdd { fd: a[0] as i32, path, mask: a[2] as u32 })
}

/// inotify_rm_watch(2).
pub fn inotify_rm_watch(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::InotifyRm { fd: a[0] as i32, watch: a[1] as i32 })
}

/// pidfd_open(2).
pub fn pidfd_open(t: &mut Thread<'_>, a: &Args) -> SysResult {
    t.value(&Call::PidfdOpen { pid: a[0] as i32, flags: a[1] as u32 })
}

/// pidfd_send_signal(2).
pub fn pidfd_send_signal(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[3] as u32 != 0 {
        return Err(Errno::EINVAL);
    }
    let info = if a[2] == 0 { None } else { Some(load_info(t, a[2], a[1])?) };
    t.value(&Call::PidfdSignal { fd: a[0] as i32, signo: a[1] as u32, info })
}

/// pidfd_getfd(2).
pub fn pidfd_getfd(t: &mut Thread<'_>, a: &Args) -> SysResult {
    if a[2] as u32 != 0 {
        return Err(Errno::EINVAL);
    }
    t.value(&Call::PidfdGetfd { fd: a[0] as i32, target: a[1] as i32 })
}
