//! fork, vfork and clone: the image a child starts from.

use crate::mm::SpaceImage;
use crate::seccomp::Inherited;
use crate::thread::{AltStack, Thread, VforkParent, Width, lock};
use crate::trace::Tracee;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use tawaki_abi::Errno;
use tawaki_abi::signal::SIGCHLD;
use tawaki_abi::wire::{self, Call, trace_event, trace_mode};
use tawaki_cpu::ir::vector::UPPER;
use tawaki_cpu::state::TlsDescriptor;
use tawaki_cpu::x87::F80;
use tawaki_cpu::{CpuState, Mode};

/// `CLONE_*` flags (clone(2)).
#[allow(missing_docs)]
pub mod clone_flags {
    pub const VM: u64 = 0x100;
    pub const VFORK: u64 = 0x4000;
    pub const THREAD: u64 = 0x1_0000;
    pub const NEWNS: u64 = 0x2_0000;
    pub const SETTLS: u64 = 0x8_0000;
    pub const PARENT_SETTID: u64 = 0x10_0000;
    pub const CHILD_CLEARTID: u64 = 0x20_0000;
    pub const CHILD_SETTID: u64 = 0x100_0000;
    /// Name spaces: cgroup, uts, ipc, user, pid, net.
    pub const NAMESPACES: u64 = 0x7e02_0000;
    pub const PIDFD: u64 = 0x1000;
}

/// XMM0..15 in [`CpuState::xmm`], and the upper halves of YMM0..15.
const VECTORS: Range<usize> = 0..16;
const UPPERS: Range<usize> = UPPER as usize..UPPER as usize + 16;

/// Registers in a form that can be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Registers {
    slots: Vec<u64>,
    /// XMM0..15, then the upper halves.
    xmm: Vec<u128>,
    rip: u64,
    mxcsr: u32,
    eflags: u32,
    wide: bool,
    segment: [u16; 6],
    tls: [(u32, u32, bool); 3],
    st: [(u64, u16); 8],
    /// cw, sw, tw, last opcode.
    x87: [u16; 4],
    last_ip: u64,
    last_dp: u64,
}

impl Registers {
    fn of(cpu: &CpuState) -> Self {
        Registers {
            slots: cpu.slots[..32].to_vec(),
            xmm: [VECTORS, UPPERS].map(|range| cpu.xmm[range].to_vec()).concat(),
            rip: cpu.rip,
            mxcsr: cpu.mxcsr,
            eflags: cpu.eflags(),
            wide: cpu.mode == Mode::Bits64,
            segment: cpu.segment,
            tls: cpu.tls.map(|t| (t.base, t.limit, t.present)),
            st: std::array::from_fn(|i| (cpu.x87.regs[i].mantissa, cpu.x87.regs[i].sign_exponent)),
            x87: [cpu.x87.cw, cpu.x87.sw, cpu.x87.tw, cpu.x87.last_opcode],
            last_ip: cpu.x87.last_ip,
            last_dp: cpu.x87.last_dp,
        }
    }

    fn restore(&self) -> CpuState {
        let mut cpu = CpuState::new(if self.wide { Mode::Bits64 } else { Mode::Bits32 });
        for (slot, &value) in cpu.slots.iter_mut().zip(&self.slots) {
            *slot = value;
        }
        for (register, &value) in VECTORS.chain(UPPERS).zip(&self.xmm) {
            cpu.xmm[register] = value;
        }
        cpu.rip = self.rip;
        cpu.mxcsr = self.mxcsr;
        cpu.set_eflags(self.eflags);
        cpu.set_selectors(self.segment);
        cpu.tls = self.tls.map(|(base, limit, present)| TlsDescriptor { base, limit, present });
        cpu.x87.regs = self.st.map(|(mantissa, sign_exponent)| F80 { mantissa, sign_exponent });
        [cpu.x87.cw, cpu.x87.sw, cpu.x87.tw, cpu.x87.last_opcode] = self.x87;
        cpu.x87.last_ip = self.last_ip;
        cpu.x87.last_dp = self.last_dp;
        cpu
    }
}

