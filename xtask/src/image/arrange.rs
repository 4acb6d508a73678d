//! Where things lie in an image: what programs read first lies first and together.
//!
//! An image is fetched block by block as programs read it, so its order is the number of
//! requests that a program waits for. `mke2fs -d` stores files in the order in which a
//! directory names them; this moves them:
//!
//! 1. the inodes and directories on the way to the listed files, then the files, as listed;
//! 2. all other directories, as `find` comes by them;
//! 3. all other files, in the same order.
//!
//! Blocks and inodes only change places with each other: what was in use stays in use, so
//! that bitmaps, and all counts but that of a group's directories, stay as they are.
//! Layout: the ext2 chapter of the kernel's documentation, `ext2fs/ext2_fs.h` of e2fsprogs.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use crate::tools;

/// Inodes of the root directory and of `lost+found`: they keep their numbers.
const ROOT: u32 = 2;
const LOST_AND_FOUND: u32 = 11;
const MAGIC: u16 = 0xEF53;
/// `INCOMPAT_FILETYPE`: the only one understood.
const FILETYPE: u32 = 2;
/// `COMPAT_EXT_ATTR`, and read-only features that do not change where anything is:
/// sparse_super, large_file.
const COMPAT: u32 = 8;
const RO_COMPAT: u32 = 3;
const DIRECTORY: u16 = 0x4000;
const REGULAR: u16 = 0x8000;
const SYMLINK: u16 = 0xA000;
/// How many links a path may lead through (`ELOOP` in path_resolution(7) is at 40).
const LINKS: u32 = 40;

fn u16_at(data: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([data[at], data[at + 1]])
}

fn u32_at(data: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]])
}

