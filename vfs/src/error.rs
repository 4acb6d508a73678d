//! What a file-system operation can end with besides success.

use tawaki_abi::Errno;
use tawaki_blockdev::IoError;

/// Result of every operation.
pub type FsResult<T> = Result<T, FsError>;

/// Why an operation did not succeed; each variant names who is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FsError {
    /// The guest asked for something impossible.
    Errno(Errno),
    /// Nobody: a block is being fetched. Nothing was changed; run the same
    /// operation again after the host has delivered.
    Pending,
    /// The disk image.
    Corrupt(Corrupt),
    /// The host.
    Io(IoError),
}

impl FsError {
    /// Whether it is this error number.
    pub fn is(&self, errno: Errno) -> bool {
        *self == FsError::Errno(errno)
    }

    /// The number a guest gets (`EIO` for `Corrupt` and `Io`, except that a full
    /// device is `ENOSPC`), or `None` for `Pending`.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            FsError::Errno(errno) => Some(*errno),
            FsError::Pending => None,
            FsError::Io(IoError::NoSpace) => Some(Errno::ENOSPC),
            FsError::Io(IoError::ReadOnly) => Some(Errno::EROFS),
            FsError::Corrupt(_) | FsError::Io(_) => Some(Errno::EIO),
        }
    }
}

impl core::fmt::Display for FsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            FsError::Errno(errno) => write!(f, "{errno}"),
            FsError::Pending => f.write_str("waiting for a block"),
            FsError::Corrupt(corrupt) => write!(f, "{corrupt}"),
            FsError::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for FsError {}

impl From<Errno> for FsError {
    fn from(errno: Errno) -> Self {
        FsError::Errno(errno)
    }
}

impl From<Corrupt> for FsError {
    fn from(corrupt: Corrupt) -> Self {
        FsError::Corrupt(corrupt)
    }
}

impl From<IoError> for FsError {
    fn from(error: IoError) -> Self {
        FsError::Io(error)
    }
}

/// Shorthand for an `Err` with an error number.
pub(crate) fn fail<T>(errno: Errno) -> FsResult<T> {
    Err(FsError::Errno(errno))
}

/// Something in the image that cannot be. `place` is the inode or block number
/// that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// What is wrong.
    pub kind: CorruptKind,
    /// Inode, block or group number, whichever the kind speaks of.
    pub place: u64,
}

macro_rules! corrupt_kinds {
    ($($name:ident $text:literal)*) => {
        /// What can be wrong in an image.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CorruptKind { $(#[doc = $text] $name,)* }

        impl CorruptKind {
            /// A sentence fragment that precedes the place.
            pub fn message(self) -> &'static str {
                match self { $(CorruptKind::$name => $text,)* }
            }
        }
    };
}

corrupt_kinds! {
    Magic "not an ext2 file system: bad magic in block"
    Truncated "the image is shorter than its superblock says; blocks"
    Superblock "superblock field out of range in block"
    UnsupportedIncompat "incompatible features not supported; feature bits"
    UnsupportedRoCompat "features that cannot be written; feature bits"
    GroupDescriptor "group descriptor points outside the device; group"
    InodeNumber "inode number out of range; inode"
    InodeFree "entry refers to an inode that is not in use; inode"
    InodeMode "unknown file type; inode"
    InodeSize "impossible size; inode"
    InodeBlocks "impossible block count; inode"
    RootNotDirectory "the root is not a directory; inode"
    BlockPointer "block pointer outside the data area; inode"
    DirectoryEntry "malformed directory entry; inode"
    DirectoryHole "directory with a missing block; inode"
    Attributes "malformed extended attributes; inode"
    Symlink "malformed symbolic link; inode"
    BlockBitmap "freeing a block that is already free; block"
    InodeBitmap "freeing an inode that is already free; inode"
    FreeCount "free count disagrees with bitmap; group"
    OrphanList "orphan list does not end; inode"
    ParentLoop "directory parents form a loop; inode"
}

impl core::fmt::Display for Corrupt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "corrupt: {} {}", self.kind.message(), self.place)
    }
}
