//! The second tier: an [`Engine`] that interprets, counts, compiles what is hot and
//! runs that.
//!
//! Invariants: the guest state is whole whenever the interpreter has it: compiled
//! code either comes back with everything stored, or not at all (a wasm trap). Code
//! is entered only after its bytes were compared since the memory's code epoch last
//! moved. No borrow, lock or half-made structure is held across a call into compiled
//! code, because a trap there may unwind without running destructors.

mod host;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rustc_hash::FxHashMap;
use tawaki_cpu::flags::APART;
use tawaki_cpu::interp::cache::COLD;
use tawaki_cpu::interp::{Stopped, exec};
use tawaki_cpu::state::slot;
use tawaki_cpu::{Access, CpuState, Engine, Fault, FaultKind, GuestMemory, Interpreter, Mode, Trap};

use crate::batch::{self, Jumps, Policy};
use crate::cache::{self, Addition, CodeCache, Sources};
use crate::extents::Extents;
use crate::heat::{Heat, Thresholds};
use crate::layout::{
    DispatchEntry, ExitKind, JitContext, Layout, Limits, NO_RIP, Options, SLICE, clear_dispatch,
    dispatch_index,
};
use crate::library::{Form, Id, Recipe};
use crate::profile::{COUNTING, Profile};

pub use host::{CodeHost, Trapped};

/// Switches of an engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// What is hot, and how it is collected.
    pub thresholds: Thresholds,
    /// How far a region goes.
    pub region: Limits,
    /// No region goes further than that, not even one that would be whole then.
    pub pieces: bool,
    /// What is kept.
    pub cache: cache::Limits,
    /// How to compile. A program that writes code in place, and one that handles
    /// its own faults, runs checked whatever this says.
    pub options: Options,
}

/// Figures of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Regions compiled.
    pub regions: u64,
    /// Modules installed.
    pub modules: u64,
    /// Bytes of wasm made.
    pub bytes: u64,
    /// Time for all that, microseconds.
    pub compile_us: u64,
    /// Regions that could not be compiled.
    pub failed: u64,
    /// Modules of other engines installed.
    pub adopted: u64,
    /// Calls from the dispatcher into compiled code.
    pub entries: u64,
    /// Guest instructions run by the interpreter.
    pub interpreted: u64,
}

/// Nested guest calls that become nested wasm calls. A frame of a large function that
/// the browser has not optimised yet takes some kilobytes, of a megabyte in all.
const DEPTH: u32 = 100;

/// An exit of compiled code to a block without any counts as so many executions: it
/// is a seam that costs more than its instructions.
const EXIT_HEAT: u32 = 64;

/// A block that is part of a region already has to be hot so many times over for one
/// of its own.
const POSTPONED: u32 = 4;

/// What interpreting an instruction takes, picoseconds, about.
const INTERPRETED_PS: u64 = 2500;

/// A region is compiled when interpreting it has taken so many times what compiling it
/// will: whatever comes after, that share is the most that can be lost.
const RATIO: u64 = 6;

/// A callee of such a region joins it at this ratio.
const CALLEE_RATIO: u64 = 1;

/// Compiling one operation takes so many nanoseconds, as long as it was not measured.
const OP_NS: u64 = 1500;

/// A clock that ran on while the host did something else is not believed beyond this.
const MAX_OP_NS: u64 = 12_000;

/// But it is with so many operations: wasmtime takes some 50 microseconds for one that tests its accesses, and a Java
/// compiler waited for it nine tenths of its time when that was not believed.
const MEASURED: u64 = 1000;
const MAX_MEASURED_NS: u64 = 200_000;

/// And this much more for each region: its share of the module's.
const REGION_NS: u64 = 30_000;

/// Browsers compile a function when it is first called: so many bytes in a microsecond.
const LAZY: u64 = 10;

/// A function of a module that another engine made is called when its first block has run so often, and sooner if it
/// was called before, by anybody.
const TAKEN: u32 = 24;
const TAKEN_KNOWN: u32 = 2;

