//! Extended attributes (xattr(7)): who may see and change which.

use crate::acl_rules::list_name;
use crate::error::{FsResult, fail};
use crate::types::{Access, Context, FileKind, Location, XattrFlags};
use crate::vfs::Vfs;
use crate::watch::mask;
use tawaki_abi::Errno;
use tawaki_abi::fs::S_ISVTX;

/// Longest name, bytes (`XATTR_NAME_MAX`).
pub const XATTR_NAME_MAX: usize = 255;
/// Longest value, bytes (`XATTR_SIZE_MAX`).
pub const XATTR_SIZE_MAX: usize = 65536;
/// Capabilities of a program file (capabilities(7)).
pub const CAPABILITY: &[u8] = b"security.capability";

const USER: &[u8] = b"user.";
const TRUSTED: &[u8] = b"trusted.";

impl Vfs {
    /// Value of an attribute. `ENODATA` when there is none or the caller may not see it;
    /// `admin`: it holds `CAP_SYS_ADMIN`.
    pub fn xattr(&mut self, cx: &Context, at: Location, name: &[u8], admin: bool) -> FsResult<Vec<u8>> {
        self.check_xattr(cx, at, name, admin, false)?;
        if list_name(name).is_some() && self.kind_of(cx, at)? == FileKind::Symlink {
            return fail(Errno::EOPNOTSUPP);
        }
        self.fs_at(at)?.xattr(cx, at.ino, name)
    }

    /// Names of the attributes, each with its NUL.
    pub fn xattr_names(&mut self, cx: &Context, at: Location, admin: bool) -> FsResult<Vec<u8>> {
        let names = self.fs_at(at)?.xattr_names(cx, at.ino)?;
        let shown = names.iter().filter(|name| admin || !name.starts_with(TRUSTED));
        Ok(shown.flat_map(|name| name.iter().copied().chain([0])).collect())
    }

    /// Sets an attribute, or removes it (`None`). What `security.` attributes ask of the
    /// caller is the kernel's to check.
    pub fn set_xattr(
        &mut self,
        cx: &Context,
        at: Location,
        name: &[u8],
        value: Option<&[u8]>,
        flags: XattrFlags,
        admin: bool,
    ) -> FsResult<()> {
        self.check_writable(at)?;
        if let Some(name) = list_name(name) {
            return self.set_list(cx, at, name, value);
        }
        self.check_xattr(cx, at, name, admin, true)?;
        self.maintain(cx);
        self.fs_at(at)?.set_xattr(cx, at.ino, name, value, flags)?;
        self.note_change(at, mask::ATTRIB);
        Ok(())
    }

    /// The rules of the name spaces, as `xattr_permission` of Linux has them.
    fn check_xattr(
        &mut self,
        cx: &Context,
        at: Location,
        name: &[u8],
        admin: bool,
        write: bool,
    ) -> FsResult<()> {
        let refused = if write { Errno::EPERM } else { Errno::ENODATA };
        if name.starts_with(b"security.") || name.starts_with(b"system.") {
            return Ok(());
        }
        if name.starts_with(TRUSTED) {
            return if admin { Ok(()) } else { fail(refused) };
        }
        let stat = self.stat(cx, at)?;
        if name.starts_with(USER) {
            match FileKind::from_mode(stat.mode) {
                Some(FileKind::Regular) => {}
                Some(FileKind::Directory) => {
                    let owner = cx.creds.owns(stat.uid);
                    if write && stat.mode & S_ISVTX != 0 && !owner {
                        return fail(Errno::EPERM);
                    }
                }
                _ => return fail(refused),
            }
        }
        self.check(cx, at, &stat, if write { Access::WRITE } else { Access::READ })
    }
}
