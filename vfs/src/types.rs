//! Handles, credentials and arguments shared by the facade and the file systems.

use core::any::Any;
use tawaki_abi::fs::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, Timespec};

/// Longest name, bytes (`NAME_MAX`).
pub const NAME_MAX: usize = 255;
/// Longest path with its terminating NUL, bytes (`PATH_MAX`).
pub const PATH_MAX: usize = 4096;
/// Symbolic links followed in one resolution (path_resolution(7)).
pub const MAX_LINKS: u32 = 40;

/// A mounted or detached file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FsId(pub u32);

/// An inode number within one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ino(pub u64);

/// An inode of some file system, whatever path led there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeRef {
    /// File system.
    pub fs: FsId,
    /// Inode number there.
    pub ino: Ino,
}

/// One mount of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountId(pub u32);

/// A place in the tree: an inode seen through a mount. Small and `Copy`; it keeps
/// nothing alive by itself (see `Vfs::open_ref`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The mount it was reached through.
    pub mount: MountId,
    /// Inode number in that mount's file system.
    pub ino: Ino,
}

/// Where path resolution starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Root directory of the process (`/`, and where `..` stops).
    pub root: Location,
    /// Directory that relative paths start from (working directory or `dirfd`).
    pub base: Location,
}

bitflags::bitflags! {
    /// Capabilities that files ask for (capabilities(7)), each at the bit of its number.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Powers: u64 {
        /// Changes owners and groups.
        const CHOWN = 1 << 0;
        /// Reads, writes and executes what permissions forbid.
        const DAC_OVERRIDE = 1 << 1;
        /// Reads files and searches directories.
        const DAC_READ_SEARCH = 1 << 2;
        /// Does what is the owner's to do.
        const FOWNER = 1 << 3;
        /// Keeps set-ID bits.
        const FSETID = 1 << 4;
        /// Looks into processes of others.
        const SYS_PTRACE = 1 << 19;
        /// Takes the blocks that are reserved.
        const SYS_RESOURCE = 1 << 24;
        /// Makes device nodes.
        const MKNOD = 1 << 27;
    }
}

/// Who asks, as far as files are concerned (credentials(7)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Creds {
    /// File-system user ID.
    pub uid: u32,
    /// File-system group ID.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// What it may do against permissions and ownership.
    pub powers: Powers,
}

impl Creds {
    /// The superuser.
    pub fn root() -> Self {
        Creds { powers: Powers::all(), ..Creds::default() }
    }

    /// Whether it holds a capability.
    pub fn may(&self, power: Powers) -> bool {
        self.powers.contains(power)
    }

    /// Whether it may do to a file of `uid` what is the owner's to do.
    pub fn owns(&self, uid: u32) -> bool {
        self.uid == uid || self.may(Powers::FOWNER)
    }

    /// Whether `gid` is the group or one of the supplementary groups.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// What accompanies every operation.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Who asks.
    pub creds: &'a Creds,
    /// Current time, for time stamps.
    pub now: Timespec,
    /// Permissions that new files do not get, unless their directory says what they get (umask(2)).
    pub umask: u32,
    /// Process that asks; 0 for the kernel itself. Only handed through (procfs
    /// wants it for `/proc/self`).
    pub caller: u32,
    /// Handed through to file systems of the caller's own (procfs: the process
    /// table), which downcast it.
    pub extension: &'a dyn Any,
    /// How far paths may lead.
    pub scope: Scope,
}

impl<'a> Context<'a> {
    /// A context without extension.
    pub fn new(creds: &'a Creds, now: Timespec) -> Self {
        Context { creds, now, umask: 0, caller: 0, extension: &(), scope: Scope::empty() }
    }
}

/// A type of file, from the mode's type bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Regular file.
    Regular,
    /// Directory.
    Directory,
    /// Symbolic link.
    Symlink,
    /// FIFO.
    Fifo,
    /// Socket.
    Socket,
    /// Character device.
    CharDevice,
    /// Block device.
    BlockDevice,
}