fn set_u32(data: &mut [u8], at: usize, value: u32) {
    data[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// What a block holds, as far as it has numbers in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Directory,
    /// Numbers of further blocks.
    Indirect,
}

/// The image as it was.
struct Image {
    file: File,
    block_size: usize,
    blocks: u32,
    blocks_per_group: u32,
    inodes_per_group: u32,
    inode_size: usize,
    descriptors: Vec<u8>,
    /// All inode tables, one behind the other.
    inodes: Vec<u8>,
    /// Numbers of the inodes in use, ascending.
    used: Vec<u32>,
}

impl Image {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let mut superblock = [0; 1024];
        file.read_exact_at(&mut superblock, 1024).map_err(|e| e.to_string())?;
        if u16_at(&superblock, 56) != MAGIC {
            return Err("no ext2 file system".into());
        }
        let (compat, incompat, ro_compat) =
            (u32_at(&superblock, 92), u32_at(&superblock, 96), u32_at(&superblock, 100));
        if compat & !COMPAT != 0 || incompat & !FILETYPE != 0 || ro_compat & !RO_COMPAT != 0 {
            return Err(format!("features beyond plain ext2 ({compat:x}, {incompat:x}, {ro_compat:x})"));
        }
        let block_size = 1024usize.checked_shl(u32_at(&superblock, 24)).filter(|s| *s <= 65536).unwrap_or(0);
        let mut image = Image {
            file,
            block_size,
            blocks: u32_at(&superblock, 4),
            blocks_per_group: u32_at(&superblock, 32),
            inodes_per_group: u32_at(&superblock, 40),
            inode_size: u16_at(&superblock, 88).into(),
            descriptors: Vec::new(),
            inodes: Vec::new(),
            used: Vec::new(),
        };
        if block_size < 4096 || image.blocks_per_group == 0 || image.inode_size < 128 {
            return Err("blocks of less than 4096 bytes, or a damaged superblock".into());
        }
        let groups = image.blocks.div_ceil(image.blocks_per_group);
        let per_group = image.inodes_per_group as usize * image.inode_size;
        image.descriptors = vec![0; groups as usize * 32];
        image.file.read_exact_at(&mut image.descriptors, block_size as u64).map_err(|e| e.to_string())?;
        image.inodes = vec![0; groups as usize * per_group];
        for group in 0..groups {
            let bitmap = image.block(u32_at(&image.descriptors, group as usize * 32 + 4))?;
            let first = group * image.inodes_per_group + 1;
            let here = (0..image.inodes_per_group).filter(|i| bitmap[*i as usize / 8] >> (i % 8) & 1 == 1);
            let before = image.used.len();
            image.used.extend(here.map(|i| first + i));
            if image.used.len() > before {
                let table = image.table(group);
                let at = group as usize * per_group;
                image
                    .file
                    .read_exact_at(&mut image.inodes[at..at + per_group], table)
                    .map_err(|e| e.to_string())?;
            }
        }
        Ok(image)
    }

    /// Byte offset of a group's inode table.
    fn table(&self, group: u32) -> u64 {
        u64::from(u32_at(&self.descriptors, group as usize * 32 + 8)) * self.block_size as u64
    }

    fn block(&self, number: u32) -> Result<Vec<u8>, String> {
        let mut data = vec![0; self.block_size];
        let at = u64::from(number) * self.block_size as u64;
        self.file.read_exact_at(&mut data, at).map_err(|e| format!("block {number}: {e}"))?;
        Ok(data)
    }

    fn inode(&self, number: u32) -> Result<&[u8], String> {
        let at = (number as usize).wrapping_sub(1).checked_mul(self.inode_size);
        let range = at.and_then(|at| self.inodes.get(at..at + self.inode_size));
        range.ok_or_else(|| format!("there is no inode {number}"))
    }

    fn mode(&self, number: u32) -> Result<u16, String> {
        Ok(u16_at(self.inode(number)?, 0) & 0xF000)
    }

    /// Whether an inode's fifteen numbers are blocks: not those of devices, and not
    /// the text of a short symbolic link.
    fn has_blocks(inode: &[u8]) -> bool {
        match u16_at(inode, 0) & 0xF000 {
            DIRECTORY | REGULAR => true,
            SYMLINK => u32_at(inode, 4) >= 60,
            _ => false,
        }
    }

    /// The blocks of an inode with what they hold, each block of numbers before what it numbers.
    fn blocks_of(&self, number: u32) -> Result<Vec<(u32, Kind)>, String> {
        let inode = self.inode(number)?;
        let kind = if self.mode(number)? == DIRECTORY { Kind::Directory } else { Kind::Data };
        let mut found = Vec::new();
        let attributes = u32_at(inode, 104);
        if attributes != 0 {
            found.push((attributes, Kind::Data));
        }
        if Self::has_blocks(inode) {
            for i in 0..15 {
                let block = u32_at(inode, 40 + 4 * i);
                self.walk(block, (i as u32).saturating_sub(11), kind, &mut found)?;
            }
        }
        Ok(found)
    }

    fn walk(&self, block: u32, depth: u32, kind: Kind, found: &mut Vec<(u32, Kind)>) -> Result<(), String> {
        if block == 0 {
            return Ok(());
        }
        if block >= self.blocks || found.len() > self.blocks as usize {
            return Err(format!("a file has block {block}, which does not exist"));
        }
        if depth == 0 {
            found.push((block, kind));
            return Ok(());
        }
        found.push((block, Kind::Indirect));
        for number in self.block(block)?.chunks_exact(4) {
            self.walk(u32_at(number, 0), depth - 1, kind, found)?;
        }
        Ok(())
    }

    /// The names in a directory, without `.` and `..`, in their order.
    fn entries(&self, directory: u32) -> Result<Vec<(Vec<u8>, u32)>, String> {
        let mut names = Vec::new();
        for (block, kind) in self.blocks_of(directory)? {
            if kind == Kind::Directory {
                let data = self.block(block)?;
                for at in entry_offsets(&data)? {
                    let name = &data[at + 8..at + 8 + usize::from(data[at + 6])];
                    if u32_at(&data, at) != 0 && name != b"." && name != b".." {
                        names.push((name.to_vec(), u32_at(&data, at)));
                    }
                }
            }
        }
        Ok(names)
    }

    fn link(&self, number: u32) -> Result<String, String> {
        let inode = self.inode(number)?;
        let len = u32_at(inode, 4) as usize;
        let text = if Self::has_blocks(inode) {
            let (block, _) = *self.blocks_of(number)?.last().ok_or("an empty link")?;
            self.block(block)?
        } else {
            inode[40..100].to_vec()
        };
        text.get(..len)
            .map(|t| String::from_utf8_lossy(t).into_owned())
            .ok_or_else(|| "a link too long".into())
    }
}

/// Where the entries of a block of a directory begin.
fn entry_offsets(data: &[u8]) -> Result<Vec<usize>, String> {
    let mut offsets = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let len = if at + 8 <= data.len() { usize::from(u16_at(data, at + 4)) } else { 0 };
        if len < 8 || at + len > data.len() || 8 + usize::from(data[at + 6]) > len {
            return Err("a damaged directory".into());
        }
        offsets.push(at);
        at += len;
    }
    Ok(offsets)
}

/// The new order of inodes, each once.
#[derive(Default)]
struct Order {
    listed: Vec<u32>,
    seen: HashSet<u32>,
}

