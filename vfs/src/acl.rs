//! Access control lists (acl(5)): more users and groups than the mode has room for.
//!
//! A file's list is an extended attribute whose value programs see in Linux's form: a
//! version and entries of tag, permissions and identity. What a list says of owner and
//! others stands in the mode too, its mask in the mode's group bits; file systems keep
//! both alike. A list that says no more than a mode is not kept. Source: POSIX 1003.1e
//! draft 17, sections 23.1.5 (who may) and 23.1.3 (new files).

use crate::types::{Access, Creds};
use tawaki_abi::Errno;
use tawaki_abi::fs::Stat;

/// The list that decides who may.
pub const ACL_ACCESS: &[u8] = b"system.posix_acl_access";
/// A directory's list for what is created in it.
pub const ACL_DEFAULT: &[u8] = b"system.posix_acl_default";

/// Version of the form that programs see.
const VERSION: u32 = 2;
/// Bytes of the version, and of an entry.
const HEADER: usize = 4;
const ENTRY: usize = 8;
/// No identity.
const NOBODY: u32 = u32::MAX;

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Owner,
    User(u32),
    OwningGroup,
    Group(u32),
    Mask,
    Others,
}

impl Who {
    /// From the tag that Linux uses, on disk too.
    pub(crate) fn new(tag: u16, id: u32) -> Option<Who> {
        Some(match tag {
            0x01 => Who::Owner,
            0x02 => Who::User(id),
            0x04 => Who::OwningGroup,
            0x08 => Who::Group(id),
            0x10 => Who::Mask,
            0x20 => Who::Others,
            _ => return None,
        })
    }

    pub(crate) fn tag(self) -> u16 {
        match self {
            Who::Owner => 0x01,
            Who::User(_) => 0x02,
            Who::OwningGroup => 0x04,
            Who::Group(_) => 0x08,
            Who::Mask => 0x10,
            Who::Others => 0x20,
        }
    }

    /// The user or group, for entries that name one.
    pub(crate) fn id(self) -> Option<u32> {
        match self {
            Who::User(id) | Who::Group(id) => Some(id),
            _ => None,
        }
    }
}

/// A list, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acl {
    pub(crate) entries: Vec<(Who, u16)>,
}

impl Acl {
    /// Reads the form that programs see; `None` when it has no entries.
    pub fn parse(value: &[u8]) -> Result<Option<Acl>, Errno> {
        let (head, rest) = value.split_first_chunk::<HEADER>().ok_or(Errno::EINVAL)?;
        if u32::from_le_bytes(*head) != VERSION {
            return Err(Errno::EOPNOTSUPP);
        }
        let (entries, []) = rest.as_chunks::<ENTRY>() else { return Err(Errno::EINVAL) };
        let entry = |[t0, t1, p0, p1, id @ ..]: &[u8; ENTRY]| {
            let who = Who::new(u16::from_le_bytes([*t0, *t1]), u32::from_le_bytes(*id))?;
            (who.id() != Some(NOBODY)).then_some((who, u16::from_le_bytes([*p0, *p1])))
        };
        let entries: Option<Vec<_>> = entries.iter().map(entry).collect();
        let acl = Acl { entries: entries.ok_or(Errno::EINVAL)? };
        Ok((!acl.entries.is_empty()).then_some(acl))
    }

