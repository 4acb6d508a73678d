//! poll(2), select(2), epoll(7), eventfd(2), timerfd_create(2), signalfd(2).

use super::time::{TIMER_ABSTIME, least};
use super::{done, with};
use crate::file::epoll::{Epoll, Item};
use crate::file::event::{Eventfd, Timerfd};
use crate::file::poll::POLLNVAL;
use crate::file::{AnonymousKind, FileId, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::task::UNBLOCKABLE;
use crate::timer::{Clockwork, Timer, check_clock};
use crate::wait::{Progress, Stop, SysResult, Wait};
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::SigSet;
use tawaki_abi::wire::{Body, Fd, PollFd, Reply};

/// POLLERR and POLLHUP are always reported.
const ALWAYS: u16 = 0x18;
const NONBLOCK: u32 = OpenFlags::NONBLOCK.bits();
const CLOEXEC: u32 = OpenFlags::CLOEXEC.bits();

impl Kernel {
    pub(super) fn sys_poll(
        &mut self,
        c: Caller,
        fds: &[PollFd],
        deadline: Option<u64>,
        mask: Option<SigSet>,
        progress: &mut Progress,
    ) -> SysResult {
        if fds.len() as u64 > self.sys.procs[c.proc].limits[crate::task::RLIMIT_NOFILE].0.max(64) {
            return Err(Errno::EINVAL.into());
        }
        self.swap_mask(c, mask, progress);
        let mut revents = Vec::with_capacity(fds.len());
        let mut count = 0;
        for entry in fds {
            let found = match entry.fd {
                fd if fd < 0 => 0,
                fd => match self.sys.fd(c.proc, fd) {
                    Ok(file) => self.sys.readiness(file, c.task, 0) & (entry.events | ALWAYS | POLLNVAL),
                    Err(_) => POLLNVAL,
                },
            };
            count += (found != 0) as i64;
            revents.push(found);
        }
        if count > 0 || deadline.is_some_and(|deadline| deadline <= self.sys.now.monotonic_ns) {
            return Ok(Reply::with(count, Body::Poll(revents)));
        }
        let mut keys = Vec::with_capacity(fds.len() * 2);
        for entry in fds {
            if let Ok(file) = self.sys.fd(c.proc, entry.fd) {
                self.sys.ready_keys(file, c.task, 0, &mut keys);
            }
        }
        Err(Stop::Wait(Wait { keys: unique(keys), until: deadline, restart: Some(Errno::ERESTARTNOHAND) }))
    }

    fn anonymous(&mut self, c: Caller, object: Object, kind: AnonymousKind, flags: u32) -> Result<Fd, Errno> {
        let number = self.sys.anonymous_ino();
        let loc = self.sys.anonymous_location(kind, number);
        let status = OpenFlags::from_bits_truncate(flags & NONBLOCK) | OpenFlags::RDWR;
        self.open_fd(c.proc, OpenFile::new(object, status, Some(loc)), flags & CLOEXEC != 0)
    }

    pub(super) fn sys_eventfd(&mut self, c: Caller, count: u32, flags: u32) -> SysResult {
        if flags & !(NONBLOCK | CLOEXEC | 1) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let event = Eventfd { count: count as u64, semaphore: flags & 1 != 0, edges: Default::default() };
        done(self.anonymous(c, Object::Event(event), AnonymousKind::Eventfd, flags)?)
    }

    pub(super) fn sys_epoll_create(&mut self, c: Caller, flags: u32) -> SysResult {
        if flags & !CLOEXEC != 0 {
            return Err(Errno::EINVAL.into());
        }
        done(self.anonymous(c, Object::Epoll(Epoll::default()), AnonymousKind::Epoll, flags)?)
    }

    fn epoll(&self, c: Caller, fd: Fd) -> Result<FileId, Errno> {
        let file = self.sys.io_fd(c.proc, fd)?;
        match self.sys.files[file].object {
            Object::Epoll(_) => Ok(file),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn sys_epoll_ctl(
        &mut self,
        c: Caller,
        epfd: Fd,
        op: u32,
        fd: Fd,
        events: u32,
        data: u64,
    ) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let epoll = self.epoll(c, epfd)?;
        self.sys.epoll_ctl(epoll, op, Item { fd, file, events, data, seen: None, spent: false })?;
        done(0)
    }

    pub(super) fn sys_epoll_wait(
        &mut self,
        c: Caller,
        epfd: Fd,
        max: u32,
        deadline: Option<u64>,
        mask: Option<SigSet>,
        progress: &mut Progress,
    ) -> SysResult {
        let epoll = self.epoll(c, epfd)?;
        if max == 0 || max > i32::MAX as u32 {
            return Err(Errno::EINVAL.into());
        }
        self.swap_mask(c, mask, progress);
        let ready = self.sys.epoll_collect(epoll, max as usize, c.task)?;
        if !ready.is_empty() || deadline.is_some_and(|deadline| deadline <= self.sys.now.monotonic_ns) {
            return Ok(Reply::with(ready.len() as i64, Body::Epoll(ready)));
        }
        let mut keys = Vec::new();
        self.sys.ready_keys(epoll, c.task, 0, &mut keys);
        Err(Stop::Wait(Wait { keys: unique(keys), until: deadline, restart: Some(Errno::EINTR) }))
    }

    pub(super) fn sys_timerfd_create(&mut self, c: Caller, clock: u32, flags: u32) -> SysResult {
        check_clock(clock)?;
        if flags & !(NONBLOCK | CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let timer = Timerfd { clock, ..Timerfd::default() };
        done(self.anonymous(c, Object::Timer(timer), AnonymousKind::Timerfd, flags)?)
    }

    pub(super) fn sys_timerfd_set(
        &mut self,
        c: Caller,
        fd: Fd,
        flags: u32,
        interval: u64,
        value: u64,
    ) -> SysResult {
        // TFD_TIMER_ABSTIME, and TFD_TIMER_CANCEL_ON_SET, which never does: the clock cannot be set.
        if flags & !3 != 0 {
            return Err(Errno::EINVAL.into());
        }
        let file = self.sys.io_fd(c.proc, fd)?;
        let Object::Timer(timer) = &self.sys.files[file].object else { return Err(Errno::EINVAL.into()) };
        let old = timer.work;
        let at = self.deadline(timer.clock, flags & TIMER_ABSTIME != 0, value)?;
        if let Object::Timer(timer) = &mut self.sys.files[file].object {
            timer.work = Clockwork { at, interval: least(interval) };
            timer.expirations = 0;
        }
        self.sys.rearm(Timer::Descriptor(file), old.at, at);
        with(Body::Itimer(old.interval, old.left(self.sys.now.monotonic_ns)))
    }

    pub(super) fn sys_timerfd_get(&mut self, c: Caller, fd: Fd) -> SysResult {
        let file = self.sys.io_fd(c.proc, fd)?;
        let Object::Timer(timer) = &self.sys.files[file].object else { return Err(Errno::EINVAL.into()) };
        with(Body::Itimer(timer.work.interval, timer.work.left(self.sys.now.monotonic_ns)))
    }

    pub(super) fn sys_signalfd(&mut self, c: Caller, fd: Fd, mask: SigSet, flags: u32) -> SysResult {
        if flags & !(NONBLOCK | CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let mask = mask & !UNBLOCKABLE;
        if fd == -1 {
            return done(self.anonymous(c, Object::Signal(mask), AnonymousKind::Signalfd, flags)?);
        }
        let file = self.sys.io_fd(c.proc, fd)?;
        match &mut self.sys.files[file].object {
            Object::Signal(set) => *set = mask,
            _ => return Err(Errno::EINVAL.into()),
        }
        done(fd)
    }
}

/// Each key once: a descriptor may be named many times.
fn unique(mut keys: Vec<crate::wait::Key>) -> Vec<crate::wait::Key> {
    if keys.len() > 8 {
        let mut seen = std::collections::HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(*key));
    } else {
        let mut n = 0;
        while n < keys.len() {
            if keys[..n].contains(&keys[n]) {
                keys.swap_remove(n);
            } else {
                n += 1;
            }
        }
    }
    keys
}
