//! On-disk structures of ext2 (the kernel's `ext2.h`, Documentation/filesystems).
//! All are little-endian, as is every host we run on.

use bytemuck::{Pod, Zeroable};

#[cfg(target_endian = "big")]
compile_error!("the on-disk structures are used in place and are little-endian");

/// Byte offset of the superblock.
pub const SUPERBLOCK_OFFSET: usize = 1024;
pub const MAGIC: u16 = 0xEF53;
/// The root directory's inode number.
pub const ROOT_INO: u32 = 2;
/// First inode number for ordinary files in revision 0.
pub const FIRST_INO_REV0: u32 = 11;
/// Most hard links of one inode.
pub const LINK_MAX: u16 = 32000;

/// `s_state`: cleanly unmounted.
pub const STATE_VALID: u16 = 1;

/// Directory entries carry a type.
pub const INCOMPAT_FILETYPE: u32 = 0x2;
/// Backups of superblock and descriptors only in some groups.
pub const RO_COMPAT_SPARSE_SUPER: u32 = 0x1;
/// Some file is 2 GiB or more.
pub const RO_COMPAT_LARGE_FILE: u32 = 0x2;
/// Inodes have room for more fields.
pub const RO_COMPAT_EXTRA_ISIZE: u32 = 0x40;

pub const SUPPORTED_INCOMPAT: u32 = INCOMPAT_FILETYPE;
pub const SUPPORTED_RO_COMPAT: u32 = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_EXTRA_ISIZE;

/// `i_flags`: the directory has a hash index (which we do not keep up).
pub const FLAG_INDEX: u32 = 0x1000;
/// `i_flags` an inode inherits from its directory: none that mean anything here.
pub const FLAG_IMMUTABLE: u32 = 0x10;
pub const FLAG_APPEND: u32 = 0x20;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Superblock {
    pub inodes_count: u32,
    pub blocks_count: u32,
    pub reserved_blocks: u32,
    pub free_blocks: u32,
    pub free_inodes: u32,
    pub first_data_block: u32,
    pub log_block_size: u32,
    pub log_frag_size: u32,
    pub blocks_per_group: u32,
    pub frags_per_group: u32,
    pub inodes_per_group: u32,
    pub mount_time: u32,
    pub write_time: u32,
    pub mount_count: u16,
    pub max_mount_count: u16,
    pub magic: u16,
    pub state: u16,
    pub errors: u16,
    pub minor_revision: u16,
    pub last_check: u32,
    pub check_interval: u32,
    pub creator_os: u32,
    pub revision: u32,
    pub reserved_uid: u16,
    pub reserved_gid: u16,
    pub first_ino: u32,
    pub inode_size: u16,
    pub block_group: u16,
    pub feature_compat: u32,
    pub feature_incompat: u32,
    pub feature_ro_compat: u32,
    pub uuid: [u8; 16],
    pub volume_name: [u8; 16],
    pub last_mounted: [u8; 64],
    pub algorithm_bitmap: u32,
    pub prealloc_blocks: u8,
    pub prealloc_dir_blocks: u8,
    pub reserved_gdt_blocks: u16,
    pub journal_uuid: [u8; 16],
    pub journal_inum: u32,
    pub journal_dev: u32,
    pub last_orphan: u32,
    /// Not looked at; three pieces because `Pod` knows only some lengths.
    pub rest: [u32; 128],
    pub rest2: [u32; 64],
    pub rest3: [u32; 5],
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct GroupDescriptor {
    pub block_bitmap: u32,
    pub inode_bitmap: u32,
    pub inode_table: u32,
    pub free_blocks: u16,
    pub free_inodes: u16,
    pub used_dirs: u16,
    pub flags: u16,
    pub rest: [u32; 3],
}

/// Block pointers in an inode: 12 direct, then one of each degree of indirection.
pub const DIRECT: usize = 12;
pub const POINTERS: usize = 15;

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct RawInode {
    pub mode: u16,
    pub uid: u16,
    pub size: u32,
    pub atime: u32,
    pub ctime: u32,
    pub mtime: u32,
    /// Deletion time; next orphan while on the orphan list.
    pub dtime: u32,
    pub gid: u16,
    pub links: u16,
    /// Allocated 512-byte units, indirect blocks included.
    pub blocks: u32,
    pub flags: u32,
    pub osd1: u32,
    pub block: [u32; POINTERS],
    pub generation: u32,
    /// Block of extended attributes.
    pub file_acl: u32,
    /// High half of the size of a regular file.
    pub size_high: u32,
    pub fragment: u32,
    pub osd2_reserved: [u16; 2],
    pub uid_high: u16,
    pub gid_high: u16,
    pub osd2_rest: u32,
}

/// What follows in inodes of 256 bytes and more.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct ExtraInode {
    pub extra_size: u16,
    pub checksum_high: u16,
    pub ctime_extra: u32,
    pub mtime_extra: u32,
    pub atime_extra: u32,
    pub crtime: u32,
    pub crtime_extra: u32,
    pub version_high: u32,
    pub project: u32,
}

pub const RAW_INODE_SIZE: usize = size_of::<RawInode>();
pub const EXTRA_INODE_SIZE: usize = size_of::<ExtraInode>();

/// Bytes of a directory entry before its name.
pub const DIRENT_HEADER: usize = 8;

/// Bytes a directory entry with a name of `len` bytes takes at least.
pub fn dirent_size(len: usize) -> usize {
    (DIRENT_HEADER + len).next_multiple_of(4)
}

/// Header of a block of extended attributes.
pub const XATTR_MAGIC: u32 = 0xEA02_0000;

const _: () = assert!(size_of::<Superblock>() == 1024);
const _: () = assert!(size_of::<GroupDescriptor>() == 32);
const _: () = assert!(RAW_INODE_SIZE == 128 && EXTRA_INODE_SIZE == 32);
