//! Extended attributes of an inode: in what its slot has left behind the fields (where
//! mke2fs and Linux put the small ones), and in one block of its own.
//!
//! A change reads all attributes, changes the list and writes both places anew: first
//! what fits into the slot, the rest into the block. A block that other inodes share is
//! left to them. Source: `fs/ext2/xattr.h` and `fs/ext4/xattr.h` of Linux; e2fsck checks
//! the hashes and the count of users.

use super::inode::Inode;
use super::layout::{RAW_INODE_SIZE, Superblock, XATTR_MAGIC};
use super::volume::{Volume, corrupt, load, store};
use crate::acl::{ACL_ACCESS, ACL_DEFAULT, Acl, Who};
use crate::cache::Block;
use crate::error::{CorruptKind, FsResult, fail};
use core::mem::offset_of;
use tawaki_abi::Errno;

/// Bytes of a block before its entries: magic, users, blocks, hash, reserved.
const BLOCK_HEADER: usize = 32;
/// Bytes before the entries in an inode: the magic number.
const SLOT_HEADER: usize = 4;
/// Bytes of an entry before its name.
const ENTRY: usize = 16;
/// Where an entry keeps what.
const VALUE_OFFSET: usize = 2;
const VALUE_BLOCK: usize = 4;
const VALUE_SIZE: usize = 8;
const HASH: usize = 12;
/// `s_feature_compat`: some inode has attributes.
const COMPAT_EXT_ATTR: u32 = 0x8;

/// Name spaces by their number on disk. Others are kept, not shown.
const PREFIXES: [(u8, &[u8]); 3] = [(1, b"user."), (4, b"trusted."), (6, b"security.")];
/// Those of one attribute each, which has no name on disk: access control lists.
const LISTS: [(u8, &[u8]); 2] = [(2, ACL_ACCESS), (3, ACL_DEFAULT)];
/// Version of a list on disk.
const LIST_VERSION: u32 = 1;

/// One attribute; the order is that of the entries on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    space: u8,
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Attribute {
    fn key(&self) -> (u8, usize, &[u8]) {
        (self.space, self.name.len(), &self.name)
    }

    /// Bytes of entry and value.
    fn size(&self) -> usize {
        ENTRY + self.name.len().next_multiple_of(4) + self.value.len().next_multiple_of(4)
    }

    fn hash(&self) -> u32 {
        let name = self.name.iter().fold(0u32, |hash, &byte| hash.rotate_left(5) ^ u32::from(byte));
        self.value.chunks(4).fold(name, |hash, part| {
            let mut word = [0; 4];
            word[..part.len()].copy_from_slice(part);
            hash.rotate_left(16) ^ u32::from_le_bytes(word)
        })
    }
}

/// Splits a full name (`user.x`). `EOPNOTSUPP` for a name space that is not kept here,
/// `EINVAL` for one without a name in it.
fn split(name: &[u8]) -> FsResult<(u8, &[u8])> {
    if let Some((space, _)) = LISTS.iter().find(|(_, list)| *list == name) {
        return Ok((*space, &[]));
    }
    for (space, prefix) in PREFIXES {
        if let Some(rest) = name.strip_prefix(prefix) {
            return if rest.is_empty() { fail(Errno::EINVAL) } else { Ok((space, rest)) };
        }
    }
    fail(Errno::EOPNOTSUPP)
}

/// A list as it is on disk: only entries that name somebody have an identity.
fn list_to_disk(acl: &Acl) -> Vec<u8> {
    let mut out = LIST_VERSION.to_le_bytes().to_vec();
    for (who, perm) in &acl.entries {
        out.extend(who.tag().to_le_bytes());
        out.extend(perm.to_le_bytes());
        if let Some(id) = who.id() {
            out.extend(id.to_le_bytes());
        }
    }
    out
}

/// The reverse.
fn list_from_disk(mut data: &[u8]) -> Option<Acl> {
    fn word<const N: usize>(data: &mut &[u8]) -> Option<[u8; N]> {
        let (word, rest) = data.split_first_chunk::<N>()?;
        *data = rest;
        Some(*word)
    }
    if u32::from_le_bytes(word(&mut data)?) != LIST_VERSION {
        return None;
    }
    let mut entries = Vec::new();
    while !data.is_empty() {
        let (tag, perm) = (u16::from_le_bytes(word(&mut data)?), u16::from_le_bytes(word(&mut data)?));
        let who = Who::new(tag, 0)?;
        let who = if who.id().is_some() { Who::new(tag, u32::from_le_bytes(word(&mut data)?))? } else { who };
        entries.push((who, perm));
    }
    Some(Acl { entries })
}