impl Order {
    fn add(&mut self, inode: u32) {
        if self.seen.insert(inode) {
            self.listed.push(inode);
        }
    }
}

/// Follows a path from the root as path_resolution(7) does, and adds every inode on the way.
fn follow(
    image: &Image,
    path: &str,
    names: &mut HashMap<u32, HashMap<Vec<u8>, u32>>,
    order: &mut Order,
) -> Result<(), String> {
    let mut links = 0;
    let mut way = vec![ROOT];
    let mut rest: Vec<String> = path.split('/').rev().map(Into::into).collect();
    order.add(ROOT);
    while let Some(name) = rest.pop() {
        match name.as_str() {
            "" | "." => continue,
            ".." => {
                way.truncate(way.len().saturating_sub(1).max(1));
                continue;
            }
            _ => {}
        }
        let Some(&directory) = way.last() else { break };
        if image.mode(directory)? != DIRECTORY {
            break;
        }
        let entries = match names.entry(directory) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(image.entries(directory)?.into_iter().collect()),
        };
        let Some(&next) = entries.get(name.as_bytes()) else { break };
        order.add(next);
        if image.mode(next)? != SYMLINK {
            way.push(next);
            continue;
        }
        links += 1;
        if links > LINKS {
            break;
        }
        let target = image.link(next)?;
        if target.starts_with('/') {
            way.truncate(1);
        }
        rest.extend(target.split('/').rev().map(Into::into));
    }
    Ok(())
}

/// All directories below one and what they name, directory after directory.
fn everything(image: &Image, directories: &mut Vec<u32>, order: &mut Order) -> Result<(), String> {
    let mut open = vec![ROOT];
    let mut been = HashSet::from([ROOT]);
    while let Some(directory) = open.pop() {
        directories.push(directory);
        let mut below = Vec::new();
        for (_, inode) in image.entries(directory)? {
            order.add(inode);
            if image.mode(inode)? == DIRECTORY && been.insert(inode) {
                below.push(inode);
            }
        }
        open.extend(below.into_iter().rev());
    }
    Ok(())
}

/// The new place of every block and inode.
struct Places {
    /// By old block: the new one and what it holds; 0 where nothing moves.
    blocks: Vec<(u32, Kind)>,
    /// By old inode; 0 where none is.
    inodes: Vec<u32>,
}

impl Places {
    fn new(image: &Image, hot: &[String]) -> Result<Self, String> {
        let mut order = Order::default();
        let mut names = HashMap::new();
        for path in hot {
            follow(image, path, &mut names, &mut order)?;
        }
        let hot = order.listed.len();
        let mut directories = Vec::new();
        everything(image, &mut directories, &mut order)?;
        let Order { listed, seen } = order;
        // Directories first among the hot ones, then among the rest.
        let (first, rest) = listed.split_at(hot);
        let mut passes: Vec<u32> = Vec::with_capacity(listed.len());
        let is_directory = |inode: &u32| image.mode(*inode).is_ok_and(|mode| mode == DIRECTORY);
        passes.extend(first.iter().filter(|i| is_directory(i)));
        passes.extend(first.iter().filter(|i| !is_directory(i)));
        let early: HashSet<u32> = first.iter().copied().collect();
        passes.extend(directories.iter().filter(|i| !early.contains(i)));
        passes.extend(rest.iter().filter(|i| !is_directory(i)));

        let mut kinds: HashMap<u32, Kind> = HashMap::new();
        let mut sequence = Vec::new();
        for &inode in &passes {
            let attributes = u32_at(image.inode(inode)?, 104);
            for (block, kind) in image.blocks_of(inode)? {
                match kinds.insert(block, kind) {
                    None => sequence.push((block, kind)),
                    // Several inodes may share a block of attributes.
                    Some(_) if block == attributes => {}
                    Some(_) => return Err(format!("two files have block {block}")),
                }
            }
        }
        for &inode in &image.used {
            // 1 to 10 are reserved; besides the root none of a plain image has blocks.
            if !seen.contains(&inode) && !image.blocks_of(inode)?.is_empty() {
                return Err(format!("inode {inode} has blocks and no name"));
            }
        }
        let mut blocks = vec![(0, Kind::Data); image.blocks as usize];
        let mut places: Vec<u32> = sequence.iter().map(|(block, _)| *block).collect();
        places.sort_unstable();
        for ((old, kind), new) in sequence.into_iter().zip(places) {
            blocks[old as usize] = (new, kind);
        }

        let mut inodes = vec![0; image.inodes.len() / image.inode_size + 1];
        let moves = |inode: &u32| seen.contains(inode) && *inode > LOST_AND_FOUND;
        let targets = image.used.iter().filter(|i| moves(i));
        for inode in &image.used {
            inodes[*inode as usize] = *inode;
        }
        for (old, new) in listed.iter().filter(|i| moves(i)).zip(targets) {
            inodes[*old as usize] = *new;
        }
        Ok(Places { blocks, inodes })
    }

