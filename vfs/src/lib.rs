//! File systems: path walk, mounts, permissions, block cache, ext2 and tmpfs.
//!
//! The kernel uses one type, [`Vfs`]. Files are named by [`Location`] (a small
//! `Copy` handle), callers by a [`Context`]. Nothing blocks: an operation that
//! needs a block from the host ends with [`FsError::Pending`], has had no effect,
//! and is run again later.
//!
//! Order of the source: `error`, `types`, `fs` (the trait), `names` (name cache),
//! `access` (permissions), `vfs` (facade and mounts), `resolve` (path walk),
//! `open`, `ops`, `io` and `xattr` (operations), `loopback` (files as devices), then the file systems `tmpfs` and `ext2`.
//!
//! Invariant: no host types, and nothing from a guest or an image is trusted.

pub mod access;
mod acl;
mod acl_rules;
mod cache;
mod error;
mod ext2;
mod fs;
mod io;
mod loopback;
mod names;
mod open;
mod ops;
mod resolve;
mod tmpfs;
mod types;
mod vfs;
mod watch;
mod xattr;

pub use acl::{ACL_ACCESS, ACL_DEFAULT};
pub use error::{Corrupt, CorruptKind, FsError, FsResult};
pub use ext2::Ext2;
pub use fs::{FileSystem, Rename};
pub use loopback::{LOOPS, LoopConfig, Served};
pub use open::Opened;
pub use resolve::{Last, Resolved};
pub use tmpfs::Tmpfs;
pub use types::{
    Access, At, Context, Creds, DirEntry, DirSink, FileKind, FsId, Ino, InodeRef, Location, MAX_LINKS,
    MountFlags, MountId, NAME_MAX, NewNode, PATH_MAX, Powers, RenameFlags, ResolveFlags, Scope, SetAttr,
    TimeSet, XattrFlags,
};
pub use vfs::{MountInfo, Vfs};
pub use watch::{Change, mask};
pub use xattr::{CAPABILITY, XATTR_NAME_MAX, XATTR_SIZE_MAX};