/// All a forked child starts from, but for the memory itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Image {
    registers: Registers,
    space: SpaceImage,
    altstack: AltStack,
    name: String,
    /// `CLONE_CHILD_SETTID` address, 0 without.
    set_tid: u64,
    clear_tid: u64,
    narrow: bool,
    /// `GuestMemory::facts`.
    facts: u8,
    inherited: Inherited,
}

/// What a new thread starts from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ThreadImage {
    /// Where its process waits, see [`waiting_room`].
    pub key: u64,
    registers: Registers,
    /// `CLONE_PARENT_SETTID` and `CLONE_CHILD_SETTID` addresses, 0 without.
    set_tids: [u64; 2],
    clear_tid: u64,
    narrow: bool,
    inherited: Inherited,
}

/// Processes whose new threads have not begun yet. A thread's image names its
/// process by a key: all threads of a process run in one host address space (on
/// the web: one linear memory), so a table here is all they need to meet.
pub mod waiting_room {
    use crate::thread::{ProcessShared, lock};
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Condvar, Mutex, PoisonError};

    struct Entry {
        shared: Arc<ProcessShared>,
        /// Its thread has begun and is about to store its number.
        begun: bool,
    }

    static WAITING: Mutex<BTreeMap<u64, Entry>> = Mutex::new(BTreeMap::new());
    static SETTLED: Condvar = Condvar::new();
    static NEXT: AtomicU32 = AtomicU32::new(1);

    /// Counts one more thread and keeps the process for it.
    pub fn enter(shared: &Arc<ProcessShared>) -> u64 {
        let key = NEXT.fetch_add(1, Ordering::SeqCst).into();
        shared.threads.fetch_add(1, Ordering::SeqCst);
        lock(&WAITING).insert(key, Entry { shared: shared.clone(), begun: false });
        key
    }

    /// The process of a thread that begins.
    pub fn take(key: u64) -> Option<Arc<ProcessShared>> {
        let mut waiting = lock(&WAITING);
        let entry = waiting.get_mut(&key)?;
        entry.begun = true;
        Some(entry.shared.clone())
    }

    /// The thread has stored its number, or will not.
    pub fn settled(key: u64) {
        lock(&WAITING).remove(&key);
        SETTLED.notify_all();
    }

    /// For the creator, which may go on before the thread begins: its number is in place
    /// afterwards, by `store` or by the thread. Never later: the thread may end and clear it.
    pub fn settle(key: u64, store: impl FnOnce()) {
        let mut waiting = lock(&WAITING);
        loop {
            match waiting.get(&key) {
                Some(entry) if !entry.begun => return store(),
                Some(_) => waiting = SETTLED.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                None => return,
            }
        }
    }

    /// The thread will not begin.
    pub fn leave(key: u64) {
        let mut waiting = lock(&WAITING);
        if waiting.get(&key).is_some_and(|entry| !entry.begun)
            && let Some(entry) = waiting.remove(&key)
        {
            entry.shared.threads.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// The arguments of clone(2), whatever form they came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloneArgs {
    /// `CLONE_*`, without the signal.
    pub flags: u64,
    /// Signal to the parent at the child's end.
    pub exit_signal: u32,
    /// The child's stack pointer; 0 keeps the parent's.
    pub stack: u64,
    /// Where the parent wants the tid.
    pub parent_tid: u64,
    /// Where the child does.
    pub child_tid: u64,
    /// Its thread pointer (for i386 the address of a `user_desc`).
    pub tls: u64,
}

impl Thread<'_> {
    /// clone(2) in all its forms.
    pub fn clone_task(&mut self, args: CloneArgs) -> Result<i64, Errno> {
        use clone_flags::*;
        if args.flags & (NAMESPACES | PIDFD) != 0 {
            self.log_once(&format!("clone with flags {:#x} is not supported", args.flags));
            return Err(Errno::EINVAL);
        }
        let started = self.start_task(args)?;
        if started > 0 && self.tracee.mode != 0 {
            let event = match (args.flags & VFORK != 0, args.exit_signal == SIGCHLD) {
                (true, _) => trace_event::VFORK,
                (false, true) => trace_event::FORK,
                _ => trace_event::CLONE,
            };
            self.trace_event(event, started as u64);
            if event == trace_event::VFORK {
                self.trace_event(trace_event::VFORK_DONE, started as u64);
            }
        }
        Ok(started)
    }

    fn start_task(&mut self, args: CloneArgs) -> Result<i64, Errno> {
        use clone_flags::*;
        if args.flags & THREAD != 0 {
            return self.new_thread(args);
        }
        match args.flags & (VM | VFORK) {
            // A VFORK without VM waits for the child; nobody can tell what it missed.
            0 | VFORK => self.fork(args),
            // A tracer that follows the child has to see it beside the parent: it gets a
            // memory of its own.
            v if v == VM | VFORK && self.traced(trace_mode::VFORKS) => {
                self.fork(CloneArgs { flags: args.flags & !VM, ..args })
            }
            v if v == VM | VFORK => self.vfork(args),
            _ => {
                self.log_once("clone with CLONE_VM alone is not supported");
                Err(Errno::EINVAL)
            }
        }
    }

    /// Registers of the child: result 0, its own stack and thread pointer.
    fn child_registers(&mut self, args: &CloneArgs) -> Result<CpuState, Errno> {
        let mut cpu = self.cpu.clone();
        cpu.set_gpr(0, 0);
        if args.stack != 0 {
            cpu.set_gpr(4, args.stack);
        }
        if args.flags & clone_flags::SETTLS != 0 {
            if self.width == Width::W64 {
                cpu.set_fs_base(args.tls);
            } else {
                crate::syscall::state::install_tls(self, &mut cpu, args.tls)?;
            }
        }
        Ok(cpu)
    }

    fn fork(&mut self, args: CloneArgs) -> Result<i64, Errno> {
        let cpu = self.child_registers(&args)?;
        if self.mm().has_shared_writable() {
            self.log_once("memory mapped shared and writable is not given to the child of a fork");
        }
        let space = self.mm().image(self.cpu.gpr(4));
        let flag = |flag: u64, addr: u64| if args.flags & flag != 0 { addr } else { 0 };
        let image = Image {
            registers: Registers::of(&cpu),
            space,
            altstack: if args.stack == 0 { self.altstack } else { AltStack::NONE },
            name: lock(&self.shared.name).clone(),
            set_tid: flag(clone_flags::CHILD_SETTID, args.child_tid),
            clear_tid: flag(clone_flags::CHILD_CLEARTID, args.child_tid),
            narrow: self.width == Width::W32,
            facts: self.memory.facts(),
            inherited: self.inherited.clone(),
        };
        let image = wire::encode(&image, Vec::new()).map_err(|_| Errno::ENOMEM)?;
        let call = Call::Fork { flags: args.flags, exit_signal: args.exit_signal, image: image.into() };
        let pid = self.value(&call)?;
        if args.flags & clone_flags::PARENT_SETTID != 0 {
            // Linux ignores a bad pointer here, too.
            let _ = self.store(args.parent_tid, &(pid as i32));
        }
        Ok(pid)
    }

    /// The child goes on here, on the parent's memory, until it execs or exits.
    fn vfork(&mut self, args: CloneArgs) -> Result<i64, Errno> {
        let cpu = self.child_registers(&args)?;
        let call = Call::Fork { flags: args.flags, exit_signal: args.exit_signal, image: Vec::new().into() };
        self.value(&call)?;
        let parent = VforkParent {
            cpu: std::mem::replace(&mut self.cpu, cpu),
            altstack: self.altstack,
            ids: std::mem::take(&mut self.ids),
            width: self.width,
            tracee: std::mem::replace(&mut self.tracee, Tracee::NONE),
            inherited: self.inherited.clone(),
            at_exit: (std::mem::take(&mut self.clear_tid), std::mem::take(&mut self.robust)),
        };
        self.watch_or_not();
        if args.stack != 0 {
            self.altstack = AltStack::NONE;
        }
        self.vfork.push(parent);
        if args.flags & (clone_flags::CHILD_SETTID | clone_flags::PARENT_SETTID) != 0 {
            let tid = self.value(&Call::GetId { which: wire::IdKind::Tid }).unwrap_or(0) as i32;
            for (flag, addr) in
                [(clone_flags::CHILD_SETTID, args.child_tid), (clone_flags::PARENT_SETTID, args.parent_tid)]
            {
                if args.flags & flag != 0 {
                    let _ = self.store(addr, &tid);
                }
            }
        }
        Ok(0)
    }

    /// A further thread, in another worker on the same memory.
    fn new_thread(&mut self, args: CloneArgs) -> Result<i64, Errno> {
        let cpu = self.child_registers(&args)?;
        let flag = |flag: u64, addr: u64| if args.flags & flag != 0 { addr } else { 0 };
        self.memory.note_threads();
        let key = waiting_room::enter(&self.shared);
        let set_tids = [
            flag(clone_flags::PARENT_SETTID, args.parent_tid),
            flag(clone_flags::CHILD_SETTID, args.child_tid),
        ];
        let image = ThreadImage {
            key,
            registers: Registers::of(&cpu),
            set_tids,
            clear_tid: flag(clone_flags::CHILD_CLEARTID, args.child_tid),
            narrow: self.width == Width::W32,
            inherited: self.inherited.clone(),
        };
        let started = wire::encode(&image, Vec::new()).map_err(|_| Errno::ENOMEM).and_then(|image| {
            let call = Call::Fork { flags: args.flags, exit_signal: args.exit_signal, image: image.into() };
            self.value(&call)
        });
        match started {
            Ok(tid) => waiting_room::settle(key, || {
                for addr in set_tids.into_iter().filter(|&addr| addr != 0) {
                    // Linux ignores a bad pointer here, too.
                    let _ = self.store(addr, &(tid as i32));
                }
            }),
            // Not there any more if the thread has started after all.
            Err(_) => waiting_room::leave(key),
        }
        started
    }

    /// Becomes the thread that `image` describes; `self` is of its process.
    pub fn start_thread(&mut self, image: ThreadImage) -> Result<(), Errno> {
        self.cpu = image.registers.restore();
        self.clear_tid = image.clear_tid;
        self.inherited = image.inherited;
        self.width = if image.narrow { Width::W32 } else { Width::W64 };
        // Its number is in place before the thread goes on; its creator sees to itself.
        let tid = self.value(&Call::ChildReady)? as i32;
        self.ids.tid = Some(tid);
        for addr in image.set_tids {
            if addr != 0 {
                let _ = self.store(addr, &tid);
            }
        }
        Ok(())
    }

    /// Becomes the child that `image` describes.
    pub fn start_fork(&mut self, image: &[u8]) -> Result<(), Errno> {
        let image: Image = wire::decode(image).map_err(|_| Errno::EINVAL)?;
        self.memory.set_facts(image.facts);
        self.cpu = image.registers.restore();
        self.altstack = image.altstack;
        self.clear_tid = image.clear_tid;
        self.inherited = image.inherited;
        self.width = if image.narrow { Width::W32 } else { Width::W64 };
        *lock(&self.shared.name) = image.name;
        {
            let (mut mm, host) = self.mm_and_host();
            mm.adopt(host, image.space)?;
        }
        let tid = self.value(&Call::ChildReady)? as i32;
        self.ids.pid = Some(tid);
        self.ids.tid = Some(tid);
        if image.set_tid != 0 {
            let _ = self.store(image.set_tid, &tid);
        }
        Ok(())
    }
}