    /// The form that programs see.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = VERSION.to_le_bytes().to_vec();
        for (who, perm) in &self.entries {
            out.extend(who.tag().to_le_bytes());
            out.extend(perm.to_le_bytes());
            out.extend(who.id().unwrap_or(NOBODY).to_le_bytes());
        }
        out
    }

    /// Whether every entry is at its place, and none is missing or too many.
    pub fn is_valid(&self) -> bool {
        let mut last = 0;
        let mut named = false;
        for (who, perm) in &self.entries {
            let tag = who.tag();
            let repeated = last == tag && who.id().is_some();
            if *perm > 7 || tag < last || tag == last && !repeated {
                return false;
            }
            named |= who.id().is_some();
            last = tag;
        }
        let has = |wanted| self.entries.iter().any(|(who, _)| *who == wanted);
        has(Who::Owner) && has(Who::OwningGroup) && has(Who::Others) && (has(Who::Mask) || !named)
    }

    fn get(&self, wanted: Who) -> Option<u16> {
        self.entries.iter().find(|(who, _)| *who == wanted).map(|(_, perm)| *perm)
    }

    fn edit(&mut self, wanted: Who) -> Option<&mut u16> {
        self.entries.iter_mut().find(|(who, _)| *who == wanted).map(|(_, perm)| perm)
    }

    /// Whom the mode's group bits stand for.
    fn group_class(&self) -> Who {
        if self.get(Who::Mask).is_some() { Who::Mask } else { Who::OwningGroup }
    }

    /// The nine permission bits that go with it.
    pub fn mode(&self) -> u32 {
        let bits = |who| u32::from(self.get(who).unwrap_or(0));
        bits(Who::Owner) << 6 | bits(self.group_class()) << 3 | bits(Who::Others)
    }

    /// Whether a mode says as much.
    pub fn is_mode(&self) -> bool {
        self.entries.iter().all(|(who, _)| matches!(who, Who::Owner | Who::OwningGroup | Who::Others))
    }

    /// After chmod(2).
    pub fn set_mode(&mut self, mode: u32) {
        let class = self.group_class();
        for (who, shift) in [(Who::Owner, 6), (class, 3), (Who::Others, 0)] {
            if let Some(perm) = self.edit(who) {
                *perm = (mode >> shift & 7) as u16;
            }
        }
    }

    /// As a directory's default: the list of a file that is created with `mode` there, and the mode it gets.
    pub fn inherit(&self, mode: u32) -> (Acl, u32) {
        let mut acl = self.clone();
        let kept = mode & self.mode();
        acl.set_mode(kept);
        (acl, mode & !0o777 | kept)
    }

    /// Whether it lets somebody in who is not the owner (whom the mode alone concerns).
    pub fn permits(&self, creds: &Creds, stat: &Stat, want: Access) -> bool {
        let grants = |perm: u16| Access::from_bits_truncate(perm.into()).contains(want);
        let mask = self.get(Who::Mask).unwrap_or(7);
        let of_user = self.entries.iter().find(|(who, _)| *who == Who::User(creds.uid));
        if let Some((_, perm)) = of_user {
            return grants(perm & mask);
        }
        let mut of_groups = self.entries.iter().filter(|(who, _)| match who {
            Who::OwningGroup => creds.in_group(stat.gid),
            Who::Group(gid) => creds.in_group(*gid),
            _ => false,
        });
        // The first entry that grants it all decides; one that belongs to a group of the list is none of the others.
        let mut member = false;
        let granting = of_groups.find(|(_, perm)| {
            member = true;
            grants(*perm)
        });
        match granting {
            Some((_, perm)) => grants(perm & mask),
            None => !member && grants(self.get(Who::Others).unwrap_or(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(entries: &[(Who, u16)]) -> Acl {
        Acl { entries: entries.to_vec() }
    }

    #[test]
    fn reads_what_it_writes_and_refuses_the_rest() {
        let list = acl(&[
            (Who::Owner, 6),
            (Who::User(7), 4),
            (Who::OwningGroup, 0),
            (Who::Mask, 4),
            (Who::Others, 0),
        ]);
        let bytes = list.encode();
        assert_eq!(Acl::parse(&bytes), Ok(Some(list)));
        assert_eq!(Acl::parse(&bytes[..4]), Ok(None));
        for cut in [0, 3, 5, 11, bytes.len() - 1] {
            assert_eq!(Acl::parse(&bytes[..cut]), Err(Errno::EINVAL), "{cut}");
        }
        let mut other = bytes.clone();
        other[0] = 1;
        assert_eq!(Acl::parse(&other), Err(Errno::EOPNOTSUPP));
        // A user without a number.
        other = bytes;
        other[4 + 8 + 4..4 + 16].fill(0xff);
        assert_eq!(Acl::parse(&other), Err(Errno::EINVAL));
    }

    #[test]
    fn new_files_get_what_mode_and_default_both_allow() {
        let default = acl(&[
            (Who::Owner, 7),
            (Who::User(7), 7),
            (Who::OwningGroup, 5),
            (Who::Mask, 7),
            (Who::Others, 0),
        ]);
        let (list, mode) = default.inherit(0o100664);
        assert_eq!(mode, 0o100660);
        assert_eq!(list.mode(), 0o660);
        assert_eq!(list.get(Who::Mask), Some(6));
        assert_eq!(list.get(Who::OwningGroup), Some(5));
    }
}
