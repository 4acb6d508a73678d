//! POSIX message queues: mq_open(2) and what belongs to it.

use super::{done, with};
use crate::file::{AnonymousKind, Object, OpenFile};
use crate::kernel::{Caller, Kernel};
use crate::mqueue::*;
use crate::wait::{Key, Stop, SysResult, Wait};
use serde_bytes::ByteBuf;
use std::cmp::Reverse;
use tawaki_abi::Errno;
use tawaki_abi::fs::OpenFlags;
use tawaki_abi::signal::{NSIG, SI_MESGQ, SigInfo};
use tawaki_abi::wire::{Body, Call, Fd, Reply};

/// RLIMIT_MSGQUEUE.
const RLIMIT_MSGQUEUE: usize = 12;
const NAME_MAX: usize = 255;
/// `sigev_notify`.
const SIGEV_SIGNAL: u32 = 0;
const SIGEV_NONE: u32 = 1;

fn check_name(name: &[u8]) -> Result<(), Errno> {
    match name {
        b"" => Err(Errno::ENOENT),
        b"." | b".." => Err(Errno::EACCES),
        name if name.contains(&b'/') => Err(Errno::EACCES),
        name if name.len() > NAME_MAX => Err(Errno::ENAMETOOLONG),
        _ => Ok(()),
    }
}

fn wait_for<T>(key: Key, deadline: Option<u64>) -> SysResult<T> {
    Err(Stop::Wait(Wait { keys: vec![key], until: deadline, restart: Some(Errno::ERESTARTSYS) }))
}

impl Kernel {
    pub(super) fn sys_mq_open(
        &mut self,
        c: Caller,
        name: &[u8],
        flags: OpenFlags,
        mode: u32,
        attr: Option<(i64, i64)>,
    ) -> SysResult {
        check_name(name)?;
        self.sys.fds_fit(c.proc, 1)?;
        let id = match self.sys.mqueues.names.get(name).copied() {
            Some(_) if flags.contains(OpenFlags::CREAT | OpenFlags::EXCL) => return Err(Errno::EEXIST.into()),
            Some(id) => {
                let queue = &self.sys.mqueues.all[id];
                let cred = &self.sys.procs[c.proc].cred;
                let shift = if cred.fs.uid == queue.uid {
                    6
                } else if cred.fs.gid == queue.gid || cred.fs.groups.contains(&queue.gid) {
                    3
                } else {
                    0
                };
                let want = u32::from(flags.readable()) << 2 | u32::from(flags.writable()) << 1;
                if queue.mode >> shift & want != want && !cred.capable() {
                    return Err(Errno::EACCES.into());
                }
                id
            }
            None if !flags.contains(OpenFlags::CREAT) => return Err(Errno::ENOENT.into()),
            None => self.make_queue(c, name, mode, attr)?,
        };
        self.sys.mqueues.all[id].opens += 1;
        let number = self.sys.anonymous_ino();
        let loc = self.sys.anonymous_location(AnonymousKind::Mqueue, number);
        let status = flags & (OpenFlags::NONBLOCK | OpenFlags::from_bits_truncate(3));
        // The library's descriptors are always closed by exec.
        let fd = self.open_fd(c.proc, OpenFile::new(Object::Mqueue(id), status, Some(loc)), true);
        if fd.is_err() {
            self.sys.mqueues.all[id].opens -= 1;
            self.sys.mqueues.settle(id);
        }
        done(fd?)
    }

    fn make_queue(
        &mut self,
        c: Caller,
        name: &[u8],
        mode: u32,
        attr: Option<(i64, i64)>,
    ) -> Result<QueueId, Errno> {
        let p = &self.sys.procs[c.proc];
        let privileged = p.cred.has(crate::capability::SYS_RESOURCE);
        let (max, size) = attr.unwrap_or((MESSAGES, SIZE));
        let (most, longest) = if privileged { (MESSAGES_EVER, SIZE_EVER) } else { (MESSAGES, SIZE) };
        if !(1..=most).contains(&max) || !(1..=longest).contains(&size) {
            return Err(Errno::EINVAL);
        }
        if self.sys.mqueues.all.len() >= MAX_QUEUES && !privileged {
            return Err(Errno::ENOSPC);
        }
        let (max, size, uid) = (max as u64, size as u64, p.cred.fs.uid);
        let cost = Queue::cost(max, size);
        let queues = &mut self.sys.mqueues;
        let charged = queues.charged.get(&uid).copied().unwrap_or(0).saturating_add(cost);
        if charged > p.limits[RLIMIT_MSGQUEUE].0 {
            return Err(Errno::EMFILE);
        }
        queues.charged.insert(uid, charged);
        let id = queues.all.insert(Queue {
            opens: 0,
            named: true,
            mode: mode & 0o777 & !p.umask,
            uid,
            gid: p.cred.fs.gid,
            max,
            size,
            messages: Default::default(),
            sent: 0,
            bytes: 0,
            cost,
            notify: None,
            edges: Default::default(),
        });
        queues.names.insert(name.to_vec(), id);
        Ok(id)
    }

    pub(super) fn sys_mq_unlink(&mut self, c: Caller, name: &[u8]) -> SysResult {
        check_name(name)?;
        let queues = &mut self.sys.mqueues;
        let id = *queues.names.get(name).ok_or(Errno::ENOENT)?;
        let cred = &self.sys.procs[c.proc].cred;
        // The directory is sticky.
        if queues.all[id].uid != cred.fs.uid && !cred.capable() {
            return Err(Errno::EACCES.into());
        }
        queues.names.remove(name);
        queues.all[id].named = false;
        queues.settle(id);
        done(0)
    }

