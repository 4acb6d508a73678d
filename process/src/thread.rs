//! One guest thread and what it shares with the others of its process.

use crate::futex::FutexQueue;
use crate::host::{Host, Options, Port};
use crate::mm::AddressSpace;
use crate::seccomp::Inherited;
use crate::timing::Timing;
use crate::trace::Tracee;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tawaki_abi::Errno;
use tawaki_abi::signal::SigInfo;
use tawaki_abi::wire::{Body, Call, Deliver, NEED_MAPS, NEED_SYNC, Reply};
use tawaki_cpu::{CpuState, Engine, GuestMemory, Mode};

/// Word size of the system call being served: that of the program, but 32 bits
/// for `int 0x80` of a 64-bit program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// i386 numbers and structures.
    W32,
    /// x86-64 numbers and structures.
    W64,
}

/// What a handler returns: the value for the accumulator, or the error. The
/// `ERESTART*` errors say that a signal interrupted it.
pub type SysResult = Result<i64, Errno>;

/// The alternate signal stack (sigaltstack(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AltStack {
    /// Lowest address.
    pub base: u64,
    /// Bytes.
    pub size: u64,
    /// `SS_*` flags; `SS_DISABLE` without one.
    pub flags: u32,
}

impl AltStack {
    /// None is set.
    pub const NONE: AltStack = AltStack { base: 0, size: 0, flags: 2 };
}

/// State of all threads of a process.
#[derive(Debug)]
pub struct ProcessShared {
    /// Mappings.
    pub mm: Mutex<AddressSpace>,
    /// Waiters of futexes.
    pub futexes: FutexQueue,
    /// Threads that run or are about to.
    pub threads: AtomicU32,
    /// Name of the program, for messages.
    pub name: Mutex<String>,
    /// What has been logged once already.
    pub logged: Mutex<BTreeSet<String>>,
}

/// A parent suspended by vfork while its child runs on this thread.
pub struct VforkParent {
    /// Registers.
    pub cpu: CpuState,
    /// Its alternate stack.
    pub altstack: AltStack,
    /// Its pid and tid, if known.
    pub ids: Ids,
    /// Word size of the system call to return from.
    pub width: Width,
    /// Its set_tid_address(2) and set_robust_list(2).
    pub at_exit: (u64, (u64, u64)),
    /// Whether it is traced.
    pub tracee: Tracee,
    /// Its filters and personality.
    pub inherited: Inherited,
}

/// Numbers of the task that never change, as far as known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids {
    /// Process.
    pub pid: Option<i32>,
    /// Thread.
    pub tid: Option<i32>,
}

/// One guest thread.
pub struct Thread<'a> {
    /// Registers.
    pub cpu: CpuState,
    /// Guest memory, the same as in `shared.mm`.
    pub memory: Arc<GuestMemory>,
    /// The process.
    pub shared: Arc<ProcessShared>,
    /// To the kernel.
    pub port: &'a mut dyn Port,
    /// To the host.
    pub host: &'a mut dyn Host,
    /// Runs the code.
    pub engine: &'a mut dyn Engine,
    /// Switches.
    pub options: Options,
    /// Of the system call being served.
    pub width: Width,
    /// A handler to run once the system call's result is in place.
    pub pending: Option<Deliver>,
    /// The task is gone; its status.
    pub dying: Option<i32>,
    /// A vfork child is gone (killed in a call); its pid, for the parent that goes on here.
    pub left: Option<i64>,
    /// Alternate signal stack.
    pub altstack: AltStack,
    /// set_tid_address(2).
    pub clear_tid: u64,
    /// set_robust_list(2): head and length.
    pub robust: (u64, u64),
    /// Parents whose vfork children run here, outermost first.
    pub vfork: Vec<VforkParent>,
    /// Known numbers.
    pub ids: Ids,
    /// System calls served.
    pub syscalls: u64,
    /// The last processor exception.
    pub trapped: crate::signal::Trapped,
    /// What a tracer wants.
    pub tracee: Tracee,
    /// What children and programs executed get, too.
    pub inherited: Inherited,
    /// Which calls are measured.
    pub timing: Timing,
}

impl<'a> Thread<'a> {
    /// A thread of a new process with nothing mapped.
    pub fn new(
        port: &'a mut dyn Port,
        host: &'a mut dyn Host,
        engine: &'a mut dyn Engine,
        options: Options,
    ) -> Self {
        let mut space = AddressSpace::new(host);
        if host.trusts_layout() {
            space.lazy = u32::MAX;
        }
        let shared = ProcessShared {
            mm: Mutex::new(space),
            futexes: FutexQueue::default(),
            threads: AtomicU32::new(1),
            name: Mutex::new(String::from("?")),
            logged: Mutex::new(BTreeSet::new()),
        };
        Self::of(Arc::new(shared), port, host, engine, options)
    }

