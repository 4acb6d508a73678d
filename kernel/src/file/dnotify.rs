//! Directory notification (fcntl(2), `F_NOTIFY`): the owner of an open directory gets a signal when files in it change.
//!
//! Source: `fs/notify/dnotify/dnotify.c`.

use super::notify::{News, Notify, Owner};
use super::table::FdTable;
use super::{FileId, Object};
use crate::kernel::{Caller, Kernel};
use crate::slab::Id;
use crate::syscall::done;
use crate::wait::SysResult;
use std::collections::HashMap;
use tawaki_abi::Errno;
use tawaki_vfs::{Change, InodeRef, mask};

const DN_ACCESS: u32 = 1;
const DN_MODIFY: u32 = 2;
const DN_CREATE: u32 = 4;
const DN_DELETE: u32 = 8;
const DN_RENAME: u32 = 0x10;
const DN_ATTRIB: u32 = 0x20;
/// Tell again and again, not only once.
const DN_MULTISHOT: u32 = 0x8000_0000;

/// A rename within the directory, beside the bits of [`mask`].
const RENAMED: u32 = 0x1000_0000;

/// What somebody wants to hear of a directory; there is one for each open file and table of descriptors.
#[derive(Clone, Copy, Debug)]
struct Note {
    table: Id<FdTable>,
    file: FileId,
    /// The descriptor that was named last.
    fd: i32,
    /// Bits of [`mask`], and [`RENAMED`].
    wanted: u32,
    again: bool,
}

/// All of them, the newest of a directory first.
pub struct Notes {
    by_inode: HashMap<InodeRef, Vec<Note>>,
    /// `/proc/sys/fs/dir-notify-enable`.
    pub enabled: bool,
}

impl Default for Notes {
    fn default() -> Self {
        Notes { by_inode: HashMap::new(), enabled: true }
    }
}

impl Notes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_inode.values().map(Vec::len).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.by_inode.is_empty()
    }
    /// The open files that have some.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.by_inode.values().flatten().map(|note| note.file)
    }

    /// Keeps the notes of a directory that `keep` wants; how many went.
    fn retain(&mut self, inode: InodeRef, keep: impl FnMut(&Note) -> bool) -> usize {
        let Some(notes) = self.by_inode.get_mut(&inode) else { return 0 };
        let before = notes.len();
        notes.retain(keep);
        let left = notes.len();
        if left == 0 {
            self.by_inode.remove(&inode);
        }
        before - left
    }
}

/// The changes that the bits of `F_NOTIFY` mean.
fn wanted(bits: u32) -> u32 {
    let pairs = [
        (DN_ACCESS, mask::ACCESS),
        (DN_MODIFY, mask::MODIFY),
        (DN_CREATE, mask::CREATE | mask::MOVED_TO),
        (DN_DELETE, mask::DELETE | mask::MOVED_FROM),
        (DN_RENAME, RENAMED),
        (DN_ATTRIB, mask::ATTRIB),
    ];
    pairs.iter().filter(|(bit, _)| bits & bit != 0).fold(0, |all, (_, mask)| all | mask)
}

impl Kernel {
    /// F_NOTIFY.
    pub(crate) fn note_directory(&mut self, c: Caller, fd: i32, file: FileId, bits: u32) -> SysResult {
        if !self.sys.notes.enabled {
            return Err(Errno::EINVAL.into());
        }
        let table = self.sys.procs[c.proc].fds;
        if bits & !DN_MULTISHOT == 0 {
            self.forget_notes(table, file);
            return done(0);
        }
        if !matches!(self.sys.files[file].object, Object::Directory) {
            return Err(Errno::ENOTDIR.into());
        }
        let loc = self.sys.files[file].loc.ok_or(Errno::ENOTDIR)?;
        let inode = self.vfs.inode(loc)?;
        if self.sys.files[file].notify.owner == Owner::Nobody {
            let pid = self.sys.procs[c.proc].pid;
            self.sys.set_owner(c.proc, file, Owner::Process(pid))?;
        }
        let new = Note { table, file, fd, wanted: wanted(bits), again: bits & DN_MULTISHOT != 0 };
        let notes = self.sys.notes.by_inode.entry(inode).or_default();
        match notes.iter_mut().find(|note| note.table == table && note.file == file) {
            Some(note) => {
                note.fd = fd;
                note.wanted |= new.wanted;
                note.again |= new.again;
            }
            None => {
                notes.insert(0, new);
                self.vfs.watch(inode);
            }
        }
        done(0)
    }

    /// A descriptor of `file` is closed: who shares this table hears no more by it.
    pub(crate) fn forget_notes(&mut self, table: Id<FdTable>, file: FileId) {
        if self.sys.notes.is_empty() || !matches!(self.sys.files[file].object, Object::Directory) {
            return;
        }
        let Some(Ok(inode)) = self.sys.files[file].loc.map(|loc| self.vfs.inode(loc)) else { return };
        let gone = self.sys.notes.retain(inode, |note| note.table != table || note.file != file);
        for _ in 0..gone {
            self.vfs.unwatch(inode);
        }
    }

    /// Tells of a change; `next` is the one after it, where the second half of a rename is.
    pub(crate) fn tell_directory(&mut self, change: &Change, next: Option<&Change>) {
        // Of the directory itself only what happens to it as a directory.
        if change.name.is_empty() && change.mask & mask::ISDIR == 0 {
            return;
        }
        let within = change.mask & mask::MOVED_FROM != 0
            && next.is_some_and(|next| next.cookie == change.cookie && next.inode == change.inode);
        if within {
            self.tell_of(change.inode, RENAMED);
        }
        self.tell_of(change.inode, change.mask);
    }

    fn tell_of(&mut self, inode: InodeRef, what: u32) {
        let mut told: Vec<(FileId, i32)> = Vec::new();
        let gone = self.sys.notes.retain(inode, |note| {
            let tells = note.wanted & what != 0;
            if tells {
                told.push((note.file, note.fd));
            }
            !tells || note.again
        });
        for _ in 0..gone {
            self.vfs.unwatch(inode);
        }
        for (file, fd) in told {
            let notify = Notify { fd, ..self.sys.files[file].notify };
            self.sys.tell_owner(notify, News::Message);
        }
    }
}
