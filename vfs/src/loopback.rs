//! Loop devices: files that are block devices (loop(4)).
//!
//! The file lies in the very tree that the device's file system becomes part of, so
//! the device does not reach it: it notes which parts it wants and what it was given
//! to write, answers `Pending`, and [`Vfs::serve_loops`] moves both between two
//! operations. To the file system above, that is a host like any other.

use crate::error::{CorruptKind, FsError, FsResult, fail};
use crate::ext2::Ext2;
use crate::types::{Context, FileKind, FsId, Location, MountFlags, MountId};
use crate::vfs::{Mount, Vfs};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use tawaki_abi::Errno;
use tawaki_blockdev::{BLOCK_SIZE, BlockDevice, BlockNo, Counters, IoError, Progress, SharedDevice};

/// Loop devices of a machine.
pub const LOOPS: usize = 16;
/// Blocks read from a file at once.
const CHUNK: u64 = 64;
/// Chunks kept for the operation that wants them.
const CHUNKS: usize = 64;
/// Block cache of a file system on a loop device, bytes.
const CACHE: usize = 4 << 20;
/// Blocks written to a file in one round.
const WRITES: usize = 1024;

/// What the file system above and the tree below have to say to each other.
struct Traffic {
    blocks: u64,
    writable: bool,
    wanted: BTreeSet<u64>,
    arrived: HashMap<u64, Vec<u8>>,
    /// The chunks that arrived, oldest first.
    order: VecDeque<u64>,
    /// Chunks that could not be read; told once.
    bad: HashMap<u64, IoError>,
    writes: BTreeMap<u64, Box<[u8]>>,
    /// Somebody waits for the writes to reach the file.
    flushing: bool,
    failed: Option<IoError>,
}

impl Traffic {
    fn block(&self, block: u64) -> Option<&[u8]> {
        if let Some(data) = self.writes.get(&block) {
            return Some(data);
        }
        let at = (block % CHUNK) as usize * BLOCK_SIZE;
        self.arrived.get(&(block / CHUNK))?.get(at..at + BLOCK_SIZE)
    }

    fn arrive(&mut self, chunk: u64, data: Vec<u8>) {
        if self.arrived.insert(chunk, data).is_none() {
            self.order.push_back(chunk);
        }
        while self.order.len() > CHUNKS {
            let old = self.order.pop_front();
            old.and_then(|old| self.arrived.remove(&old));
        }
    }

    /// A block is in the file now.
    fn written(&mut self, block: u64) {
        let Some(data) = self.writes.remove(&block) else { return };
        let at = (block % CHUNK) as usize * BLOCK_SIZE;
        let chunk = self.arrived.get_mut(&(block / CHUNK));
        if let Some(place) = chunk.and_then(|chunk| chunk.get_mut(at..at + BLOCK_SIZE)) {
            place.copy_from_slice(&data);
        }
    }

    fn forget(&mut self) {
        self.arrived.clear();
        self.order.clear();
    }

    fn works(&self) -> bool {
        !self.wanted.is_empty() || self.flushing && !self.writes.is_empty()
    }

    fn range(&self, block: BlockNo, len: usize) -> Result<core::ops::Range<u64>, IoError> {
        if !len.is_multiple_of(BLOCK_SIZE) {
            return Err(IoError::Unaligned { len });
        }
        let end = block.0.checked_add((len / BLOCK_SIZE) as u64).filter(|end| *end <= self.blocks);
        Ok(block.0..end.ok_or(IoError::OutOfRange { block, len })?)
    }
}

