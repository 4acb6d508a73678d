//! The name cache: what a name in a directory means, and that it means nothing.
//!
//! Keyed by (file system, directory inode, name), so renaming a directory
//! invalidates nothing below it. Every change of names goes through the facade,
//! which updates the cache at once. A fixed set-associative table bounds memory
//! and needs no list of recent use.

use crate::types::{FileKind, FsId, Ino};
use std::collections::HashMap;

/// Sets of four entries; 4096 × 4 names.
const SETS: usize = 4096;
const WAYS: usize = 4;
/// Directories whose removal is remembered before the whole cache is dropped.
const MAX_REMOVED: usize = 1024;
/// Remembered parents of inodes before all are dropped.
const MAX_HINTS: usize = 32 * 1024;

/// What the cache knows about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// There is no such name.
    Missing,
    /// An inode and its type.
    Node(Ino, FileKind),
}

struct Entry {
    hash: u64,
    fs: FsId,
    dir: Ino,
    generation: u32,
    name: Box<[u8]>,
    known: Known,
}

/// Where an inode was last found.
#[derive(Clone, Debug)]
pub(crate) struct Hint {
    pub dir: Ino,
    pub name: Box<[u8]>,
}

pub(crate) struct NameCache {
    table: Vec<Option<Entry>>,
    /// Which way of a set is overwritten next.
    turn: u8,
    /// Directories that were removed once: their inode numbers may come back as
    /// other directories, so names cached under an older generation are void.
    removed: HashMap<(FsId, Ino), u32>,
    hints: HashMap<(FsId, Ino), Hint>,
}

/// A multiplicative hash over eight bytes at a time; names are short.
fn hash(fs: FsId, dir: Ino, name: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |h: u64, word: u64| (h.rotate_left(23) ^ word).wrapping_mul(K);
    let mut h = mix(dir.0.wrapping_mul(K), u64::from(fs.0));
    let mut chunks = name.chunks_exact(8);
    for chunk in &mut chunks {
        h = mix(h, u64::from_le_bytes(chunk.try_into().unwrap_or([0; 8])));
    }
    let mut tail = [0; 8];
    let rest = chunks.remainder();
    tail[..rest.len()].copy_from_slice(rest);
    h = mix(h, u64::from_le_bytes(tail));
    h = mix(h, name.len() as u64);
    h ^ (h >> 31)
}

impl NameCache {
    pub fn new() -> Self {
        NameCache {
            table: (0..SETS * WAYS).map(|_| None).collect(),
            turn: 0,
            removed: HashMap::new(),
            hints: HashMap::new(),
        }
    }

    fn generation(&self, fs: FsId, dir: Ino) -> u32 {
        if self.removed.is_empty() {
            return 0;
        }
        self.removed.get(&(fs, dir)).copied().unwrap_or(0)
    }

    fn set(hash: u64) -> usize {
        (hash as usize % SETS) * WAYS
    }

    pub fn get(&self, fs: FsId, dir: Ino, name: &[u8]) -> Option<Known> {
        let hash = hash(fs, dir, name);
        let set = Self::set(hash);
        self.table[set..set + WAYS]
            .iter()
            .flatten()
            .find(|e| {
                e.hash == hash
                    && e.dir == dir
                    && e.fs == fs
                    && *e.name == *name
                    && e.generation == self.generation(fs, dir)
            })
            .map(|e| e.known)
    }

    pub fn put(&mut self, fs: FsId, dir: Ino, name: &[u8], known: Known) {
        let hash = hash(fs, dir, name);
        let set = Self::set(hash);
        let generation = self.generation(fs, dir);
        let ways = &self.table[set..set + WAYS];
        let same = ways.iter().position(|way| {
            way.as_ref().is_some_and(|e| e.hash == hash && e.dir == dir && e.fs == fs && *e.name == *name)
        });
        let way = same.or_else(|| ways.iter().position(Option::is_none)).unwrap_or_else(|| {
            self.turn = self.turn.wrapping_add(1);
            self.turn as usize % WAYS
        });
        self.table[set + way] = Some(Entry { hash, fs, dir, generation, name: name.into(), known });
        if let Known::Node(ino, _) = known
            && name != b".."
        {
            self.note(fs, ino, dir, name);
        }
    }

