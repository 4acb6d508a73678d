//! Bringing the machine up: init, the kernel's file systems, `/dev`. Each stage
//! is run again when it meets a block that has not arrived.

use crate::event::Effect;
use crate::fs::{devpts::DevPts, proc::ProcFs, sysfs::SysFs};
use crate::kernel::Kernel;
use crate::spawn::blank_process;
use crate::task::{ProcId, Process, Session};
use tawaki_abi::Errno;
use tawaki_abi::fs::{OpenFlags, S_IFBLK, S_IFCHR};
use tawaki_vfs::{At, Context, Creds, FileSystem, FsError, FsResult, Location, MountFlags, Tmpfs};

/// How far the machine is up.
#[derive(Default)]
pub(crate) struct Boot {
    pub done: bool,
    stage: usize,
}

/// Device nodes: name, mode, major, minor.
const NODES: &[(&str, u32, u64, u64)] = &[
    ("null", 0o666, 1, 3),
    ("zero", 0o666, 1, 5),
    ("full", 0o666, 1, 7),
    ("random", 0o666, 1, 8),
    ("urandom", 0o666, 1, 9),
    ("tty", 0o666, 5, 0),
    ("console", 0o600, 5, 1),
    ("ptmx", 0o666, 5, 2),
    ("loop-control", 0o660, 10, 237),
];

/// Symbolic links of `/dev`.
const LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("core", "/proc/kcore"),
];

/// Mounts in order: place, what, mode of the root, flags.
const MOUNTS: &[(&str, &str, u32, MountFlags)] = &[
    ("/proc", "proc", 0o555, MountFlags::empty()),
    ("/sys", "sysfs", 0o555, MountFlags::empty()),
    ("/dev", "devtmpfs", 0o755, MountFlags::empty()),
    ("/dev/pts", "devpts", 0o755, MountFlags::empty()),
    ("/dev/shm", "tmpfs", 0o1777, MountFlags::NOSUID),
    ("/tmp", "tmpfs", 0o1777, MountFlags::NOSUID),
    ("/run", "tmpfs", 0o755, MountFlags::NOSUID),
];

impl Kernel {
    /// Goes on with booting as far as it gets.
    pub(crate) fn run_boot(&mut self) {
        let creds = Creds::root();
        if self.boot.stage == 0 {
            self.sys.boot_ns = self.sys.now.monotonic_ns;
            if let Err(error) = self.make_init() {
                return self.sys.log_once(format!("boot: no root file system: {error}"));
            }
            self.boot.stage = 1;
        }
        while self.boot.stage <= MOUNTS.len() {
            let (place, kind, mode, flags) = MOUNTS[self.boot.stage - 1];
            match self.boot_mount(&creds, place, kind, mode, flags) {
                Ok(()) => {}
                Err(FsError::Pending) => return self.sys.out.push(Effect::FetchBlocks),
                Err(error) => self.sys.log(format!("boot: {place}: {error}")),
            }
            self.boot.stage += 1;
        }
        if self.sys.config.hostname.is_none() {
            match self.read_hostname(&creds) {
                Ok(name) => self.sys.hostname = name,
                Err(FsError::Pending) => return self.sys.out.push(Effect::FetchBlocks),
                Err(_) => {}
            }
        }
        self.refresh_mounts();
        self.boot.done = true;
        self.report_messages();
    }

    fn make_init(&mut self) -> FsResult<()> {
        let root = self.vfs.root()?;
        self.vfs.open_ref(root)?;
        self.vfs.open_ref(root)?;
        let fds = self.sys.fdtables.insert(crate::file::table::FdTable::new());
        let process = Process {
            pid: 1,
            pgid: 1,
            sid: 1,
            fds,
            comm: b"init".to_vec(),
            cmdline: b"init\0".to_vec(),
            // pam_limits gives every login what /proc/1/limits says.
            limits: crate::task::default_limits(self.sys.config.max_processes),
            ..blank_process(ProcId::new(0), root)
        };
        self.sys.init = self.sys.add_process(process);
        let leader = self.sys.init;
        self.sys.sessions.insert(1, Session { tty: None, old_pgrp: 0, leader, members: 1 });
        Ok(())
    }