impl BlockDevice for Traffic {
    fn block_count(&self) -> u64 {
        self.blocks
    }

    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        let mut progress = Progress::Done;
        for (block, out) in self.range(block, buf.len())?.zip(buf.chunks_exact_mut(BLOCK_SIZE)) {
            if let Some(data) = self.block(block) {
                out.copy_from_slice(data);
            } else if let Some(error) = self.bad.remove(&(block / CHUNK)) {
                return Err(error);
            } else {
                self.wanted.insert(block / CHUNK);
                progress = Progress::Pending;
            }
        }
        Ok(progress)
    }

    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        if !self.writable {
            return Err(IoError::ReadOnly);
        }
        for (block, data) in self.range(block, data.len())?.zip(data.chunks_exact(BLOCK_SIZE)) {
            self.writes.insert(block, data.into());
        }
        Ok(Progress::Done)
    }

    fn flush(&mut self) -> Result<Progress, IoError> {
        if let Some(error) = self.failed.take() {
            self.flushing = false;
            return Err(error);
        }
        self.flushing = !self.writes.is_empty();
        Ok(if self.flushing { Progress::Pending } else { Progress::Done })
    }

    fn prefetch(&mut self, block: BlockNo, count: u64) {
        let end = block.0.saturating_add(count).min(self.blocks).div_ceil(CHUNK);
        let chunks = (block.0 / CHUNK..end).take(CHUNKS / 2);
        self.wanted.extend(chunks.filter(|chunk| !self.arrived.contains_key(chunk)));
    }

    fn writable(&self) -> bool {
        self.writable
    }

    /// What it moves is counted by the device that holds the file.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// The part of a file that a loop device shows, and how (`struct loop_info64`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopConfig {
    /// First byte of the file.
    pub offset: u64,
    /// Bytes; 0 means up to the end of the file.
    pub size_limit: u64,
    /// `LO_FLAGS_*`: see [`LoopConfig::READ_ONLY`] and [`LoopConfig::AUTOCLEAR`].
    pub flags: u32,
    /// The file's name as it was given, NUL-padded.
    pub name: [u8; 64],
}

impl LoopConfig {
    /// `LO_FLAGS_READ_ONLY`.
    pub const READ_ONLY: u32 = 1;
    /// `LO_FLAGS_AUTOCLEAR`: the last close or unmount detaches the file.
    pub const AUTOCLEAR: u32 = 4;
}

/// A loop device with a file.
pub(crate) struct Bound {
    file: Location,
    config: LoopConfig,
    device: SharedDevice<Traffic>,
    /// Its file system while mounted.
    fs: Option<FsId>,
    /// A file system that waits for its first blocks.
    mounting: Option<Box<Ext2>>,
}

/// A loop device; most have no file.
#[derive(Default)]
pub(crate) struct Loop {
    bound: Option<Bound>,
    opens: u32,
}

/// What [`Vfs::serve_loops`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// There was nothing to do.
    Idle,
    /// Operations that ended with `Pending` may go on.
    Progress,
    /// Their files in turn wait for the host.
    Waiting,
}

impl Vfs {
    fn bound(&mut self, n: usize) -> FsResult<&mut Bound> {
        self.loops.get_mut(n).and_then(|l| l.bound.as_mut()).ok_or(FsError::Errno(Errno::ENXIO))
    }

    /// The first loop device without a file.
    pub fn loop_free(&self) -> Option<usize> {
        self.loops.iter().position(|l| l.bound.is_none())
    }

    /// Makes `file` the contents of loop device `n` (LOOP_CONFIGURE). `EBUSY` when it
    /// has one, `EINVAL` when the file is not a regular one.
    pub fn loop_attach(
        &mut self,
        cx: &Context,
        n: usize,
        file: Location,
        config: LoopConfig,
    ) -> FsResult<()> {
        if self.loops.get(n).ok_or(FsError::Errno(Errno::ENXIO))?.bound.is_some() {
            return fail(Errno::EBUSY);
        }
        if self.kind_of(cx, file)? != FileKind::Regular {
            return fail(Errno::EINVAL);
        }
        let writable = config.flags & LoopConfig::READ_ONLY == 0 && self.check_writable(file).is_ok();
        let mut config = config;
        config.flags |= if writable { 0 } else { LoopConfig::READ_ONLY };
        let traffic = Traffic {
            blocks: 0,
            writable,
            wanted: BTreeSet::new(),
            arrived: HashMap::new(),
            order: VecDeque::new(),
            bad: HashMap::new(),
            writes: BTreeMap::new(),
            flushing: false,
            failed: None,
        };
        self.open_ref(file)?;
        let device = SharedDevice::new(traffic);
        self.loops[n].bound = Some(Bound { file, config, device, fs: None, mounting: None });
        self.loop_resize(cx, n)
    }

