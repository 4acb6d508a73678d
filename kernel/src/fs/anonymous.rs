//! Places for files without a name: pipes, sockets, eventfds and their kin.

use super::made_up;
use crate::file::{AnonymousKind, anonymous_parts};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFIFO, S_IFREG, S_IFSOCK, Stat};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino};

/// The file system; its inode numbers say what a file is.
pub struct AnonymousFs;

impl FileSystem for AnonymousFs {
    fn kind(&self) -> &'static str {
        "anon_inodefs"
    }
    fn root(&self) -> Ino {
        Ino(0)
    }
    fn cacheable(&self) -> bool {
        false
    }
    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat> {
        let mode = match anonymous_parts(ino).0 {
            _ if ino.0 == 0 => S_IFDIR | 0o500,
            AnonymousKind::Pipe => S_IFIFO | 0o600,
            AnonymousKind::Socket => S_IFSOCK | 0o777,
            AnonymousKind::Mqueue => S_IFREG | 0o600,
            _ => 0o600,
        };
        // Whoever has it open may open it again (`/proc/self/fd/N`).
        Ok(Stat { uid: cx.creds.uid, gid: cx.creds.gid, ..made_up(cx, ino, mode) })
    }
    fn lookup(&mut self, _: &Context, _: Ino, _: &[u8]) -> FsResult<Ino> {
        Err(Errno::ENOENT.into())
    }
    fn readdir(&mut self, _: &Context, _: Ino, _: u64, _: &mut DirSink<'_>) -> FsResult<()> {
        Ok(())
    }
}

/// What `/proc/self/fd/N` shows for such a file.
pub fn text(ino: Ino) -> String {
    let (kind, number) = anonymous_parts(ino);
    match kind {
        AnonymousKind::Pipe => format!("pipe:[{number}]"),
        AnonymousKind::Socket => format!("socket:[{number}]"),
        AnonymousKind::Eventfd => "anon_inode:[eventfd]".into(),
        AnonymousKind::Timerfd => "anon_inode:[timerfd]".into(),
        AnonymousKind::Signalfd => "anon_inode:[signalfd]".into(),
        AnonymousKind::Epoll => "anon_inode:[eventpoll]".into(),
        AnonymousKind::Inotify => "anon_inode:inotify".into(),
        AnonymousKind::Pidfd => "anon_inode:[pidfd]".into(),
        AnonymousKind::Mqueue => format!("mqueue:[{number}]"),
        AnonymousKind::Other => "anon_inode:[file]".into(),
    }
}
