//! System V message queues and semaphores: the calls.

use super::{done, with};
use crate::ipc::*;
use crate::kernel::{Caller, Kernel};
use crate::wait::{Key, Progress, Stop, SysResult, Wait};
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, IpcOp, IpcStat, Reply, SemOp};

/// msgrcv(2): cut longer messages, take any but this type, look only.
const MSG_NOERROR: u32 = 0o10000;
const MSG_EXCEPT: u32 = 0o20000;
const MSG_COPY: u32 = 0o40000;
/// Most operations of one semop (`SEMOPM`).
const MAX_OPS: usize = 500;

/// Waits for a change; a handler's return always ends it (signal(7)).
fn wait_for<T>(key: Key, until: Option<u64>) -> SysResult<T> {
    Err(Stop::Wait(Wait { keys: vec![key], until, restart: Some(Errno::ERESTARTNOHAND) }))
}

/// The object a call waited for may be gone meanwhile.
fn gone(progress: &Progress) -> impl Fn(Errno) -> Errno {
    let again = progress.again;
    move |errno| if again && errno == Errno::EINVAL { Errno::EIDRM } else { errno }
}

impl Kernel {
    fn seconds(&self) -> i64 {
        self.sys.time().sec
    }

    pub(super) fn sys_msgget(&mut self, c: Caller, key: i32, flags: u32) -> SysResult {
        let now = self.seconds();
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let make = || Ok(Queue { limit: MAX_QUEUE, times: [0, 0, now], ..Queue::default() });
        done(ipc.queues.get(&procs[c.proc].cred, key, flags, |_| Ok(()), make)?)
    }

    pub(super) fn sys_msgsnd(
        &mut self,
        c: Caller,
        id: i32,
        kind: i64,
        data: &mut ByteBuf,
        flags: u32,
        progress: &Progress,
    ) -> SysResult {
        if data.len() > MAX_MESSAGE || kind < 1 || id < 0 {
            return Err(Errno::EINVAL.into());
        }
        let now = self.seconds();
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let (perm, queue) = ipc.queues.find(id).map_err(gone(progress))?;
        access(perm, &procs[c.proc].cred, WRITE)?;
        let full =
            queue.bytes + data.len() as u64 > queue.limit || queue.messages.len() as u64 >= queue.limit;
        if full {
            return if flags & NOWAIT != 0 {
                Err(Errno::EAGAIN.into())
            } else {
                wait_for(Key::Messages(id), None)
            };
        }
        queue.bytes += data.len() as u64;
        queue.messages.push_back((kind, core::mem::take(data).into_vec()));
        queue.senders = procs[c.proc].pid;
        queue.times[0] = now;
        self.sys.fire(Key::Messages(id));
        done(0)
    }

    pub(super) fn sys_msgrcv(
        &mut self,
        c: Caller,
        id: i32,
        size: u64,
        kind: i64,
        flags: u32,
        progress: &Progress,
    ) -> SysResult {
        if id < 0 || size > i64::MAX as u64 {
            return Err(Errno::EINVAL.into());
        }
        if flags & MSG_COPY != 0 {
            // As a kernel without checkpoints.
            return Err(Errno::ENOSYS.into());
        }
        let now = self.seconds();
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let (perm, queue) = ipc.queues.find(id).map_err(gone(progress))?;
        access(perm, &procs[c.proc].cred, READ)?;
        let Some(at) = queue.position(kind, flags & MSG_EXCEPT != 0) else {
            return if flags & NOWAIT != 0 {
                Err(Errno::ENOMSG.into())
            } else {
                wait_for(Key::Messages(id), None)
            };
        };
        if queue.messages[at].1.len() as u64 > size && flags & MSG_NOERROR == 0 {
            return Err(Errno::E2BIG.into());
        }
        let (kind, mut data) = queue.messages.remove(at).ok_or(Errno::ENOMSG)?;
        queue.bytes -= data.len() as u64;
        data.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        queue.receiver = procs[c.proc].pid;
        queue.times[1] = now;
        self.sys.fire(Key::Messages(id));
        Ok(Reply::with(data.len() as i64, Body::Message(kind, data.into())))
    }

    pub(super) fn sys_msgctl(&mut self, c: Caller, id: i32, op: &IpcOp) -> SysResult {
        let now = self.seconds();
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let cred = &procs[c.proc].cred;
        let (perm, queue) = ipc.queues.find(id)?;
        match *op {
            IpcOp::Remove => {
                owns(perm, cred)?;
                ipc.queues.all.remove(&id);
            }
            IpcOp::Set { uid, gid, mode, limit } => {
                owns(perm, cred)?;
                if limit > MAX_QUEUE && !cred.capable() {
                    return Err(Errno::EPERM.into());
                }
                (perm.uid, perm.gid, perm.mode) = (uid, gid, mode & 0o777);
                queue.limit = limit.min(MAX_QUEUE_EVER);
                queue.times[2] = now;
            }
            IpcOp::Stat => {
                access(perm, cred, READ)?;
                let (count, [s, r, ch]) = (queue.messages.len() as u64, queue.times);
                return with(Body::IpcStat(IpcStat {
                    perm: *perm,
                    times: [s, r, ch],
                    bytes: queue.bytes,
                    count,
                    limit: queue.limit,
                    pids: [queue.senders, queue.receiver],
                }));
            }
            _ => return Err(Errno::EINVAL.into()),
        }
        self.sys.fire(Key::Messages(id));
        done(0)
    }

