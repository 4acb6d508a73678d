//! Capabilities (capabilities(7)): the sets of a process, and how they change; and those
//! that a program file gives, in its attribute `security.capability`.

use crate::task::Cred;
use tawaki_abi::Errno;
use tawaki_vfs::Powers;

/// Highest capability that Linux 6.1 knows.
pub const LAST: u32 = 40;
/// All of them.
pub const ALL: u64 = (1 << (LAST + 1)) - 1;

pub const KILL: u32 = 5;
pub const SETGID: u32 = 6;
pub const SETUID: u32 = 7;
pub const SETPCAP: u32 = 8;
pub const NET_BIND_SERVICE: u32 = 10;
pub const SYS_CHROOT: u32 = 18;
pub const SYS_PTRACE: u32 = 19;
pub const SYS_ADMIN: u32 = 21;
pub const SYS_NICE: u32 = 23;
pub const SYS_RESOURCE: u32 = 24;
pub const SYS_TTY_CONFIG: u32 = 26;
pub const LEASE: u32 = 28;
pub const SETFCAP: u32 = 31;

/// Those that come and go with the file-system user id (capabilities(7), "Effect of user ID changes on capabilities"):
/// CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, MKNOD, MAC_OVERRIDE.
const OF_FILES: u64 = 0x1f | 1 << 9 | 1 << 27 | 1 << 32;

/// Bits of PR_SET_SECUREBITS; each has a lock beside it.
pub const NOROOT: u32 = 1;
pub const NO_SETUID_FIXUP: u32 = 4;
pub const KEEP_CAPS: u32 = 16;
const NO_AMBIENT_RAISE: u32 = 64;
const ALL_SECUREBITS: u32 = 0xff;
const LOCKS: u32 = 0xaa;

/// The sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    pub effective: u64,
    pub permitted: u64,
    pub inheritable: u64,
    pub bounding: u64,
    pub ambient: u64,
    /// Without `KEEP_CAPS`, which is kept beside.
    pub securebits: u32,
}

/// What a program file gives (`struct vfs_cap_data`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCaps {
    pub permitted: u64,
    pub inheritable: u64,
    /// They are effective at once.
    pub effective: bool,
}

impl FileCaps {
    /// From the attribute's value, and the root of the user name space where it counts
    /// (revision 3; 0: here). `None` when it is neither revision 2 nor 3.
    fn read(value: &[u8]) -> Option<(FileCaps, u32)> {
        let word = |i: usize| Some(u32::from_le_bytes(value.get(i * 4..i * 4 + 4)?.try_into().ok()?));
        let magic = word(0)?;
        let root = match (magic & 0xff00_0000, value.len()) {
            (0x0200_0000, 20) => 0,
            (0x0300_0000, 24) => word(5)?,
            _ => return None,
        };
        let set = |low: usize| Some((u64::from(word(low)?) | u64::from(word(low + 2)?) << 32) & ALL);
        let caps = FileCaps { permitted: set(1)?, inheritable: set(2)?, effective: magic & 1 != 0 };
        Some((caps, root))
    }

    /// Whether it may be an attribute's value.
    pub fn is_valid(value: &[u8]) -> bool {
        FileCaps::read(value).is_some()
    }

    /// What they give here, the one user name space there is.
    pub fn parse(value: &[u8]) -> Option<FileCaps> {
        FileCaps::read(value).filter(|(_, root)| *root == 0).map(|(caps, _)| caps)
    }

    /// The attribute as programs see it: revision 3 only where it counts elsewhere.
    pub fn shown(mut value: Vec<u8>) -> Vec<u8> {
        if value.len() == 24 && FileCaps::parse(&value).is_some() {
            value.truncate(20);
            value[3] = 2;
        }
        value
    }
}

impl Caps {
    /// Those of a first program: all or none.
    pub fn new(all: bool) -> Caps {
        let set = if all { ALL } else { 0 };
        Caps { effective: set, permitted: set, bounding: ALL, ..Caps::default() }
    }

    /// What the effective ones say about files.
    pub fn powers(&self) -> Powers {
        Powers::from_bits_truncate(self.effective)
    }

    /// After a change of the file-system user id.
    pub fn file_user_changes(&mut self, old: u32, new: u32) {
        if self.securebits & NO_SETUID_FIXUP != 0 {
            return;
        }
        if old == 0 && new != 0 {
            self.effective &= !OF_FILES;
        }
        if old != 0 && new == 0 {
            self.effective |= self.permitted & OF_FILES;
        }
    }

    /// What access(2) counts, for a process whose real user is `ruid`.
    pub fn real(&self, ruid: u32) -> Caps {
        let effective = match ruid {
            _ if self.securebits & NO_SETUID_FIXUP != 0 => self.effective,
            0 => self.permitted,
            _ => 0,
        };
        Caps { effective, ..*self }
    }

