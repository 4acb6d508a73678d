//! `siginfo_t` of both widths (sigaction(2); `asm-generic/siginfo.h`).

use crate::thread::Width;
use tawaki_abi::signal::{SI_TIMER, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP, SigInfo};

/// Bytes of a `siginfo_t`.
pub const SIZE: usize = 128;

/// Which member of the union counts.
enum Member {
    /// pid, uid, value.
    Sender,
    /// pid, uid, status, times.
    Child,
    /// Address.
    Fault,
    /// In `value` what is ready, in `status` the descriptor.
    Poll,
    /// Address, and in `value` system call and architecture.
    Call,
}

fn member(info: &SigInfo) -> Member {
    match info.signo {
        _ if info.code <= 0 => Member::Sender,
        SIGCHLD => Member::Child,
        SIGSYS => Member::Call,
        SIGSEGV | SIGBUS | SIGILL | SIGFPE | SIGTRAP => Member::Fault,
        _ if (1..=6).contains(&info.code) => Member::Poll,
        _ => Member::Sender,
    }
}

/// The bytes a handler or `waitid` sees.
pub fn encode(info: &SigInfo, width: Width) -> [u8; SIZE] {
    let mut out = [0; SIZE];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &info.signo.to_le_bytes());
    put(4, &info.errno.to_le_bytes());
    put(8, &info.code.to_le_bytes());
    let (base, wide) = match width {
        Width::W32 => (12, false),
        Width::W64 => (16, true),
    };
    match member(info) {
        Member::Sender => {
            put(base, &info.pid.to_le_bytes());
            put(base + 4, &info.uid.to_le_bytes());
            if wide {
                put(base + 8, &info.value.to_le_bytes());
            } else {
                put(base + 8, &(info.value as u32).to_le_bytes());
            }
        }
        Member::Child => {
            put(base, &info.pid.to_le_bytes());
            put(base + 4, &info.uid.to_le_bytes());
            put(base + 8, &info.status.to_le_bytes());
            if wide {
                put(base + 16, &info.utime.to_le_bytes());
                put(base + 24, &info.stime.to_le_bytes());
            } else {
                put(base + 12, &(info.utime as i32).to_le_bytes());
                put(base + 16, &(info.stime as i32).to_le_bytes());
            }
        }
        Member::Poll if wide => {
            put(base, &info.value.to_le_bytes());
            put(base + 8, &info.status.to_le_bytes());
        }
        Member::Poll => {
            put(base, &(info.value as u32).to_le_bytes());
            put(base + 4, &info.status.to_le_bytes());
        }
        Member::Call if wide => {
            put(base, &info.addr.to_le_bytes());
            put(base + 8, &info.value.to_le_bytes());
        }
        Member::Call => {
            put(base, &(info.addr as u32).to_le_bytes());
            put(base + 4, &info.value.to_le_bytes());
        }
        Member::Fault if wide => put(base, &info.addr.to_le_bytes()),
        Member::Fault => put(base, &(info.addr as u32).to_le_bytes()),
    }
    out
}

/// What a program gives to `rt_sigqueueinfo`.
pub fn decode(bytes: &[u8; SIZE], width: Width) -> SigInfo {
    let word = |at: usize| {
        let mut w = [0; 4];
        w.copy_from_slice(&bytes[at..at + 4]);
        u32::from_le_bytes(w)
    };
    let (base, wide) = match width {
        Width::W32 => (12, false),
        Width::W64 => (16, true),
    };
    let mut info = SigInfo {
        signo: word(0),
        errno: word(4) as i32,
        code: word(8) as i32,
        pid: word(base) as i32,
        uid: word(base + 4),
        value: word(base + 8).into(),
        ..SigInfo::default()
    };
    if wide {
        info.value |= u64::from(word(base + 12)) << 32;
    }
    if info.code == SI_TIMER {
        info.status = 0;
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_abi::signal::{CLD_EXITED, SEGV_MAPERR, SI_QUEUE};

    #[test]
    fn members_lie_where_linux_has_them() {
        let fault = SigInfo { signo: SIGSEGV, code: SEGV_MAPERR, addr: 0x1234, ..SigInfo::default() };
        assert_eq!(encode(&fault, Width::W64)[16..18], [0x34, 0x12]);
        assert_eq!(encode(&fault, Width::W32)[12..14], [0x34, 0x12]);
        let child = SigInfo { signo: SIGCHLD, code: CLD_EXITED, pid: 5, status: 3, ..SigInfo::default() };
        assert_eq!(encode(&child, Width::W64)[24], 3);
        assert_eq!(encode(&child, Width::W32)[20], 3);
        for width in [Width::W32, Width::W64] {
            let queued =
                SigInfo { signo: 40, code: SI_QUEUE, pid: 9, uid: 8, value: 77, ..SigInfo::default() };
            assert_eq!(decode(&encode(&queued, width), width), queued);
        }
    }
}
