//! epoll(7): an interest list that is looked through at each wait.

use super::{FileId, Object};
use crate::system::System;
use crate::task::TaskId;
use crate::wait::Key;
use tawaki_abi::Errno;
use tawaki_abi::wire::Fd;

/// Levels of epolls watching epolls, and how many of them in one list: together
/// they bound the work of one look.
pub const MAX_DEPTH: u32 = 2;
const MAX_NESTED: usize = 64;
/// Entries of one interest list.
pub const MAX_ITEMS: usize = 16_384;
pub const EPOLLET: u32 = 1 << 31;
pub const EPOLLONESHOT: u32 = 1 << 30;
/// Bits that are conditions rather than options.
const CONDITIONS: u32 = 0xffff;
const ALWAYS: u32 = 0x18;

/// Counts what happens to the two directions of a file, for edge-triggering: data
/// (or an end) that has come, and room that has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    pub input: u64,
    pub output: u64,
}

impl Edges {
    pub fn both(&mut self) {
        self.input += 1;
        self.output += 1;
    }
}

/// Conditions of the input side; the rest but errors and hang-ups is output.
const INPUT: u32 = 0x2000 | 0x40 | 0x80 | 1 | 2;
const OUTPUT: u32 = 4 | 0x100 | 0x200;

/// An entry of the interest list.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub fd: Fd,
    pub file: FileId,
    pub events: u32,
    pub data: u64,
    /// What had happened to the file when it was last reported, for EPOLLET.
    pub seen: Option<Edges>,
    /// EPOLLONESHOT has fired.
    pub spent: bool,
}

/// An epoll's interest list.
#[derive(Default)]
pub struct Epoll {
    pub items: Vec<Item>,
}

impl System {
    /// The events of an entry to report now.
    pub fn item_ready(&self, item: &Item, task: TaskId, depth: u32) -> u32 {
        if item.spent {
            return 0;
        }
        let events = self.readiness(item.file, task, depth) as u32 & (item.events & CONDITIONS | ALWAYS);
        if events != 0
            && item.events & EPOLLET != 0
            && let Some(seen) = item.seen
        {
            // What was reported is reported again only when something it asks for came.
            let now = self.edges(item.file, depth);
            let input = item.events & (INPUT | ALWAYS) != 0 && seen.input != now.input;
            let output = item.events & OUTPUT != 0 && seen.output != now.output;
            if !input && !output {
                return 0;
            }
        }
        events
    }

    fn epoll_mut(&mut self, epoll: FileId) -> Result<&mut Epoll, Errno> {
        match &mut self.files[epoll].object {
            Object::Epoll(epoll) => Ok(epoll),
            _ => Err(Errno::EINVAL),
        }
    }

    /// epoll_ctl(2).
    pub fn epoll_ctl(&mut self, epoll: FileId, op: u32, item: Item) -> Result<(), Errno> {
        if epoll == item.file {
            return Err(Errno::EINVAL);
        }
        match self.files[item.file].object {
            Object::Regular | Object::Directory | Object::Text(_) | Object::Loop(_) => {
                return Err(Errno::EPERM);
            }
            Object::Epoll(_) if self.depth(item.file, 0) >= MAX_DEPTH => return Err(Errno::ELOOP),
            Object::Epoll(_) if self.reaches(item.file, epoll, 0) => return Err(Errno::ELOOP),
            Object::Epoll(_) if op == 1 => {
                let Object::Epoll(list) = &self.files[epoll].object else { return Err(Errno::EINVAL) };
                let nested = |i: &&Item| matches!(self.files[i.file].object, Object::Epoll(_));
                if list.items.iter().filter(nested).count() >= MAX_NESTED {
                    return Err(Errno::ENOSPC);
                }
            }
            _ => {}
        }
        let list = self.epoll_mut(epoll)?;
        let at = list.items.iter().position(|i| i.fd == item.fd && i.file == item.file);
        match (op, at) {
            (1, Some(_)) => return Err(Errno::EEXIST),
            (1, None) if list.items.len() >= MAX_ITEMS => return Err(Errno::ENOSPC),
            (1, None) => {
                list.items.push(item);
                self.files[item.file].watchers.push(epoll);
            }
            (2, Some(at)) => {
                list.items.remove(at);
                let watchers = &mut self.files[item.file].watchers;
                if let Some(at) = watchers.iter().position(|w| *w == epoll) {
                    watchers.remove(at);
                }
            }
            (3, Some(at)) => list.items[at] = item,
            (2 | 3, None) => return Err(Errno::ENOENT),
            _ => return Err(Errno::EINVAL),
        }
        self.fire(Key::File(epoll));
        Ok(())
    }

    fn depth(&self, epoll: FileId, level: u32) -> u32 {
        let Object::Epoll(e) = &self.files[epoll].object else { return level };
        if level >= MAX_DEPTH {
            return level;
        }
        e.items.iter().map(|i| self.depth(i.file, level + 1)).max().unwrap_or(level + 1)
    }

    fn reaches(&self, from: FileId, to: FileId, level: u32) -> bool {
        let Object::Epoll(e) = &self.files[from].object else { return false };
        level < MAX_DEPTH + 1 && e.items.iter().any(|i| i.file == to || self.reaches(i.file, to, level + 1))
    }

    /// Ready events, at most `max`; marks what edge-triggering and one-shot need.
    pub fn epoll_collect(
        &mut self,
        epoll: FileId,
        max: usize,
        task: TaskId,
    ) -> Result<Vec<(u32, u64)>, Errno> {
        let count = self.epoll_mut(epoll)?.items.len();
        let mut ready = Vec::new();
        for n in 0..count {
            let Some(item) = self.epoll_mut(epoll)?.items.get(n).copied() else { break };
            let events = self.item_ready(&item, task, 1);
            if events == 0 {
                continue;
            }
            ready.push((events, item.data));
            let seen = self.edges(item.file, 1);
            let entry = &mut self.epoll_mut(epoll)?.items[n];
            entry.seen = Some(seen);
            entry.spent = item.events & EPOLLONESHOT != 0;
            if ready.len() >= max {
                // The next wait begins behind, so that nobody starves.
                self.epoll_mut(epoll)?.items.rotate_left(n + 1);
                break;
            }
        }
        Ok(ready)
    }

    /// A watched file is gone.
    pub fn unwatch(&mut self, epoll: FileId, file: FileId) {
        if let Some(f) = self.files.get_mut(epoll)
            && let Object::Epoll(e) = &mut f.object
        {
            e.items.retain(|i| i.file != file);
        }
    }
}