    /// The queue of a descriptor, and whether a call on it waits.
    fn queue(&self, c: Caller, fd: Fd, allowed: fn(OpenFlags) -> bool) -> Result<(QueueId, bool), Errno> {
        let f = &self.sys.files[self.sys.io_fd(c.proc, fd)?];
        match f.object {
            Object::Mqueue(id) if allowed(f.flags) => Ok((id, !f.nonblocking())),
            _ => Err(Errno::EBADF),
        }
    }

    fn late(&self, deadline: Option<u64>) -> bool {
        deadline.is_some_and(|deadline| deadline <= self.sys.now.monotonic_ns)
    }

    pub(super) fn sys_mq_send(
        &mut self,
        c: Caller,
        fd: Fd,
        data: &[u8],
        prio: u32,
        deadline: Option<u64>,
    ) -> SysResult {
        if prio >= PRIORITIES {
            return Err(Errno::EINVAL.into());
        }
        let (id, wait) = self.queue(c, fd, OpenFlags::writable)?;
        let late = self.late(deadline);
        let queue = &mut self.sys.mqueues.all[id];
        if data.len() as u64 > queue.size {
            return Err(Errno::EMSGSIZE.into());
        }
        if queue.messages.len() as u64 >= queue.max {
            return match (wait, late) {
                (false, _) => Err(Errno::EAGAIN.into()),
                (true, true) => Err(Errno::ETIMEDOUT.into()),
                (true, false) => wait_for(Key::MqueueOut(id), deadline),
            };
        }
        let first = queue.messages.is_empty();
        queue.sent += 1;
        queue.bytes += data.len() as u64;
        queue.messages.insert((Reverse(prio), queue.sent), data.to_vec());
        queue.edges.input += 1;
        // Who waits in a call gets the message, and nobody hears of it.
        let receives = |task: &crate::task::TaskId| {
            let waiting = self.sys.tasks[*task].waiting.as_ref();
            waiting.is_some_and(|waiting| matches!(waiting.call, Call::MqReceive { .. }))
        };
        let taken = self.sys.waiters.get(&Key::MqueueIn(id)).is_some_and(|tasks| tasks.iter().any(receives));
        if first
            && !taken
            && let Some(notify) = self.sys.mqueues.all[id].notify.take()
            && notify.signo != 0
            && let Some(target) = self.sys.proc_by_pid(notify.pid)
        {
            let p = &self.sys.procs[c.proc];
            let (pid, uid) = (p.pid, p.cred.ruid);
            let info = SigInfo {
                signo: notify.signo,
                code: SI_MESGQ,
                pid,
                uid,
                value: notify.value,
                ..SigInfo::default()
            };
            self.sys.send_proc(target, info);
        }
        self.sys.fire(Key::MqueueIn(id));
        done(0)
    }

    pub(super) fn sys_mq_receive(&mut self, c: Caller, fd: Fd, len: u64, deadline: Option<u64>) -> SysResult {
        let (id, wait) = self.queue(c, fd, OpenFlags::readable)?;
        let late = self.late(deadline);
        let queue = &mut self.sys.mqueues.all[id];
        if len < queue.size {
            return Err(Errno::EMSGSIZE.into());
        }
        let Some(((Reverse(prio), _), data)) = queue.messages.pop_first() else {
            return match (wait, late) {
                (false, _) => Err(Errno::EAGAIN.into()),
                (true, true) => Err(Errno::ETIMEDOUT.into()),
                (true, false) => wait_for(Key::MqueueIn(id), deadline),
            };
        };
        queue.bytes -= data.len() as u64;
        queue.edges.output += 1;
        self.sys.fire(Key::MqueueOut(id));
        Ok(Reply::with(data.len() as i64, Body::Message(prio.into(), data.into())))
    }

    /// `notify`: `sigev_notify`, signal and value, or none to hear no more.
    pub(super) fn sys_mq_notify(&mut self, c: Caller, fd: Fd, notify: Option<(u32, u32, u64)>) -> SysResult {
        let pid = self.sys.procs[c.proc].pid;
        if let Some((kind, signo, _)) = notify
            && !matches!(kind, SIGEV_NONE)
            && !(kind == SIGEV_SIGNAL && signo <= NSIG)
        {
            if kind == 2 {
                self.sys.unsupported(c.task, format_args!("mq_notify with a thread"));
            }
            return Err(Errno::EINVAL.into());
        }
        let (id, _) = self.queue(c, fd, |_| true)?;
        let queue = &mut self.sys.mqueues.all[id];
        match (notify, queue.notify) {
            (None, Some(old)) if old.pid == pid => queue.notify = None,
            (None, _) => {}
            (Some(_), Some(_)) => return Err(Errno::EBUSY.into()),
            (Some((kind, signo, value)), None) => {
                let signo = if kind == SIGEV_NONE { 0 } else { signo };
                queue.notify = Some(Notify { pid, signo, value });
            }
        }
        done(0)
    }

    /// mq_getsetattr(2): flags, most messages, longest, messages there.
    pub(super) fn sys_mq_attr(&mut self, c: Caller, fd: Fd, new: Option<u64>) -> SysResult {
        let nonblock = u64::from(OpenFlags::NONBLOCK.bits());
        if new.is_some_and(|flags| flags & !nonblock != 0) {
            return Err(Errno::EINVAL.into());
        }
        let (id, wait) = self.queue(c, fd, |_| true)?;
        let queue = &self.sys.mqueues.all[id];
        let old = if wait { 0 } else { nonblock };
        let attr = [old, queue.max, queue.size, queue.messages.len() as u64];
        if let Some(flags) = new {
            let file = self.sys.io_fd(c.proc, fd)?;
            self.sys.files[file].flags.set(OpenFlags::NONBLOCK, flags != 0);
        }
        with(Body::Bytes(ByteBuf::from(attr.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())))
    }
}