    pub(super) fn sys_semget(&mut self, c: Caller, key: i32, count: i32, flags: u32) -> SysResult {
        let count = u32::try_from(count).ok().filter(|n| *n <= MAX_SEMS).ok_or(Errno::EINVAL)?;
        let now = self.seconds();
        let room = self.sys.ipc.room_for(count);
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let fits = |set: &Set| if count as usize > set.sems.len() { Err(Errno::EINVAL) } else { Ok(()) };
        let make = || {
            room?;
            if count == 0 {
                return Err(Errno::EINVAL);
            }
            Ok(Set { sems: vec![(0, 0); count as usize], times: [0, now], ..Set::default() })
        };
        done(ipc.sets.get(&procs[c.proc].cred, key, flags, fits, make)?)
    }

    pub(super) fn sys_semop(
        &mut self,
        c: Caller,
        id: i32,
        ops: &[SemOp],
        deadline: Option<u64>,
        progress: &Progress,
    ) -> SysResult {
        if ops.is_empty() || id < 0 {
            return Err(Errno::EINVAL.into());
        }
        if ops.len() > MAX_OPS {
            return Err(Errno::E2BIG.into());
        }
        let now = self.seconds();
        let late = deadline.is_some_and(|deadline| deadline <= self.sys.now.monotonic_ns);
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let (perm, set) = ipc.sets.find(id).map_err(gone(progress))?;
        if ops.iter().any(|op| usize::from(op.index) >= set.sems.len()) {
            return Err(Errno::EFBIG.into());
        }
        let want = if ops.iter().any(|op| op.change != 0) { WRITE } else { READ };
        access(perm, &procs[c.proc].cred, want)?;
        match set.operate(procs[c.proc].pid, ops)? {
            Outcome::Done => {
                set.times[0] = now;
                self.sys.fire(Key::Semaphores(id));
                done(0)
            }
            Outcome::Blocked(at) if u32::from(ops[at].flags) & NOWAIT != 0 || late => {
                Err(Errno::EAGAIN.into())
            }
            Outcome::Blocked(_) => wait_for(Key::Semaphores(id), deadline),
        }
    }

    /// Calls that wait for semaphore `index` of a set to be zero, or to grow.
    fn sem_waiters(&self, id: i32, index: u16, zero: bool) -> usize {
        let Some((_, set)) = self.sys.ipc.sets.all.get(&id) else { return 0 };
        let tasks = self.sys.waiters.get(&Key::Semaphores(id)).map_or(&[][..], Vec::as_slice);
        let blocked = |task: &&crate::task::TaskId| {
            let Some(waiting) = self.sys.tasks[**task].waiting.as_ref() else { return false };
            let Call::Semop { ops, .. } = &waiting.call else { return false };
            let mut sems: Vec<i32> = set.sems.iter().map(|sem| sem.0).collect();
            for op in ops {
                let Some(sem) = sems.get_mut(usize::from(op.index)) else { return false };
                if op.change == 0 && *sem != 0 || *sem + i32::from(op.change) < 0 {
                    return op.index == index && (op.change == 0) == zero;
                }
                *sem += i32::from(op.change);
            }
            false
        };
        tasks.iter().filter(blocked).count()
    }

    pub(super) fn sys_semctl(&mut self, c: Caller, id: i32, index: i32, op: &IpcOp) -> SysResult {
        let now = self.seconds();
        let waiting = match op {
            IpcOp::GetWaiting { zero } => self.sem_waiters(id, index.clamp(0, 65_535) as u16, *zero),
            _ => 0,
        };
        let crate::system::System { ipc, procs, .. } = &mut self.sys;
        let p = &procs[c.proc];
        let (perm, set) = ipc.sets.find(id)?;
        let (perm_now, count) = (*perm, set.sems.len());
        let at = usize::try_from(index).ok().filter(|at| *at < count).ok_or(Errno::EINVAL);
        match op {
            IpcOp::Remove => {
                owns(perm, &p.cred)?;
                ipc.sets.all.remove(&id);
            }
            IpcOp::Set { uid, gid, mode, .. } => {
                owns(perm, &p.cred)?;
                (perm.uid, perm.gid, perm.mode) = (*uid, *gid, *mode & 0o777);
                set.times[1] = now;
            }
            IpcOp::Stat => {
                access(perm, &p.cred, READ)?;
                let [o, ch] = set.times;
                return with(Body::IpcStat(IpcStat {
                    perm: perm_now,
                    times: [o, ch, 0],
                    count: count as u64,
                    ..IpcStat::default()
                }));
            }
            IpcOp::GetValue => {
                access(perm, &p.cred, READ)?;
                return done(set.sems[at?].0);
            }
            IpcOp::GetPid => {
                access(perm, &p.cred, READ)?;
                return done(set.sems[at?].1);
            }
            IpcOp::GetWaiting { .. } => {
                access(perm, &p.cred, READ)?;
                at?;
                return done(waiting);
            }
            IpcOp::GetAll => {
                access(perm, &p.cred, READ)?;
                let values = set.sems.iter().map(|sem| sem.0 as u32).collect();
                return with(Body::Groups(values));
            }
            IpcOp::SetValue(value) => {
                let at = at?;
                if !(0..=MAX_VALUE).contains(value) {
                    return Err(Errno::ERANGE.into());
                }
                access(perm, &p.cred, WRITE)?;
                set.sems[at] = (*value, p.pid);
                for undo in set.undo.values_mut() {
                    undo[at] = 0;
                }
                set.times[1] = now;
            }
            IpcOp::SetAll(values) => {
                access(perm, &p.cred, WRITE)?;
                if values.len() != count {
                    return Err(Errno::EINVAL.into());
                }
                if values.iter().any(|v| i32::from(*v) > MAX_VALUE) {
                    return Err(Errno::ERANGE.into());
                }
                set.sems = values.iter().map(|v| (i32::from(*v), p.pid)).collect();
                set.undo.clear();
                set.times[1] = now;
            }
        }
        self.sys.fire(Key::Semaphores(id));
        done(0)
    }
}