    fn block(&self, old: u32) -> u32 {
        self.blocks.get(old as usize).map_or(0, |(new, _)| *new)
    }

    /// The contents of a block, with the numbers in it brought up to date.
    fn contents(&self, mut data: Vec<u8>, kind: Kind) -> Result<Vec<u8>, String> {
        match kind {
            Kind::Data => {}
            Kind::Indirect => {
                for number in data.chunks_exact_mut(4) {
                    let old = u32_at(number, 0);
                    set_u32(number, 0, self.block(old));
                }
            }
            Kind::Directory => {
                for at in entry_offsets(&data)? {
                    let inode = u32_at(&data, at) as usize;
                    let new = self.inodes.get(inode).ok_or("a damaged directory")?;
                    set_u32(&mut data, at, *new);
                }
            }
        }
        Ok(data)
    }

    /// All inode tables, and the group descriptors with their counts of directories.
    fn tables(&self, image: &Image) -> Result<(Vec<u8>, Vec<u8>), String> {
        let mut tables = image.inodes.clone();
        let mut descriptors = image.descriptors.clone();
        let mut counts = vec![0u16; descriptors.len() / 32];
        for &old in &image.used {
            let mut inode = image.inode(old)?.to_vec();
            let attributes = u32_at(&inode, 104);
            if attributes != 0 {
                set_u32(&mut inode, 104, self.block(attributes));
            }
            if Image::has_blocks(&inode) {
                for at in (40..100).step_by(4) {
                    let block = u32_at(&inode, at);
                    set_u32(&mut inode, at, if block == 0 { 0 } else { self.block(block) });
                }
            }
            let new = self.inodes[old as usize] as usize - 1;
            tables[new * image.inode_size..(new + 1) * image.inode_size].copy_from_slice(&inode);
            if u16_at(&inode, 0) & 0xF000 == DIRECTORY {
                counts[new / image.inodes_per_group as usize] += 1;
            }
        }
        for (descriptor, count) in descriptors.chunks_exact_mut(32).zip(counts) {
            descriptor[16..18].copy_from_slice(&count.to_le_bytes());
        }
        Ok((tables, descriptors))
    }
}

/// Whether a group has a copy of the superblock and the descriptors (sparse_super).
fn has_copy(group: u32) -> bool {
    let power = |base: u32| {
        let mut n = group;
        while n > 1 && n.is_multiple_of(base) {
            n /= base;
        }
        n == 1
    };
    group <= 1 || [3, 5, 7].into_iter().any(power)
}

/// Writes the image `from` to `to` with everything in its new place. `hot` are absolute paths;
/// those that do not exist are left out. Errors are sentences, and `to` may then be there in part.
pub fn arrange(from: &Path, to: &Path, hot: &[String]) -> Result<(), String> {
    let sentence = |e: String| format!("{} cannot be arranged: {e}", from.display());
    let image = Image::open(from).map_err(sentence)?;
    let places = Places::new(&image, hot).map_err(sentence)?;
    tools::checked(Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(from).arg(to))?;
    let out = fs::OpenOptions::new().write(true).open(to).map_err(|e| format!("{}: {e}", to.display()))?;
    let put = |data: &[u8], at: u64| out.write_all_at(data, at).map_err(|e| format!("{}: {e}", to.display()));
    let size = image.block_size as u64;
    for (old, (new, kind)) in places.blocks.iter().enumerate().filter(|(_, (new, _))| *new != 0) {
        let data = image.block(old as u32).and_then(|data| places.contents(data, *kind)).map_err(sentence)?;
        put(&data, u64::from(*new) * size)?;
    }
    let (tables, descriptors) = places.tables(&image).map_err(sentence)?;
    let per_group = image.inodes_per_group as usize * image.inode_size;
    for (group, table) in tables.chunks_exact(per_group).enumerate() {
        let group = group as u32;
        if table.iter().any(|byte| *byte != 0) {
            put(table, image.table(group))?;
        }
        if has_copy(group) {
            put(&descriptors, (u64::from(group * image.blocks_per_group) + 1) * size)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "arrange_tests.rs"]
mod tests;