    fn boot_mount(
        &mut self,
        creds: &Creds,
        place: &str,
        kind: &str,
        mode: u32,
        flags: MountFlags,
    ) -> FsResult<()> {
        let root = self.vfs.root()?;
        let at = At { root, base: root };
        let Kernel { vfs, sys, .. } = self;
        let cx = Context { creds, ..sys.kernel_context() };
        let over = match vfs.lookup(&cx, &at, place.as_bytes(), true) {
            Err(error) if error.errno() == Some(Errno::ENOENT) => {
                vfs.mkdir(&cx, &at, place.as_bytes(), 0o755)?
            }
            found => found?,
        };
        let memory = sys.config.memory / 2;
        let fs: Box<dyn FileSystem> = match kind {
            "proc" => Box::new(ProcFs),
            "sysfs" => Box::new(SysFs),
            "devpts" => Box::new(DevPts),
            _ => Box::new(Tmpfs::new(memory, mode, cx.now)),
        };
        let id = vfs.mount(&cx, over, fs, flags, kind)?;
        if place == "/dev" {
            // Named from the new root: on the way from "/" a block may be missing.
            let base = Location { mount: id, ino: vfs.file_system(id)?.root() };
            let at = At { base, ..at };
            for (name, mode, major, minor) in NODES {
                vfs.mknod(&cx, &at, name.as_bytes(), S_IFCHR | mode, major << 8 | minor)?;
            }
            for n in 0..tawaki_vfs::LOOPS {
                let name = format!("loop{n}");
                vfs.mknod(&cx, &at, name.as_bytes(), S_IFBLK | 0o660, 7 << 8 | n as u64)?;
            }
            for (name, target) in LINKS {
                vfs.symlink(&cx, target.as_bytes(), &at, name.as_bytes())?;
            }
        }
        match kind {
            "proc" => sys.mounts.proc = Some(id),
            "devpts" => sys.mounts.devpts = Some(id),
            _ => {}
        }
        Ok(())
    }

    fn read_hostname(&mut self, creds: &Creds) -> FsResult<Vec<u8>> {
        let root = self.vfs.root()?;
        let Kernel { vfs, sys, .. } = self;
        let cx = Context { creds, ..sys.kernel_context() };
        let at = At { root, base: root };
        let opened = vfs.open(&cx, &at, b"/etc/hostname", OpenFlags::empty(), 0)?;
        let mut buf = [0; 64];
        let read = vfs.read(&cx, opened.location, 0, &mut buf);
        vfs.close_ref(&cx, opened.location);
        let name = buf[..read?].split(|c| c.is_ascii_whitespace()).next().unwrap_or(b"").to_vec();
        if name.is_empty() { Err(Errno::ENOENT.into()) } else { Ok(name) }
    }

    /// Writes the texts of `/proc/mounts` anew, after a mount or unmount.
    pub(crate) fn refresh_mounts(&mut self) {
        let Ok(root) = self.vfs.root() else { return };
        let (mut mounts, mut info) = (String::new(), String::new());
        for m in self.vfs.mounts() {
            let Kernel { vfs, sys, .. } = self;
            let place = match m.over {
                Some(over) => vfs.path_of(&sys.kernel_context(), root, over).unwrap_or_default(),
                None => b"/".to_vec(),
            };
            let place = String::from_utf8_lossy(&place).into_owned();
            let mut options = if m.flags.contains(MountFlags::RDONLY) { "ro" } else { "rw" }.to_owned();
            for (flag, name) in [
                (MountFlags::NOSUID, ",nosuid"),
                (MountFlags::NODEV, ",nodev"),
                (MountFlags::NOEXEC, ",noexec"),
                (MountFlags::NOATIME, ",noatime"),
            ] {
                if m.flags.contains(flag) {
                    options.push_str(name);
                }
            }
            let source = if m.source.is_empty() { "none" } else { &m.source };
            mounts.push_str(&format!("{source} {place} {} {options}{} 0 0\n", m.kind, m.options));
            let parent = m.over.map_or(m.id.0, |over| over.mount.0);
            let (major, minor) = (m.dev >> 8, m.dev & 0xff);
            info.push_str(&format!(
                "{} {parent} {major}:{minor} / {place} {options} - {} {source} {options}{}\n",
                m.id.0, m.kind, m.options
            ));
        }
        self.sys.mounts_text = (mounts, info);
    }
}
