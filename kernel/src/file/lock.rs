//! Advisory locks: records (fcntl(2)) and whole files (flock(2)).

use super::FileId;
use std::collections::HashMap;
use tawaki_abi::Errno;
use tawaki_vfs::InodeRef;

/// Records and whole-file locks in the system; one more is ENOLCK.
const MAX_LOCKS: usize = 65_536;

/// Who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A process: POSIX record locks.
    Process(i32),
    /// An open file description: OFD and flock locks.
    File(FileId),
}

/// A range of a file; `end` is exclusive, `u64::MAX` the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub owner: Owner,
    pub exclusive: bool,
    pub start: u64,
    pub end: u64,
}

/// All locks.
#[derive(Default)]
pub struct Locks {
    records: HashMap<InodeRef, Vec<Record>>,
    whole: HashMap<InodeRef, Vec<(Owner, bool)>>,
    count: usize,
    /// Process that waits, and for whose lock: to find deadlocks.
    waits: HashMap<i32, i32>,
}

impl Locks {
    /// Locks held.
    pub fn len(&self) -> usize {
        self.records.values().map(Vec::len).sum::<usize>() + self.whole.values().map(Vec::len).sum::<usize>()
    }
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// A record that stands in the way.
    pub fn conflict(&self, inode: InodeRef, want: &Record) -> Option<Record> {
        let records = self.records.get(&inode)?;
        records
            .iter()
            .find(|r| {
                r.owner != want.owner
                    && (r.exclusive || want.exclusive)
                    && r.start < want.end
                    && want.start < r.end
            })
            .copied()
    }

    /// Sets a record (or with `kind: None` clears the range); conflicts were
    /// looked for. `ENOLCK` when there are too many.
    pub fn set(&mut self, inode: InodeRef, want: Record, clear: bool) -> Result<(), Errno> {
        if self.count >= MAX_LOCKS && !clear {
            return Err(Errno::ENOLCK);
        }
        let records = self.records.entry(inode).or_default();
        let before = records.len();
        let mut kept = Vec::with_capacity(records.len() + 2);
        for r in records.drain(..) {
            if r.owner != want.owner || r.end <= want.start || want.end <= r.start {
                kept.push(r);
                continue;
            }
            if r.start < want.start {
                kept.push(Record { end: want.start, ..r });
            }
            if r.end > want.end {
                kept.push(Record { start: want.end, ..r });
            }
        }
        if !clear {
            kept.push(want);
        }
        // Neighbours of one owner and kind become one record.
        kept.sort_by_key(|r| (r.start, r.end));
        let mut merged: Vec<Record> = Vec::with_capacity(kept.len());
        for r in kept {
            match merged
                .iter_mut()
                .rev()
                .find(|m| m.owner == r.owner && m.exclusive == r.exclusive && m.end >= r.start)
            {
                Some(m) => m.end = m.end.max(r.end),
                None => merged.push(r),
            }
        }
        self.count = (self.count + merged.len()).saturating_sub(before);
        if merged.is_empty() {
            self.records.remove(&inode);
        } else {
            self.records.insert(inode, merged);
        }
        Ok(())
    }

    /// flock(2): `None` unlocks. False when somebody else holds it.
    pub fn flock(&mut self, inode: InodeRef, owner: Owner, exclusive: Option<bool>) -> Result<bool, Errno> {
        let holders = self.whole.entry(inode).or_default();
        let Some(exclusive) = exclusive else {
            let before = holders.len();
            holders.retain(|(o, _)| *o != owner);
            self.count -= before - holders.len();
            if holders.is_empty() {
                self.whole.remove(&inode);
            }
            return Ok(true);
        };
        if holders.iter().any(|(o, ex)| *o != owner && (*ex || exclusive)) {
            return Ok(false);
        }
        if let Some(mine) = holders.iter_mut().find(|(o, _)| *o == owner) {
            mine.1 = exclusive;
        } else {
            if self.count >= MAX_LOCKS {
                return Err(Errno::ENOLCK);
            }
            holders.push((owner, exclusive));
            self.count += 1;
        }
        Ok(true)
    }

    /// Drops an owner's locks on one file; true when there were some.
    pub fn drop_owner_on(&mut self, inode: InodeRef, owner: Owner) -> bool {
        if self.count == 0 {
            return false;
        }
        let mut dropped = 0;
        if let Some(records) = self.records.get_mut(&inode) {
            let before = records.len();
            records.retain(|r| r.owner != owner);
            dropped += before - records.len();
            if records.is_empty() {
                self.records.remove(&inode);
            }
        }
        if let Some(holders) = self.whole.get_mut(&inode) {
            let before = holders.len();
            holders.retain(|(o, _)| *o != owner);
            dropped += before - holders.len();
            if holders.is_empty() {
                self.whole.remove(&inode);
            }
        }
        self.count -= dropped;
        dropped > 0
    }

    /// A process is gone: drops what it still holds (its table may live on in
    /// another process). Returns the files concerned.
    pub fn drop_process(&mut self, pid: i32) -> Vec<InodeRef> {
        self.waits.remove(&pid);
        let owner = Owner::Process(pid);
        let holds = |(_, records): &(&InodeRef, &Vec<Record>)| records.iter().any(|r| r.owner == owner);
        let files: Vec<InodeRef> = self.records.iter().filter(holds).map(|(inode, _)| *inode).collect();
        for inode in &files {
            self.drop_owner_on(*inode, owner);
        }
        files
    }

    /// Notes that `pid` waits for `holder`; `EDEADLK` when that closes a circle.
    pub fn wait_for(&mut self, pid: i32, holder: i32) -> Result<(), Errno> {
        let mut next = holder;
        for _ in 0..=self.waits.len() {
            if next == pid {
                return Err(Errno::EDEADLK);
            }
            match self.waits.get(&next) {
                Some(n) => next = *n,
                None => break,
            }
        }
        self.waits.insert(pid, holder);
        Ok(())
    }

    pub fn waits_no_more(&mut self, pid: i32) {
        self.waits.remove(&pid);
    }
}
