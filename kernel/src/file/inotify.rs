//! inotify(7): watches of one instance and its queue.

use super::epoll::Edges;
use super::{FileId, Object};
use crate::kernel::Kernel;
use crate::system::System;
use crate::wait::Key;
use std::collections::{BTreeMap, VecDeque};
use tawaki_vfs::{Change, InodeRef, mask};

/// Events that wait in one instance (`/proc/sys/fs/inotify/max_queued_events`).
pub const MAX_EVENTS: usize = 16_384;
/// Watches of one instance (`max_user_watches`).
pub const MAX_WATCHES: usize = 65_536;
/// Bytes of an event without its name; names are padded to a multiple of it.
const HEADER: usize = 16;
const IN_Q_OVERFLOW: u32 = 0x4000;
const IN_IGNORED: u32 = 0x8000;
/// Report an event once, then remove the watch.
const IN_ONESHOT: u32 = 0x8000_0000;
/// Conditions that a watch may ask for.
pub const ALL_EVENTS: u32 = 0xfff;

/// A watch.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    pub inode: InodeRef,
    pub mask: u32,
}

/// An event that has not been read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    watch: i32,
    mask: u32,
    cookie: u32,
    name: Vec<u8>,
}

impl Event {
    fn size(&self) -> usize {
        HEADER + if self.name.is_empty() { 0 } else { (self.name.len() + 1).next_multiple_of(HEADER) }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.size();
        let name = (self.size() - HEADER) as u32;
        for word in [self.watch as u32, self.mask, self.cookie, name] {
            out.extend(word.to_le_bytes());
        }
        out.extend_from_slice(&self.name);
        out.resize(end, 0);
    }
}

/// An instance.
#[derive(Default)]
pub struct Inotify {
    pub watches: BTreeMap<i32, Watch>,
    last: i32,
    queue: VecDeque<Event>,
    pub edges: Edges,
}

impl Inotify {
    /// A number for a new watch.
    pub fn next(&mut self) -> i32 {
        self.last += 1;
        self.last
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Bytes that FIONREAD counts.
    pub fn readable(&self) -> usize {
        self.queue.iter().map(Event::size).sum()
    }

    /// Takes the events that fit; `None` when not even the first does.
    pub fn take(&mut self, room: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(event) = self.queue.front() {
            if out.len() + event.size() > room {
                break;
            }
            event.encode(&mut out);
            self.queue.pop_front();
        }
        (!out.is_empty()).then_some(out)
    }

    fn push(&mut self, event: Event) {
        // One of two equal events in a row is enough.
        if self.queue.back() == Some(&event) {
            return;
        }
        if self.queue.len() >= MAX_EVENTS {
            let overflow = Event { watch: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: Vec::new() };
            if self.queue.back() != Some(&overflow) {
                self.queue.push_back(overflow);
            }
        } else {
            self.queue.push_back(event);
        }
        self.edges.input += 1;
    }
}

impl System {
    fn inotify(&mut self, file: FileId) -> Option<&mut Inotify> {
        match &mut self.files.get_mut(file)?.object {
            Object::Inotify(inotify) => Some(inotify),
            _ => None,
        }
    }
}

impl Kernel {
    /// Ends a watch and says so.
    pub(crate) fn remove_watch(&mut self, file: FileId, watch: i32) -> bool {
        let Some(inotify) = self.sys.inotify(file) else { return false };
        let Some(removed) = inotify.watches.remove(&watch) else { return false };
        inotify.push(Event { watch, mask: IN_IGNORED, cookie: 0, name: Vec::new() });
        self.forget_watch(file, removed.inode);
        self.sys.fire(Key::File(file));
        true
    }

    /// Takes a watch out of the list by inode.
    pub(crate) fn forget_watch(&mut self, file: FileId, inode: InodeRef) {
        if let Some(list) = self.sys.watched.get_mut(&inode) {
            list.retain(|f| *f != file);
            if list.is_empty() {
                self.sys.watched.remove(&inode);
            }
        }
        self.vfs.unwatch(inode);
    }

    /// Hands what has changed in the tree to those who watch.
    pub(crate) fn deliver_changes(&mut self) {
        let changes = self.vfs.take_changes();
        for (at, change) in changes.iter().enumerate() {
            if !self.sys.notes.is_empty() {
                self.tell_directory(change, changes.get(at + 1));
            }
            let &Change { inode, mask, cookie, ref name } = change;
            for file in self.sys.watched.get(&inode).cloned().unwrap_or_default() {
                let Some(inotify) = self.sys.inotify(file) else { continue };
                let found = inotify.watches.iter().find(|(_, w)| w.inode == inode).map(|(n, w)| (*n, *w));
                let Some((watch, wanted)) = found else { continue };
                let ends = mask & (mask::DELETE_SELF | mask::UNMOUNT) != 0;
                let told = mask & (wanted.mask & ALL_EVENTS | mask::UNMOUNT) != 0;
                if told {
                    inotify.push(Event { watch, mask, cookie, name: name.clone() });
                }
                if ends || told && wanted.mask & IN_ONESHOT != 0 {
                    self.remove_watch(file, watch);
                }
                self.sys.fire(Key::File(file));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_and_not_repeated() {
        let mut i = Inotify::default();
        let event = |name: &[u8]| Event { watch: 1, mask: 2, cookie: 0, name: name.to_vec() };
        i.push(event(b"a"));
        i.push(event(b"a"));
        i.push(event(b"sixteen letters."));
        assert_eq!(i.readable(), 32 + 48);
        assert_eq!(i.take(31), None);
        assert_eq!(i.take(64).map(|b| b.len()), Some(32));
        assert_eq!(i.take(4096).map(|b| b.len()), Some(48));
        for n in 0..MAX_EVENTS + 10 {
            i.push(event(n.to_string().as_bytes()));
        }
        assert!(i.queue.len() == MAX_EVENTS + 1);
    }
}