/// The first call of all compiles it (100 microseconds in the mean). It comes when so many times so many executions were seen, in
/// all processes: interpreting has then cost what compiling does.
const VOTES: u32 = 8;

/// A block for which there is stored code that nobody has used yet asks for it after so many executions more.
const STORED_COLD: u32 = 1900;

/// When blocks have asked for a module so often, in all processes, it is fetched: interpreting has cost by then what
/// fetching and compiling it does (5 milliseconds).
const WANTED: u32 = 16;
/// What they vote for: all functions of a module.
const ALL: u32 = u32::MAX;

/// An exit to the first block of such a function counts as so many executions.
const EXIT_HEAT_ASLEEP: u32 = 8;

/// A block whose code is on its way asks for it again after so many executions.
const ON_ITS_WAY: u32 = 200;

/// With a threshold up to this one, everything is compiled, however long that takes.
pub(crate) const TESTING: u32 = 100;

/// Interpreter and compiler.
pub struct JitEngine<H> {
    interpreter: Interpreter,
    host: H,
    settings: Settings,
    code: CodeCache,
    heat: Heat,
    stats: Stats,
    mode: Option<Mode>,
    /// The options that what is in `code` was compiled with.
    compiled_with: Options,
    /// The same and the layout, once known.
    form: Option<Form>,
    /// Modules of others that were not right for memory at a code epoch.
    refused: FxHashMap<Id, u32>,
    /// Functions of others' modules that nobody has called yet, with module and number: they wait for more heat.
    asleep: FxHashMap<u32, (Id, u32)>,
    /// Linear address of the permission table.
    perms: u32,
    /// The code epoch that the dispatch table is right for.
    epoch: u32,
    extents: Extents,
    /// Entry of the function that the dispatcher called last.
    current: u32,
    logged: bool,
    /// What compiling an operation has taken lately, nanoseconds.
    op_ns: u64,
    /// Where its indirect jumps have led.
    jumps: Jumps,
    /// What ran, if that is what it is for.
    profile: Option<Profile>,
}

/// Guest instructions, about, of a run that began with a full slice and the budget `room`.
fn used(context: &JitContext, room: i32) -> i32 {
    room.saturating_sub(context.budget).saturating_add(SLICE.saturating_sub(context.fuel)).max(1)
}

/// What came of taking code of others over.
enum Adopted {
    /// The function.
    Function(u32),
    /// It is there, and not worth its compilation yet.
    Asleep,
    /// There will be one.
    Later,
    /// There may be one when the block is hotter.
    Cold,
    /// There is none.
    Nothing,
}

/// Why compiled code was left.
enum Left {
    /// For the interpreter.
    Interpret,
    /// Something to report.
    Trap(Trap),
}

impl<H: CodeHost> JitEngine<H> {
    /// An engine that has seen no code yet.
    pub fn new(host: H, settings: Settings) -> Self {
        let mut interpreter = Interpreter::new();
        interpreter.cache_mut().set_threshold(settings.thresholds.hot);
        JitEngine {
            op_ns: OP_NS,
            interpreter,
            host,
            settings,
            code: CodeCache::new(settings.cache),
            heat: Heat::default(),
            stats: Stats::default(),
            mode: None,
            form: None,
            refused: FxHashMap::default(),
            asleep: FxHashMap::default(),
            perms: 0,
            compiled_with: settings.options,
            epoch: u32::MAX,
            extents: Extents::default(),
            current: 0,
            logged: false,
            jumps: Jumps::default(),
            profile: None,
        }
    }

    /// Nothing is compiled from now on: what runs is counted, for [`Self::take_profile`].
    pub fn start_profile(&mut self) {
        self.profile = Some(Profile::default());
        self.settings.thresholds.hot = COUNTING;
        self.interpreter.cache_mut().set_threshold(COUNTING);
    }

    /// What the programs that have ended since have run.
    pub fn take_profile(&mut self) -> Option<Profile> {
        self.profile.take()
    }

