//! What the tests share: images made by mke2fs, checked by e2fsck, and a machine
//! for the case files.
#![allow(dead_code)] // every test file uses its own part

pub mod script;
pub mod tree;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tawaki_abi::fs::Timespec;
use tawaki_blockdev::{BlockDevice, BlockNo, Counters, IoError, MemoryDevice, Progress};
use tawaki_vfs::{Context, Creds, Ext2, FsError, FsResult, MountFlags, Vfs};

/// A moment for everything.
pub const NOW: Timespec = Timespec { sec: 1_800_000_000, nsec: 5 };

pub fn root_creds() -> Creds {
    Creds::root()
}

/// A file of our own in the temporary directory, removed when dropped.
pub struct TempFile(pub PathBuf);

impl TempFile {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let file = format!("tawaki-vfs-{}-{n}-{name}", std::process::id());
        TempFile(std::env::temp_dir().join(file))
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("temporary directory is UTF-8")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a tool of e2fsprogs; they live where ordinary users do not look.
pub fn tool(name: &str, args: &[&str]) -> (i32, String) {
    let path = ["/usr/sbin", "/sbin", "/usr/bin"]
        .iter()
        .map(|dir| format!("{dir}/{name}"))
        .find(|path| std::fs::metadata(path).is_ok())
        .unwrap_or_else(|| panic!("{name} (package e2fsprogs) is needed by this test"));
    let out =
        Command::new(path).args(args).env("E2FSPROGS_FAKE_TIME", "1700000000").output().expect("tool starts");
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.code().unwrap_or(-1), text)
}

/// A fresh image of `kib` KiB.
pub fn mke2fs(kib: u32, options: &[&str]) -> Vec<u8> {
    let file = TempFile::new("image");
    let size = format!("{kib}k");
    let mut args = vec!["-q", "-F", "-t", "ext2"];
    args.extend_from_slice(options);
    args.extend_from_slice(&[file.path(), &size]);
    let (status, text) = tool("mke2fs", &args);
    assert_eq!(status, 0, "mke2fs: {text}");
    std::fs::read(&file.0).expect("image")
}

/// Fails unless e2fsck finds nothing.
pub fn e2fsck(image: &[u8], what: &str) {
    let file = TempFile::new("check");
    std::fs::write(&file.0, image).expect("write image");
    let (status, text) = tool("e2fsck", &["-f", "-n", file.path()]);
    assert_eq!(status, 0, "{what}: e2fsck finds:\n{text}");
}

/// Output of a debugfs command on an image.
pub fn debugfs(image: &[u8], command: &str) -> String {
    let file = TempFile::new("debugfs");
    std::fs::write(&file.0, image).expect("write image");
    tool("debugfs", &["-R", command, file.path()]).1
}

/// A device whose contents can be looked at from outside.
pub struct Shared<D>(pub Arc<Mutex<D>>);

impl<D> Clone for Shared<D> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<D> Shared<D> {
    pub fn new(device: D) -> Self {
        Shared(Arc::new(Mutex::new(device)))
    }
}

impl Shared<MemoryDevice> {
    pub fn from_image(image: &[u8]) -> Self {
        Shared::new(MemoryDevice::from_image(image))
    }
    pub fn image(&self) -> Vec<u8> {
        self.0.lock().unwrap().to_image()
    }
}

impl<D: BlockDevice> BlockDevice for Shared<D> {
    fn block_count(&self) -> u64 {
        self.0.lock().unwrap().block_count()
    }
    fn read(&mut self, block: BlockNo, buf: &mut [u8]) -> Result<Progress, IoError> {
        self.0.lock().unwrap().read(block, buf)
    }
    fn write(&mut self, block: BlockNo, data: &[u8]) -> Result<Progress, IoError> {
        self.0.lock().unwrap().write(block, data)
    }
    fn flush(&mut self) -> Result<Progress, IoError> {
        self.0.lock().unwrap().flush()
    }
    fn discard(&mut self, block: BlockNo, count: u64) {
        self.0.lock().unwrap().discard(block, count);
    }
    fn counters(&self) -> Counters {
        self.0.lock().unwrap().counters()
    }
}

/// Runs an operation until it no longer waits for a block.
pub fn until_done<T>(mut operation: impl FnMut() -> FsResult<T>) -> FsResult<T> {
    for _ in 0..100_000 {
        match operation() {
            Err(FsError::Pending) => {}
            result => return result,
        }
    }
    panic!("an operation waits for ever");
}

/// Mounts an ext2 device as the root.
pub fn mount(device: Box<dyn BlockDevice>, cache: usize) -> FsResult<Vfs> {
    let creds = root_creds();
    let cx = Context::new(&creds, NOW);
    let mut ext2 = Ext2::new(device, cache, false);
    until_done(|| ext2.mount(&cx))?;
    let mut vfs = Vfs::new();
    vfs.mount_root(Box::new(ext2), MountFlags::empty(), "/dev/vda")?;
    Ok(vfs)
}
