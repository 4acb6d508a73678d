//! Tables with typed, reusable numbers.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

/// A number of an entry of `Slab<T>`.
pub struct Id<T>(pub u32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// The entry with this number, if there is one.
    pub const fn new(n: u32) -> Self {
        Id(n, PhantomData)
    }
}
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Entries addressed by [`Id`]. Indexing an entry that is not there is a bug of
/// the kernel; `get` is for numbers that may be out of date.
pub struct Slab<T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub const fn new() -> Self {
        Slab { entries: Vec::new(), free: Vec::new() }
    }
    /// Number of entries in use.
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }
    pub fn insert(&mut self, value: T) -> Id<T> {
        if let Some(n) = self.free.pop() {
            self.entries[n as usize] = Some(value);
            return Id::new(n);
        }
        self.entries.push(Some(value));
        Id::new(self.entries.len() as u32 - 1)
    }
    pub fn remove(&mut self, id: Id<T>) -> Option<T> {
        let value = self.entries.get_mut(id.0 as usize)?.take()?;
        self.free.push(id.0);
        Some(value)
    }
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        self.entries.get(id.0 as usize)?.as_ref()
    }
    pub fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        self.entries.get_mut(id.0 as usize)?.as_mut()
    }
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.entries.iter().enumerate().filter_map(|(n, e)| Some((Id::new(n as u32), e.as_ref()?)))
    }
    pub fn ids(&self) -> Vec<Id<T>> {
        self.iter().map(|(id, _)| id).collect()
    }
}

impl<T> Index<Id<T>> for Slab<T> {
    type Output = T;
    fn index(&self, id: Id<T>) -> &T {
        self.entries[id.0 as usize].as_ref().expect("a table entry in use")
    }
}
impl<T> IndexMut<Id<T>> for Slab<T> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        self.entries[id.0 as usize].as_mut().expect("a table entry in use")
    }
}
