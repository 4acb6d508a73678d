//! Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2), each by
//! path, by path without following a link, and by descriptor.

use super::Args;
use crate::thread::{SysResult, Thread};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use tawaki_abi::wire::{Body, Call, Path, XattrOp};

/// Longest name with its NUL (`XATTR_NAME_MAX + 1`).
const NAME: usize = 256;
/// Longest value and longest list of names (`XATTR_SIZE_MAX`, `XATTR_LIST_MAX`).
const SIZE: u64 = 65536;

/// How the file is named.
#[derive(Clone, Copy)]
enum By {
    Path,
    Link,
    Descriptor,
}

/// A name: 1 to 255 bytes, or `ERANGE`.
fn name(t: &Thread<'_>, addr: u64) -> Result<ByteBuf, Errno> {
    let name = t.cstr(addr, NAME, Errno::ERANGE)?;
    if name.is_empty() { Err(Errno::ERANGE) } else { Ok(name.into()) }
}

fn ask(t: &mut Thread<'_>, file: u64, by: By, op: XattrOp) -> Result<Vec<u8>, Errno> {
    let (dirfd, path, flags) = match by {
        By::Path => (AT_FDCWD, t.path(file)?, 0),
        By::Link => (AT_FDCWD, t.path(file)?, AT_SYMLINK_NOFOLLOW),
        By::Descriptor => (file as i32, Path::new(), AT_EMPTY_PATH),
    };
    match t.request(&Call::Xattr { dirfd, path, flags, op })?.1 {
        Body::Bytes(bytes) => Ok(bytes.into_vec()),
        _ => Ok(Vec::new()),
    }
}

/// Hands out a value or list: its length alone when the buffer's size is 0.
fn give(t: &Thread<'_>, bytes: &[u8], buffer: u64, size: u64) -> SysResult {
    if size != 0 {
        if bytes.len() as u64 > size {
            return Err(Errno::ERANGE);
        }
        t.write_mem(buffer, bytes)?;
    }
    Ok(bytes.len() as i64)
}

fn get(t: &mut Thread<'_>, a: &Args, by: By) -> SysResult {
    let name = name(t, a[1])?;
    let value = ask(t, a[0], by, XattrOp::Get { name })?;
    give(t, &value, a[2], a[3])
}

fn set(t: &mut Thread<'_>, a: &Args, by: By) -> SysResult {
    let flags = a[4] as u32;
    if flags & !3 != 0 {
        return Err(Errno::EINVAL);
    }
    let name = name(t, a[1])?;
    if a[3] > SIZE {
        return Err(Errno::E2BIG);
    }
    let value = t.read_vec(a[2], a[3])?.into();
    ask(t, a[0], by, XattrOp::Set { name, value, flags }).map(|_| 0)
}

fn list(t: &mut Thread<'_>, a: &Args, by: By) -> SysResult {
    let names = ask(t, a[0], by, XattrOp::List)?;
    give(t, &names, a[1], a[2])
}

fn remove(t: &mut Thread<'_>, a: &Args, by: By) -> SysResult {
    let name = name(t, a[1])?;
    ask(t, a[0], by, XattrOp::Remove { name }).map(|_| 0)
}

macro_rules! calls {
    ($($name:ident $what:ident $by:ident;)*) => {$(
        #[doc = concat!(stringify!($name), "(2).")]
        pub fn $name(t: &mut Thread<'_>, a: &Args) -> SysResult {
            $what(t, a, By::$by)
        }
    )*};
}

calls! {
    getxattr get Path;
    lgetxattr get Link;
    fgetxattr get Descriptor;
    setxattr set Path;
    lsetxattr set Link;
    fsetxattr set Descriptor;
    listxattr list Path;
    llistxattr list Link;
    flistxattr list Descriptor;
    removexattr remove Path;
    lremovexattr remove Link;
    fremovexattr remove Descriptor;
}
