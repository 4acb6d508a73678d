//! Disk images as block devices.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use tawaki_blockdev::{BlockDevice, FileAccess, FileDevice, OverlayDevice};

struct HostFile {
    file: File,
    len: u64,
}

impl FileAccess for HostFile {
    fn len(&self) -> u64 {
        self.len
    }
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), String> {
        self.file.read_exact_at(buf, offset).map_err(|e| e.to_string())
    }
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), String> {
        self.file.write_all_at(data, offset).map_err(|e| e.to_string())
    }
    fn sync(&mut self) -> Result<(), String> {
        self.file.sync_data().map_err(|e| e.to_string())
    }
}

/// Most bytes of changes kept in memory over an image that is not written.
const OVERLAY_LIMIT: u64 = 4 << 30;

/// Opens an image. Without `write` its changes stay in memory.
pub fn open_image(path: &Path, write: bool) -> Result<Box<dyn BlockDevice>, String> {
    let explain = |e: std::io::Error| format!("cannot open the disk image {}: {e}", path.display());
    let file = File::options().read(true).write(write).open(path).map_err(explain)?;
    let len = file.metadata().map_err(explain)?.len();
    let device = FileDevice::new(HostFile { file, len });
    Ok(if write { Box::new(device) } else { Box::new(OverlayDevice::new(device, OVERLAY_LIMIT)) })
}
