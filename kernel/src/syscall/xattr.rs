//! Extended attributes (xattr(7)), and the capabilities that one of them gives a program.

use super::{done, with};
use crate::capability::{FileCaps, SETFCAP};
use crate::kernel::{Caller, Kernel};
use crate::wait::{Stop, SysResult};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Fd, XattrOp};
use tawaki_vfs::{CAPABILITY, Location, XATTR_NAME_MAX, XATTR_SIZE_MAX, XattrFlags};

impl Kernel {
    pub(super) fn sys_xattr(
        &mut self,
        c: Caller,
        dirfd: Fd,
        path: &[u8],
        flags: u32,
        op: &XattrOp,
    ) -> SysResult {
        if path.is_empty() && flags & tawaki_abi::fs::AT_EMPTY_PATH != 0 {
            // Descriptors of O_PATH have none.
            self.sys.io_fd(c.proc, dirfd)?;
        }
        let loc = self.find(c, dirfd, path, flags)?;
        let admin = self.sys.procs[c.proc].cred.capable();
        let name: &[u8] = match op {
            XattrOp::Get { name } | XattrOp::Set { name, .. } | XattrOp::Remove { name } => name,
            XattrOp::List => b"user.",
        };
        if name.is_empty() || name.len() > XATTR_NAME_MAX {
            return Err(Errno::ERANGE.into());
        }
        let value = match op {
            XattrOp::Set { value, .. } => Some(value.as_slice()),
            _ => None,
        };
        if matches!(op, XattrOp::Set { .. } | XattrOp::Remove { .. }) && name.starts_with(b"security.") {
            self.check_security(c, name, value)?;
        }
        let Kernel { vfs, sys, .. } = self;
        let cx = sys.context(c.proc);
        match op {
            XattrOp::Get { .. } => {
                let value = vfs.xattr(&cx, loc, name, admin)?;
                let value = if name == CAPABILITY { FileCaps::shown(value) } else { value };
                with(Body::Bytes(ByteBuf::from(value)))
            }
            XattrOp::List => {
                let names = vfs.xattr_names(&cx, loc, admin)?;
                with(Body::Bytes(ByteBuf::from(names)))
            }
            XattrOp::Set { value, flags, .. } => {
                let flags = XattrFlags::from_bits(*flags).ok_or(Errno::EINVAL)?;
                if value.len() > XATTR_SIZE_MAX {
                    return Err(Errno::E2BIG.into());
                }
                vfs.set_xattr(&cx, loc, name, Some(value), flags, admin)?;
                done(0)
            }
            XattrOp::Remove { .. } => {
                vfs.set_xattr(&cx, loc, name, None, XattrFlags::empty(), admin)?;
                done(0)
            }
        }
    }

    /// Who may change an attribute `security.*`: capabilities of a file with CAP_SETFCAP and
    /// in the right form, others with CAP_SYS_ADMIN.
    fn check_security(&self, c: Caller, name: &[u8], value: Option<&[u8]>) -> Result<(), Errno> {
        let cred = &self.sys.procs[c.proc].cred;
        if name != CAPABILITY {
            return if cred.capable() { Ok(()) } else { Err(Errno::EPERM) };
        }
        if value.is_some_and(|value| !FileCaps::is_valid(value)) {
            return Err(Errno::EINVAL);
        }
        if cred.has(SETFCAP) { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// The capabilities that the program file at `loc` gives.
    pub(super) fn file_caps(&mut self, c: Caller, loc: Location) -> Result<Option<FileCaps>, Stop> {
        let Kernel { vfs, sys, .. } = self;
        match vfs.xattr(&sys.context(c.proc), loc, CAPABILITY, false) {
            Ok(value) => Ok(FileCaps::parse(&value)),
            Err(error) if error.errno().is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
