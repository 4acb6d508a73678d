//! System V message queues and semaphores (sysvipc(7)). Shared memory segments are not
//! there: memory is not shared between processes.

use crate::task::Cred;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tawaki_abi::Errno;
use tawaki_abi::wire::{IpcPerm, SemOp};

/// Key of an object that only its number finds (IPC_PRIVATE).
pub const PRIVATE: i32 = 0;
const CREAT: u32 = 0o1000;
const EXCL: u32 = 0o2000;
/// Wants of `access`, as bits of a mode.
pub const READ: u32 = 0o4;
pub const WRITE: u32 = 0o2;

/// Message queues or semaphore sets in the system (ENOSPC).
const MAX_OBJECTS: usize = 1024;
/// Largest message (`msgmax`).
pub const MAX_MESSAGE: usize = 8192;
/// Bytes in a queue unless the superuser says otherwise (`msgmnb`).
pub const MAX_QUEUE: u64 = 16_384;
/// Most bytes the superuser may allow.
pub const MAX_QUEUE_EVER: u64 = 1 << 20;
/// Semaphores of one set, and of all.
pub const MAX_SEMS: u32 = 32_000;
const MAX_ALL_SEMS: usize = 256_000;
/// Highest value of a semaphore (`SEMVMX`).
pub const MAX_VALUE: i32 = 32_767;
/// Index part of a number; the rest says how often the index was used.
const INDEX: i32 = 32_768;

/// Objects of one kind, by their number.
pub struct Table<T> {
    pub all: BTreeMap<i32, (IpcPerm, T)>,
    made: i32,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { all: BTreeMap::new(), made: 0 }
    }
}

/// Whether `cred` may do what `want` (bits of [`READ`] and [`WRITE`]) says.
pub fn access(perm: &IpcPerm, cred: &Cred, want: u32) -> Result<(), Errno> {
    let groups = |gid: u32| cred.egid == gid || cred.fs.groups.contains(&gid);
    let shift = if cred.euid == perm.uid || cred.euid == perm.cuid {
        6
    } else if groups(perm.gid) || groups(perm.cgid) {
        3
    } else {
        0
    };
    if cred.capable() || perm.mode >> shift & want == want { Ok(()) } else { Err(Errno::EACCES) }
}

/// Whether `cred` owns the object: what IPC_SET and IPC_RMID want.
pub fn owns(perm: &IpcPerm, cred: &Cred) -> Result<(), Errno> {
    let mine = cred.capable() || cred.euid == perm.uid || cred.euid == perm.cuid;
    if mine { Ok(()) } else { Err(Errno::EPERM) }
}

