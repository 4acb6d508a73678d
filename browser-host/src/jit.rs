//! Compiled guest code in a browser: modules over the process's own memory, their
//! functions in this instance's own table, so that calling one is an indirect call.
//!
//! A trap in compiled code (nested too deep, or an access out of range) is an
//! exception in JavaScript that passes through our frames without running
//! destructors. `js/process-worker.js` catches it around [`jit_body`] and puts the
//! stack pointer back.
#![allow(unsafe_code)] // Calls functions by table index, hands addresses to compiled code, exports.

use core::sync::atomic::AtomicU32;
use std::sync::{Arc, LazyLock, OnceLock};
use tawaki_cpu::interp::{Done, OneOp};
use tawaki_cpu::{CpuState, GuestMemory, Mode, flags};
use tawaki_jit::cache::Limits;
use tawaki_jit::engine::{CodeHost, Trapped};
use tawaki_jit::layout::{DISPATCH_ENTRIES, DispatchEntry, JitContext, Layout, NO_RIP, op_result};
use tawaki_jit::library::{Form, Id, Library, Offer, Recipe};
use tawaki_jit::store::Index;

use crate::host;
use crate::process::guest_memory;

/// What workers have compiled, as far as the engines over this memory know. The modules themselves and their recipes are
/// JavaScript's; `js/code.js` decides what is dropped when there is too much.
static LIBRARY: LazyLock<Library<()>> =
    LazyLock::new(|| Library::new(Limits { modules: usize::MAX, bytes: usize::MAX }));

/// A module that another worker has compiled.
pub fn offer(id: Id, offer: &[u8]) {
    if let Some(offer) = Offer::decode(offer) {
        LIBRARY.add(id, offer, ());
    }
}

/// It is no longer to be had.
pub fn forget(id: Id) {
    LIBRARY.forget(id);
}

/// What was compiled beforehand.
static STORED: OnceLock<Index> = OnceLock::new();

/// The beginning of a file of stored code, whose modules have the numbers from `first` on.
pub fn index(bytes: Box<[u8]>, first: Id) {
    if let Some(index) = Index::read(bytes, first) {
        let _ = STORED.set(index);
    }
}

/// What compiled code and its helpers find by the context's address.
#[repr(C)]
struct Words {
    context: JitContext,
    /// Compiled code is running, not a helper: a trap now is the guest's.
    in_code: bool,
    one: OneOp,
    memory: Arc<GuestMemory>,
}

/// One thread's compiled code.
pub struct BrowserHost {
    words: Box<Words>,
    dispatch: Box<[DispatchEntry]>,
    state: *mut CpuState,
    /// How far the library's news are known.
    seen: u64,
    /// Whether the engine knows of [`STORED`].
    told: bool,
}

impl Default for BrowserHost {
    fn default() -> Self {
        let dispatch: Box<[DispatchEntry]> =
            vec![DispatchEntry { rip: NO_RIP, index: 0 }; DISPATCH_ENTRIES as usize].into();
        let context = JitContext { dispatch: dispatch.as_ptr() as u32, ..JitContext::default() };
        let words = Words { context, in_code: false, one: OneOp::default(), memory: guest_memory() };
        BrowserHost { words: Box::new(words), dispatch, state: core::ptr::null_mut(), seen: 0, told: false }
    }
}

/// A compiled region: (state, context, depth) to the guest address to go on at.
type Region = extern "C" fn(*mut CpuState, *mut JitContext, u32) -> u32;

impl CodeHost for BrowserHost {
    fn layout(&self, memory: &GuestMemory, mode: Mode) -> Layout {
        Layout::browser(mode, memory.perms_table() as u32)
    }

    fn install(&mut self, wasm: &[u8], functions: u32) -> Result<u32, String> {
        host::jit_install(wasm, functions).ok_or_else(|| "the browser refused the module".to_owned())
    }

    fn publish(&mut self, recipe: &Recipe, form: &Form) -> Option<Id> {
        let offer = recipe.offer(form);
        let id = host::jit_publish(&offer.encode(), &recipe.encode(), recipe.size, offer.fingerprint())?;
        LIBRARY.add(id, offer, ());
        Some(id)
    }

    fn news(&mut self) -> Vec<u32> {
        let (entries, seen) = LIBRARY.news(self.seen);
        self.seen = seen;
        entries
    }

