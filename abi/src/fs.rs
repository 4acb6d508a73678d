//! Files: modes, open flags, and width-independent forms of `stat` and its kin.
//!
//! Sources: inode(7), open(2), stat(2), statfs(2). The numbers are the same for
//! i386 and x86-64 unless a comment says otherwise; layouts that differ live in
//! [`crate::layout32`] and [`crate::layout64`].

use serde::{Deserialize, Serialize};

/// File type bits of a mode (inode(7)).
pub const S_IFMT: u32 = 0o170000;
/// Socket.
pub const S_IFSOCK: u32 = 0o140000;
/// Symbolic link.
pub const S_IFLNK: u32 = 0o120000;
/// Regular file.
pub const S_IFREG: u32 = 0o100000;
/// Block device.
pub const S_IFBLK: u32 = 0o060000;
/// Directory.
pub const S_IFDIR: u32 = 0o040000;
/// Character device.
pub const S_IFCHR: u32 = 0o020000;
/// FIFO.
pub const S_IFIFO: u32 = 0o010000;
/// Set-user-ID.
pub const S_ISUID: u32 = 0o4000;
/// Set-group-ID.
pub const S_ISGID: u32 = 0o2000;
/// Sticky.
pub const S_ISVTX: u32 = 0o1000;

bitflags::bitflags! {
    /// Flags of open(2), fcntl(2) `F_SETFL` and `pipe2`, i386 and x86-64 alike
    /// (`LARGEFILE` is zero in x86-64's headers but accepted).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct OpenFlags: u32 {
        /// Write only (access mode, two bits with `RDWR`).
        const WRONLY = 0o1;
        /// Read and write.
        const RDWR = 0o2;
        /// Create when missing.
        const CREAT = 0o100;
        /// With `CREAT`: fail when it exists.
        const EXCL = 0o200;
        /// Do not make it the controlling terminal.
        const NOCTTY = 0o400;
        /// Truncate.
        const TRUNC = 0o1000;
        /// Append on each write.
        const APPEND = 0o2000;
        /// Do not block.
        const NONBLOCK = 0o4000;
        /// Data integrity completion.
        const DSYNC = 0o10000;
        /// Signal-driven input.
        const ASYNC = 0o20000;
        /// Direct input and output.
        const DIRECT = 0o40000;
        /// Large offsets allowed on i386.
        const LARGEFILE = 0o100000;
        /// Must be a directory.
        const DIRECTORY = 0o200000;
        /// Do not follow a symbolic link at the end.
        const NOFOLLOW = 0o400000;
        /// Do not change the access time.
        const NOATIME = 0o1000000;
        /// Close on exec.
        const CLOEXEC = 0o2000000;
        /// File integrity completion (with `DSYNC`).
        const SYNC = 0o4000000;
        /// Only a location in the tree.
        const PATH = 0o10000000;
        /// Unnamed temporary file (with `DIRECTORY`).
        const TMPFILE = 0o20000000;
    }
}

impl OpenFlags {
    /// Whether the access mode allows reading.
    pub fn readable(self) -> bool {
        !self.contains(Self::PATH) && self.bits() & 3 != 1
    }
    /// Whether the access mode allows writing.
    pub fn writable(self) -> bool {
        !self.contains(Self::PATH) && matches!(self.bits() & 3, 1 | 2)
    }
}

/// `AT_FDCWD`: relative to the current directory.
pub const AT_FDCWD: i32 = -100;
/// `AT_SYMLINK_NOFOLLOW`.
pub const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
/// `AT_REMOVEDIR` for `unlinkat`; `AT_EACCESS` for `faccessat2`.
pub const AT_REMOVEDIR: u32 = 0x200;
/// `AT_EACCESS` shares its bit with `AT_REMOVEDIR`.
pub const AT_EACCESS: u32 = 0x200;
/// `AT_SYMLINK_FOLLOW` for `linkat`.
pub const AT_SYMLINK_FOLLOW: u32 = 0x400;
/// `AT_EMPTY_PATH`: an empty path names the descriptor itself.
pub const AT_EMPTY_PATH: u32 = 0x1000;

/// A point in time: seconds since the epoch (or since boot) and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timespec {
    /// Seconds.
    pub sec: i64,
    /// Nanoseconds, 0..1_000_000_000.
    pub nsec: u32,
}

impl Timespec {
    /// From nanoseconds since the epoch.
    pub fn from_nanos(nanos: i64) -> Self {
        Timespec { sec: nanos.div_euclid(1_000_000_000), nsec: nanos.rem_euclid(1_000_000_000) as u32 }
    }
    /// To nanoseconds since the epoch, saturating.
    pub fn as_nanos(self) -> i64 {
        self.sec.saturating_mul(1_000_000_000).saturating_add(self.nsec as i64)
    }
}

/// What `stat` tells, independent of word size (stat(2), statx(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Device that holds the inode (`makedev` form: major << 8 | minor for small numbers).
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Type and permission bits.
    pub mode: u32,
    /// Hard links.
    pub nlink: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device number, of a device file.
    pub rdev: u64,
    /// Bytes.
    pub size: u64,
    /// Preferred block size, bytes.
    pub blksize: u32,
    /// Allocated 512-byte units.
    pub blocks: u64,
    /// Last access.
    pub atime: Timespec,
    /// Last change of data.
    pub mtime: Timespec,
    /// Last change of the inode.
    pub ctime: Timespec,
}

/// What `statfs` tells (statfs(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statfs {
    /// File system magic (0xEF53 for ext2, 0x01021994 for tmpfs, 0x9FA0 for proc).
    pub kind: u32,
    /// Block size in bytes.
    pub bsize: u32,
    /// Blocks in all.
    pub blocks: u64,
    /// Free blocks.
    pub bfree: u64,
    /// Blocks free to ordinary users.
    pub bavail: u64,
    /// Inodes in all.
    pub files: u64,
    /// Free inodes.
    pub ffree: u64,
    /// File system identifier.
    pub fsid: u64,
    /// Longest name.
    pub namelen: u32,
    /// Mount flags.
    pub flags: u32,
}

/// One directory entry (getdents(2)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dirent {
    /// Inode number.
    pub ino: u64,
    /// Offset cookie of the *next* entry, for lseek.
    pub next: u64,
    /// `DT_*` type: the mode's type bits shifted right by 12.
    pub kind: u8,
    /// The name, without a slash or NUL.
    #[serde(with = "serde_bytes")]
    pub name: Vec<u8>,
}
