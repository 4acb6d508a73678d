//! Every backend against the same expectations, and each one's own promises.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tawaki_blockdev::*;

const BLOCKS: u64 = 1024;

fn pattern() -> Vec<u8> {
    (0..BLOCKS as usize * BLOCK_SIZE).map(|i| (i / 7 + i / BLOCK_SIZE) as u8).collect()
}

struct VecFile(Vec<u8>);

impl FileAccess for VecFile {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), String> {
        buf.copy_from_slice(&self.0[offset as usize..][..buf.len()]);
        Ok(())
    }
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), String> {
        self.0[offset as usize..][..data.len()].copy_from_slice(data);
        Ok(())
    }
    fn sync(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// A network that delivers when told to, and may fail.
#[derive(Clone, Default)]
struct Net(Arc<Mutex<NetState>>);

#[derive(Default)]
struct NetState {
    image: Vec<u8>,
    requested: Vec<u64>,
    ready: VecDeque<Delivery>,
    instant: bool,
    failures: u32,
    cut: usize,
}

impl Net {
    fn new(image: Vec<u8>, instant: bool) -> Net {
        let net = Net::default();
        net.0.lock().unwrap().image = image;
        net.0.lock().unwrap().instant = instant;
        net
    }
    fn requested(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap().requested)
    }
    fn deliver(&self, chunk: u64, data: Result<Vec<u8>, String>) {
        let chunk = ChunkIndex(chunk);
        self.0.lock().unwrap().ready.push_back(Delivery { chunk, data });
    }
    fn deliver_image(&self, chunk: u64) {
        let data = self.0.lock().unwrap().image.chunks(CHUNK_SIZE).nth(chunk as usize).unwrap().to_vec();
        self.deliver(chunk, Ok(data));
    }
}

impl Fetch for Net {
    fn request(&mut self, chunk: ChunkIndex, offset: u64, len: usize) {
        let mut net = self.0.lock().unwrap();
        net.requested.push(chunk.0);
        if net.failures > 0 {
            net.failures -= 1;
            net.ready.push_back(Delivery { chunk, data: Err("404 Not Found".into()) });
        } else if net.instant {
            let data = net.image[offset as usize..][..len - net.cut].to_vec();
            net.ready.push_back(Delivery { chunk, data: Ok(data) });
        }
    }
    fn poll(&mut self) -> Option<Delivery> {
        self.0.lock().unwrap().ready.pop_front()
    }
}

fn read(device: &mut dyn BlockDevice, block: u64, count: usize) -> Vec<u8> {
    let mut buf = vec![0xEE; count * BLOCK_SIZE];
    assert_eq!(device.read(BlockNo(block), &mut buf), Ok(Progress::Done));
    buf
}

#[test]
fn every_backend_reads_and_checks_ranges() {
    let image = pattern();
    let net = Net::new(image.clone(), true);
    let len = image.len() as u64;
    let devices: Vec<(&str, Box<dyn BlockDevice>)> = vec![
        ("memory", Box::new(MemoryDevice::from_image(&image))),
        ("file", Box::new(FileDevice::new(VecFile(image.clone())))),
        ("chunked", Box::new(ChunkedDevice::new(net, len, 0))),
        ("overlay", Box::new(OverlayDevice::new(MemoryDevice::from_image(&image), 1 << 20))),
        ("read-only", Box::new(ReadOnlyDevice(MemoryDevice::from_image(&image)))),
        ("faulty", Box::new(FaultyDevice::new(MemoryDevice::from_image(&image), Faults::default()))),
    ];
    for (name, mut device) in devices {
        assert_eq!(device.block_count(), BLOCKS, "{name}");
        for (block, count) in [(0, 1), (1, 3), (127, 2), (60, 500), (BLOCKS - 1, 1), (BLOCKS, 0)] {
            let expected = &image[block as usize * BLOCK_SIZE..][..count * BLOCK_SIZE];
            assert!(read(&mut *device, block, count) == expected, "{name}: {block}+{count}");
        }
        let mut buf = vec![0; 2 * BLOCK_SIZE];
        for block in [BLOCKS - 1, BLOCKS, u64::MAX] {
            let error = device.read(BlockNo(block), &mut buf).unwrap_err();
            assert!(matches!(error, IoError::OutOfRange { .. }), "{name}: {error}");
        }
        let error = device.read(BlockNo(0), &mut buf[..100]).unwrap_err();
        assert_eq!(error, IoError::Unaligned { len: 100 }, "{name}");
        let written = device.write(BlockNo(5), &[9; BLOCK_SIZE]);
        assert_eq!(written.is_ok(), device.writable(), "{name}");
        if device.writable() {
            assert_eq!(read(&mut *device, 5, 1), [9; BLOCK_SIZE], "{name}");
            assert!(read(&mut *device, 4, 1) == image[4 * BLOCK_SIZE..5 * BLOCK_SIZE]);
            assert!(device.write(BlockNo(BLOCKS), &[9; BLOCK_SIZE]).is_err());
        } else {
            assert_eq!(written, Err(IoError::ReadOnly), "{name}");
        }
        assert_eq!(device.flush(), Ok(Progress::Done));
        assert!(device.counters().blocks_read > 0, "{name}");
    }
}

