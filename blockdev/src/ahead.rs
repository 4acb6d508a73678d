//! What to ask for ahead of those who read an image, in chunks.
//!
//! An image that was arranged has the files, directories and inodes of a program one
//! behind the other in the order in which they are read, so whoever reads one goes
//! on to the next. Whether an image is like that shows: of what was asked for ahead, how
//! much was read. What nobody has read yet is hardly ever more than
//! [`UNREAD`] and what somebody did.

/// Chunks asked for ahead of a sequential reader whatever became of those before.
const LEAST: u64 = 4;
/// Most chunks asked for ahead of a reader.
pub const MOST: u64 = 32;
/// Chunks that nobody reads and that are not held against the image.
const UNREAD: u64 = 8;
/// A reader may leave out so many chunks and goes on all the same.
const GAP: u64 = 4;
/// How many readers are told apart.
const READERS: usize = 8;
/// The counts are halved when so many chunks were asked for: what was long ago matters less.
const MEMORY: u64 = 2048;

/// Somebody who reads one chunk after the other.
#[derive(Clone, Copy)]
struct Reader {
    /// The chunk after the last one read.
    next: u64,
    /// How many chunks after it are asked for.
    window: u64,
    /// Up to where was asked.
    asked: u64,
}

/// The latest readers of a device, and what their read-ahead was good for.
pub struct ReadAhead {
    /// The latest first.
    readers: [Reader; READERS],
    /// Chunks asked for ahead, and those of them that were read.
    asked: u64,
    read: u64,
}

impl Default for ReadAhead {
    fn default() -> Self {
        let nobody = Reader { next: u64::MAX, window: 0, asked: 0 };
        ReadAhead { readers: [nobody; READERS], asked: 0, read: 0 }
    }
}

impl ReadAhead {
    /// A read of the chunks from `first` up to `end`: which to ask for now, those that
    /// are here already among them. A read that had to wait comes again with the same
    /// range: that is no step, and no new reader either.
    pub fn step(&mut self, first: u64, end: u64) -> std::ops::Range<u64> {
        let goes_on = |reader: &Reader| reader.next <= end && first <= reader.next.saturating_add(GAP);
        let known = self.readers.iter().position(goes_on);
        let mut reader = Reader { next: end, window: 0, asked: end };
        if let Some(known) = known {
            reader = self.readers[known];
            if end > reader.next {
                let wasted = self.asked - self.read;
                let trusted = (UNREAD + self.read).saturating_sub(wasted).clamp(LEAST, MOST);
                reader.window = (2 * reader.window + 1).max(2 * (end - first)).min(trusted);
                reader.next = end;
            }
        }
        self.readers[..known.map_or(READERS, |known| known + 1)].rotate_right(1);
        let from = reader.asked.max(end);
        let to = end + reader.window;
        // Half a window at a time, so that requests are long.
        let now = if to >= from + reader.window.div_ceil(2) { from..to.max(from) } else { from..from };
        reader.asked = now.end;
        self.readers[0] = reader;
        now
    }

    /// A chunk is asked for ahead.
    pub fn ask(&mut self) {
        self.asked += 1;
        if self.asked >= MEMORY {
            self.asked /= 2;
            self.read /= 2;
        }
    }

    /// A chunk that was asked for ahead is read for the first time.
    pub fn used(&mut self) {
        self.read = (self.read + 1).min(self.asked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Reads in this order: how many waited, and how many chunks were fetched.
    fn run(reads: impl IntoIterator<Item = (u64, u64)>) -> (usize, usize) {
        let (mut ahead, mut here, mut unread) = (ReadAhead::default(), HashSet::new(), HashSet::new());
        let mut waits = 0;
        for (first, len) in reads {
            waits += usize::from((first..first + len).any(|chunk| !here.contains(&chunk)));
            for chunk in first..first + len {
                here.insert(chunk);
                if unread.remove(&chunk) {
                    ahead.used();
                }
            }
            for chunk in ahead.step(first, first + len) {
                if here.insert(chunk) {
                    unread.insert(chunk);
                    ahead.ask();
                }
            }
        }
        (waits, here.len())
    }

    #[test]
    fn files_in_the_order_of_their_use_come_in_few_requests() {
        // Small files one behind the other, one now and then left out.
        let files = (0..400).filter(|n| n % 7 != 3).map(|n| (1000 + 2 * n, 2));
        let (waits, fetched) = run(files);
        assert!(waits < 20, "{waits} waits");
        assert!(fetched <= 800 + MOST as usize, "{fetched} chunks for {}", 343 * 2);
    }

    #[test]
    fn an_image_in_no_order_costs_little_more_than_what_is_read() {
        // Files of three chunks at places that have nothing to do with each other.
        let files = (0..300u64).flat_map(|n| {
            let start = n * 7919 % 4001 * 16;
            (0..3).map(move |i| (start + i, 1))
        });
        let (_, fetched) = run(files);
        assert!(fetched <= 900 + (300 * LEAST + UNREAD) as usize, "{fetched} chunks for 900");
        // Nor one that began well.
        let good = (0..500).map(|n| (n, 1));
        let bad = (0..300u64).flat_map(|n| (0..2).map(move |i| (10_000 + n * 7919 % 4001 * 100 + i, 1)));
        let (_, fetched) = run(good.chain(bad));
        assert!(fetched <= 1100 + 500 + 300 * LEAST as usize + MOST as usize, "{fetched} chunks for 1100");
    }

    #[test]
    fn readers_here_and_there_get_nothing_more() {
        let (waits, fetched) = run((0..100).map(|n| (n * 7919 % 1009 * 20, 1)));
        assert_eq!((waits, fetched), (100, 100));
    }

    #[test]
    fn waiting_is_no_step() {
        let mut ahead = ReadAhead::default();
        assert_eq!(ahead.step(5, 6), 6..6);
        for _ in 0..3 {
            assert_eq!(ahead.step(5, 6), 6..6);
        }
        let first = ahead.step(6, 7);
        assert_eq!(first, 7..9);
        assert!(ahead.step(6, 7).is_empty());
    }

    #[test]
    fn the_ends_of_numbers_are_no_places_to_wrap() {
        let mut ahead = ReadAhead::default();
        ahead.step(u64::MAX - 300, u64::MAX - 299);
        ahead.step(u64::MAX - 299, u64::MAX - 298);
        ahead.step(0, 1);
    }
}
