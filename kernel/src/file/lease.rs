//! Leases on files (fcntl(2)): whoever holds one hears of an open that conflicts with it, and that open waits for them.
//!
//! Source: `fs/locks.c`, `generic_setlease` and `__break_lease`.

use super::FileId;
use super::notify::{News, Notify, Owner};
use super::{Object, OpenFile};
use crate::capability::LEASE;
use crate::kernel::{Caller, Kernel};
use crate::syscall::done;
use crate::wait::{Key, Stop, SysResult, Wait};
use std::collections::HashMap;
use tawaki_abi::Errno;
use tawaki_vfs::{InodeRef, Location};

const F_RDLCK: u16 = 0;
const F_WRLCK: u16 = 1;
const F_UNLCK: u16 = 2;

/// Of `/proc/sys/fs/lease-break-time`.
const BREAK_SECONDS: u32 = 45;

/// A lease; a file has at most one.
#[derive(Clone, Copy, Debug)]
struct Lease {
    file: FileId,
    /// F_WRLCK: readers conflict with it as well.
    exclusive: bool,
    /// The descriptor by which it was taken.
    fd: i32,
    /// It has to be given up by then, monotonic nanoseconds.
    unlock_by: Option<u64>,
    /// It has to become one for reading by then.
    downgrade_by: Option<u64>,
}

impl Lease {
    fn conflicts(&self, writes: bool) -> bool {
        writes || self.exclusive
    }
}

/// What an open does to leases.
struct Broken {
    /// Holders that have not heard of one yet, with the descriptors of their leases.
    told: Vec<(FileId, i32)>,
    /// When the next lease is gone, monotonic nanoseconds.
    until: Option<u64>,
}

/// All leases.
pub struct Leases {
    by_inode: HashMap<InodeRef, Vec<Lease>>,
    /// How long holders have when an open conflicts; 0: as long as they like.
    pub break_seconds: u32,
}

impl Default for Leases {
    fn default() -> Self {
        Leases { by_inode: HashMap::new(), break_seconds: BREAK_SECONDS }
    }
}