    /// Figures so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The host.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// Whether anything is compiled. Without that it is the interpreter alone.
    pub fn set_enabled(&mut self, enabled: bool) {
        let threshold = if enabled { self.settings.thresholds.hot } else { COLD };
        if self.interpreter.cache().threshold() != threshold {
            self.interpreter.cache_mut().clear();
            self.interpreter.cache_mut().set_threshold(threshold);
            self.drop_all();
        }
    }

    /// Whether compiled code tests every access ([`Options::checked`]); programs that
    /// need it are compiled so in any case.
    pub fn set_checked(&mut self, checked: bool) {
        self.settings.options.checked = checked;
    }

    /// What to compile with now; code of other options is dropped.
    fn prepare(&mut self, memory: &GuestMemory, mode: Mode) {
        let mut options = self.settings.options;
        options.checked |= memory.precise_faults() || memory.writable_code();
        options.alone = options.checked && !memory.has_threads();
        if options.alone {
            options.marks = self.extents.marks(memory, !self.compiled_with.alone);
        }
        options.exact_float |= memory.exact_floats();
        if self.mode != Some(mode) || self.compiled_with != options {
            self.mode = Some(mode);
            let layout = self.host.layout(memory, mode);
            self.perms = layout.perms;
            self.form = Some(Form::new(&layout, &options));
            self.compiled_with = options;
            self.drop_all();
        }
        if self.epoch != memory.code_epoch() {
            self.epoch = memory.code_epoch();
            self.clear_dispatch();
        }
    }

    fn clear_dispatch(&mut self) {
        clear_dispatch(self.host.dispatch());
    }

    fn drop_all(&mut self) {
        let mut dropped = Vec::new();
        self.code.clear(&mut dropped);
        self.give_back(&dropped);
        self.heat.reset();
        self.jumps = Jumps::default();
    }

    fn give_back(&mut self, dropped: &[cache::TableRange]) {
        if !dropped.is_empty() {
            self.clear_dispatch();
        }
        for range in dropped {
            let end = range.first + range.count;
            self.asleep.retain(|index, _| !(range.first..end).contains(index));
            self.host.drop_functions(range.first, range.count);
        }
    }

    fn run_inner(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        stop: u64,
    ) -> Trap {
        let mode = state.mode;
        self.prepare(memory, mode);
        self.expect_news();
        loop {
            let due = self.heat.due();
            let limits = exec::Limits { attention, stop: stop.min(due) };
            let before = state.icount;
            let stopped = self.interpreter.run_until(state, memory, limits);
            self.stats.interpreted += state.icount.wrapping_sub(before);
            match stopped {
                Stopped::Trap(Trap::Budget) if state.icount < stop => self.compile(memory, mode),
                Stopped::Trap(trap) => return trap,
                Stopped::Hot(number) => {
                    if let Left::Trap(trap) = self.hot(state, memory, attention, stop, number) {
                        return trap;
                    }
                }
            }
        }
    }

