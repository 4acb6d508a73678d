//! Read-ahead within files: what a sequential reader will want is asked for before
//! it does, up to the file's end and never beyond it (what follows a file on the
//! device is another's).

/// Most bytes asked for ahead of a reader.
const MOST: u64 = 1 << 20;
/// Fewer are not asked for one by one, nor less than half of the window.
const STEP: u64 = 64 << 10;
/// How many files are followed at a time.
const READERS: usize = 8;

#[derive(Clone, Copy, Default)]
struct Reader {
    /// 0: none.
    ino: u32,
    /// Where it read up to, and up to where was asked for, byte offsets.
    next: u64,
    asked: u64,
    /// How far ahead of `next` is asked for, bytes.
    window: u64,
}

/// The latest readers of a volume, the last one first.
#[derive(Clone, Default)]
pub struct ReadAhead {
    readers: [Reader; READERS],
}

impl ReadAhead {
    /// A read of `offset..end` of a file of `size` bytes: what to ask for now, as byte
    /// offsets. A read that had to wait comes again; that is no step.
    pub fn step(&mut self, ino: u32, offset: u64, end: u64, size: u64) -> Option<(u64, u64)> {
        let known = self.readers.iter().position(|reader| reader.ino == ino);
        let at = known.unwrap_or(READERS - 1);
        self.readers[..=at].rotate_right(1);
        let reader = &mut self.readers[0];
        let goes_on = known.is_some() && offset <= reader.next && reader.next <= end;
        if !goes_on {
            // From the start of a file most go on to its end.
            *reader = Reader { ino, next: end, asked: end, window: if offset == 0 { end } else { 0 } };
        } else if end > reader.next {
            reader.window = (2 * reader.window).max(2 * (end - offset));
            reader.next = end;
        }
        reader.window = reader.window.min(MOST);
        let from = reader.asked.max(end);
        let to = (end + reader.window).min(size);
        if to < from + STEP.max(reader.window / 2) && !(to == size && from < to) {
            return None;
        }
        reader.asked = to;
        Some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: u64 = 1024;

    #[test]
    fn a_sequential_reader_is_met_by_few_large_requests() {
        let mut ahead = ReadAhead::default();
        let size = 6800 * K;
        let (mut asked, mut requests) = (128 * K, 0);
        for offset in (0..size).step_by(128 << 10) {
            let end = (offset + 128 * K).min(size);
            // Twice: the first time something was missing.
            for _ in 0..2 {
                if let Some((from, to)) = ahead.step(7, offset, end, size) {
                    assert_eq!(from, asked.max(end), "nothing twice, nothing left out");
                    assert!(to <= size && to - end <= MOST);
                    asked = to;
                    requests += 1;
                }
            }
            // Others read between.
            ahead.step(8 + (offset / K) as u32 % 5, 0, 10, 10);
        }
        assert_eq!(asked, size);
        assert!(requests <= 16, "{requests}");
    }

    #[test]
    fn readers_here_and_there_get_nothing_more() {
        let mut ahead = ReadAhead::default();
        for offset in [900 * K, 100 * K, 500 * K, 300 * K] {
            assert_eq!(ahead.step(7, offset, offset + 4 * K, 1000 * K), None);
        }
        // The start of a file brings as much again.
        assert_eq!(ahead.step(8, 0, 128 * K, 1000 * K), Some((128 * K, 256 * K)));
        // Small steps are collected.
        assert_eq!(ahead.step(9, 0, 4 * K, 1000 * K), None);
        assert_eq!(ahead.step(9, 4 * K, 8 * K, 1000 * K), None);
    }
}
