//! One bit per page: which pages may hold something other than zeros.

use super::vma::{PAGES, Pages};

/// A set of pages.
#[derive(Clone, Debug)]
pub struct PageSet {
    words: Vec<u64>,
}

impl Default for PageSet {
    fn default() -> Self {
        PageSet { words: vec![0; PAGES as usize / 64] }
    }
}

impl PageSet {
    /// The mask of the bits of `pages` in word `word`.
    fn mask(word: u32, pages: &Pages) -> u64 {
        let first = pages.start.max(word * 64) - word * 64;
        let last = pages.end.min(word * 64 + 64) - word * 64;
        if first >= last { 0 } else { (u64::MAX >> (64 - (last - first))) << first }
    }

    fn words(pages: &Pages) -> std::ops::Range<u32> {
        if pages.is_empty() { 0..0 } else { pages.start / 64..pages.end.min(PAGES).div_ceil(64) }
    }

    /// Adds pages.
    pub fn insert(&mut self, pages: Pages) {
        for word in Self::words(&pages) {
            self.words[word as usize] |= Self::mask(word, &pages);
        }
    }

    /// Removes pages.
    pub fn remove(&mut self, pages: Pages) {
        for word in Self::words(&pages) {
            self.words[word as usize] &= !Self::mask(word, &pages);
        }
    }

    /// The maximal runs of members within `pages`, ascending.
    pub fn runs(&self, pages: Pages) -> Vec<Pages> {
        let mut runs: Vec<Pages> = Vec::new();
        for word in Self::words(&pages) {
            let mut bits = self.words[word as usize] & Self::mask(word, &pages);
            while bits != 0 {
                let first = bits.trailing_zeros();
                let length = (bits >> first).trailing_ones();
                let run = word * 64 + first..word * 64 + first + length;
                match runs.last_mut() {
                    Some(last) if last.end == run.start => last.end = run.end,
                    _ => runs.push(run),
                }
                bits &= if first + length == 64 { 0 } else { u64::MAX << (first + length) };
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_across_words() {
        let mut set = PageSet::default();
        set.insert(3..200);
        set.remove(10..11);
        set.insert(PAGES - 1..PAGES);
        assert_eq!(set.runs(0..PAGES), vec![3..10, 11..200, PAGES - 1..PAGES]);
        assert_eq!(set.runs(64..128), vec![64..128]);
        set.remove(0..PAGES);
        assert!(set.runs(0..PAGES).is_empty());
    }
}