    /// The countdown of a block has ended: runs its code if there is any, notes it
    /// as hot otherwise.
    fn hot(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        stop: u64,
        number: u32,
    ) -> Left {
        let rip = state.rip as u32;
        if state.rip >> 32 != 0 || state.other_flags & APART != 0 {
            self.countdown(number, COLD);
            return Left::Interpret;
        }
        self.extents.stack = (state.slots[usize::from(slot::RSP)] >> 12) as u32;
        self.prepare(memory, state.mode);
        let entry = self.interpreter.cache().entry(number);
        let (expected, outdated) = (entry.expected.take(), entry.compiled.take());
        if let Some(index) = self.live(rip) {
            self.compiled(number);
            return self.run_compiled(state, memory, attention, stop, index);
        }
        let found = match self.wake(memory, rip) {
            Adopted::Nothing => self.adopt(memory, rip, number),
            found => found,
        };
        match found {
            Adopted::Asleep => {
                self.countdown(number, TAKEN);
                self.interpreter.cache().entry(number).expected.set(true);
                return Left::Interpret;
            }
            Adopted::Function(index) => {
                self.compiled(number);
                return self.run_compiled(state, memory, attention, stop, index);
            }
            Adopted::Later => {
                self.countdown(number, ON_ITS_WAY);
                self.interpreter.cache().entry(number).expected.set(true);
                return Left::Interpret;
            }
            Adopted::Cold => {
                self.countdown(number, STORED_COLD);
                let entry = self.interpreter.cache().entry(number);
                entry.expected.set(true);
                entry.rounds.set(entry.rounds.get() + 1);
                return Left::Interpret;
            }
            Adopted::Nothing => {}
        }
        let hot = self.settings.thresholds.hot;
        if expected || outdated {
            // Code for something else that was at this address: this is not hot yet.
            self.countdown(number, hot);
            return Left::Interpret;
        }
        if self.heat.has_failed(rip, memory.code_epoch()) {
            self.countdown(number, COLD);
            return Left::Interpret;
        }
        self.countdown(number, hot.max(2));
        let entry = self.interpreter.cache().entry(number);
        let rounds = entry.rounds.get().saturating_add(1);
        entry.rounds.set(rounds);
        let inside = self.code.covers(rip) && !self.code.has(rip);
        // What it has run itself, as far as the smallest region would cost.
        let run = u64::from(rounds) * u64::from(hot) * u64::from(entry.instructions);
        let plausible = hot <= TESTING || run * INTERPRETED_PS / 1000 >= REGION_NS * RATIO / 2;
        if plausible && (!inside || rounds >= POSTPONED) && rounds >= entry.wanted.get() {
            self.heat.add(rip, state.icount, &self.settings.thresholds);
            if self.heat.due() <= state.icount {
                self.compile(memory, state.mode);
            }
        }
        Left::Interpret
    }

    /// Blocks that others have compiled are reported early.
    fn expect_news(&mut self) {
        let cache = self.interpreter.cache_mut();
        if cache.threshold() != COLD {
            if let Some(rips) = self.host.stored() {
                cache.expect_all(rips, self.settings.thresholds.adopt_stored);
            }
            for rip in self.host.news() {
                cache.expect(rip, self.settings.thresholds.adopt);
            }
        }
    }

    /// Installs code that another engine has compiled for what stands at `rip`. Returns the
    /// function.
    fn adopt(&mut self, memory: &GuestMemory, rip: u32, number: u32) -> Adopted {
        let Some(form) = self.form else { return Adopted::Nothing };
        let (epoch, mut later, mut cold) = (memory.code_epoch(), false, false);
        let hot = self.interpreter.cache().entry(number).rounds.get() > 0;
        for id in self.host.offers(memory, rip, &form) {
            if self.refused.get(&id) == Some(&epoch) || self.code.holds(id) {
                continue;
            }
            if !self.host.is_used(id) && (!hot || self.host.vote(id, ALL) < WANTED) {
                cold = true;
            } else if !self.host.ready(id) {
                later = true;
            } else if !self.adopt_module(memory, id) {
                self.refused.insert(id, memory.code_epoch());
            } else if let Some(index) = self.find(memory, rip) {
                return Adopted::Function(index);
            } else if self.code.find(memory, rip).is_some() {
                // It is there, but asleep.
                later = true;
            }
        }
        if later {
            Adopted::Later
        } else if cold {
            Adopted::Cold
        } else {
            Adopted::Nothing
        }
    }

    fn adopt_module(&mut self, memory: &GuestMemory, id: Id) -> bool {
        let Some(Recipe { entries, blocks, whole, sources, size }) = self.host.recipe(id) else {
            return false;
        };
        let mut sources = Sources::unknown(sources);
        if !sources.matches(memory) {
            return false;
        }
        match self.host.install_shared(id, entries.len() as u32) {
            Ok(first) => {
                self.stats.adopted += 1;
                self.host.used(id);
                for function in 0..entries.len() as u32 {
                    if self.host.votes(id, function) < VOTES {
                        self.asleep.insert(first + function, (id, function));
                    }
                }
                let size = size as usize;
                self.insert(
                    memory,
                    Addition { entries, blocks, whole, first, sources, size, id: Some(id) },
                    TAKEN_KNOWN,
                );
                true
            }
            Err(why) => {
                self.log_once(&format!("a shared module is not used: {why}"));
                false
            }
        }
    }

