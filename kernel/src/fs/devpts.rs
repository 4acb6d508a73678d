//! `/dev/pts`: a node for each terminal.

use super::{list, made_up, system};
use crate::tty::TtyId;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFCHR, S_IFDIR, Stat, Statfs};
use tawaki_vfs::{Context, DirSink, FileSystem, FsResult, Ino};

const ROOT: u64 = 1;
const PTMX: u64 = 2;
/// Inode numbers of terminals begin here.
const FIRST: u64 = 3;

/// The file system.
pub struct DevPts;

/// The inode of a terminal.
pub fn tty_ino(tty: TtyId) -> Ino {
    Ino(FIRST + tty.0 as u64)
}

/// The terminal of an inode.
pub fn tty_of(ino: Ino) -> Option<TtyId> {
    Some(TtyId::new(u32::try_from(ino.0.checked_sub(FIRST)?).ok()?))
}

/// Device number of a terminal: major 136 and up.
pub fn tty_dev(tty: TtyId) -> u64 {
    (136 + (tty.0 as u64 >> 8)) << 8 | tty.0 as u64 & 0xff
}

impl FileSystem for DevPts {
    fn kind(&self) -> &'static str {
        "devpts"
    }
    fn root(&self) -> Ino {
        Ino(ROOT)
    }
    fn cacheable(&self) -> bool {
        false
    }
    fn writable(&self) -> bool {
        true
    }
    fn getattr(&mut self, cx: &Context, ino: Ino) -> FsResult<Stat> {
        match ino.0 {
            ROOT => Ok(made_up(cx, ino, S_IFDIR | 0o755)),
            PTMX => Ok(Stat { rdev: 5 << 8 | 2, ..made_up(cx, ino, S_IFCHR | 0o666) }),
            _ => {
                let tty = tty_of(ino).ok_or(Errno::ENOENT)?;
                let t = system(cx)?.ttys.get(tty).ok_or(Errno::ENOENT)?;
                let stat = made_up(cx, ino, S_IFCHR | t.mode);
                Ok(Stat { uid: t.uid, gid: t.gid, rdev: tty_dev(tty), ..stat })
            }
        }
    }
    fn lookup(&mut self, cx: &Context, dir: Ino, name: &[u8]) -> FsResult<Ino> {
        match name {
            b".." => Ok(dir),
            b"ptmx" => Ok(Ino(PTMX)),
            _ => {
                let text = core::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
                let number: u32 = text.parse().map_err(|_| Errno::ENOENT)?;
                let tty = TtyId::new(number);
                if text != number.to_string() || system(cx)?.ttys.get(tty).is_none() {
                    return Err(Errno::ENOENT.into());
                }
                Ok(tty_ino(tty))
            }
        }
    }
    fn readdir(&mut self, cx: &Context, dir: Ino, cookie: u64, sink: &mut DirSink<'_>) -> FsResult<()> {
        let fixed = [(".".to_owned(), dir, S_IFDIR), ("..".to_owned(), dir, S_IFDIR)];
        let ttys = system(cx)?.ttys.ids().into_iter().map(|t| (t.0.to_string(), tty_ino(t), S_IFCHR));
        let ptmx = ("ptmx".to_owned(), Ino(PTMX), S_IFCHR);
        list(fixed.into_iter().chain([ptmx]).chain(ttys), cookie, sink);
        Ok(())
    }
    fn statfs(&mut self, _: &Context) -> FsResult<Statfs> {
        Ok(Statfs { kind: 0x1cd1, bsize: 4096, namelen: 255, ..Statfs::default() })
    }
}
