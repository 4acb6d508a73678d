//! Descriptor tables.

use super::{FileId, OpenFile};
use crate::kernel::Kernel;
use crate::slab::Id;
use crate::system::System;
use crate::task::{ProcId, RLIMIT_NOFILE};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::wire::Fd;

/// One descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub file: FileId,
    pub cloexec: bool,
}

/// The descriptors of a process (or of several that share them).
#[derive(Default)]
pub struct FdTable {
    pub refs: u32,
    pub entries: Vec<Option<Entry>>,
    /// No descriptor below is free.
    low: usize,
    /// Descriptors in use.
    used: usize,
}

impl FdTable {
    /// An empty table with one user.
    pub fn new() -> FdTable {
        FdTable { refs: 1, ..FdTable::default() }
    }
    pub fn get(&self, fd: Fd) -> Option<Entry> {
        *self.entries.get(usize::try_from(fd).ok()?)?
    }
    pub fn get_mut(&mut self, fd: Fd) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(fd).ok()?)?.as_mut()
    }
    pub fn take(&mut self, fd: Fd) -> Option<Entry> {
        let n = usize::try_from(fd).ok()?;
        let entry = self.entries.get_mut(n)?.take()?;
        self.low = self.low.min(n);
        self.used -= 1;
        Some(entry)
    }
    /// The lowest free descriptor from `from` on, below `limit`.
    pub fn lowest(&mut self, from: usize, limit: usize) -> Option<usize> {
        let mut n = from.max(self.low);
        while n < self.entries.len() && self.entries[n].is_some() {
            n += 1;
        }
        if from <= self.low {
            self.low = n;
        }
        (n < limit).then_some(n)
    }
    pub fn set(&mut self, fd: usize, entry: Entry) -> Option<Entry> {
        if fd >= self.entries.len() {
            self.entries.resize(fd + 1, None);
        }
        let before = self.entries[fd].replace(entry);
        self.used += before.is_none() as usize;
        before
    }
    pub fn open(&self) -> impl Iterator<Item = (Fd, Entry)> {
        self.entries.iter().enumerate().filter_map(|(fd, e)| Some((fd as Fd, (*e)?)))
    }
}

impl System {
    pub fn table(&self, proc: ProcId) -> &FdTable {
        &self.fdtables[self.procs[proc].fds]
    }
    pub fn table_mut(&mut self, proc: ProcId) -> &mut FdTable {
        let fds = self.procs[proc].fds;
        &mut self.fdtables[fds]
    }
    /// The file a descriptor refers to; `EBADF`.
    pub fn fd(&self, proc: ProcId, fd: Fd) -> Result<FileId, Errno> {
        let table = self.fdtables.get(self.procs[proc].fds).ok_or(Errno::EBADF)?;
        Ok(table.get(fd).ok_or(Errno::EBADF)?.file)
    }
    /// Like [`Self::fd`], but `EBADF` for `O_PATH` descriptors.
    pub fn io_fd(&self, proc: ProcId, fd: Fd) -> Result<FileId, Errno> {
        let file = self.fd(proc, fd)?;
        if self.files[file].flags.contains(OpenFlags::PATH) { Err(Errno::EBADF) } else { Ok(file) }
    }
    fn fd_limit(&self, proc: ProcId) -> usize {
        self.procs[proc].limits[RLIMIT_NOFILE].0.min(crate::task::NR_OPEN) as usize
    }
    /// Whether `count` more descriptors fit.
    pub fn fds_fit(&self, proc: ProcId, count: usize) -> Result<(), Errno> {
        if self.table(proc).used + count <= self.fd_limit(proc) { Ok(()) } else { Err(Errno::EMFILE) }
    }
    /// Gives a file the lowest descriptor from `from` on. The reference passes to
    /// the table. `EMFILE`: it stays with the caller.
    pub fn install(&mut self, proc: ProcId, file: FileId, from: usize, cloexec: bool) -> Result<Fd, Errno> {
        let limit = self.fd_limit(proc);
        let table = self.table_mut(proc);
        let fd = table.lowest(from, limit).ok_or(Errno::EMFILE)?;
        table.set(fd, Entry { file, cloexec });
        Ok(fd as Fd)
    }
    /// Copies a table for a forked process.
    pub fn copy_table(&mut self, fds: Id<FdTable>) -> Id<FdTable> {
        let (entries, used) = (self.fdtables[fds].entries.clone(), self.fdtables[fds].used);
        for entry in entries.iter().flatten() {
            self.files[entry.file].refs += 1;
        }
        self.fdtables.insert(FdTable { refs: 1, entries, low: 0, used })
    }
}

impl Kernel {
    /// Adds a new file and a descriptor for it.
    pub(crate) fn open_fd(&mut self, proc: ProcId, file: OpenFile, cloexec: bool) -> Result<Fd, Errno> {
        let loc = file.loc;
        let result = self.sys.add_file(file);
        let file = match result {
            Ok(file) => file,
            Err(errno) => {
                if let Some(loc) = loc {
                    self.vfs.close_ref(&self.sys.context(proc), loc);
                }
                return Err(errno);
            }
        };
        self.sys.install(proc, file, 0, cloexec).inspect_err(|_| self.drop_file(file, proc))
    }

    /// close(2).
    pub(crate) fn close_fd(&mut self, proc: ProcId, fd: Fd) -> Result<(), Errno> {
        let entry = self.sys.table_mut(proc).take(fd).ok_or(Errno::EBADF)?;
        self.closed(proc, self.sys.procs[proc].fds, entry.file);
        Ok(())
    }

    /// A process has closed a descriptor of `file`: its record locks on the inode
    /// go, whichever descriptor made them (fcntl(2)), and its notes on the directory.
    pub(crate) fn closed(&mut self, proc: ProcId, table: Id<FdTable>, file: FileId) {
        self.forget_notes(table, file);
        if !self.sys.locks.is_empty()
            && let Some(loc) = self.sys.files[file].loc
            && let Ok(inode) = self.vfs.inode(loc)
        {
            let owner = super::lock::Owner::Process(self.sys.procs[proc].pid);
            if self.sys.locks.drop_owner_on(inode, owner) {
                self.sys.fire(crate::wait::Key::Lock(inode));
            }
        }
        self.drop_file(file, proc);
    }

    /// Ends a process's use of its table.
    pub(crate) fn drop_table(&mut self, fds: Id<FdTable>, proc: ProcId) {
        let table = &mut self.sys.fdtables[fds];
        table.refs -= 1;
        if table.refs > 0 {
            return;
        }
        let Some(table) = self.sys.fdtables.remove(fds) else { return };
        for entry in table.entries.into_iter().flatten() {
            self.closed(proc, fds, entry.file);
        }
    }

    /// A table of the caller's own with the close-on-exec descriptors closed.
    pub(crate) fn close_on_exec(&mut self, proc: ProcId) {
        let fds = self.sys.procs[proc].fds;
        if self.sys.fdtables[fds].refs > 1 {
            let copy = self.sys.copy_table(fds);
            self.sys.fdtables[fds].refs -= 1;
            self.sys.procs[proc].fds = copy;
        }
        let marked: Vec<Fd> =
            self.sys.table(proc).open().filter(|(_, e)| e.cloexec).map(|(fd, _)| fd).collect();
        for fd in marked {
            let _ = self.close_fd(proc, fd);
        }
    }
}