    /// Takes over the file's present size (LOOP_SET_CAPACITY).
    pub fn loop_resize(&mut self, cx: &Context, n: usize) -> FsResult<()> {
        let size = self.loop_size(cx, n)?;
        self.bound(n)?.device.get().blocks = size / BLOCK_SIZE as u64;
        Ok(())
    }

    /// Bytes that loop device `n` has; `ENXIO` without a file.
    pub fn loop_size(&mut self, cx: &Context, n: usize) -> FsResult<u64> {
        let bound = self.bound(n)?;
        let (file, offset, limit) = (bound.file, bound.config.offset, bound.config.size_limit);
        let size = self.stat(cx, file)?.size.saturating_sub(offset);
        let size = if limit == 0 { size } else { size.min(limit) };
        Ok(size / 512 * 512)
    }

    /// The file of loop device `n` and how it is shown (LOOP_GET_STATUS64).
    pub fn loop_status(&mut self, n: usize) -> FsResult<(Location, LoopConfig)> {
        let bound = self.bound(n)?;
        Ok((bound.file, bound.config.clone()))
    }

    /// Changes how the file is shown (LOOP_SET_STATUS64): of the flags, only whether
    /// it detaches itself. `EBUSY` to move it under a mounted file system.
    pub fn loop_configure(&mut self, cx: &Context, n: usize, config: LoopConfig) -> FsResult<()> {
        let bound = self.bound(n)?;
        let moved = (bound.config.offset, bound.config.size_limit) != (config.offset, config.size_limit);
        if moved && bound.fs.is_some() {
            return fail(Errno::EBUSY);
        }
        let kept = bound.config.flags & !LoopConfig::AUTOCLEAR;
        bound.config = LoopConfig { flags: kept | config.flags & LoopConfig::AUTOCLEAR, ..config };
        bound.device.get().forget();
        self.loop_resize(cx, n)
    }

    /// Detaches the file (LOOP_CLR_FD); while others use the device, later.
    pub fn loop_detach(&mut self, cx: &Context, n: usize) -> FsResult<()> {
        self.bound(n)?.config.flags |= LoopConfig::AUTOCLEAR;
        // The caller's own descriptor is one use.
        self.loop_settle(cx, n, 1);
        Ok(())
    }

    /// One more descriptor of loop device `n`.
    pub fn loop_open(&mut self, n: usize) -> FsResult<()> {
        let l = self.loops.get_mut(n).ok_or(FsError::Errno(Errno::ENXIO))?;
        l.opens = l.opens.saturating_add(1);
        Ok(())
    }

    /// One less.
    pub fn loop_close(&mut self, cx: &Context, n: usize) {
        if let Some(l) = self.loops.get_mut(n) {
            l.opens = l.opens.saturating_sub(1);
        }
        self.loop_settle(cx, n, 0);
    }

    /// Detaches a file that nobody uses any longer, if it is to.
    fn loop_settle(&mut self, cx: &Context, n: usize, uses: u32) {
        let Some(l) = self.loops.get_mut(n).filter(|l| l.opens <= uses) else { return };
        let ends = |bound: &Bound| bound.fs.is_none() && bound.config.flags & LoopConfig::AUTOCLEAR != 0;
        if l.bound.as_ref().is_some_and(ends)
            && let Some(bound) = l.bound.take()
        {
            self.close_ref(cx, bound.file);
        }
    }

    /// Reads the device itself, past a mounted file system's cache.
    pub fn loop_read(&mut self, cx: &Context, n: usize, offset: u64, buf: &mut [u8]) -> FsResult<usize> {
        let left = self.loop_size(cx, n)?.saturating_sub(offset).min(buf.len() as u64) as usize;
        let bound = self.bound(n)?;
        let (file, start) = (bound.file, bound.config.offset);
        self.read(cx, file, start.saturating_add(offset), &mut buf[..left])
    }