/// Reads the entries from `first` on; their values lie from `base` on.
fn parse(data: &[u8], first: usize, base: usize, out: &mut Vec<Attribute>, ino: u32) -> FsResult<()> {
    let bad = || corrupt(CorruptKind::Attributes, ino);
    let mut at = first;
    loop {
        let Some(head) = data.get(at..at + 4) else { return bad() };
        if head == [0; 4] {
            return Ok(());
        }
        let (name_len, space) = (usize::from(head[0]), head[1]);
        let Some(entry) = data.get(at..at + ENTRY + name_len) else { return bad() };
        let offset = usize::from(load::<u16>(entry, VALUE_OFFSET));
        let size = load::<u32>(entry, VALUE_SIZE) as usize;
        if load::<u32>(entry, VALUE_BLOCK) != 0 || size > data.len() {
            return bad();
        }
        let start = if size == 0 { 0 } else { base + offset };
        let Some(value) = data.get(start..start + size) else { return bad() };
        let name = entry[ENTRY..].to_vec();
        out.push(Attribute { space, name, value: value.to_vec() });
        at += ENTRY + name_len.next_multiple_of(4);
    }
}

/// Writes those of `attributes` that fit, entries from `first` on and values from the
/// end backwards; returns the others. `data` is zeroed.
fn pack(data: &mut [u8], first: usize, base: usize, attributes: Vec<Attribute>) -> (Vec<Attribute>, bool) {
    let (mut at, mut end) = (first, data.len() / 4 * 4);
    let mut left = Vec::new();
    for attribute in attributes {
        // Four zero bytes end the entries.
        if at + attribute.size() + 4 > end {
            left.push(attribute);
            continue;
        }
        let (name, value) = (&attribute.name, &attribute.value);
        end -= value.len().next_multiple_of(4);
        data[end..end + value.len()].copy_from_slice(value);
        let entry = &mut data[at..at + ENTRY + name.len()];
        entry[0] = name.len() as u8;
        entry[1] = attribute.space;
        store(entry, VALUE_OFFSET, &(if value.is_empty() { 0 } else { end - base } as u16));
        store(entry, VALUE_SIZE, &(value.len() as u32));
        store(entry, HASH, &attribute.hash());
        entry[ENTRY..].copy_from_slice(name);
        at += ENTRY + name.len().next_multiple_of(4);
    }
    (left, at > first)
}

impl Volume {
    /// Where an inode's slot keeps attributes: block and byte range. `None` without room.
    fn slot_room(&self, inode: &Inode) -> FsResult<Option<(Block, usize, usize)>> {
        let (block, at) = self.inode_place(inode.ino)?;
        let fields = RAW_INODE_SIZE + inode.extra_len;
        let room = self.geo.inode_size.saturating_sub(fields);
        let usable = inode.extra_len > 0 && inode.extra_len.is_multiple_of(4) && room >= SLOT_HEADER + 4;
        Ok(usable.then_some((block, at + fields, at + self.geo.inode_size)))
    }

    /// Whether an inode has any attribute; cheap.
    pub fn has_attributes(&mut self, inode: &Inode) -> FsResult<bool> {
        if inode.raw.file_acl != 0 {
            return Ok(true);
        }
        let Some((block, start, _)) = self.slot_room(inode)? else { return Ok(false) };
        Ok(load::<u32>(self.cache.read(block)?, start) == XATTR_MAGIC)
    }

    fn attributes(&mut self, inode: &Inode) -> FsResult<Vec<Attribute>> {
        let mut out = Vec::new();
        if let Some((block, start, end)) = self.slot_room(inode)? {
            let slot = &self.cache.read(block)?[start..end];
            if load::<u32>(slot, 0) == XATTR_MAGIC {
                parse(slot, SLOT_HEADER, SLOT_HEADER, &mut out, inode.ino)?;
            }
        }
        if inode.raw.file_acl != 0 {
            let block = self.check_data_block(inode.raw.file_acl, inode.ino)?;
            let data = self.cache.read(block)?;
            if load::<u32>(data, 0) != XATTR_MAGIC || load::<u32>(data, 8) != 1 {
                return corrupt(CorruptKind::Attributes, inode.ino);
            }
            parse(data, BLOCK_HEADER, 0, &mut out, inode.ino)?;
        }
        Ok(out)
    }

    /// Value of an attribute: `ENODATA` when there is none.
    pub fn xattr(&mut self, inode: &Inode, name: &[u8]) -> FsResult<Vec<u8>> {
        let (space, name) = split(name)?;
        let all = self.attributes(inode)?;
        match all.into_iter().find(|a| a.space == space && a.name == name) {
            Some(found) if LISTS.iter().any(|(list, _)| *list == space) => match list_from_disk(&found.value)
            {
                Some(list) => Ok(list.encode()),
                None => corrupt(CorruptKind::Attributes, inode.ino),
            },
            Some(found) => Ok(found.value),
            None => fail(Errno::ENODATA),
        }
    }

    /// Full names of the attributes.
    pub fn xattr_names(&mut self, inode: &Inode) -> FsResult<Vec<Vec<u8>>> {
        let all = self.attributes(inode)?;
        let full = |a: Attribute| {
            let mut spaces = PREFIXES.iter().chain(&LISTS);
            let (_, prefix) = spaces.find(|(space, _)| *space == a.space)?;
            Some([*prefix, &a.name].concat())
        };
        Ok(all.into_iter().filter_map(full).collect())
    }

