//! What changes in the tree, for those who watch inodes (inotify(7)).
//!
//! Nothing is noted while nobody watches. A change is noted for the inode itself
//! and for the directory it was found in, when those are watched.

use crate::types::{InodeRef, Location};
use crate::vfs::Vfs;
use std::collections::HashMap;

/// The bits of a change (`IN_*` of inotify(7)).
pub mod mask {
    #![allow(missing_docs)] // the names are inotify(7)'s
    pub const ACCESS: u32 = 1;
    pub const MODIFY: u32 = 2;
    pub const ATTRIB: u32 = 4;
    pub const CLOSE_WRITE: u32 = 8;
    pub const CLOSE_NOWRITE: u32 = 0x10;
    pub const OPEN: u32 = 0x20;
    pub const MOVED_FROM: u32 = 0x40;
    pub const MOVED_TO: u32 = 0x80;
    pub const CREATE: u32 = 0x100;
    pub const DELETE: u32 = 0x200;
    pub const DELETE_SELF: u32 = 0x400;
    pub const MOVE_SELF: u32 = 0x800;
    pub const UNMOUNT: u32 = 0x2000;
    pub const ISDIR: u32 = 0x4000_0000;
}

/// Changes kept until they are taken: the watcher takes them after each call.
const MAX_CHANGES: usize = 4096;

/// Something that has happened to a watched inode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The watched inode.
    pub inode: InodeRef,
    /// What, bits of [`mask`].
    pub mask: u32,
    /// The same for the two halves of a rename, else 0.
    pub cookie: u32,
    /// Name in the watched directory, empty for the inode itself.
    pub name: Vec<u8>,
}

/// Who is watched, and what was noted.
#[derive(Default)]
pub(crate) struct Watched {
    nodes: HashMap<InodeRef, u32>,
    changes: Vec<Change>,
    cookie: u32,
}

impl Vfs {
    /// Counts one more watch of an inode.
    pub fn watch(&mut self, inode: InodeRef) {
        *self.watched.nodes.entry(inode).or_default() += 1;
    }

    /// Ends one watch.
    pub fn unwatch(&mut self, inode: InodeRef) {
        if let Some(count) = self.watched.nodes.get_mut(&inode) {
            *count -= 1;
            if *count == 0 {
                self.watched.nodes.remove(&inode);
            }
        }
    }

    /// Whether anybody watches anything.
    pub fn watches(&self) -> bool {
        !self.watched.nodes.is_empty()
    }

    /// What was noted since the last call.
    pub fn take_changes(&mut self) -> Vec<Change> {
        core::mem::take(&mut self.watched.changes)
    }

    /// Notes that something happened to the file at `at` (opened, read, closed …).
    pub fn note_change(&mut self, at: Location, mask: u32) {
        if !self.watches() {
            return;
        }
        let Ok(inode) = self.inode(at) else { return };
        // Also a file without a name tells its last directory, as on Linux.
        let open = self.open.get(&inode).and_then(|node| node.hint.as_ref());
        let hint = self.names.hint(inode.fs, inode.ino).or(open);
        if let Some((dir, name)) = hint.map(|hint| (hint.dir, hint.name.to_vec())) {
            self.note(InodeRef { ino: dir, ..inode }, mask, 0, &name);
        }
        self.note(inode, mask, 0, b"");
    }

    /// Notes a change of an inode, or of a name in it.
    pub(crate) fn note(&mut self, inode: InodeRef, mask: u32, cookie: u32, name: &[u8]) {
        if self.watched.nodes.contains_key(&inode) && self.watched.changes.len() < MAX_CHANGES {
            self.watched.changes.push(Change { inode, mask, cookie, name: name.to_vec() });
        }
    }

    /// A number for the two halves of a rename.
    pub(crate) fn rename_cookie(&mut self) -> u32 {
        self.watched.cookie = self.watched.cookie.wrapping_add(1).max(1);
        self.watched.cookie
    }

    /// A file system is gone: its watches end.
    pub(crate) fn note_unmount(&mut self, fs: crate::types::FsId) {
        let gone: Vec<InodeRef> = self.watched.nodes.keys().filter(|i| i.fs == fs).copied().collect();
        for inode in gone {
            self.note(inode, mask::UNMOUNT, 0, b"");
        }
    }
}