    /// Adds a module to the code, and leads to it. A block that begins a function is interpreted so often before
    /// the function is called.
    fn insert(&mut self, memory: &GuestMemory, addition: Addition, countdown: u32) {
        let entries = addition.entries.clone();
        let mut dropped = Vec::new();
        self.code.insert(addition, &mut dropped);
        self.give_back(&dropped);
        for &rip in &entries {
            let Some(index) = self.code.find(memory, rip) else { continue };
            let asleep = self.asleep.contains_key(&index);
            // What is in use keeps its line.
            let line = &mut self.host.dispatch()[dispatch_index(rip) as usize];
            if !asleep && (line.rip == NO_RIP || line.rip == rip) {
                *line = DispatchEntry { rip, index };
            }
            // Also those that are decoded later.
            self.interpreter.cache_mut().expect(rip, if asleep { TAKEN } else { countdown });
        }
    }

    /// The function for `rip`, whose first block has run often enough once more.
    fn wake(&mut self, memory: &GuestMemory, rip: u32) -> Adopted {
        if !self.asleep.is_empty()
            && let Some(index) = self.code.find(memory, rip)
            && let Some(&(id, function)) = self.asleep.get(&index)
        {
            if self.host.vote(id, function) < VOTES {
                return Adopted::Asleep;
            }
            self.asleep.remove(&index);
        }
        self.find(memory, rip).map_or(Adopted::Nothing, Adopted::Function)
    }

    /// The function for `rip` if the dispatch table has it, which holds only what is right at `self.epoch`.
    fn live(&mut self, rip: u32) -> Option<u32> {
        let line = self.host.dispatch()[dispatch_index(rip) as usize];
        (line.rip == rip).then_some(line.index)
    }

    /// The function for `rip`. The dispatch table leads to it from now on.
    fn find(&mut self, memory: &GuestMemory, rip: u32) -> Option<u32> {
        if let Some(index) = self.live(rip) {
            return Some(index);
        }
        let index = self.code.find(memory, rip)?;
        for id in self.code.begun() {
            self.host.used(id);
        }
        if self.asleep.contains_key(&index) {
            return None;
        }
        self.host.dispatch()[dispatch_index(rip) as usize] = DispatchEntry { rip, index };
        Some(index)
    }

    fn countdown(&self, number: u32, value: u32) {
        if let Some(entry) = self.interpreter.cache().entries().get(number as usize) {
            entry.countdown.set(value);
        }
    }

    /// There is code for this block. When there is none any more it is not hot for that.
    fn compiled(&self, number: u32) {
        self.countdown(number, 1);
        if let Some(entry) = self.interpreter.cache().entries().get(number as usize) {
            entry.compiled.set(true);
        }
    }