    /// Writes the device itself. `ENOSPC` at its end, `EPERM` when it is read-only.
    pub fn loop_write(&mut self, cx: &Context, n: usize, offset: u64, data: &[u8]) -> FsResult<usize> {
        let left = self.loop_size(cx, n)?.saturating_sub(offset).min(data.len() as u64) as usize;
        let bound = self.bound(n)?;
        if bound.config.flags & LoopConfig::READ_ONLY != 0 {
            return fail(Errno::EPERM);
        }
        if left == 0 && !data.is_empty() {
            return fail(Errno::ENOSPC);
        }
        let (file, start) = (bound.file, bound.config.offset);
        bound.device.get().forget();
        self.write(cx, file, start.saturating_add(offset), &data[..left])
    }

    /// Brings the file's own file system to its device.
    pub fn loop_sync(&mut self, cx: &Context, n: usize) -> FsResult<()> {
        let file = self.bound(n)?.file;
        self.sync_at(cx, file)
    }

    /// Mounts the ext2 file system on loop device `n` over `at` (mount(2)). What is no
    /// such file system is `EINVAL`, a damaged one `EUCLEAN`, with a line in the log; no
    /// file at all is `EIO`. A second
    /// mount shows the same file system again.
    pub fn loop_mount(
        &mut self,
        cx: &Context,
        n: usize,
        at: Location,
        flags: MountFlags,
        source: &str,
    ) -> FsResult<MountId> {
        let at = self.cross(at);
        if self.kind_of(cx, at)? != FileKind::Directory {
            return fail(Errno::ENOTDIR);
        }
        // No superblock can be read where there is no file.
        let bound = self.bound(n).map_err(|_| FsError::Errno(Errno::EIO))?;
        let read_only = bound.config.flags & LoopConfig::READ_ONLY != 0;
        if let Some(fs) = bound.fs {
            let root = self.fs(fs)?.root();
            let flags = if self.fs(fs)?.writable() { flags } else { flags | MountFlags::RDONLY };
            let source = source.to_owned();
            return Ok(self.add_mount(Mount { fs, root, over: Some(at), flags, source, detached: false }));
        }
        // Asked to write what cannot be written; mount(8) then tries read-only.
        if read_only && !flags.contains(MountFlags::RDONLY) {
            return fail(Errno::EACCES);
        }
        let device = bound.device.clone();
        let fresh = || Box::new(Ext2::new(Box::new(device), CACHE, flags.contains(MountFlags::RDONLY)));
        let mut ext2 = bound.mounting.take().unwrap_or_else(fresh);
        match ext2.mount(cx) {
            Ok(()) => {}
            Err(FsError::Pending) => {
                self.bound(n)?.mounting = Some(ext2);
                return Err(FsError::Pending);
            }
            Err(FsError::Corrupt(what)) => {
                self.log(format!("{source}: {what}"));
                use CorruptKind::*;
                let foreign = [Magic, Truncated, Superblock, UnsupportedIncompat, UnsupportedRoCompat];
                return fail(if foreign.contains(&what.kind) { Errno::EINVAL } else { Errno::EUCLEAN });
            }
            Err(error) => return Err(error),
        }
        let id = self.mount(cx, at, ext2, flags, source)?;
        let fs = self.mount_ref(id)?.fs;
        self.slot(fs)?.dev = 0x700 + n as u64;
        self.bound(n)?.fs = Some(fs);
        Ok(id)
    }

    /// The loop device that a file system is on.
    pub(crate) fn loop_of(&self, fs: FsId) -> Option<usize> {
        self.loops.iter().position(|l| l.bound.as_ref().is_some_and(|bound| bound.fs == Some(fs)))
    }

    /// The file of the loop device that a file system is on.
    pub(crate) fn loop_file(&self, fs: FsId) -> Option<Location> {
        self.loops[self.loop_of(fs)?].bound.as_ref().map(|bound| bound.file)
    }