    /// After a change of user ids from `old` (real, effective, saved) to `new`.
    pub fn user_changes(&mut self, old: [u32; 3], new: [u32; 3], keep: bool) {
        if self.securebits & NO_SETUID_FIXUP != 0 {
            return;
        }
        if old.contains(&0) && !new.contains(&0) {
            if !keep {
                (self.permitted, self.effective) = (0, 0);
            }
            self.ambient = 0;
        }
        if old[1] == 0 && new[1] != 0 {
            self.effective = 0;
        }
        if old[1] != 0 && new[1] == 0 {
            self.effective = self.permitted;
        }
    }

    /// At an execve(2) that leaves the real and effective user as given; `changed`: by
    /// set-user-id or set-group-id; `no_new`: PR_SET_NO_NEW_PRIVS. `EPERM` when the file wants to be given at once what it
    /// cannot get. Source: capabilities(7), "Transformation of capabilities during execve()".
    pub fn executes(
        &mut self,
        ruid: u32,
        euid: u32,
        changed: bool,
        file: Option<FileCaps>,
        no_new: bool,
    ) -> Result<(), Errno> {
        let root = self.securebits & NOROOT == 0;
        // A set-user-id program with capabilities of its own gets these, not root's.
        let root = root && !(file.is_some() && euid == 0 && ruid != 0);
        let given = file.unwrap_or_default();
        let from_file = given.permitted & self.bounding | given.inheritable & self.inheritable;
        if given.effective && given.permitted & !from_file != 0 {
            return Err(Errno::EPERM);
        }
        if changed || file.is_some() {
            self.ambient = 0;
        }
        let (permitted, effective) = match root && (ruid == 0 || euid == 0) {
            true => (self.inheritable | self.bounding, euid == 0 || given.effective),
            false => (from_file, given.effective),
        };
        let permitted = if no_new { permitted & self.permitted } else { permitted };
        self.permitted = permitted | self.ambient;
        self.effective = if effective { self.permitted } else { self.ambient };
        Ok(())
    }

    /// capset(2).
    pub fn set(&mut self, effective: u64, permitted: u64, inheritable: u64) -> Result<(), Errno> {
        let [effective, permitted, inheritable] = [effective, permitted, inheritable].map(|set| set & ALL);
        let free = self.effective >> SETPCAP & 1 != 0;
        let addable = if free { ALL } else { self.inheritable | self.permitted };
        if inheritable & !addable != 0
            || inheritable & !(self.inheritable | self.bounding) != 0
            || permitted & !self.permitted != 0
            || effective & !permitted != 0
        {
            return Err(Errno::EPERM);
        }
        (self.effective, self.permitted, self.inheritable) = (effective, permitted, inheritable);
        self.ambient &= permitted & inheritable;
        Ok(())
    }

    /// PR_CAPBSET_DROP.
    pub fn drop_bounding(&mut self, cap: u64) -> Result<(), Errno> {
        if self.effective >> SETPCAP & 1 == 0 {
            return Err(Errno::EPERM);
        }
        if cap > LAST.into() {
            return Err(Errno::EINVAL);
        }
        self.bounding &= !(1 << cap);
        Ok(())
    }

    /// PR_SET_SECUREBITS; `keep` is `KEEP_CAPS` as it is now.
    pub fn set_securebits(&mut self, bits: u64, keep: bool) -> Result<(), Errno> {
        let old = self.securebits | if keep { KEEP_CAPS } else { 0 };
        let new = u32::try_from(bits).ok().filter(|bits| bits & !ALL_SECUREBITS == 0).ok_or(Errno::EPERM)?;
        let locked = (old & LOCKS) >> 1;
        if locked & (old ^ new) != 0 || old & LOCKS & !new != 0 || self.effective >> SETPCAP & 1 == 0 {
            return Err(Errno::EPERM);
        }
        self.securebits = new & !KEEP_CAPS;
        Ok(())
    }

    /// PR_CAP_AMBIENT.
    pub fn ambient(&mut self, op: u32, cap: u32) -> Result<u64, Errno> {
        const IS_SET: u32 = 1;
        const RAISE: u32 = 2;
        const LOWER: u32 = 3;
        const CLEAR_ALL: u32 = 4;
        if op == CLEAR_ALL {
            self.ambient = 0;
            return if cap == 0 { Ok(0) } else { Err(Errno::EINVAL) };
        }
        if cap > LAST || !(IS_SET..=LOWER).contains(&op) {
            return Err(Errno::EINVAL);
        }
        let bit = 1 << cap;
        match op {
            IS_SET => return Ok(self.ambient >> cap & 1),
            RAISE => {
                if self.permitted & self.inheritable & bit == 0 || self.securebits & NO_AMBIENT_RAISE != 0 {
                    return Err(Errno::EPERM);
                }
                self.ambient |= bit;
            }
            _ => self.ambient &= !bit,
        }
        Ok(0)
    }
}

impl Cred {
    /// Whether the process may do what a capability is for.
    pub fn has(&self, cap: u32) -> bool {
        self.caps.effective >> cap & 1 != 0
    }
}