    /// Runs compiled code from function `index` on for as long as it leads to more of it.
    fn run_compiled(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        stop: u64,
        mut index: u32,
    ) -> Left {
        self.host.enter(state, attention);
        let room = stop.saturating_sub(state.icount).min(1 << 30) as i32;
        let stack_check = if self.compiled_with.checked { 0 } else { self.perms + 1 };
        let context = self.host.context();
        (context.fuel, context.budget) = (SLICE, room);
        context.stack_check = stack_check;
        let mut rip = state.rip as u32;
        let (rip, kind) = loop {
            self.stats.entries += 1;
            self.current = rip;
            let context = self.host.context();
            if self.compiled_with.alone {
                // Looking up code may mark its pages; in compiled code nothing changes what was found.
                self.extents.update(memory);
                context.reach = self.extents.reach;
            }
            context.exit = ExitKind::Next as u32;
            // What calls no other function does not count for itself.
            context.fuel = context.fuel.saturating_sub(16);
            match self.host.call(index, memory, DEPTH) {
                Ok(next) => rip = next,
                Err(Trapped) => {
                    self.host.leave(state);
                    return Left::Trap(self.trapped(state, rip));
                }
            }
            let context = *self.host.context();
            let kind = ExitKind::from_word(context.exit);
            let used_up = used(&context, room) >= room;
            if kind == ExitKind::Interpret || kind == ExitKind::Poll || used_up {
                break (rip, kind);
            }
            if attention.load(Relaxed) != 0 || memory.code_epoch() != self.epoch {
                break (rip, ExitKind::Poll);
            }
            // Other code that there may be is found by the countdown of its block: most exits lead to none.
            match self.live(rip) {
                Some(next) => index = next,
                None => break (rip, kind),
            }
        };
        let context = *self.host.context();
        self.host.leave(state);
        state.rip = u64::from(rip);
        state.icount += used(&context, room) as u64;
        if matches!(kind, ExitKind::Interpret | ExitKind::Next)
            && let Some(number) = self.interpreter.cache_mut().find_next(state.rip)
        {
            let entry = self.interpreter.cache().entry(number);
            let countdown = entry.countdown.get();
            if kind == ExitKind::Interpret {
                // The block there may have code of its own, which would only leave again.
                entry.countdown.set(countdown.max(2));
            } else if countdown != COLD {
                let heat = if entry.expected.get() { EXIT_HEAT_ASLEEP } else { EXIT_HEAT };
                entry.countdown.set(countdown.saturating_sub(heat).max(1));
            }
        }
        if attention.load(Relaxed) != 0 {
            return Left::Trap(Trap::Attention);
        }
        if state.icount >= stop {
            return Left::Trap(Trap::Budget);
        }
        Left::Interpret
    }

    /// What the program is told of a trap in compiled code. Its state is the last that
    /// was stored.
    fn trapped(&mut self, state: &mut CpuState, rip: u32) -> Trap {
        state.rip = u64::from(rip);
        Trap::Fault(Fault { addr: 0, kind: FaultKind::Unmapped, access: Access::Read })
    }

    /// Compiles those of the hot blocks that are worth it.
    fn compile(&mut self, memory: &GuestMemory, mode: Mode) {
        let start = self.host.clock_us();
        self.prepare(memory, mode);
        let hot = self.heat.take();
        let layout = self.host.layout(memory, mode);
        let op_ns = if self.settings.thresholds.hot > TESTING { self.op_ns } else { 0 };
        let worth = |operations: u64, run: u64, callee: bool| {
            let cost = REGION_NS + operations.saturating_mul(op_ns);
            let ratio = if callee { CALLEE_RATIO } else { RATIO };
            op_ns == 0 || run.saturating_mul(INTERPRETED_PS) / 1000 >= cost.saturating_mul(ratio)
        };
        let cache = self.interpreter.cache_mut();
        let policy = Policy::now(cache.threshold(), &worth);
        let formed =
            batch::form((cache, memory, mode), &hot, &self.settings, &self.code, &mut self.jumps, policy);
        for rip in formed.failed {
            self.fail(rip, "it cannot be decoded");
        }
        let (before, formed_at) = (self.stats.bytes, self.host.clock_us());
        let regions = formed.modules.iter().flat_map(|module| &module.regions);
        let ops: u64 = regions.map(batch::emitted).sum();
        for batch in formed.modules {
            self.install(memory, batch, &layout);
        }
        let end = self.host.clock_us();
        // Of what the host compiles at the first call, we see only the size.
        let took = end.saturating_sub(formed_at) + (self.stats.bytes - before) / LAZY;
        if let Some(now) = (took * 1000).checked_div(ops) {
            let most = if ops >= MEASURED { MAX_MEASURED_NS } else { MAX_OP_NS };
            self.op_ns = (self.op_ns * 3 + now.min(most)) / 4;
        }
        self.stats.compile_us += end.saturating_sub(start);
        for rip in hot {
            let Some(number) = self.interpreter.cache().find(u64::from(rip)) else { continue };
            if self.code.find(memory, rip).is_some() {
                self.compiled(number);
            } else if self.heat.has_failed(rip, memory.code_epoch()) {
                self.countdown(number, COLD);
            } else if formed.unripe.contains(&rip) {
                let entry = self.interpreter.cache().entry(number);
                entry.wanted.set(entry.rounds.get().saturating_mul(2));
            }
        }
    }