    /// A file system is unmounted; its device may end with it.
    pub(crate) fn loop_unmounted(&mut self, cx: &Context, fs: FsId) {
        let Some(n) = self.loop_of(fs) else { return };
        if let Some(bound) = &mut self.loops[n].bound {
            bound.fs = None;
            let mut traffic = bound.device.get();
            traffic.writes.clear();
            traffic.forget();
        }
        self.loop_settle(cx, n, 0);
    }

    /// Whether [`serve_loops`](Self::serve_loops) has something to do.
    pub fn loops_wait(&self) -> bool {
        self.loops.iter().any(|l| l.bound.as_ref().is_some_and(|bound| bound.device.get().works()))
    }

    /// Moves what loop devices want to read and have to write. After `Progress`,
    /// operations that ended with `Pending` are run again; after `Waiting`, this when
    /// the host has delivered.
    pub fn serve_loops(&mut self, cx: &Context) -> Served {
        let mut served = Served::Idle;
        for n in 0..self.loops.len() {
            let Some(bound) = &self.loops[n].bound else { continue };
            if !bound.device.get().works() {
                continue;
            }
            let (file, start, device) = (bound.file, bound.config.offset, bound.device.clone());
            let one = match self.serve_writes(cx, file, start, &device) {
                Served::Waiting => Served::Waiting,
                written => match self.serve_reads(cx, file, start, &device) {
                    Served::Idle => written,
                    read => read,
                },
            };
            if one == Served::Progress || served == Served::Idle {
                served = one;
            }
        }
        served
    }

    fn serve_writes(
        &mut self,
        cx: &Context,
        file: Location,
        start: u64,
        device: &SharedDevice<Traffic>,
    ) -> Served {
        if !device.get().flushing {
            return Served::Idle;
        }
        for _ in 0..WRITES {
            // Blocks in a row go as one write.
            let (first, data) = {
                let traffic = device.get();
                let Some((&first, _)) = traffic.writes.first_key_value() else { break };
                let row = traffic.writes.range(first..).zip(first..).take(CHUNK as usize);
                let row = row.take_while(|((block, _), expected)| *block == expected);
                (first, row.flat_map(|((_, data), _)| data.iter().copied()).collect::<Vec<u8>>())
            };
            let at = start.saturating_add(first.saturating_mul(BLOCK_SIZE as u64));
            match self.write(cx, file, at, &data) {
                Ok(n) if n >= BLOCK_SIZE => {
                    let mut traffic = device.get();
                    for block in first..first + (n / BLOCK_SIZE) as u64 {
                        traffic.written(block);
                    }
                }
                Err(FsError::Pending) => return Served::Waiting,
                result => {
                    let error = match result {
                        Ok(_) | Err(FsError::Errno(Errno::ENOSPC)) => IoError::NoSpace,
                        Err(FsError::Io(error)) => error,
                        Err(error) => IoError::Host(error.to_string()),
                    };
                    let mut traffic = device.get();
                    (traffic.failed, traffic.flushing) = (Some(error), false);
                    return Served::Progress;
                }
            }
        }
        Served::Progress
    }

    fn serve_reads(
        &mut self,
        cx: &Context,
        file: Location,
        start: u64,
        device: &SharedDevice<Traffic>,
    ) -> Served {
        let wanted = core::mem::take(&mut device.get().wanted);
        let mut served = Served::Idle;
        for chunk in wanted {
            let at = start.saturating_add(chunk.saturating_mul(CHUNK * BLOCK_SIZE as u64));
            let mut data = vec![0; CHUNK as usize * BLOCK_SIZE];
            match self.read(cx, file, at, &mut data) {
                Err(FsError::Pending) => {
                    device.get().wanted.insert(chunk);
                    if served == Served::Idle {
                        served = Served::Waiting;
                    }
                    continue;
                }
                // The file was shortened: nothing there.
                Ok(0) => {
                    let error = IoError::Host("the file of the loop device is too short".into());
                    device.get().bad.insert(chunk, error);
                }
                Ok(_) => device.get().arrive(chunk, data),
                Err(error) => {
                    device.get().bad.insert(chunk, IoError::Host(error.to_string()));
                }
            }
            served = Served::Progress;
        }
        served
    }
}