#[test]
fn overlay_mixes_and_keeps_its_limit() {
    let image = pattern();
    let mut overlay = OverlayDevice::new(MemoryDevice::from_image(&image), 64 << 10);
    let mut expected = image.clone();
    for block in [3u64, 4, 9, 500, 501, 502, 1023] {
        let data = vec![block as u8; BLOCK_SIZE];
        assert_eq!(overlay.write(BlockNo(block), &data), Ok(Progress::Done));
        expected[block as usize * BLOCK_SIZE..][..BLOCK_SIZE].copy_from_slice(&data);
    }
    assert!(read(&mut overlay, 0, BLOCKS as usize) == expected);
    // The changes alone, laid over the image, give the same; runs are at most two long here.
    let (mut patched, mut runs) = (image.clone(), Vec::new());
    overlay.for_each_change(2, |block, data| {
        patched[block.0 as usize * BLOCK_SIZE..][..data.len()].copy_from_slice(data);
        runs.push((block.0, data.len() / BLOCK_SIZE));
    });
    assert!(patched == expected);
    assert_eq!(runs, [(3, 2), (9, 1), (500, 2), (502, 1), (1023, 1)]);
    let many = vec![1; 100 * BLOCK_SIZE];
    assert!(!overlay.take_refused());
    assert_eq!(overlay.write(BlockNo(100), &many), Err(IoError::NoSpace));
    assert!(overlay.take_refused() && !overlay.take_refused());
    assert!(read(&mut overlay, 0, BLOCKS as usize) == expected);
    assert_eq!(overlay.write(BlockNo(500), &many[..2 * BLOCK_SIZE]), Ok(Progress::Done));
    assert!(overlay.changed_bytes() <= 64 << 10);
    // What is discarded takes no memory any more.
    overlay.discard(BlockNo(0), 12);
    overlay.discard(BlockNo(501), u64::MAX);
    assert_eq!(overlay.changed_bytes(), 4 << 10);
    assert_eq!(read(&mut overlay, 500, 1), [1; BLOCK_SIZE]);
}

#[test]
fn chunks_are_asked_for_once_and_delivered_late() {
    let image = pattern();
    let net = Net::new(image.clone(), false);
    let mut device = ChunkedDevice::new(net.clone(), image.len() as u64, 0);
    let per = (CHUNK_SIZE / BLOCK_SIZE) as u64;
    let mut buf = vec![0; 4 * BLOCK_SIZE];
    // Across two chunks: both are requested at once, and only once.
    for _ in 0..3 {
        assert_eq!(device.read(BlockNo(per - 2), &mut buf), Ok(Progress::Pending));
    }
    assert_eq!(net.requested(), [0, 1]);
    net.deliver_image(1);
    assert_eq!(device.read(BlockNo(per - 2), &mut buf), Ok(Progress::Pending));
    assert_eq!(device.outstanding(), 1);
    // Nobody asked for chunk 5: it is not believed.
    net.deliver(5, Ok(vec![0; CHUNK_SIZE]));
    net.deliver_image(0);
    assert_eq!(device.read(BlockNo(per - 2), &mut buf), Ok(Progress::Done));
    assert!(buf == image[(per as usize - 2) * BLOCK_SIZE..][..4 * BLOCK_SIZE]);
    assert_eq!(device.counters().bytes_fetched, 2 * CHUNK_SIZE as u64);
    assert_eq!(device.read(BlockNo(25 * per), &mut buf), Ok(Progress::Pending));
    device.prefetch(BlockNo(15 * per), per + 1);
    assert_eq!(net.requested(), [25, 15, 16]);
}