    /// Compiles and installs a module. Returns the place of its first function.
    fn install(&mut self, memory: &GuestMemory, batch: batch::Module, layout: &Layout) -> Option<u32> {
        let batch::Module { regions, mut sources, whole } = batch;
        let entries: Box<[u32]> = regions.iter().map(|region| region.entry as u32).collect();
        let again = entries.iter().any(|&rip| self.code.has(rip));
        let installed = if sources.finish() {
            match crate::emit::compile(&regions, layout, &self.compiled_with) {
                Ok(module) => {
                    self.stats.bytes += module.wasm.len() as u64;
                    let installed = self.host.install(&module.wasm, module.functions.len() as u32);
                    installed.map(|first| (first, Recipe::new(&module, &regions, whole, &sources)))
                }
                Err(error) => Err(error.to_string()),
            }
        } else {
            Err("its code changed meanwhile".to_owned())
        };
        match installed {
            Ok((first, recipe)) => {
                self.stats.regions += regions.len() as u64;
                self.stats.modules += 1;
                let id = self.form.and_then(|form| self.host.publish(&recipe, &form));
                let Recipe { entries, blocks, whole, size, .. } = recipe;
                if again {
                    // Code that changes: what ran so far pays for no third time.
                    let cache = self.interpreter.cache();
                    for entry in blocks.iter().filter_map(|&rip| cache.find(u64::from(rip))) {
                        let entry = cache.entry(entry);
                        entry.paid.set(entry.rounds.get());
                    }
                }
                if let Some(id) = id {
                    (0..entries.len() as u32).for_each(|function| self.host.called(id, function));
                }
                let size = size as usize;
                self.insert(memory, Addition { entries, blocks, whole, first, sources, size, id }, 1);
                Some(first)
            }
            Err(why) => {
                entries.iter().for_each(|&rip| self.fail(rip, &why));
                None
            }
        }
    }

    fn fail(&mut self, rip: u32, why: &str) {
        self.stats.failed += 1;
        self.heat.mark_failed(rip, self.epoch);
        self.log_once(&format!("code at {rip:#x} stays interpreted: {why}"));
    }

    fn log_once(&mut self, line: &str) {
        if !std::mem::replace(&mut self.logged, true) {
            self.host.log(line);
        }
    }

    /// Drops a module shared with other engines, if it is here.
    pub fn forget(&mut self, id: Id) {
        let mut dropped = Vec::new();
        self.code.forget(id, &mut dropped);
        self.give_back(&dropped);
    }
}

impl<H: CodeHost> Engine for JitEngine<H> {
    fn run(
        &mut self,
        state: &mut CpuState,
        memory: &GuestMemory,
        attention: &AtomicU32,
        budget: u64,
    ) -> Trap {
        let stop = state.icount.saturating_add(budget);
        let mut trap = Trap::Budget;
        let result = H::guarded(&mut || trap = self.run_inner(state, memory, attention, stop));
        if result.is_err() {
            assert!(self.host.was_in_code(), "the emulator has trapped");
            self.host.leave(state);
            trap = self.trapped(state, self.current);
        }
        trap
    }

    fn invalidate(&mut self, range: Range<u64>) {
        if range.start == 0 {
            self.code.distrust();
            self.refused.clear();
            self.heat.reset();
            self.jumps = Jumps::default();
            self.epoch = u32::MAX;
            self.clear_dispatch();
        }
        self.interpreter.invalidate(range);
    }

    fn program_ended(&mut self, memory: &GuestMemory) {
        if let (Some(profile), Some(mode)) = (&mut self.profile, self.mode) {
            profile.add(memory, mode, self.interpreter.cache());
            for entry in self.interpreter.cache().entries() {
                entry.countdown.set(COUNTING);
                entry.rounds.set(0);
            }
        }
    }
}
