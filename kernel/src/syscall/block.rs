//! Loop devices: ioctl(2) of `/dev/loopN` and `/dev/loop-control` (loop(4)), and what
//! programs ask of every block device.

use super::{done, with};
use crate::file::{FileId, Object};
use crate::kernel::{Caller, Kernel};
use crate::wait::SysResult;
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Fd};
use tawaki_vfs::{LOOPS, Location, LoopConfig, MountFlags};

/// Major number of loop devices.
pub(super) const LOOP_MAJOR: u64 = 7;
/// `/dev/loop-control`.
pub(super) const LOOP_CONTROL: (u64, u64) = (10, 237);

/// Requests, from `linux/loop.h` and `linux/fs.h`.
mod request {
    pub const LOOP_SET_FD: u32 = 0x4c00;
    pub const LOOP_CLR_FD: u32 = 0x4c01;
    pub const LOOP_SET_STATUS64: u32 = 0x4c04;
    pub const LOOP_GET_STATUS64: u32 = 0x4c05;
    pub const LOOP_SET_CAPACITY: u32 = 0x4c07;
    pub const LOOP_SET_DIRECT_IO: u32 = 0x4c08;
    pub const LOOP_SET_BLOCK_SIZE: u32 = 0x4c09;
    pub const LOOP_CONFIGURE: u32 = 0x4c0a;
    pub const LOOP_CTL_ADD: u32 = 0x4c80;
    pub const LOOP_CTL_REMOVE: u32 = 0x4c81;
    pub const LOOP_CTL_GET_FREE: u32 = 0x4c82;
    pub const BLKROGET: u32 = 0x125e;
    pub const BLKRRPART: u32 = 0x125f;
    pub const BLKGETSIZE: u32 = 0x1260;
    pub const BLKFLSBUF: u32 = 0x1261;
    pub const BLKRAGET: u32 = 0x1263;
    pub const BLKSECTGET: u32 = 0x1267;
    pub const BLKSSZGET: u32 = 0x1268;
    pub const BLKBSZGET: u32 = 0x1270;
    pub const BLKBSZSET: u32 = 0x1271;
    pub const BLKGETSIZE64: u32 = 0x1272;
    pub const BLKIOMIN: u32 = 0x1278;
    pub const BLKIOOPT: u32 = 0x1279;
    pub const BLKALIGNOFF: u32 = 0x127a;
    pub const BLKPBSZGET: u32 = 0x127b;
    pub const BLKROTATIONAL: u32 = 0x127e;
}

/// `LO_FLAGS_READ_ONLY`, `AUTOCLEAR`, `PARTSCAN`, `DIRECT_IO`: what may be asked for.
const SETTABLE: u32 = 1 | 4 | 8 | 16;
/// Bytes of a `struct loop_info64`, the same on both widths.
const INFO: usize = 232;
/// Offsets in it.
const OFFSET: usize = 24;
const SIZE_LIMIT: usize = 32;
const NUMBER: usize = 40;
const ENCRYPT: usize = 44;
const FLAGS: usize = 52;
const NAME: usize = 56;