#[test]
fn sequential_reading_reads_ahead_and_memory_is_bounded() {
    let image = vec![1; 400 * CHUNK_SIZE];
    let net = Net::new(image.clone(), true);
    let mut device = ChunkedDevice::new(net.clone(), image.len() as u64, 0);
    let per_chunk = (CHUNK_SIZE / BLOCK_SIZE) as u64;
    let mut ahead = Vec::new();
    for chunk in 0..400 {
        read(&mut device, chunk * per_chunk, 4);
        ahead.push(net.requested().iter().max().map_or(0, |last| last.saturating_sub(chunk)));
    }
    assert_eq!(ahead[0], 0, "one read is no sequence");
    assert_eq!(ahead.iter().max(), Some(&((1 << 20) / CHUNK_SIZE as u64)), "up to 1 MiB ahead: {ahead:?}");
    assert!(ahead.iter().filter(|&&far| far > 0).count() < 40, "in long requests: {ahead:?}");
    assert_eq!(device.counters().bytes_fetched, image.len() as u64, "nothing twice");
    // The first chunks have been dropped by now and come again.
    read(&mut device, 0, 1);
    assert_eq!(net.requested(), [0]);
}

#[test]
fn a_reader_that_had_to_wait_still_reads_sequentially() {
    let image = vec![1; 256 * CHUNK_SIZE];
    let net = Net::new(image.clone(), false);
    let mut device = ChunkedDevice::new(net.clone(), image.len() as u64, 0);
    let per_chunk = (CHUNK_SIZE / BLOCK_SIZE) as u64;
    // Two chunks at a time, each tried again when they have come, with reads elsewhere between.
    let (mut piece, mut elsewhere) = (vec![0; 2 * CHUNK_SIZE], vec![0; BLOCK_SIZE]);
    let mut trips = 0;
    for start in (0..128).step_by(2) {
        while device.read(BlockNo(start * per_chunk), &mut piece) == Ok(Progress::Pending) {
            trips += 1;
            for chunk in net.requested() {
                net.deliver_image(chunk);
            }
        }
        for far in [200, 220] {
            while device.read(BlockNo(far * per_chunk), &mut elsewhere) == Ok(Progress::Pending) {
                for chunk in net.requested() {
                    net.deliver_image(chunk);
                }
            }
        }
    }
    // Of 64 pieces; what is asked for while another reader waits comes with that.
    assert!(trips <= 32, "{trips} round trips");
}

#[test]
fn failed_fetches_are_retried_then_reported() {
    let image = pattern();
    let net = Net::new(image.clone(), true);
    net.0.lock().unwrap().failures = 2;
    let mut device = ChunkedDevice::new(net.clone(), image.len() as u64, 0);
    assert!(read(&mut device, 0, 1) == image[..BLOCK_SIZE], "two failures are survived");
    net.0.lock().unwrap().failures = 3;
    let mut buf = vec![0; BLOCK_SIZE];
    let far = BlockNo(700);
    // The first read may see the failure or find it later; never data.
    let mut errors = 0;
    for _ in 0..2 {
        match device.read(far, &mut buf) {
            Err(IoError::Host(message)) => {
                assert_eq!(message, "404 Not Found");
                errors += 1;
            }
            other => assert_eq!(other, Ok(Progress::Pending)),
        }
        if errors > 0 {
            break;
        }
    }
    assert_eq!(errors, 1);
    assert_eq!(device.read(far, &mut buf), Ok(Progress::Done), "a later read tries again");
    // A server that ignores ranges or cuts answers short is an error, not data.
    net.0.lock().unwrap().cut = 1;
    let mut last = Ok(Progress::Pending);
    for _ in 0..3 {
        last = device.read(BlockNo(300), &mut buf);
        if last.is_err() {
            break;
        }
    }
    let Err(IoError::Host(message)) = last else { panic!("{last:?}") };
    assert!(message.contains("bytes instead of"), "{message}");
}

#[test]
fn power_loss_tears_the_last_write() {
    let faults = Faults { power_loss_after: Some(5), ..Faults::default() };
    let mut device = FaultyDevice::new(MemoryDevice::new(16), faults);
    assert_eq!(device.write(BlockNo(0), &[1; 3 * BLOCK_SIZE]), Ok(Progress::Done));
    assert_eq!(device.write(BlockNo(8), &[2; 4 * BLOCK_SIZE]), Err(IoError::PowerLost));
    let mut buf = [0; BLOCK_SIZE];
    assert_eq!(device.read(BlockNo(0), &mut buf), Err(IoError::PowerLost));
    assert_eq!(device.flush(), Err(IoError::PowerLost));
    let mut survived = device.into_inner();
    let blocks: Vec<u8> = (0..16).map(|b| read(&mut survived, b, 1)[0]).collect();
    assert_eq!(blocks, [1, 1, 1, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0]);
}
