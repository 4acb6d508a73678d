//! Checks of the tables against each other, and their sizes, for tests.

use crate::file::{FileId, Object};
use crate::kernel::Kernel;
use crate::task::{TaskId, TaskState};
use std::collections::HashMap;

impl Kernel {
    /// Everything that does not fit together; empty in a sound kernel.
    #[doc(hidden)]
    pub fn audit(&self) -> Vec<String> {
        self.audit_during(None)
    }

    /// `/proc/tawaki`: how much is in each table, and what does not fit together. A test
    /// that ends all it has started finds the same as before.
    pub(crate) fn tables(&self, caller: TaskId) -> Vec<u8> {
        let sys = &self.sys;
        let signals: usize = sys.tasks.iter().map(|(_, t)| t.pending.infos.len()).sum();
        let shared: usize = sys.procs.iter().map(|(_, p)| p.shared.infos.len()).sum();
        let rows: [(&str, usize); 27] = [
            ("processes", sys.procs.len()),
            ("threads", sys.tasks.len()),
            ("process numbers", sys.pids.len()),
            ("groups", sys.groups.len()),
            ("sessions", sys.sessions.len()),
            ("workers", sys.slots.iter().flatten().count()),
            ("open files", sys.files.len()),
            ("descriptor tables", sys.fdtables.len()),
            ("pipes", sys.pipes.len()),
            ("named pipes", sys.fifos.len()),
            ("terminals", sys.ttys.len()),
            ("sockets", sys.sockets.all.len()),
            ("socket bytes", sys.sockets.total),
            ("locks", sys.locks.len()),
            ("leases", sys.leases.len()),
            ("directory notes", sys.notes.len()),
            ("waiting for", sys.waiters.len()),
            ("timers", sys.timers.len()),
            ("signals", signals + shared),
            ("watched inodes", sys.watched.len()),
            ("memory files", sys.memory_names.len() + sys.memory_seals.len()),
            ("handles", sys.procs.iter().map(|(_, p)| p.handles.len() + p.kept.len()).sum()),
            ("ends to tell", sys.procs.iter().map(|(_, p)| p.traced_ends.len()).sum()),
            ("message queues", sys.mqueues.all.len()),
            ("loop devices", sys.loops.len()),
            ("asked about memory", sys.tasks.iter().filter(|(_, t)| t.probe.is_some()).count()),
            ("inodes in use", self.vfs.in_use()),
        ];
        let mut text: String = rows.iter().map(|(name, count)| format!("{name}: {count}\n")).collect();
        for wrong in self.audit_during(Some(caller)) {
            text += &format!("wrong: {wrong}\n");
        }
        text.into_bytes()
    }

