//! Structures of i386 Linux as they lie in guest memory. 64-bit fields are
//! aligned to 4 bytes there (System V ABI, Intel386 supplement), hence `packed(4)`.
#![allow(missing_docs)]

use crate::Errno;
use crate::fs::{Stat, Statfs};
use crate::wire::{Flock, Rusage, Sysinfo};
use bytemuck::{Pod, Zeroable};

macro_rules! layout {
    ($($(#[$doc:meta])* $name:ident [$size:literal] { $($field:ident : $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Zeroable, Pod)]
        #[repr(C, packed(4))]
        pub struct $name { $(pub $field: $ty),* }
        const _: () = assert!(size_of::<$name>() == $size);
    )*};
}

layout! {
    /// `struct old_timespec32`, `struct old_timeval32`.
    Time32 [8] { sec: i32, sub: i32 }
    /// `struct stat` of system calls 106 to 108.
    Stat32 [64] {
        dev: u32, ino: u32, mode: u16, nlink: u16, uid: u16, gid: u16, rdev: u32, size: u32, blksize: u32,
        blocks: u32, atime: Time32, mtime: Time32, ctime: Time32, unused: [u32; 2],
    }
    /// `struct stat64`.
    Stat64 [96] {
        dev: u64, pad: u32, ino32: u32, mode: u32, nlink: u32, uid: u32, gid: u32, rdev: u64, pad3: u32,
        size: i64, blksize: u32, blocks: u64, atime: Time32, mtime: Time32, ctime: Time32, ino: u64,
    }
    /// `struct statfs`.
    Statfs32 [64] {
        kind: u32, bsize: u32, blocks: u32, bfree: u32, bavail: u32, files: u32, ffree: u32, fsid: [u32; 2],
        namelen: u32, frsize: u32, flags: u32, spare: [u32; 4],
    }
    /// `struct statfs64`.
    Statfs64 [84] {
        kind: u32, bsize: u32, blocks: u64, bfree: u64, bavail: u64, files: u64, ffree: u64, fsid: [u32; 2],
        namelen: u32, frsize: u32, flags: u32, spare: [u32; 4],
    }
    /// `struct rusage`.
    Rusage32 [72] {
        utime: Time32, stime: Time32, maxrss: i32, ixrss: i32, idrss: i32, isrss: i32, minflt: i32, majflt: i32,
        nswap: i32, inblock: i32, oublock: i32, msgsnd: i32, msgrcv: i32, nsignals: i32, nvcsw: i32, nivcsw: i32,
    }
    /// `struct sysinfo`.
    Sysinfo32 [64] {
        uptime: i32, loads: [u32; 3], totalram: u32, freeram: u32, sharedram: u32, bufferram: u32,
        totalswap: u32, freeswap: u32, procs: u16, pad: u16, totalhigh: u32, freehigh: u32, mem_unit: u32,
        fill: [u32; 2],
    }
    /// `struct flock`.
    Flock32 [16] { kind: u16, whence: u16, start: i32, len: i32, pid: i32 }
    /// `struct flock64`.
    Flock64 [24] { kind: u16, whence: u16, start: i64, len: i64, pid: i32 }
}

/// Nanoseconds as a `struct timeval`.
pub fn timeval(nanos: u64) -> Time32 {
    Time32 { sec: (nanos / 1_000_000_000) as i32, sub: (nanos % 1_000_000_000 / 1000) as i32 }
}

fn time(t: crate::fs::Timespec) -> Time32 {
    Time32 { sec: t.sec as i32, sub: t.nsec as i32 }
}

impl TryFrom<&Stat> for Stat32 {
    type Error = Errno;
    /// EOVERFLOW when the size or inode does not fit, as Linux says.
    fn try_from(s: &Stat) -> Result<Self, Errno> {
        let size = i32::try_from(s.size).map_err(|_| Errno::EOVERFLOW)? as u32;
        Ok(Stat32 {
            dev: s.dev as u32,
            ino: u32::try_from(s.ino).map_err(|_| Errno::EOVERFLOW)?,
            mode: s.mode as u16,
            nlink: s.nlink as u16,
            uid: s.uid.min(0xfffe) as u16,
            gid: s.gid.min(0xfffe) as u16,
            rdev: s.rdev as u32,
            size,
            blksize: s.blksize,
            blocks: s.blocks as u32,
            atime: time(s.atime),
            mtime: time(s.mtime),
            ctime: time(s.ctime),
            unused: [0; 2],
        })
    }
}

impl From<&Stat> for Stat64 {
    fn from(s: &Stat) -> Self {
        Stat64 {
            dev: s.dev,
            pad: 0,
            ino32: s.ino as u32,
            mode: s.mode,
            nlink: s.nlink,
            uid: s.uid,
            gid: s.gid,
            rdev: s.rdev,
            pad3: 0,
            size: s.size as i64,
            blksize: s.blksize,
            blocks: s.blocks,
            atime: time(s.atime),
            mtime: time(s.mtime),
            ctime: time(s.ctime),
            ino: s.ino,
        }
    }
}

impl From<&Statfs> for Statfs32 {
    fn from(s: &Statfs) -> Self {
        let clip = |n: u64| n.min(u32::MAX.into()) as u32;
        Statfs32 {
            kind: s.kind,
            bsize: s.bsize,
            blocks: clip(s.blocks),
            bfree: clip(s.bfree),
            bavail: clip(s.bavail),
            files: clip(s.files),
            ffree: clip(s.ffree),
            fsid: [s.fsid as u32, (s.fsid >> 32) as u32],
            namelen: s.namelen,
            frsize: s.bsize,
            flags: s.flags,
            spare: [0; 4],
        }
    }
}

impl From<&Statfs> for Statfs64 {
    fn from(s: &Statfs) -> Self {
        Statfs64 {
            kind: s.kind,
            bsize: s.bsize,
            blocks: s.blocks,
            bfree: s.bfree,
            bavail: s.bavail,
            files: s.files,
            ffree: s.ffree,
            fsid: [s.fsid as u32, (s.fsid >> 32) as u32],
            namelen: s.namelen,
            frsize: s.bsize,
            flags: s.flags,
            spare: [0; 4],
        }
    }
}

impl From<&Rusage> for Rusage32 {
    fn from(r: &Rusage) -> Self {
        Rusage32 {
            utime: timeval(r.utime),
            stime: timeval(r.stime),
            maxrss: r.maxrss as i32,
            minflt: r.minflt as i32,
            majflt: r.majflt as i32,
            nvcsw: r.nvcsw as i32,
            nivcsw: r.nivcsw as i32,
            ..Zeroable::zeroed()
        }
    }
}

impl From<&Sysinfo> for Sysinfo32 {
    fn from(s: &Sysinfo) -> Self {
        // Memory in units of a page so that it always fits (as Linux does when it must).
        let pages = |bytes: u64| (bytes / 4096).min(u32::MAX.into()) as u32;
        Sysinfo32 {
            uptime: s.uptime as i32,
            loads: s.loads.map(|l| l as u32),
            totalram: pages(s.totalram),
            freeram: pages(s.freeram),
            procs: s.procs,
            mem_unit: 4096,
            ..Zeroable::zeroed()
        }
    }
}

impl From<&Flock> for Flock64 {
    fn from(l: &Flock) -> Self {
        Flock64 { kind: l.kind, whence: l.whence, start: l.start, len: l.len, pid: l.pid }
    }
}

impl From<Flock64> for Flock {
    fn from(l: Flock64) -> Self {
        Flock { kind: l.kind, whence: l.whence, start: l.start, len: l.len, pid: l.pid }
    }
}

impl TryFrom<&Flock> for Flock32 {
    type Error = Errno;
    fn try_from(l: &Flock) -> Result<Self, Errno> {
        let small = |n: i64| i32::try_from(n).map_err(|_| Errno::EOVERFLOW);
        Ok(Flock32 { kind: l.kind, whence: l.whence, start: small(l.start)?, len: small(l.len)?, pid: l.pid })
    }
}

impl From<Flock32> for Flock {
    fn from(l: Flock32) -> Self {
        Flock { kind: l.kind, whence: l.whence, start: l.start.into(), len: l.len.into(), pid: l.pid }
    }
}
