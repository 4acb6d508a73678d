//! execve(2): in place, or out of a vfork child into a worker of its own.

use crate::debug::DebugRegisters;
use crate::loader::{self, Prepared, Request, stack};
use crate::thread::{SysResult, Thread};
use crate::trace::Tracee;
use serde_bytes::ByteBuf;
use tawaki_abi::Errno;
use tawaki_abi::fs::AT_FDCWD;
use tawaki_abi::signal::SIGSEGV;
use tawaki_abi::wire::{self, Body, Call, ExecRequest, trace_event};
use tawaki_cpu::Mode;

/// Default soft limit of the stack, bytes.
const STACK_LIMIT: u64 = 8 << 20;

/// Longest `comm`.
const COMM: usize = 15;

impl Thread<'_> {
    /// An array of strings ended by a null pointer, as execve takes it.
    pub fn string_array(&self, addr: u64) -> Result<Vec<ByteBuf>, Errno> {
        let mut strings = Vec::new();
        let mut total = 0;
        if addr == 0 {
            return Ok(strings);
        }
        loop {
            let at = addr.wrapping_add(strings.len() as u64 * self.word_size());
            match self.load_word(at)? {
                0 => return Ok(strings),
                string => {
                    let string = self.cstr(string, stack::MAX_STRING, Errno::E2BIG)?;
                    total += string.len() as u64 + 1 + self.word_size();
                    if total > stack::limit(u64::MAX) {
                        return Err(Errno::E2BIG);
                    }
                    strings.push(ByteBuf::from(string));
                }
            }
        }
    }

    /// execve(2) and execveat(2). Success in place returns 0 with new registers.
    pub fn execve(&mut self, request: Request) -> SysResult {
        let mut prepared = loader::prepare(self, request)?;
        match self.exec_prepared(&mut prepared) {
            Err(errno) if !self.gone() => {
                self.call(&Call::MapDrop { handle: prepared.program.handle });
                if let Some(interpreter) = &prepared.interpreter {
                    self.call(&Call::MapDrop { handle: interpreter.handle });
                }
                Err(errno)
            }
            result => result,
        }
    }

    fn exec_prepared(&mut self, prepared: &mut Prepared) -> SysResult {
        self.check_size(prepared)?;
        if prepared.argv.is_empty() {
            // Linux gives such a program one empty argument.
            prepared.argv.push(ByteBuf::new());
        }
        if self.vfork.is_empty() {
            let end = crate::mm::vma::PAGES;
            self.write_back(0..end);
            return self.commit(prepared).map(|()| 0);
        }
        if let Some(interpreter) = &prepared.interpreter {
            self.call(&Call::MapDrop { handle: interpreter.handle });
        }
        let request = ExecRequest {
            path: prepared.path.clone(),
            argv: std::mem::take(&mut prepared.argv),
            envp: std::mem::take(&mut prepared.envp),
            handle: Some((prepared.program.handle, prepared.program.id.clone())),
            inherited: wire::encode(&self.inherited, Vec::new()).map_err(|_| Errno::ENOMEM)?.into(),
        };
        let bytes = wire::encode(&request, Vec::new()).map_err(|_| Errno::ENOMEM)?;
        let call = Call::ExecSpawn { handle: prepared.program.handle, request: bytes.into() };
        let reply = self.call(&call);
        let pid = reply.result?;
        if !self.gone() {
            self.resume_vfork_parent(pid);
        }
        Ok(pid)
    }

    /// E2BIG rules of execve(2).
    fn check_size(&mut self, prepared: &Prepared) -> Result<(), Errno> {
        let mode = prepared.program.image.header.mode;
        let all = prepared.argv.iter().chain(&prepared.envp).map(|s| s.as_slice());
        let cost = stack::cost(all, mode)?;
        if cost <= stack::limit(0) {
            return Ok(());
        }
        let call = Call::Prlimit { pid: 0, resource: 3, new: None };
        let limit = match self.call(&call).body {
            Body::Rlimit(soft, _) => soft,
            _ => STACK_LIMIT,
        };
        if cost <= stack::limit(limit.min(STACK_LIMIT)) { Ok(()) } else { Err(Errno::E2BIG) }
    }

    /// The point of no return and what follows. An error after it kills the task.
    fn commit(&mut self, prepared: &Prepared) -> Result<(), Errno> {
        let name = prepared.path.rsplit(|&b| b == b'/').next().unwrap_or(b"");
        let call = Call::ExecCommit {
            handle: prepared.program.handle,
            path: prepared.path.clone(),
            argv: prepared.argv.clone(),
            environ: ByteBuf::from(
                prepared.envp.iter().flat_map(|e| e.iter().copied().chain([0])).collect::<Vec<u8>>(),
            ),
            comm: ByteBuf::from(&name[..name.len().min(COMM)]),
        };
        let started = match self.request(&call)?.1 {
            Body::ExecStarted(started) => started,
            _ => return Err(Errno::EIO),
        };
        self.ids.pid = Some(started.pid);
        self.ids.tid = Some(started.pid);
        self.tracee =
            Tracee { mode: started.trace, forced: false, debug: DebugRegisters::NONE, ..self.tracee };
        let loaded = loader::load(self, prepared, &started);
        if self.gone() {
            return Ok(());
        }
        if let Err(errno) = loaded {
            let path = String::from_utf8_lossy(&prepared.path).into_owned();
            self.log(&format!("cannot load {path}: {errno}"));
            self.kill_self(SIGSEGV);
        } else if self.tracee.mode != 0 {
            let _ = self.tell_maps();
            self.trace_event(trace_event::EXEC, started.pid as u64);
        }
        Ok(())
    }

    /// A worker's first program. On failure the task exits as a shell would have it do.
    pub fn start_exec(&mut self, request: &[u8]) {
        let request: ExecRequest = match wire::decode(request) {
            Ok(request) => request,
            Err(_) => {
                self.log("malformed start request");
                self.exit_group(127);
                return;
            }
        };
        if !request.inherited.is_empty() {
            self.inherited = wire::decode(&request.inherited).unwrap_or_default();
        }
        let path = request.path.clone();
        let resolved = request.handle.is_some();
        let request = Request {
            dirfd: AT_FDCWD,
            flags: 0,
            path: request.path,
            argv: request.argv,
            envp: request.envp,
            handle: request.handle,
        };
        self.cpu.mode = Mode::Bits64;
        let started = loader::prepare(self, request).and_then(|mut prepared| {
            self.check_size(&prepared)?;
            if prepared.argv.is_empty() {
                prepared.argv.push(ByteBuf::new());
            }
            self.commit(&prepared)
        });
        if let Err(errno) = started
            && !self.gone()
        {
            let reason = format!("cannot execute {}: {errno}", String::from_utf8_lossy(&path));
            self.host.log(&reason);
            if !resolved {
                // Nobody else can tell the user: there is no shell around this program.
                let data = format!("tawaki: {reason}\n").into_bytes().into();
                self.call(&Call::Write { fd: 2, data, offset: None });
            }
            if resolved {
                // Past the point of no return for the parent: as Linux does.
                self.kill_self(SIGSEGV);
            } else {
                self.exit_group(if errno == Errno::ENOENT { 127 } else { 126 });
            }
        }
    }

    /// exit_group(2).
    pub fn exit_group(&mut self, status: i32) {
        let reply = self.call(&Call::ExitGroup { status });
        self.after_end(reply, (status & 0xff) << 8);
    }
}