    fn audit_during(&self, caller: Option<TaskId>) -> Vec<String> {
        let sys = &self.sys;
        let mut wrong = Vec::new();
        let mut refs: HashMap<FileId, u32> = HashMap::new();
        for (_, table) in sys.fdtables.iter() {
            for (_, entry) in table.open() {
                *refs.entry(entry.file).or_default() += 1;
            }
        }
        for (_, socket) in sys.sockets.all.iter() {
            for file in socket.inbox.iter().flat_map(|p| &p.fds) {
                *refs.entry(*file).or_default() += 1;
            }
        }
        for (_, task) in sys.tasks.iter() {
            if let Some(file) = task.waiting.as_ref().and_then(|w| w.progress.held) {
                *refs.entry(file).or_default() += 1;
            }
        }
        let mut ends: HashMap<u32, (u32, u32)> = HashMap::new();
        for (id, file) in sys.files.iter() {
            let counted = refs.get(&id).copied().unwrap_or(0);
            if counted != file.refs {
                wrong.push(format!("file {id:?}: {} references, {counted} found", file.refs));
            }
            if let Object::Pipe { id, reads, writes } = file.object {
                let end = ends.entry(id.0).or_default();
                end.0 += reads as u32;
                end.1 += writes as u32;
            }
        }
        for (id, pipe) in sys.pipes.iter() {
            let found = ends.get(&id.0).copied().unwrap_or((0, 0));
            if found != (pipe.readers, pipe.writers) {
                wrong.push(format!("pipe {id:?}: ends {:?}, {found:?} found", (pipe.readers, pipe.writers)));
            }
        }
        for (id, p) in sys.procs.iter() {
            for child in &p.children {
                if sys.procs.get(*child).is_none_or(|c| c.parent != id) {
                    wrong.push(format!("process {}: child {child:?} is not its own", p.pid));
                }
            }
            if id != sys.init && !sys.procs.get(p.parent).is_some_and(|parent| parent.children.contains(&id))
            {
                wrong.push(format!("process {}: its parent does not know it", p.pid));
            }
            if id != sys.init && p.tasks.is_empty() != p.zombie {
                wrong.push(format!("process {}: {} tasks, zombie {}", p.pid, p.tasks.len(), p.zombie));
            }
            if !sys.groups.get(&p.pgid).is_some_and(|members| members.contains(&id)) {
                wrong.push(format!("process {}: not in its group", p.pid));
            }
            if !sys.sessions.contains_key(&p.sid) {
                wrong.push(format!("process {}: no session", p.pid));
            }
        }
        for (id, t) in sys.tasks.iter() {
            if !sys.procs.get(t.proc).is_some_and(|p| p.tasks.contains(&id)) {
                wrong.push(format!("task {}: not of its process", t.tid));
            }
            // One that looks at its memory for another waits on afterwards.
            let waits = t.state == TaskState::Waiting || t.waiting.is_some() && t.probe.is_some();
            if t.waiting.is_some() != waits || t.state == TaskState::Calling && Some(id) != caller {
                wrong.push(format!("task {}: state {:?}", t.tid, t.state));
            }
            let slot = sys.slots.get(t.slot.0 as usize).copied().flatten();
            if t.state != TaskState::VforkParent && slot != Some(id) {
                wrong.push(format!("task {}: slot {:?} is {slot:?}'s", t.tid, t.slot));
            }
        }
        let sum: usize = sys.pipes.iter().map(|(_, p)| p.capacity).sum();
        if sum != sys.pipe_capacity {
            wrong.push(format!("pipe capacity {}, {sum} found", sys.pipe_capacity));
        }
        let sum: usize = sys.sockets.all.iter().map(|(_, s)| s.bytes).sum();
        let held: usize =
            sys.sockets.all.iter().flat_map(|(_, s)| &s.inbox).map(|p| p.data.len() - p.pos).sum();
        if sum != sys.sockets.total || sum != held {
            wrong.push(format!("socket bytes {}, {sum} and {held} found", sys.sockets.total));
        }
        let mut sockets: HashMap<crate::socket::SocketId, u32> = HashMap::new();
        for (_, file) in sys.files.iter() {
            if let Object::Socket(socket) = file.object {
                *sockets.entry(socket).or_default() += 1;
            }
        }
        for (_, socket) in sys.sockets.all.iter() {
            for waiting in socket.listening.iter().flat_map(|(queue, _)| queue) {
                *sockets.entry(*waiting).or_default() += 1;
            }
        }
        for (id, socket) in sys.sockets.all.iter() {
            if sockets.get(&id) != Some(&1) {
                wrong.push(format!("socket {id:?}: {:?} descriptions or queues have it", sockets.get(&id)));
            }
            if let Some(inet) = socket.inet().filter(|i| i.local.port() != 0)
                && !sys.sockets.on_port(socket.kind, inet.local.port()).contains(&id)
            {
                wrong.push(format!("socket {id:?}: its port does not know it"));
            }
        }
        for (inode, files) in &sys.watched {
            for file in files {
                let watches = sys.files.get(*file).is_some_and(|f| match &f.object {
                    Object::Inotify(i) => i.watches.values().any(|w| w.inode == *inode),
                    _ => false,
                });
                if !watches {
                    wrong.push(format!("{inode:?}: file {file:?} does not watch it"));
                }
            }
        }
        for file in sys.notes.files().filter(|file| sys.files.get(*file).is_none()) {
            wrong.push(format!("file {file:?}: closed, and there is a note on it"));
        }
        let mut users: HashMap<u32, u64> = HashMap::new();
        for (id, _) in sys.tasks.iter() {
            *users.entry(sys.cred_of(id).ruid).or_default() += 1;
        }
        for (uid, count) in &sys.per_user {
            if users.get(uid).copied().unwrap_or(0) != *count {
                wrong.push(format!("user {uid}: {count} tasks counted, {:?} found", users.get(uid)));
            }
        }
        for (key, tasks) in &sys.waiters {
            for task in tasks {
                let waits = sys.tasks.get(*task).and_then(|t| t.waiting.as_ref());
                if !waits.is_some_and(|w| w.wait.keys.contains(key)) {
                    wrong.push(format!("{key:?}: task {task:?} does not wait for it"));
                }
            }
        }
        wrong
    }
}
