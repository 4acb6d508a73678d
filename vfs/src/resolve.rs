//! Path resolution (path_resolution(7)).

use crate::error::{FsError, FsResult, fail};
use crate::names::Known;
use crate::types::{
    At, Context, FileKind, Ino, Location, MAX_LINKS, NAME_MAX, PATH_MAX, ResolveFlags, Scope,
};
use crate::vfs::Vfs;
use std::borrow::Cow;
use tawaki_abi::Errno;

/// What the last component of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// A name.
    Name,
    /// `.`, or an empty path.
    Dot,
    /// `..`.
    DotDot,
    /// The path was only slashes.
    Root,
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Directory of the last component (when that is a name).
    pub parent: Location,
    /// Last component as written, or as written in the last link followed.
    pub name: Vec<u8>,
    /// What the last component is.
    pub last: Last,
    /// What it means: its place and type. `None` only with
    /// [`ResolveFlags::PARENT`], when the name is free. With `PARENT` a
    /// mountpoint is returned as the covered directory.
    pub node: Option<(Location, FileKind)>,
    /// A slash followed the last component.
    pub trailing_slash: bool,
}

/// A step of a path, unless it may not leave the mount.
fn may_go(cx: &Context, from: Location, to: Location) -> FsResult<Location> {
    if cx.scope.contains(Scope::NO_XDEV) && from.mount != to.mount { fail(Errno::EXDEV) } else { Ok(to) }
}

impl Vfs {
    /// Resolves a path. Errors: `ENOENT`, `ENOTDIR`, `EACCES` (search permission),
    /// `ELOOP`, `ENAMETOOLONG`, `EXDEV` (beyond the context's scope).
    pub fn resolve(&mut self, cx: &Context, at: &At, path: &[u8], flags: ResolveFlags) -> FsResult<Resolved> {
        if path.len() >= PATH_MAX {
            return fail(Errno::ENAMETOOLONG);
        }
        if path.is_empty() && !flags.contains(ResolveFlags::EMPTY) {
            return fail(Errno::ENOENT);
        }
        let beneath = cx.scope.contains(Scope::BENEATH);
        if beneath && path.first() == Some(&b'/') {
            return fail(Errno::EXDEV);
        }
        let mut work = Cow::Borrowed(path);
        let mut pos = 0;
        let mut links = 0;
        let mut here = if path.first() == Some(&b'/') { at.root } else { at.base };
        let mut done = Resolved {
            parent: here,
            name: Vec::new(),
            last: if path.is_empty() { Last::Dot } else { Last::Root },
            node: None,
            trailing_slash: false,
        };
        loop {
            while work.get(pos) == Some(&b'/') {
                pos += 1;
            }
            if pos == work.len() {
                break;
            }
            let rest = &work[pos..];
            let len = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
            let name = &rest[..len];
            if len > NAME_MAX {
                return fail(Errno::ENAMETOOLONG);
            }
            pos += len;
            done.trailing_slash = pos < work.len();
            let last = work[pos..].iter().all(|&b| b == b'/');
            self.check_search(cx, here)?;
            match name {
                b"." => {
                    done.last = Last::Dot;
                    continue;
                }
                b".." => {
                    done.last = Last::DotDot;
                    if beneath && here == at.root {
                        return fail(Errno::EXDEV);
                    }
                    here = self.parent(cx, at.root, here).and_then(|up| may_go(cx, here, up))?;
                    continue;
                }
                _ => done.last = Last::Name,
            }
            let want_parent = last && flags.contains(ResolveFlags::PARENT);
            if want_parent && done.trailing_slash && flags.contains(ResolveFlags::NO_SLASH) {
                return fail(Errno::EISDIR);
            }
            let known = self.find(cx, here, name)?;
            if last {
                done.parent = here;
                done.name.clear();
                done.name.extend_from_slice(name);
            }
            let (ino, kind) = match known {
                Known::Node(ino, kind) => (ino, kind),
                Known::Missing if want_parent => return Ok(done),
                Known::Missing => return fail(Errno::ENOENT),
            };
            let below = Location { ino, ..here };
            let follow =
                !last || flags.contains(ResolveFlags::FOLLOW) || (done.trailing_slash && !want_parent);
            if kind == FileKind::Symlink && follow {
                links += 1;
                if links > MAX_LINKS || cx.scope.contains(Scope::NO_SYMLINKS) {
                    return fail(Errno::ELOOP);
                }
                let fs = self.fs_at(here)?;
                if let Some(target) = fs.magic_link(cx, ino)? {
                    if cx.scope.contains(Scope::NO_MAGICLINKS) {
                        return fail(Errno::ELOOP);
                    }
                    if cx.scope.intersects(Scope::BENEATH | Scope::IN_ROOT) {
                        return fail(Errno::EXDEV);
                    }
                    here = may_go(cx, here, self.cross(target))?;
                    if last {
                        let node = (here, self.kind_of(cx, here)?);
                        return self.finish(done, node, flags);
                    }
                    continue;
                }
                let target = fs.readlink(cx, ino)?;
                if target.is_empty() {
                    return fail(Errno::ENOENT);
                }
                if target.len() >= PATH_MAX {
                    return fail(Errno::ENAMETOOLONG);
                }
                if target[0] == b'/' {
                    if beneath {
                        return fail(Errno::EXDEV);
                    }
                    here = may_go(cx, here, at.root)?;
                    done.last = Last::Root;
                }
                let mut next = target;
                next.extend_from_slice(&work[pos..]);
                work = Cow::Owned(next);
                pos = 0;
                continue;
            }
            if want_parent {
                done.node = Some((below, kind));
                return Ok(done);
            }
            here = may_go(cx, below, self.cross(below))?;
            // What is bound over a file may be of another kind (a device, say).
            let kind = if here == below { kind } else { self.kind_of(cx, here)? };
            if last {
                return self.finish(done, (here, kind), flags);
            }
        }
        // The path ended in `.`, `..`, slashes, or was empty: `here` is it.
        let node = (here, self.kind_of(cx, here)?);
        self.finish(done, node, flags)
    }