    fn offers(&mut self, memory: &GuestMemory, rip: u32, form: &Form) -> Vec<Id> {
        let mut ids = LIBRARY.find(memory, rip, form);
        if let Some(index) = STORED.get() {
            ids.extend(index.find(memory, rip, form));
        }
        ids
    }

    fn stored(&mut self) -> Option<Arc<[u32]>> {
        let index = STORED.get().filter(|_| !self.told)?;
        self.told = true;
        Some(index.rips())
    }

    fn is_used(&mut self, id: Id) -> bool {
        host::jit_is_used(id)
    }

    fn ready(&mut self, id: Id) -> bool {
        host::jit_ready(id)
    }

    fn votes(&mut self, id: Id, function: u32) -> u32 {
        host::jit_votes(id, function)
    }

    fn called(&mut self, id: Id, function: u32) {
        host::jit_called(id, function);
    }

    fn vote(&mut self, id: Id, function: u32) -> u32 {
        host::jit_vote(id, function)
    }

    fn recipe(&mut self, id: Id) -> Option<Recipe> {
        Recipe::decode(&host::jit_recipe(id)?)
    }

    fn install_shared(&mut self, id: Id, functions: u32) -> Result<u32, String> {
        host::jit_install_shared(id, functions).ok_or_else(|| "the browser refused it".to_owned())
    }

    fn used(&mut self, id: Id) {
        host::jit_used(id);
    }

    fn drop_functions(&mut self, first: u32, functions: u32) {
        host::jit_drop(first, functions);
    }

    fn context(&mut self) -> &mut JitContext {
        &mut self.words.context
    }

    fn dispatch(&mut self) -> &mut [DispatchEntry] {
        &mut self.dispatch
    }

    fn enter(&mut self, state: &mut CpuState, attention: &AtomicU32) {
        self.state = state;
        self.words.context.attention = attention.as_ptr() as u32;
    }

    fn call(&mut self, index: u32, _: &GuestMemory, depth: u32) -> Result<u32, Trapped> {
        // SAFETY: on wasm a function pointer is a table index. The index is of a live
        // function that `install` put there, which has this type; a wrong one traps.
        let region = unsafe { core::mem::transmute::<usize, Region>(index as usize) };
        let words: *mut Words = &raw mut *self.words;
        // SAFETY: the box is ours; no reference to it is held across the call, because
        // helpers make their own from the address.
        unsafe {
            (*words).in_code = true;
            let next = region(self.state, words.cast(), depth);
            (*words).in_code = false;
            Ok(next)
        }
    }

    fn leave(&mut self, _: &mut CpuState) {}

    fn guarded(body: &mut dyn FnMut()) -> Result<(), Trapped> {
        let mut body = body;
        if host::jit_guard((&raw mut body).cast()) { Ok(()) } else { Err(Trapped) }
    }

    fn was_in_code(&mut self) -> bool {
        core::mem::take(&mut self.words.in_code)
    }

    fn clock_us(&self) -> u64 {
        (host::now() * 1000.0) as u64
    }

    fn log(&mut self, line: &str) {
        host::log(line);
    }
}

/// Runs what [`BrowserHost::guarded`] was given.
///
/// # Safety
/// Called by JavaScript's half of `guarded` only, once, with its argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jit_body(body: *mut u8) {
    // SAFETY: as the caller promises.
    unsafe { (*body.cast::<&mut dyn FnMut()>())() }
}

/// The helper `op`: executes an operation on the state. See `tawaki_jit::layout`.
///
/// # Safety
/// Called by compiled code only, with the addresses that it was called with.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn jit_op(state: *mut CpuState, context: *mut JitContext, low: i64, high: i64) -> i32 {
    let Some(op) = tawaki_jit::emit::helper::from_words(low, high) else { return op_result::TRAP };
    // SAFETY: as the caller promises; `call` holds no reference to either.
    let (state, words) = unsafe { (&mut *state, &mut *context.cast::<Words>()) };
    words.in_code = false;
    let done = words.one.run(state, &words.memory, &op);
    words.in_code = true;
    match done {
        Done::Ran => op_result::DONE,
        Done::Trap(_) => op_result::TRAP,
        Done::Again => op_result::AGAIN,
        Done::CodeChanged => op_result::CODE_CHANGED,
    }
}

/// The helper `status`: the six flags of a lazy state.
#[unsafe(no_mangle)]
pub extern "C" fn jit_status(a: i64, b: i64, r: i64, kind: i32) -> i32 {
    flags::status_of(a as u64, b as u64, r as u64, u64::from(kind as u32)) as i32
}
