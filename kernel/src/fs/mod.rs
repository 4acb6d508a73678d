//! File systems of the kernel's own. They look at the process table through the
//! context's extension.

pub mod anonymous;
pub mod devpts;
pub mod proc;
pub mod sysfs;

use crate::system::System;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFMT, Stat};
use tawaki_vfs::{Context, DirEntry, DirSink, FsError, Ino};

/// The kernel's state, during one of its operations.
pub fn system<'a>(cx: &Context<'a>) -> Result<&'a System, FsError> {
    cx.extension.downcast_ref::<System>().ok_or(FsError::Errno(Errno::EIO))
}

/// Attributes of a node that is made up.
pub fn made_up(cx: &Context, ino: Ino, mode: u32) -> Stat {
    let directory = mode & S_IFMT == tawaki_abi::fs::S_IFDIR;
    Stat {
        ino: ino.0,
        mode,
        nlink: if directory { 2 } else { 1 },
        blksize: 4096,
        atime: cx.now,
        mtime: cx.now,
        ctime: cx.now,
        ..Stat::default()
    }
}

/// Hands out entries whose cookies are their positions plus one.
pub fn list<N: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = (N, Ino, u32)>,
    cookie: u64,
    sink: &mut DirSink<'_>,
) {
    for (n, (name, ino, mode)) in entries.into_iter().enumerate() {
        let next = n as u64 + 1;
        if next <= cookie {
            continue;
        }
        let kind = ((mode & S_IFMT) >> 12) as u8;
        if !sink(&DirEntry { ino, next, kind, name: name.as_ref() }) {
            return;
        }
    }
}