    fn finish(
        &self,
        mut done: Resolved,
        node: (Location, FileKind),
        flags: ResolveFlags,
    ) -> FsResult<Resolved> {
        let must_be_dir = done.trailing_slash || flags.contains(ResolveFlags::DIRECTORY);
        if must_be_dir && node.1 != FileKind::Directory {
            return fail(Errno::ENOTDIR);
        }
        done.node = Some(node);
        Ok(done)
    }

    pub(crate) fn kind_of(&mut self, cx: &Context, at: Location) -> FsResult<FileKind> {
        let mode = self.stat(cx, at)?.mode;
        FileKind::from_mode(mode).ok_or(Errno::EIO.into())
    }

    /// Resolves a path to an existing place, following a final link if `follow`.
    pub fn lookup(&mut self, cx: &Context, at: &At, path: &[u8], follow: bool) -> FsResult<Location> {
        let flags = if follow { ResolveFlags::FOLLOW } else { ResolveFlags::empty() };
        match self.resolve(cx, at, path, flags)?.node {
            Some((location, _)) => Ok(location),
            None => fail(Errno::ENOENT),
        }
    }

    /// The absolute path of a place below `root` (getcwd(2), `/proc/self/fd`).
    /// For an inode without a name the last one known with ` (deleted)` behind
    /// it; a place outside `root` is led by `(unreachable)`.
    pub fn path_of(&mut self, cx: &Context, root: Location, at: Location) -> FsResult<Vec<u8>> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut deleted = false;
        let mut here = at;
        let unreachable = loop {
            if here == root {
                break false;
            }
            let mount = self.mount_ref(here.mount)?;
            let (fs, over) = (mount.fs, mount.over);
            if here.ino == mount.root {
                match over {
                    Some(over) => here = over,
                    None => break true,
                }
                continue;
            }
            if parts.len() > PATH_MAX / 2 {
                return fail(Errno::ENAMETOOLONG);
            }
            let inode = self.inode(here)?;
            let open = self.open.get(&inode);
            if open.is_some_and(|node| node.unlinked) {
                deleted = true;
            }
            let hint = self.names.hint(fs, here.ino).or(open.and_then(|node| node.hint.as_ref())).cloned();
            let (dir, name) = match hint {
                Some(hint) if deleted => (hint.dir, hint.name.to_vec()),
                Some(hint) if self.still_named(cx, here, &hint.name, hint.dir)? => {
                    (hint.dir, hint.name.to_vec())
                }
                _ => self.search_parent(cx, here)?,
            };
            parts.push(name);
            here.ino = dir;
        };
        let mut path = Vec::new();
        if unreachable {
            path.extend_from_slice(b"(unreachable)");
        }
        for part in parts.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(part);
        }
        if parts.is_empty() {
            path.push(b'/');
        }
        if deleted {
            path.extend_from_slice(b" (deleted)");
        }
        Ok(path)
    }

    fn still_named(&mut self, cx: &Context, at: Location, name: &[u8], dir: Ino) -> FsResult<bool> {
        match self.find(cx, Location { ino: dir, ..at }, name) {
            Ok(found) => Ok(matches!(found, Known::Node(ino, _) if ino == at.ino)),
            // A remembered directory may be gone, or its number a file's by now.
            Err(FsError::Pending) => Err(FsError::Pending),
            Err(_) => Ok(false),
        }
    }

    /// The slow way to a directory's name: read its parent. `ENOENT` for other
    /// files, whose parent nobody knows.
    fn search_parent(&mut self, cx: &Context, at: Location) -> FsResult<(Ino, Vec<u8>)> {
        if self.kind_of(cx, at)? != FileKind::Directory {
            return fail(Errno::ENOENT);
        }
        let Known::Node(dir, _) = self.find(cx, at, b"..")? else {
            return fail(Errno::ENOENT);
        };
        let mut found = None;
        self.fs_at(at)?.readdir(cx, dir, 0, &mut |entry| {
            let hit = entry.ino == at.ino && entry.name != b"." && entry.name != b"..";
            if hit {
                found = Some(entry.name.to_vec());
            }
            !hit
        })?;
        match found {
            Some(name) => {
                let fs = self.inode(at)?.fs;
                self.names.note(fs, at.ino, dir, &name);
                Ok((dir, name))
            }
            None => fail(Errno::ENOENT),
        }
    }
}