    /// Remembers where an inode was found.
    pub fn note(&mut self, fs: FsId, ino: Ino, dir: Ino, name: &[u8]) {
        if let Some(hint) = self.hints.get(&(fs, ino))
            && hint.dir == dir
            && *hint.name == *name
        {
            return;
        }
        if self.hints.len() >= MAX_HINTS {
            self.hints.clear();
        }
        let name = name.into();
        self.hints.insert((fs, ino), Hint { dir, name });
    }

    pub fn hint(&self, fs: FsId, ino: Ino) -> Option<&Hint> {
        self.hints.get(&(fs, ino))
    }

    pub fn forget(&mut self, fs: FsId, dir: Ino, name: &[u8]) {
        let hash = hash(fs, dir, name);
        let set = Self::set(hash);
        for way in &mut self.table[set..set + WAYS] {
            if way.as_ref().is_some_and(|e| e.hash == hash && e.dir == dir && e.fs == fs && *e.name == *name)
            {
                *way = None;
            }
        }
    }

    /// A directory is gone: nothing cached below its number counts any more.
    pub fn directory_removed(&mut self, fs: FsId, dir: Ino) {
        if self.removed.len() >= MAX_REMOVED {
            self.removed.clear();
            self.table.iter_mut().for_each(|way| *way = None);
            return;
        }
        *self.removed.entry((fs, dir)).or_insert(0) += 1;
    }

    /// A file system is gone.
    pub fn forget_fs(&mut self, fs: FsId) {
        for way in &mut self.table {
            if way.as_ref().is_some_and(|e| e.fs == fs) {
                *way = None;
            }
        }
        self.hints.retain(|key, _| key.0 != fs);
        self.removed.retain(|key, _| key.0 != fs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FS: FsId = FsId(1);
    const FILE: FileKind = FileKind::Regular;

    #[test]
    fn remembers_replaces_and_forgets() {
        let mut cache = NameCache::new();
        assert_eq!(cache.get(FS, Ino(2), b"a"), None);
        cache.put(FS, Ino(2), b"a", Known::Missing);
        assert_eq!(cache.get(FS, Ino(2), b"a"), Some(Known::Missing));
        cache.put(FS, Ino(2), b"a", Known::Node(Ino(9), FILE));
        assert_eq!(cache.get(FS, Ino(2), b"a"), Some(Known::Node(Ino(9), FILE)));
        assert_eq!(cache.get(FS, Ino(3), b"a"), None);
        cache.forget(FS, Ino(2), b"a");
        assert_eq!(cache.get(FS, Ino(2), b"a"), None);
    }

    #[test]
    fn a_reused_directory_number_starts_empty() {
        let mut cache = NameCache::new();
        cache.put(FS, Ino(2), b"a", Known::Missing);
        cache.directory_removed(FS, Ino(2));
        assert_eq!(cache.get(FS, Ino(2), b"a"), None);
        cache.put(FS, Ino(2), b"a", Known::Node(Ino(5), FILE));
        assert_eq!(cache.get(FS, Ino(2), b"a"), Some(Known::Node(Ino(5), FILE)));
    }

    #[test]
    fn stays_bounded() {
        let mut cache = NameCache::new();
        for i in 0..100_000u64 {
            let name = i.to_string();
            cache.put(FS, Ino(2), name.as_bytes(), Known::Node(Ino(i), FILE));
            assert!(cache.get(FS, Ino(2), name.as_bytes()).is_some());
        }
        assert!(cache.table.len() == SETS * WAYS && cache.hints.len() <= MAX_HINTS);
    }
}
