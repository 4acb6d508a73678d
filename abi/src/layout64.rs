//! Structures of x86-64 Linux as they lie in guest memory (`asm/stat.h`, `asm/statfs.h` …).
#![allow(missing_docs)]

use crate::fs::{Stat, Statfs, Timespec};
use crate::wire::{Flock, Rusage, Sysinfo};
use bytemuck::{Pod, Zeroable};

macro_rules! layout {
    ($($(#[$doc:meta])* $name:ident [$size:literal] { $($field:ident : $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Zeroable, Pod)]
        #[repr(C)]
        pub struct $name { $(pub $field: $ty),* }
        const _: () = assert!(size_of::<$name>() == $size);
    )*};
}

layout! {
    /// `struct timespec`, `struct timeval` (nanoseconds or microseconds).
    Time64 [16] { sec: i64, sub: i64 }
    /// `struct stat`.
    Stat64 [144] {
        dev: u64, ino: u64, nlink: u64, mode: u32, uid: u32, gid: u32, pad: u32, rdev: u64,
        size: i64, blksize: i64, blocks: i64, atime: Time64, mtime: Time64, ctime: Time64, unused: [i64; 3],
    }
    /// `struct statfs`.
    Statfs64 [120] {
        kind: i64, bsize: i64, blocks: u64, bfree: u64, bavail: u64, files: u64, ffree: u64, fsid: u64,
        namelen: i64, frsize: i64, flags: i64, spare: [i64; 4],
    }
    /// `struct rusage`.
    Rusage64 [144] {
        utime: Time64, stime: Time64, maxrss: i64, ixrss: i64, idrss: i64, isrss: i64, minflt: i64, majflt: i64,
        nswap: i64, inblock: i64, oublock: i64, msgsnd: i64, msgrcv: i64, nsignals: i64, nvcsw: i64, nivcsw: i64,
    }
    /// `struct sysinfo`.
    Sysinfo64 [112] {
        uptime: i64, loads: [u64; 3], totalram: u64, freeram: u64, sharedram: u64, bufferram: u64, totalswap: u64,
        freeswap: u64, procs: u16, pad: u16, pad2: u32, totalhigh: u64, freehigh: u64, mem_unit: u32, pad3: u32,
    }
    /// `struct flock`.
    Flock64 [32] { kind: u16, whence: u16, pad: u32, start: i64, len: i64, pid: i32, pad2: u32 }
    /// `struct statx_timestamp`.
    StatxTime [16] { sec: i64, nsec: u32, pad: u32 }
    /// `struct statx` (both widths).
    Statx [256] {
        mask: u32, blksize: u32, attributes: u64, nlink: u32, uid: u32, gid: u32, mode: u16, pad: u16, ino: u64,
        size: u64, blocks: u64, attributes_mask: u64, atime: StatxTime, btime: StatxTime, ctime: StatxTime,
        mtime: StatxTime, rdev_major: u32, rdev_minor: u32, dev_major: u32, dev_minor: u32, spare: [u64; 14],
    }
}

/// Major number of a `makedev` value (new_decode_dev).
pub fn major(dev: u64) -> u32 {
    ((dev >> 8) & 0xfff) as u32
}

/// Minor number of a `makedev` value.
pub fn minor(dev: u64) -> u32 {
    ((dev & 0xff) | ((dev >> 12) & 0xf_ff00)) as u32
}

impl From<Timespec> for Time64 {
    fn from(t: Timespec) -> Self {
        Time64 { sec: t.sec, sub: t.nsec.into() }
    }
}

/// Nanoseconds as a `struct timeval`.
pub fn timeval(nanos: u64) -> Time64 {
    Time64 { sec: (nanos / 1_000_000_000) as i64, sub: (nanos % 1_000_000_000 / 1000) as i64 }
}

impl From<&Stat> for Stat64 {
    fn from(s: &Stat) -> Self {
        Stat64 {
            dev: s.dev,
            ino: s.ino,
            nlink: s.nlink.into(),
            mode: s.mode,
            uid: s.uid,
            gid: s.gid,
            pad: 0,
            rdev: s.rdev,
            size: s.size as i64,
            blksize: s.blksize.into(),
            blocks: s.blocks as i64,
            atime: s.atime.into(),
            mtime: s.mtime.into(),
            ctime: s.ctime.into(),
            unused: [0; 3],
        }
    }
}

impl From<&Statfs> for Statfs64 {
    fn from(s: &Statfs) -> Self {
        Statfs64 {
            kind: s.kind.into(),
            bsize: s.bsize.into(),
            blocks: s.blocks,
            bfree: s.bfree,
            bavail: s.bavail,
            files: s.files,
            ffree: s.ffree,
            fsid: s.fsid,
            namelen: s.namelen.into(),
            frsize: s.bsize.into(),
            flags: s.flags.into(),
            spare: [0; 4],
        }
    }
}

impl From<&Rusage> for Rusage64 {
    fn from(r: &Rusage) -> Self {
        Rusage64 {
            utime: timeval(r.utime),
            stime: timeval(r.stime),
            maxrss: r.maxrss as i64,
            minflt: r.minflt as i64,
            majflt: r.majflt as i64,
            nvcsw: r.nvcsw as i64,
            nivcsw: r.nivcsw as i64,
            ..Zeroable::zeroed()
        }
    }
}

impl From<&Sysinfo> for Sysinfo64 {
    fn from(s: &Sysinfo) -> Self {
        Sysinfo64 {
            uptime: s.uptime as i64,
            loads: s.loads,
            totalram: s.totalram,
            freeram: s.freeram,
            procs: s.procs,
            mem_unit: 1,
            ..Zeroable::zeroed()
        }
    }
}

impl From<&Flock> for Flock64 {
    fn from(l: &Flock) -> Self {
        Flock64 { kind: l.kind, whence: l.whence, pad: 0, start: l.start, len: l.len, pid: l.pid, pad2: 0 }
    }
}

impl From<Flock64> for Flock {
    fn from(l: Flock64) -> Self {
        Flock { kind: l.kind, whence: l.whence, start: l.start, len: l.len, pid: l.pid }
    }
}

impl From<&Stat> for Statx {
    fn from(s: &Stat) -> Self {
        let time = |t: Timespec| StatxTime { sec: t.sec, nsec: t.nsec, pad: 0 };
        Statx {
            // STATX_BASIC_STATS: everything but the birth time.
            mask: 0x7ff,
            blksize: s.blksize,
            nlink: s.nlink,
            uid: s.uid,
            gid: s.gid,
            mode: s.mode as u16,
            ino: s.ino,
            size: s.size,
            blocks: s.blocks,
            atime: time(s.atime),
            ctime: time(s.ctime),
            mtime: time(s.mtime),
            rdev_major: major(s.rdev),
            rdev_minor: minor(s.rdev),
            dev_major: major(s.dev),
            dev_minor: minor(s.dev),
            ..Zeroable::zeroed()
        }
    }
}