fn word(data: &[u8], at: usize) -> u64 {
    let bytes = data.get(at..at + 8).and_then(|b| b.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

fn half(data: &[u8], at: usize) -> u32 {
    let bytes = data.get(at..at + 4).and_then(|b| b.try_into().ok());
    bytes.map_or(0, u32::from_le_bytes)
}

/// A `struct loop_info64` from outside. `EINVAL` when it asks for encryption.
fn config(info: &[u8]) -> Result<LoopConfig, Errno> {
    let name = info.get(NAME..NAME + 64).and_then(|name| name.try_into().ok()).ok_or(Errno::EINVAL)?;
    if half(info, ENCRYPT) != 0 {
        return Err(Errno::EINVAL);
    }
    let (offset, size_limit) = (word(info, OFFSET), word(info, SIZE_LIMIT));
    if offset > i64::MAX as u64 || size_limit > i64::MAX as u64 {
        return Err(Errno::EOVERFLOW);
    }
    Ok(LoopConfig { offset, size_limit, flags: half(info, FLAGS), name })
}

impl Kernel {
    /// ioctl(2) of loop devices and block devices; `ENOTTY` for other files.
    pub(super) fn sys_block_ioctl(
        &mut self,
        c: Caller,
        fd: Fd,
        cmd: u32,
        arg: u64,
        data: &[u8],
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        match self.sys.files[file].object {
            Object::Loop(n) => {
                let result = self.loop_ioctl(c, file, n, cmd, arg, data);
                if cmd >> 8 == 0x4c {
                    self.refresh_loops();
                }
                result
            }
            Object::LoopControl => match cmd {
                request::LOOP_CTL_GET_FREE => done(self.vfs.loop_free().ok_or(Errno::ENOSPC)?),
                request::LOOP_CTL_ADD if arg < LOOPS as u64 => Err(Errno::EEXIST.into()),
                request::LOOP_CTL_ADD => Err(Errno::ENOSPC.into()),
                request::LOOP_CTL_REMOVE if arg >= LOOPS as u64 => Err(Errno::ENODEV.into()),
                // There is always the same number of them.
                request::LOOP_CTL_REMOVE => Err(Errno::EBUSY.into()),
                _ => Err(Errno::ENOSYS.into()),
            },
            _ => Err(Errno::ENOTTY.into()),
        }
    }

    fn loop_ioctl(
        &mut self,
        c: Caller,
        file: FileId,
        n: usize,
        cmd: u32,
        arg: u64,
        data: &[u8],
    ) -> SysResult {
        let writes = self.sys.files[file].flags.writable();
        let may_change = writes || self.sys.procs[c.proc].cred.capable();
        match cmd {
            request::LOOP_SET_FD => {
                let config = LoopConfig { offset: 0, size_limit: 0, flags: 0, name: [0; 64] };
                return self.attach(c, n, arg as Fd, writes, config);
            }
            request::LOOP_CONFIGURE => {
                let (backing, block_size) = (half(data, 0) as Fd, half(data, 4));
                let config = config(data.get(8..8 + INFO).ok_or(Errno::EINVAL)?)?;
                let sane = matches!(block_size, 0 | 512 | 1024 | 2048 | 4096);
                if !sane || config.flags & !SETTABLE != 0 {
                    return Err(Errno::EINVAL.into());
                }
                return self.attach(c, n, backing, writes, config);
            }
            _ => {}
        }
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let read_only = |vfs: &mut tawaki_vfs::Vfs| {
            vfs.loop_status(n).is_ok_and(|(_, config)| config.flags & LoopConfig::READ_ONLY != 0)
        };
        match cmd {
            request::LOOP_CLR_FD => vfs.loop_detach(&cx, n)?,
            request::LOOP_SET_STATUS64 if !may_change => return Err(Errno::EPERM.into()),
            request::LOOP_SET_STATUS64 => {
                vfs.loop_status(n)?;
                vfs.loop_configure(&cx, n, config(data)?)?;
            }
            request::LOOP_GET_STATUS64 => {
                let (place, config) = vfs.loop_status(n)?;
                let stat = vfs.stat(&cx, place)?;
                let mut info = vec![0; INFO];
                for (at, value) in
                    [(0, stat.dev), (8, stat.ino), (OFFSET, config.offset), (SIZE_LIMIT, config.size_limit)]
                {
                    info[at..at + 8].copy_from_slice(&value.to_le_bytes());
                }
                info[NUMBER..NUMBER + 4].copy_from_slice(&(n as u32).to_le_bytes());
                info[FLAGS..FLAGS + 4].copy_from_slice(&config.flags.to_le_bytes());
                info[NAME..NAME + 64].copy_from_slice(&config.name);
                return with(Body::Bytes(ByteBuf::from(info)));
            }
            request::LOOP_SET_CAPACITY => vfs.loop_resize(&cx, n)?,
            request::LOOP_SET_DIRECT_IO if arg != 0 => return Err(Errno::EINVAL.into()),
            request::LOOP_SET_BLOCK_SIZE if !matches!(arg, 512 | 1024 | 2048 | 4096) => {
                return Err(Errno::EINVAL.into());
            }
            request::LOOP_SET_DIRECT_IO | request::LOOP_SET_BLOCK_SIZE => {
                vfs.loop_status(n)?;
            }
            request::BLKGETSIZE => return done(vfs.loop_size(&cx, n).unwrap_or(0) / 512),
            request::BLKGETSIZE64 => return done(vfs.loop_size(&cx, n).unwrap_or(0)),
            request::BLKROGET => return done(read_only(vfs)),
            request::BLKSSZGET | request::BLKPBSZGET | request::BLKIOMIN => return done(512),
            request::BLKBSZGET => return done(4096),
            request::BLKRAGET | request::BLKSECTGET => return done(256),
            request::BLKIOOPT | request::BLKALIGNOFF | request::BLKROTATIONAL | request::BLKBSZSET => {}
            request::BLKFLSBUF if vfs.loop_status(n).is_ok() => vfs.loop_sync(&cx, n)?,
            request::BLKFLSBUF => {}
            request::BLKRRPART => return Err(Errno::EINVAL.into()),
            _ => return Err(Errno::ENOTTY.into()),
        }
        done(0)
    }

    fn attach(&mut self, c: Caller, n: usize, fd: Fd, writes: bool, mut config: LoopConfig) -> SysResult {
        let backing = self.sys.io_fd(c.proc, fd)?;
        let f = &self.sys.files[backing];
        let (Object::Regular, Some(place)) = (&f.object, f.loc) else { return Err(Errno::EINVAL.into()) };
        if !writes || !f.flags.writable() {
            config.flags |= LoopConfig::READ_ONLY;
        }
        let Kernel { vfs, sys, .. } = self;
        vfs.loop_attach(&sys.context(c.proc), n, place, config)?;
        done(0)
    }

    pub(super) fn read_loop(
        &mut self,
        c: Caller,
        file: FileId,
        n: usize,
        len: usize,
        offset: Option<u64>,
    ) -> SysResult {
        let from = offset.unwrap_or(self.sys.files[file].offset);
        let mut data = vec![0; len];
        let Kernel { vfs, sys, .. } = self;
        // Without a file it has no bytes.
        let read = match vfs.loop_status(n) {
            Ok(_) => vfs.loop_read(&sys.context(c.proc), n, from, &mut data)?,
            Err(_) => 0,
        };
        data.truncate(read);
        if offset.is_none() {
            self.sys.files[file].offset = from + read as u64;
        }
        Ok(tawaki_abi::wire::Reply::with(read as i64, Body::Bytes(ByteBuf::from(data))))
    }

    pub(super) fn write_loop(
        &mut self,
        c: Caller,
        file: FileId,
        n: usize,
        data: &[u8],
        offset: Option<u64>,
    ) -> SysResult {
        let from = offset.unwrap_or(self.sys.files[file].offset);
        let Kernel { vfs, sys, .. } = self;
        let written = match vfs.loop_status(n) {
            Ok(_) => vfs.loop_write(&sys.context(c.proc), n, from, data)?,
            Err(_) if data.is_empty() => 0,
            Err(_) => return Err(Errno::ENOSPC.into()),
        };
        if offset.is_none() {
            self.sys.files[file].offset = from + written as u64;
        }
        done(written)
    }

    /// Mounts what is on the block device `source` (mount(2)).
    pub(super) fn mount_device(
        &mut self,
        c: Caller,
        source: &[u8],
        over: Location,
        flags: MountFlags,
        data: &[u8],
    ) -> SysResult {
        check_options(data)?;
        let place = self.find(c, tawaki_abi::fs::AT_FDCWD, source, 0)?;
        let name = String::from_utf8_lossy(source).into_owned();
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        let stat = vfs.stat(&cx, place)?;
        if stat.mode & tawaki_abi::fs::S_IFMT != tawaki_abi::fs::S_IFBLK {
            return Err(Errno::ENOTBLK.into());
        }
        if vfs.mount_flags(place)?.contains(MountFlags::NODEV) {
            return Err(Errno::EACCES.into());
        }
        if stat.rdev >> 8 != LOOP_MAJOR {
            return Err(Errno::ENXIO.into());
        }
        vfs.loop_mount(&cx, (stat.rdev & 0xff) as usize, over, flags, &name)?;
        self.refresh_mounts();
        done(0)
    }

    /// Writes what `/sys` tells about loop devices anew.
    pub(crate) fn refresh_loops(&mut self) {
        let Ok(root) = self.vfs.root() else { return };
        let mut loops = Vec::new();
        for number in 0..LOOPS {
            let Kernel { vfs, sys, .. } = self;
            let Ok((place, config)) = vfs.loop_status(number) else { continue };
            let cx = sys.kernel_context();
            let path = vfs.path_of(&cx, root, place).unwrap_or_default();
            let size = vfs.loop_size(&cx, number).unwrap_or(0);
            loops.push(crate::system::LoopState { number: number as u32, path, size, config });
        }
        self.sys.loops = loops;
    }

    /// Moves what loop devices want; `true` when calls may go on because of it.
    pub(crate) fn serve_loops(&mut self) -> bool {
        let Kernel { vfs, sys, .. } = self;
        match vfs.serve_loops(&sys.kernel_context()) {
            tawaki_vfs::Served::Idle => false,
            tawaki_vfs::Served::Waiting => {
                sys.out.push(crate::event::Effect::FetchBlocks);
                false
            }
            tawaki_vfs::Served::Progress => {
                sys.fire(crate::wait::Key::Blocks);
                true
            }
        }
    }
}

/// Mount options of ext2 (ext2(5)) that change nothing here; others are `EINVAL`.
fn check_options(data: &[u8]) -> Result<(), Errno> {
    const KNOWN: &[&str] = &[
        "acl",
        "noacl",
        "user_xattr",
        "nouser_xattr",
        "bsddf",
        "minixdf",
        "check",
        "nocheck",
        "debug",
        "errors",
        "grpid",
        "bsdgroups",
        "nogrpid",
        "sysvgroups",
        "nouid32",
        "oldalloc",
        "orlov",
        "resgid",
        "resuid",
        "noload",
        "norecovery",
        "barrier",
        "nobarrier",
        "nodelalloc",
        "delalloc",
        "noquota",
    ];
    let text = core::str::from_utf8(data).map_err(|_| Errno::EINVAL)?;
    let mut names = text.split(',').filter(|o| !o.is_empty()).map(|o| o.split('=').next().unwrap_or(o));
    if names.all(|name| KNOWN.contains(&name)) { Ok(()) } else { Err(Errno::EINVAL) }
}