    /// Sets an attribute, or removes it (`None`). The changed inode is not stored yet.
    /// `EEXIST` and `ENODATA` as `create` and `replace` want, `ENOSPC` when it does not fit.
    pub fn set_xattr(
        &mut self,
        inode: &mut Inode,
        name: &[u8],
        value: Option<&[u8]>,
        (create, replace): (bool, bool),
        privileged: bool,
    ) -> FsResult<()> {
        let (space, name) = split(name)?;
        let list = match value {
            Some(value) if LISTS.iter().any(|(list, _)| *list == space) => {
                Some(Acl::parse(value)?.map_or(Vec::new(), |list| list_to_disk(&list)))
            }
            _ => None,
        };
        let value = list.as_deref().or(value);
        let mut all = self.attributes(inode)?;
        let found = all.iter().position(|a| a.space == space && a.name == name);
        match (found, value) {
            (Some(_), Some(_)) if create => return fail(Errno::EEXIST),
            (None, Some(_)) if replace => return fail(Errno::ENODATA),
            (None, None) => return fail(Errno::ENODATA),
            (Some(at), None) => drop(all.remove(at)),
            (Some(at), Some(value)) => all[at].value = value.to_vec(),
            (None, Some(value)) => {
                all.push(Attribute { space, name: name.to_vec(), value: value.to_vec() });
            }
        }
        all.sort_by(|a, b| a.key().cmp(&b.key()));
        self.store_attributes(inode, all, privileged)
    }

    fn store_attributes(&mut self, inode: &mut Inode, all: Vec<Attribute>, privileged: bool) -> FsResult<()> {
        let mut rest = all;
        if let Some((block, start, end)) = self.slot_room(inode)? {
            let slot = &mut self.cache.modify(block)?[start..end];
            slot.fill(0);
            let (left, some) = pack(slot, SLOT_HEADER, SLOT_HEADER, rest);
            if some {
                store(slot, 0, &XATTR_MAGIC);
            }
            rest = left;
        }
        let old = inode.raw.file_acl;
        let units = (self.geo.block_size / 512) as u32;
        if rest.is_empty() {
            if old != 0 {
                self.drop_xattr_block(old, inode.ino)?;
                inode.raw.file_acl = 0;
                inode.raw.blocks = inode.raw.blocks.saturating_sub(units);
            }
            return Ok(());
        }
        let hash = rest.iter().fold(0u32, |hash, a| hash.rotate_left(16) ^ a.hash());
        let mut data = vec![0; self.geo.block_size];
        let (left, _) = pack(&mut data, BLOCK_HEADER, 0, rest);
        if !left.is_empty() {
            return fail(Errno::ENOSPC);
        }
        for (at, value) in [XATTR_MAGIC, 1, 1, hash].iter().enumerate() {
            store(&mut data, at * 4, value);
        }
        let shared = old != 0 && {
            let block = self.check_data_block(old, inode.ino)?;
            load::<u32>(self.cache.read(block)?, 4) > 1
        };
        if old == 0 || shared {
            let goal = self.goal(inode.ino);
            let block = self.alloc_block(goal, privileged)?;
            if shared {
                self.drop_xattr_block(old, inode.ino)?;
            } else {
                inode.raw.blocks = inode.raw.blocks.saturating_add(units);
            }
            inode.raw.file_acl = block.0;
        }
        let block = self.check_data_block(inode.raw.file_acl, inode.ino)?;
        self.cache.overwrite(block).copy_from_slice(&data);
        if self.superblock()?.feature_compat & COMPAT_EXT_ATTR == 0 {
            let field = offset_of!(Superblock, feature_compat);
            self.edit_super(field, |bits| Some(bits | COMPAT_EXT_ATTR))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(space: u8, name: &str, value: &[u8]) -> Attribute {
        Attribute { space, name: name.into(), value: value.into() }
    }

    #[test]
    fn packs_what_fits_and_reads_it_back() {
        let all = vec![attribute(1, "a", b"12345"), attribute(1, "bb", b""), attribute(6, "long", &[7; 40])];
        let mut data = [0; 88];
        let (left, some) = pack(&mut data, 4, 4, all.clone());
        assert!(some);
        assert_eq!(left, all[2..]);
        let mut back = Vec::new();
        parse(&data, 4, 4, &mut back, 0).unwrap();
        assert_eq!(back, all[..2]);
    }

    #[test]
    fn refuses_what_points_outside() {
        let mut data = [0; 64];
        pack(&mut data, 4, 4, vec![attribute(1, "a", b"12345")]);
        for at in 0..20 {
            for bit in 0..8 {
                let mut damaged = data;
                damaged[4 + at] ^= 1 << bit;
                let _ = parse(&damaged, 4, 4, &mut Vec::new(), 0);
            }
        }
        data[4..].fill(0x11);
        assert!(parse(&data, 4, 4, &mut Vec::new(), 0).is_err());
    }
}