impl Leases {
    /// Leases held.
    pub fn len(&self) -> usize {
        self.by_inode.values().map(Vec::len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.by_inode.is_empty()
    }

    /// Takes from holders what they had to give up by now. Whether there was any.
    fn time_out(&mut self, inode: InodeRef, now: u64) -> bool {
        let Some(leases) = self.by_inode.get_mut(&inode) else { return false };
        let late = |by: Option<u64>| by.is_some_and(|by| by <= now);
        let before = leases.len();
        leases.retain(|lease| !late(lease.unlock_by));
        let mut any = leases.len() < before;
        for lease in leases.iter_mut().filter(|lease| late(lease.downgrade_by)) {
            (lease.exclusive, lease.downgrade_by) = (false, None);
            any = true;
        }
        if leases.is_empty() {
            self.by_inode.remove(&inode);
        }
        any
    }

    /// What a file has, or has to come down to.
    fn kind(&self, inode: InodeRef, file: FileId) -> u16 {
        match self.by_inode.get(&inode).and_then(|leases| leases.iter().find(|lease| lease.file == file)) {
            None => F_UNLCK,
            Some(lease) if lease.unlock_by.is_some() => F_UNLCK,
            Some(lease) if lease.exclusive && lease.downgrade_by.is_none() => F_WRLCK,
            Some(_) => F_RDLCK,
        }
    }

    /// Gives up a file's lease. Whether it had one.
    pub fn drop_file(&mut self, inode: InodeRef, file: FileId) -> bool {
        let Some(leases) = self.by_inode.get_mut(&inode) else { return false };
        let before = leases.len();
        leases.retain(|lease| lease.file != file);
        let any = leases.len() < before;
        if leases.is_empty() {
            self.by_inode.remove(&inode);
        }
        any
    }

    /// Takes a lease or changes it; opens that conflict were looked for.
    fn set(&mut self, inode: InodeRef, file: FileId, fd: i32, exclusive: bool) -> Result<(), Errno> {
        let leases = self.by_inode.entry(inode).or_default();
        // None is exclusive beside others, and there is no new one while an open for writing waits.
        let refuses = |lease: &Lease| lease.file != file && (exclusive || lease.unlock_by.is_some());
        let refused = leases.iter().any(refuses);
        match leases.iter_mut().find(|lease| lease.file == file) {
            _ if refused => {}
            Some(lease) => {
                (lease.exclusive, lease.fd) = (exclusive, fd);
                if !exclusive {
                    lease.downgrade_by = None;
                }
            }
            None => leases.push(Lease { file, exclusive, fd, unlock_by: None, downgrade_by: None }),
        }
        if refused { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    /// An open comes: who is to be told, and by when the first has to be gone. `None` when nothing conflicts.
    fn broken(&mut self, inode: InodeRef, writes: bool, now: u64) -> Option<Broken> {
        let leases = self.by_inode.get_mut(&inode)?;
        let by = match self.break_seconds {
            0 => u64::MAX,
            seconds => now.saturating_add(u64::from(seconds) * 1_000_000_000),
        };
        let (mut told, mut first) = (Vec::new(), u64::MAX);
        for lease in leases.iter_mut().filter(|lease| lease.conflicts(writes)) {
            if writes && lease.unlock_by.is_none() {
                lease.unlock_by = Some(by);
                told.push((lease.file, lease.fd));
            } else if !writes && lease.unlock_by.is_none() && lease.downgrade_by.is_none() {
                lease.downgrade_by = Some(by);
                told.push((lease.file, lease.fd));
            }
            first =
                first.min(lease.unlock_by.unwrap_or(u64::MAX)).min(lease.downgrade_by.unwrap_or(u64::MAX));
        }
        let until = Some(first).filter(|by| *by != u64::MAX);
        leases.iter().any(|lease| lease.conflicts(writes)).then_some(Broken { told, until })
    }
}

impl Kernel {
    /// Before an open (or a truncation by name) that conflicts with leases: tells their holders and waits for them.
    pub(crate) fn break_leases(&mut self, loc: Location, writes: bool, wait: bool) -> Result<(), Stop> {
        if self.sys.leases.is_empty() {
            return Ok(());
        }
        let inode = self.vfs.inode(loc)?;
        let now = self.sys.now.monotonic_ns;
        self.leases_due(inode);
        let Some(Broken { told, until }) = self.sys.leases.broken(inode, writes, now) else { return Ok(()) };
        for (file, fd) in told {
            let notify = Notify { fd, ..self.sys.files[file].notify };
            self.sys.tell_owner(notify, News::Message);
        }
        if !wait {
            return Err(Errno::EAGAIN.into());
        }
        Err(Stop::Wait(Wait { keys: vec![Key::Lock(inode)], until, restart: Some(Errno::ERESTARTSYS) }))
    }

    fn leases_due(&mut self, inode: InodeRef) {
        let now = self.sys.now.monotonic_ns;
        if self.sys.leases.time_out(inode, now) {
            self.sys.fire(Key::Lock(inode));
        }
    }

    /// F_GETLEASE.
    pub(crate) fn lease_of(&mut self, file: FileId) -> SysResult {
        let Some(loc) = self.sys.files[file].loc else { return done(F_UNLCK) };
        let inode = self.vfs.inode(loc)?;
        self.leases_due(inode);
        done(self.sys.leases.kind(inode, file))
    }

    /// F_SETLEASE.
    pub(crate) fn set_lease(&mut self, c: Caller, fd: i32, file: FileId, kind: u64) -> SysResult {
        if kind > u64::from(F_UNLCK) {
            return Err(Errno::EINVAL.into());
        }
        let loc = self.sys.files[file].loc.ok_or(Errno::EINVAL)?;
        let Kernel { vfs, sys, .. } = self;
        let inode = vfs.inode(loc)?;
        let owner = vfs.stat(&sys.context(c.proc), loc)?.uid;
        let cred = &sys.procs[c.proc].cred;
        if cred.fs.uid != owner && !cred.has(LEASE) {
            return Err(Errno::EACCES.into());
        }
        if !matches!(sys.files[file].object, Object::Regular) {
            return Err(Errno::EINVAL.into());
        }
        if kind == u64::from(F_UNLCK) {
            if !self.sys.leases.drop_file(inode, file) {
                return Err(Errno::EAGAIN.into());
            }
            self.sys.fire(Key::Lock(inode));
            return done(0);
        }
        self.leases_due(inode);
        let exclusive = kind == u64::from(F_WRLCK);
        if self.opened_otherwise(inode, file, exclusive) {
            return Err(Errno::EAGAIN.into());
        }
        self.sys.leases.set(inode, file, fd, exclusive)?;
        if self.sys.files[file].notify.owner == Owner::Nobody {
            let pid = self.sys.procs[c.proc].pid;
            self.sys.set_owner(c.proc, file, Owner::Process(pid))?;
        }
        self.sys.fire(Key::Lock(inode));
        done(0)
    }

    /// Whether a file is open in a way that a lease does not allow: for writing at all, or by anybody else.
    fn opened_otherwise(&self, inode: InodeRef, file: FileId, exclusive: bool) -> bool {
        let opens = |f: &OpenFile| {
            matches!(f.object, Object::Regular)
                && f.loc.is_some_and(|loc| self.vfs.inode(loc).is_ok_and(|other| other == inode))
        };
        let mut open = self.sys.files.iter().filter(|(_, f)| opens(f));
        open.any(|(id, f)| if exclusive { id != file } else { f.flags.writable() })
    }
}