    /// A thread of a process that exists.
    pub fn of(
        shared: Arc<ProcessShared>,
        port: &'a mut dyn Port,
        host: &'a mut dyn Host,
        engine: &'a mut dyn Engine,
        options: Options,
    ) -> Self {
        let memory = lock(&shared.mm).memory().clone();
        let timing = Timing::new(host.monotonic_ns());
        Thread {
            cpu: CpuState::new(Mode::Bits64),
            memory,
            shared,
            port,
            host,
            engine,
            options,
            width: Width::W64,
            pending: None,
            dying: None,
            left: None,
            altstack: AltStack::NONE,
            clear_tid: 0,
            robust: (0, 0),
            vfork: Vec::new(),
            ids: Ids::default(),
            syscalls: 0,
            trapped: crate::signal::Trapped::default(),
            tracee: Tracee::NONE,
            inherited: Inherited::default(),
            timing,
        }
    }

    /// The address space, locked.
    pub fn mm(&self) -> MutexGuard<'_, AddressSpace> {
        lock(&self.shared.mm)
    }

    /// The address space, locked, together with the host that can grow it.
    pub fn mm_and_host(&mut self) -> (MutexGuard<'_, AddressSpace>, &mut dyn Host) {
        (lock(&self.shared.mm), self.host)
    }

    /// Whether the task that runs here has ended.
    pub fn gone(&self) -> bool {
        self.dying.is_some() || self.left.is_some()
    }

    /// Sends a call; answers `NEED_MAPS` by the way. Signals are not looked at.
    pub fn call(&mut self, call: &Call) -> Reply {
        if self.gone() {
            // The slot is somebody else's by now: nothing more in this task's name.
            return Reply::err(Errno::EINTR);
        }
        let mut synced = false;
        let measured = self.timing.called(|| self.host.monotonic_ns());
        let mut timed = measured.map(|user| Call::Timed { user, call: Box::new(call.clone()) });
        loop {
            let mut reply = match timed.take() {
                Some(timed) => self.port.call(&timed),
                None => self.port.call(call),
            };
            while let Body::Probe(op) = reply.body {
                // Somebody looks into this process; then the call goes on.
                let answer = self.trace_op(op);
                reply = self.port.call(&Call::ProbeResult { answer });
            }
            if let Body::Die(status) = reply.body {
                match reply.result {
                    Ok(pid @ 1..) if !self.vfork.is_empty() => self.left = Some(pid),
                    _ => self.dying = Some(status),
                }
            }
            if reply.result == Err(NEED_SYNC) {
                self.write_back(0..crate::mm::vma::PAGES);
                synced = true;
                continue;
            }
            if reply.result != Err(NEED_MAPS) {
                use Call::{Append, Ftruncate, Transfer, Write};
                let changes =
                    matches!(call, Write { .. } | Append { .. } | Ftruncate { .. } | Transfer { .. });
                if synced && changes && reply.result.is_ok() {
                    self.refresh_shared();
                }
                return reply;
            }
            if self.tell_maps().is_err() {
                return Reply::err(Errno::EIO);
            }
        }
    }

    /// Tells the kernel what `/proc` shows of the address space.
    pub fn tell_maps(&mut self) -> Result<i64, Errno> {
        let maps = {
            let mm = self.mm();
            let page = tawaki_abi::mm::PAGE;
            let text = serde_bytes::ByteBuf::from(mm.maps_text());
            let auxv = serde_bytes::ByteBuf::from(mm.layout.auxv.clone());
            Call::Maps { text, vsize: mm.vmas().total() * page, rss: mm.resident() * page, auxv }
        };
        self.port.call(&maps).result
    }

    /// Sends a call on behalf of a system call. When a signal interrupts it and
    /// no handler is to run, the same call is sent again; otherwise the error is
    /// the kernel's `ERESTART*` and the handler waits in `self.pending`.
    pub fn request(&mut self, call: &Call) -> Result<(i64, Body), Errno> {
        loop {
            let reply = self.call(call);
            match reply.result {
                _ if self.gone() => return Err(Errno::EINTR),
                Ok(value) => return Ok((value, reply.body)),
                Err(errno @ (Errno::ERESTARTSYS | Errno::ERESTARTNOINTR | Errno::ERESTARTNOHAND)) => {
                    if self.interrupted() {
                        return Err(if self.gone() { Errno::EINTR } else { errno });
                    }
                }
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Asks whether a signal interrupts what this thread waits for: `true` when a
    /// handler is to run (it waits in `self.pending`) or the task is gone.
    pub fn interrupted(&mut self) -> bool {
        // Cleared first: what the kernel sets from here on is news.
        if self.tracee.mode != 0 {
            // Its tracer sees the end of the system call before the signal: see `finish`.
            self.port.attention().store(1, Ordering::SeqCst);
            return true;
        }
        self.port.attention().store(0, Ordering::SeqCst);
        match self.ask_signal(&Call::TakeSignal) {
            Body::Deliver(deliver) => {
                self.pending = Some(deliver);
                // More may be pending behind this one.
                self.port.attention().store(1, Ordering::SeqCst);
                true
            }
            // A tracer that has come meanwhile sees the call begin anew.
            _ if self.tracee.mode != 0 => {
                self.port.attention().store(1, Ordering::SeqCst);
                true
            }
            _ => self.gone(),
        }
    }

    /// As [`Self::request`], for calls that only have a value.
    pub fn value(&mut self, call: &Call) -> SysResult {
        self.request(call).map(|(value, _)| value)
    }

    /// Asks for signals and builds their frames, until there are none.
    pub fn take_signals(&mut self) {
        self.port.attention().store(0, Ordering::SeqCst);
        while !self.gone() {
            match self.ask_signal(&Call::TakeSignal) {
                Body::Deliver(deliver) => self.deliver(&deliver),
                _ => return,
            }
        }
    }

    /// Raises a fault's signal on this thread.
    pub fn raise(&mut self, info: SigInfo) {
        match self.ask_signal_of(&Call::Fault { info }) {
            (Body::Deliver(deliver), _) => self.deliver(&deliver),
            // A tracer may take the signal away, once it has changed what caused it, and go.
            (_, stopped) if self.gone() || stopped || self.tracee.mode != 0 => {}
            // A kernel that lets us go on would have us fault for ever.
            _ => self.kill_self(info.signo),
        }
    }

    /// Dies by `signo`.
    pub fn kill_self(&mut self, signo: u32) {
        self.end_by(signo, false);
    }

    /// The same, and whether a core file is there.
    pub fn end_by(&mut self, signo: u32, core: bool) {
        let reply = self.call(&Call::KillSelf { signo, core });
        self.after_end(reply, signo as i32);
    }

    /// The answer to `Exit`, `ExitGroup` or `KillSelf`: either this worker ends,
    /// or a vfork child ended and its parent goes on.
    pub fn after_end(&mut self, reply: Reply, status: i32) {
        if self.gone() {
            return;
        }
        match (reply.result, self.vfork.is_empty()) {
            (Ok(pid), false) => self.resume_vfork_parent(pid),
            _ => self.dying = Some(status),
        }
    }

    /// Puts the parent of the vfork child that just left back on this thread,
    /// with `pid` as its system call's result.
    pub fn resume_vfork_parent(&mut self, pid: i64) {
        let Some(parent) = self.vfork.pop() else { return };
        let (icount, tsc) = (self.cpu.icount, self.cpu.tsc);
        self.cpu = parent.cpu;
        self.cpu.icount = icount;
        self.cpu.tsc = tsc;
        self.altstack = parent.altstack;
        self.ids = parent.ids;
        self.width = parent.width;
        (self.clear_tid, self.robust) = parent.at_exit;
        self.tracee = parent.tracee;
        self.watch_or_not();
        self.inherited = parent.inherited;
        self.pending = None;
        self.set_result(pid);
    }

    /// Puts a system call's result into the accumulator.
    pub fn set_result(&mut self, value: i64) {
        let wide = self.cpu.mode == Mode::Bits64 && self.width == Width::W64;
        // int 0x80 from 64-bit code sign-extends too (the kernel stores a long).
        let value =
            if wide || self.cpu.mode == Mode::Bits64 { value as u64 } else { u64::from(value as u32) };
        self.cpu.set_gpr(0, value);
    }

    /// Logs one line, prefixed by the program's name.
    pub fn log(&mut self, line: &str) {
        let name = lock(&self.shared.name).clone();
        self.host.log(&format!("{name}: {line}"));
    }

    /// Logs a line the first time only.
    pub fn log_once(&mut self, line: &str) {
        // Bounded: a guest cannot make the set grow for ever.
        let fresh = {
            let mut logged = lock(&self.shared.logged);
            logged.len() < 256 && logged.insert(line.to_string())
        };
        if fresh {
            self.log(line);
        }
    }
}

/// Locks, whatever happened to the last holder: our data stays consistent
/// between statements that can panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
