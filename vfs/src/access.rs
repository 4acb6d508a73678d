//! Who may do what (path_resolution(7), "Permissions", and the man pages of the
//! single calls).

use crate::error::{FsResult, fail};
use crate::types::{Access, Creds, Powers, SetAttr, TimeSet};
use tawaki_abi::Errno;
use tawaki_abi::fs::{S_IFDIR, S_IFMT, S_ISGID, S_ISUID, S_ISVTX, Stat};

/// Whether a mode is a directory's.
pub(crate) fn is_dir(stat: &Stat) -> bool {
    stat.mode & S_IFMT == S_IFDIR
}

/// Checks the permission bits; `EACCES` when one is missing.
pub fn check(creds: &Creds, stat: &Stat, want: Access) -> FsResult<()> {
    let shift = if creds.uid == stat.uid {
        6
    } else if creds.in_group(stat.gid) {
        3
    } else {
        0
    };
    let granted = Access::from_bits_truncate(stat.mode >> shift & 7);
    if granted.contains(want) || overrides(creds, stat, want) { Ok(()) } else { fail(Errno::EACCES) }
}

/// Whether capabilities give what permissions do not. Even the superuser executes only
/// what somebody may execute.
pub(crate) fn overrides(creds: &Creds, stat: &Stat, want: Access) -> bool {
    let (dir, write, exec) = (is_dir(stat), want.contains(Access::WRITE), want.contains(Access::EXEC));
    let reads = if dir { !write } else { !write && !exec };
    creds.may(Powers::DAC_OVERRIDE) && (dir || !exec || stat.mode & 0o111 != 0)
        || creds.may(Powers::DAC_READ_SEARCH) && reads
}

/// Whether the sticky bit lets a name be removed from `dir` (unlink(2), rename(2)).
pub(crate) fn check_sticky(creds: &Creds, dir: &Stat, victim: &Stat) -> FsResult<()> {
    let sticky = dir.mode & S_ISVTX != 0;
    if sticky && !creds.owns(victim.uid) && creds.uid != dir.uid {
        return fail(Errno::EPERM);
    }
    Ok(())
}

/// The mode left after a change by someone who may not keep set-ID bits.
pub(crate) fn without_set_id(mode: u32) -> u32 {
    let mode = mode & !S_ISUID;
    if mode & 0o010 != 0 { mode & !S_ISGID } else { mode }
}

/// Checks a change of attributes and completes it (set-ID bits that must go).
/// `may_write`: the caller may write to the file. Source: chmod(2), chown(2), utimensat(2).
pub fn check_setattr(creds: &Creds, stat: &Stat, set: &SetAttr, may_write: bool) -> FsResult<SetAttr> {
    let mut out = *set;
    // Whom a file belongs to its owner himself changes, or one with the capability for that.
    let (owner, own) = (creds.owns(stat.uid), creds.uid == stat.uid);
    if let Some(uid) = set.uid
        && !creds.may(Powers::CHOWN)
        && !(own && uid == stat.uid)
    {
        return fail(Errno::EPERM);
    }
    if let Some(gid) = set.gid
        && !creds.may(Powers::CHOWN)
        && !(own && (gid == stat.gid || creds.in_group(gid)))
    {
        return fail(Errno::EPERM);
    }
    if (set.uid.is_some() || set.gid.is_some()) && set.mode.is_none() && !is_dir(stat) {
        let kept = without_set_id(stat.mode & 0o7777);
        if kept != stat.mode & 0o7777 {
            out.mode = Some(kept);
        }
    }
    if let Some(mode) = set.mode {
        if !owner {
            return fail(Errno::EPERM);
        }
        let gid = set.gid.unwrap_or(stat.gid);
        let keeps_sgid = creds.may(Powers::FSETID) || creds.in_group(gid);
        let mode = mode & 0o7777;
        out.mode = Some(if keeps_sgid { mode } else { mode & !S_ISGID });
    }
    let times = [set.atime, set.mtime];
    if times.iter().any(Option::is_some) && !owner {
        if !times.iter().all(|time| *time == Some(TimeSet::Now)) {
            return fail(Errno::EPERM);
        }
        if !may_write {
            return fail(Errno::EACCES);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creds(uid: u32, gid: u32) -> Creds {
        Creds { uid, gid, groups: vec![50], powers: if uid == 0 { Powers::all() } else { Powers::empty() } }
    }

    fn stat(mode: u32, uid: u32, gid: u32) -> Stat {
        Stat { mode, uid, gid, ..Stat::default() }
    }

    #[test]
    fn permission_bits() {
        let (r, w, x) = (Access::READ, Access::WRITE, Access::EXEC);
        #[rustfmt::skip]
        let cases = [
            // uid gid   mode      owner group want  allowed
            (1, 1, 0o100600, 1, 1, r | w, true),
            (1, 1, 0o100600, 1, 1, x, false),
            (1, 1, 0o100060, 1, 1, r, false), // the owner class decides, not the group's
            (2, 1, 0o100060, 1, 1, r | w, true),
            (2, 2, 0o100040, 1, 50, r, true), // supplementary group
            (2, 2, 0o100604, 1, 1, r, true),
            (0, 0, 0o100000, 1, 1, r | w, true),
            (0, 0, 0o100000, 1, 1, x, false),
            (0, 0, 0o100010, 1, 1, x, true),
            (0, 0, 0o040000, 1, 1, x, true), // the superuser searches any directory
        ];
        for (uid, gid, mode, owner, group, want, allowed) in cases {
            let got = check(&creds(uid, gid), &stat(mode, owner, group), want).is_ok();
            assert_eq!(got, allowed, "{uid}:{gid} {mode:o} {owner}:{group} {want:?}");
        }
    }

    #[test]
    fn attribute_changes() {
        let file = stat(0o106755, 1, 1);
        let chown = |uid, gid| SetAttr { uid, gid, ..SetAttr::default() };
        assert!(check_setattr(&creds(1, 1), &file, &chown(Some(2), None), true).is_err());
        let set = check_setattr(&creds(1, 1), &file, &chown(None, Some(50)), true).unwrap();
        assert_eq!(set.mode, Some(0o0755));
        assert!(check_setattr(&creds(1, 1), &file, &chown(None, Some(51)), true).is_err());
        let now = SetAttr { atime: Some(TimeSet::Now), mtime: Some(TimeSet::Now), ..SetAttr::default() };
        let other = stat(0o100666, 9, 9);
        assert!(check_setattr(&creds(1, 1), &other, &now, true).is_ok());
        assert!(check_setattr(&creds(1, 1), &other, &now, false).is_err());
        let one = SetAttr { atime: None, ..now };
        assert!(check_setattr(&creds(1, 1), &other, &one, true).is_err());
    }
}