impl FileKind {
    /// From a mode; `None` when the type bits are none of inode(7)'s.
    pub fn from_mode(mode: u32) -> Option<Self> {
        Some(match mode & S_IFMT {
            S_IFREG => FileKind::Regular,
            S_IFDIR => FileKind::Directory,
            S_IFLNK => FileKind::Symlink,
            S_IFIFO => FileKind::Fifo,
            S_IFSOCK => FileKind::Socket,
            S_IFCHR => FileKind::CharDevice,
            S_IFBLK => FileKind::BlockDevice,
            _ => return None,
        })
    }
}

/// A node to be created.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewNode<'a> {
    /// Type and permission bits. For a file system the umask has been applied.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device number (`makedev` form), for device nodes.
    pub rdev: u64,
    /// Target, for symbolic links.
    pub target: &'a [u8],
    /// Extended attributes that it has from the beginning, with their full names.
    pub attributes: &'a [(&'static [u8], Vec<u8>)],
}

/// One directory entry as `readdir` hands it out.
#[derive(Clone, Copy, Debug)]
pub struct DirEntry<'a> {
    /// Inode number.
    pub ino: Ino,
    /// Cookie from which reading continues *after* this entry.
    pub next: u64,
    /// `DT_*` type: the mode's type bits shifted right by 12; 0 when unknown.
    pub kind: u8,
    /// Name.
    pub name: &'a [u8],
}

/// Receives directory entries; `false` means it has no room: the entry was not
/// taken and reading stops before it.
pub type DirSink<'s> = dyn FnMut(&DirEntry<'_>) -> bool + 's;

/// A time to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSet {
    /// `UTIME_NOW`: the context's time.
    Now,
    /// A given time.
    At(Timespec),
}

/// Attributes to change; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAttr {
    /// Permission bits (low 12).
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Size in bytes (truncate or extend with a hole).
    pub size: Option<u64>,
    /// Access time.
    pub atime: Option<TimeSet>,
    /// Modification time.
    pub mtime: Option<TimeSet>,
}

bitflags::bitflags! {
    /// Kinds of access to check, the low bits of access(2)'s mode.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Access: u32 {
        /// Execute, or search a directory.
        const EXEC = 1;
        /// Write.
        const WRITE = 2;
        /// Read.
        const READ = 4;
    }

    /// Flags of renameat2(2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct RenameFlags: u32 {
        /// Fail when the new name exists.
        const NOREPLACE = 1;
        /// Swap the two.
        const EXCHANGE = 2;
    }

    /// Flags of setxattr(2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct XattrFlags: u32 {
        /// Fail when it exists (`XATTR_CREATE`).
        const CREATE = 1;
        /// Fail when it does not (`XATTR_REPLACE`).
        const REPLACE = 2;
    }

    /// Flags of a mount (mount(2); the numbers are `MS_*`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct MountFlags: u32 {
        /// Read-only.
        const RDONLY = 1;
        /// Ignore set-user-ID bits.
        const NOSUID = 2;
        /// No access to devices.
        const NODEV = 4;
        /// No program execution.
        const NOEXEC = 8;
        /// Never update access times.
        const NOATIME = 1024;
    }

    /// How far a path may lead (`RESOLVE_*` of openat2(2)).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Scope: u32 {
        /// To no other mount.
        const NO_XDEV = 1;
        /// Through no magic link.
        const NO_MAGICLINKS = 2;
        /// Through no symbolic link.
        const NO_SYMLINKS = 4;
        /// Nowhere but below where it starts.
        const BENEATH = 8;
        /// Where it starts is its root.
        const IN_ROOT = 16;
        /// No further than what is in memory.
        const CACHED = 32;
    }

    /// How a path is resolved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ResolveFlags: u32 {
        /// Follow a symbolic link in the last component.
        const FOLLOW = 1;
        /// The result must be a directory.
        const DIRECTORY = 2;
        /// Accept an empty path: it names the base itself (`AT_EMPTY_PATH`).
        const EMPTY = 4;
        /// Stop before the last component: the caller wants to create, remove or
        /// rename it. The last component is not followed unless `FOLLOW` is
        /// given, and it may be missing.
        const PARENT = 8;
        /// With `PARENT`: a slash after the last component is `EISDIR`, as
        /// open(2) with `O_CREAT` has it.
        const NO_SLASH = 16;
    }
}
