//! What access control lists change: who may, chmod(2), new files, and who may change a list.

use crate::access;
use crate::acl::{ACL_ACCESS, ACL_DEFAULT, Acl};
use crate::error::{FsResult, fail};
use crate::types::{Access, Context, FileKind, Location, Powers};
use crate::vfs::Vfs;
use crate::watch::mask;
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFLNK, S_IFMT, S_ISGID, Stat};

/// Attributes of a new file.
pub(crate) type Attributes = Vec<(&'static [u8], Vec<u8>)>;

/// The full name, if it is a list's.
pub(crate) fn list_name(name: &[u8]) -> Option<&'static [u8]> {
    [ACL_ACCESS, ACL_DEFAULT].into_iter().find(|list| *list == name)
}

impl Vfs {
    /// Checks permissions, lists included; `EACCES` when one is missing.
    pub(crate) fn check(&mut self, cx: &Context, at: Location, stat: &Stat, want: Access) -> FsResult<()> {
        // The owner has what the mode says; and where the mode gives the group nothing, Linux does not look at the list.
        let by_mode =
            cx.creds.may(Powers::DAC_OVERRIDE) || cx.creds.uid == stat.uid || stat.mode & 0o070 == 0;
        if by_mode || stat.mode & S_IFMT == S_IFLNK {
            return access::check(cx.creds, stat, want);
        }
        match self.list(cx, at, ACL_ACCESS)? {
            None => access::check(cx.creds, stat, want),
            Some(list) if list.permits(cx.creds, stat, want) || access::overrides(cx.creds, stat, want) => {
                Ok(())
            }
            Some(_) => fail(Errno::EACCES),
        }
    }

    /// Whether permissions allow it.
    pub(crate) fn may(&mut self, cx: &Context, at: Location, stat: &Stat, want: Access) -> FsResult<bool> {
        match self.check(cx, at, stat, want) {
            Ok(()) => Ok(true),
            Err(error) if error.is(Errno::EACCES) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A file's list, if it has one that makes sense.
    fn list(&mut self, cx: &Context, at: Location, name: &'static [u8]) -> FsResult<Option<Acl>> {
        let value = self.fs_at(at)?.acl(cx, at.ino, name)?;
        Ok(value.and_then(|value| Acl::parse(&value).ok().flatten()).filter(Acl::is_valid))
    }

    /// Lists and mode of what is created in `dir` with `mode`: the umask counts where `dir` has no default list.
    pub(crate) fn inherited(
        &mut self,
        cx: &Context,
        dir: Location,
        mode: u32,
    ) -> FsResult<(Attributes, u32)> {
        if mode & S_IFMT == S_IFLNK {
            return Ok((Vec::new(), mode));
        }
        let Some(default) = self.list(cx, dir, ACL_DEFAULT)? else {
            return Ok((Vec::new(), mode & !cx.umask));
        };
        let mut attributes = Vec::new();
        if FileKind::from_mode(mode) == Some(FileKind::Directory) {
            attributes.push((ACL_DEFAULT, default.encode()));
        }
        let (list, mode) = default.inherit(mode);
        if !list.is_mode() {
            attributes.push((ACL_ACCESS, list.encode()));
        }
        Ok((attributes, mode))
    }

    /// chmod(2) of a file that has a list: that says the same as the mode.
    pub(crate) fn chmod_acl(&mut self, cx: &Context, at: Location, mode: u32) -> FsResult<()> {
        let Some(mut list) = self.list(cx, at, ACL_ACCESS)? else { return Ok(()) };
        list.set_mode(mode);
        self.fs_at(at)?.set_acl(cx, at.ino, ACL_ACCESS, Some(&list.encode()), Some(mode))
    }

    /// Sets a list, or removes it. setxattr(2)'s flags do not matter.
    pub(crate) fn set_list(
        &mut self,
        cx: &Context,
        at: Location,
        name: &'static [u8],
        value: Option<&[u8]>,
    ) -> FsResult<()> {
        let list = match value.filter(|value| !value.is_empty()) {
            Some(value) => Acl::parse(value)?,
            None => None,
        };
        let stat = self.stat(cx, at)?;
        if stat.mode & S_IFMT == S_IFLNK {
            return fail(Errno::EOPNOTSUPP);
        }
        if name == ACL_DEFAULT && !access::is_dir(&stat) {
            return if list.is_some() { fail(Errno::EACCES) } else { Ok(()) };
        }
        if !cx.creds.owns(stat.uid) {
            return fail(Errno::EPERM);
        }
        if list.as_ref().is_some_and(|list| !list.is_valid()) {
            return fail(Errno::EINVAL);
        }
        let mut mode = None;
        let mut kept = list.as_ref();
        if name == ACL_ACCESS
            && let Some(list) = &list
        {
            let keeps_sgid = cx.creds.may(Powers::FSETID) || cx.creds.in_group(stat.gid);
            let special = stat.mode & 0o7000 & if keeps_sgid { !0 } else { !S_ISGID };
            mode = Some(special | list.mode());
            kept = kept.filter(|list| !list.is_mode());
        }
        self.maintain(cx);
        let value = kept.map(Acl::encode);
        self.fs_at(at)?.set_acl(cx, at.ino, name, value.as_deref(), mode)?;
        self.note_change(at, mask::ATTRIB);
        Ok(())
    }
}