impl<T> Table<T> {
    /// msgget(2), semget(2): finds or makes an object. `fits` looks at one that exists.
    pub fn get(
        &mut self,
        cred: &Cred,
        key: i32,
        flags: u32,
        fits: impl Fn(&T) -> Result<(), Errno>,
        make: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<i32, Errno> {
        if key != PRIVATE
            && let Some((id, (perm, object))) = self.all.iter().find(|(_, (perm, _))| perm.key == key)
        {
            if flags & (CREAT | EXCL) == CREAT | EXCL {
                return Err(Errno::EEXIST);
            }
            fits(object)?;
            let want = flags >> 6 & 6 | flags >> 3 & 6 | flags & 6;
            access(perm, cred, want)?;
            return Ok(*id);
        }
        if key != PRIVATE && flags & CREAT == 0 {
            return Err(Errno::ENOENT);
        }
        let object = make()?;
        if self.all.len() >= MAX_OBJECTS {
            return Err(Errno::ENOSPC);
        }
        let used = |index: i32| self.all.keys().any(|id| id % INDEX == index);
        let index = (0..INDEX).find(|index| !used(*index)).ok_or(Errno::ENOSPC)?;
        let seq = self.made % 65_535;
        self.made = self.made.wrapping_add(1) & 0x7fff_ffff;
        let id = seq.wrapping_mul(INDEX) & 0x7fff_8000 | index;
        let (uid, gid) = (cred.euid, cred.egid);
        let mode = flags & 0o777;
        let perm = IpcPerm { key, uid, gid, cuid: uid, cgid: gid, mode, seq: seq as u16 };
        self.all.insert(id, (perm, object));
        Ok(id)
    }

    /// The object of a number.
    pub fn find(&mut self, id: i32) -> Result<&mut (IpcPerm, T), Errno> {
        self.all.get_mut(&id).ok_or(Errno::EINVAL)
    }
}

/// A message queue.
#[derive(Default)]
pub struct Queue {
    /// Type and text, in order of arrival.
    pub messages: VecDeque<(i64, Vec<u8>)>,
    pub bytes: u64,
    pub limit: u64,
    pub senders: i32,
    pub receiver: i32,
    /// Seconds: last send, last receive, last change.
    pub times: [i64; 3],
}

impl Queue {
    /// Takes the message that msgrcv(2) wants: the first, the first of a type (or, with
    /// `except`, of another), or the lowest type up to `-kind`.
    pub fn position(&self, kind: i64, except: bool) -> Option<usize> {
        let mut found = self.messages.iter().enumerate();
        match kind {
            0 => found.next().map(|(at, _)| at),
            1.. if except => found.find(|(_, m)| m.0 != kind).map(|(at, _)| at),
            1.. => found.find(|(_, m)| m.0 == kind).map(|(at, _)| at),
            _ => {
                let most = kind.checked_neg().unwrap_or(i64::MAX);
                found.filter(|(_, m)| m.0 <= most).min_by_key(|(_, m)| m.0).map(|(at, _)| at)
            }
        }
    }
}

/// A set of semaphores.
#[derive(Default)]
pub struct Set {
    /// Value and who changed it last.
    pub sems: Vec<(i32, i32)>,
    /// Seconds: last operation, last change.
    pub times: [i64; 2],
    /// What the end of a process adds, by its id.
    pub undo: HashMap<i32, Vec<i32>>,
}

/// What the operations on a set come to.
pub enum Outcome {
    Done,
    /// This operation has to wait.
    Blocked(usize),
}

impl Set {
    /// semop(2): all operations or none.
    pub fn operate(&mut self, pid: i32, ops: &[SemOp]) -> Result<Outcome, Errno> {
        let mut sems = self.sems.clone();
        let mut undo = self.undo.get(&pid).cloned();
        for (at, op) in ops.iter().enumerate() {
            let sem = sems.get_mut(usize::from(op.index)).ok_or(Errno::EFBIG)?;
            let value = sem.0 + i32::from(op.change);
            if op.change == 0 && sem.0 != 0 || value < 0 {
                return Ok(Outcome::Blocked(at));
            }
            if value > MAX_VALUE {
                return Err(Errno::ERANGE);
            }
            *sem = (value, pid);
            if op.flags & SEM_UNDO != 0 && op.change != 0 {
                let undo = undo.get_or_insert_with(|| vec![0; self.sems.len()]);
                let left = undo[usize::from(op.index)] - i32::from(op.change);
                if !(-MAX_VALUE - 1..=MAX_VALUE).contains(&left) {
                    return Err(Errno::ERANGE);
                }
                undo[usize::from(op.index)] = left;
            }
        }
        self.sems = sems;
        if let Some(undo) = undo {
            self.undo.insert(pid, undo);
        }
        Ok(Outcome::Done)
    }
}

/// Flags of an operation (semop(2)).
pub const SEM_UNDO: u16 = 0o10000;
pub const NOWAIT: u32 = 0o4000;

/// All of it.
#[derive(Default)]
pub struct Ipc {
    pub queues: Table<Queue>,
    pub sets: Table<Set>,
}

impl Ipc {
    /// A new set of semaphores may be made.
    pub fn room_for(&self, count: u32) -> Result<(), Errno> {
        let used: usize = self.sets.all.values().map(|(_, set)| set.sems.len()).sum();
        if used + count as usize > MAX_ALL_SEMS { Err(Errno::ENOSPC) } else { Ok(()) }
    }

    /// The end of a process: its adjustments. Returns the sets that changed.
    pub fn process_ends(&mut self, pid: i32) -> Vec<i32> {
        let mut changed = Vec::new();
        for (id, (_, set)) in &mut self.sets.all {
            let Some(undo) = set.undo.remove(&pid) else { continue };
            for (sem, more) in set.sems.iter_mut().zip(undo).filter(|(_, more)| *more != 0) {
                *sem = ((sem.0 + more).clamp(0, MAX_VALUE), pid);
            }
            changed.push(*id);
        }
        changed
    }
}
