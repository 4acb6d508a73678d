//! Files of an image that comes over the network: how often a program that is loaded
//! waits, and for how much.

mod common;

use common::{NOW, TempFile, mke2fs, root_creds};
use std::fs;
use std::sync::{Arc, Mutex};
use tawaki_blockdev::{ChunkIndex, ChunkedDevice, Delivery, Fetch};
use tawaki_vfs::{At, Context, Ext2, FsError, FsResult, MountFlags, Vfs};

/// Delivers what was asked for when it is told to.
#[derive(Clone, Default)]
struct Rounds(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    image: Vec<u8>,
    asked: Vec<(ChunkIndex, u64, usize)>,
    arrived: Vec<Delivery>,
    rounds: u32,
    bytes: usize,
}

impl Fetch for Rounds {
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize) {
        self.0.lock().unwrap().asked.push((chunk, offset, len));
    }

    fn poll(&mut self) -> Option<Delivery> {
        self.0.lock().unwrap().arrived.pop()
    }
}

impl Rounds {
    /// Runs an operation; each time that it waits, all that was asked for arrives.
    fn run<T>(&self, mut operation: impl FnMut() -> FsResult<T>) -> T {
        loop {
            match operation() {
                Err(FsError::Pending) => {}
                result => return result.unwrap(),
            }
            let line = &mut *self.0.lock().unwrap();
            line.rounds += 1;
            for (chunk, offset, len) in std::mem::take(&mut line.asked) {
                line.bytes += len;
                let data = Ok(line.image[offset as usize..][..len].to_vec());
                line.arrived.push(Delivery { chunk, data });
            }
        }
    }
}

#[test]
fn a_program_comes_in_two_rounds() {
    const SIZE: usize = 24 << 20;
    let dir = TempFile::new("program");
    fs::create_dir(&dir.0).unwrap();
    let program: Vec<u8> =
        (0..SIZE / 4).flat_map(|i| (i as u32).wrapping_mul(0x9e37_79b1).to_le_bytes()).collect();
    for other in ["a", "z"] {
        fs::write(dir.0.join(other), vec![1; 3 << 20]).unwrap();
    }
    fs::write(dir.0.join("program"), &program).unwrap();
    let image = mke2fs(48 << 10, &["-b", "4096", "-d", dir.path()]);
    let len = image.len() as u64;
    let line = Rounds(Arc::new(Mutex::new(Line { image, ..Line::default() })));
    let device = ChunkedDevice::new(line.clone(), len, 64 << 20);
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let mut ext2 = Ext2::new(Box::new(device), 4 << 20, false);
    line.run(|| ext2.mount(&cx));
    let mut vfs = Vfs::new();
    vfs.mount_root(Box::new(ext2), MountFlags::empty(), "/dev/vda").unwrap();
    let root = vfs.root().unwrap();
    let at = At { root, base: root };
    let file = line.run(|| vfs.lookup(&cx, &at, b"/program", true));
    let so_far = || {
        let line = line.0.lock().unwrap();
        (line.rounds, line.bytes)
    };
    let before = so_far();
    vfs.will_read(file, 0, SIZE as u64);
    let mut piece = vec![0; 128 << 10];
    for (n, expected) in program.chunks(piece.len()).enumerate() {
        let offset = (n * piece.len()) as u64;
        assert_eq!(line.run(|| vfs.read(&cx, file, offset, &mut piece)), expected.len());
        assert!(piece == expected, "at {offset}");
    }
    let after = so_far();
    // Its map comes in three parts of which each tells where the next one is, and then some.
    assert!(after.0 - before.0 <= 2, "{} rounds", after.0 - before.0);
    assert!(after.1 - before.1 < SIZE + (1 << 20), "{} bytes", after.1 - before.1);
}
