//! What JavaScript calls. `js/kernel-worker.js` and `js/process-worker.js` are
//! the only callers; each keeps to its half.
#![allow(unsafe_code)] // Exports need unmangled names and take raw addresses.

use crate::host;
use crate::jit::BrowserHost;
use crate::machine::{Boot, Machine};
use crate::process::{self, MailboxPort, WorkerHost};
use crate::shared::{SHARED, Shared, ThreadWords};
use tawaki_cpu::Engine;
use tawaki_cpu::level::{Level, set_level};
use tawaki_cpu::mem::ADDRESS_END;
use tawaki_jit::JitEngine;
use tawaki_kernel::{Event, RequestId, TerminalId};
use tawaki_process::{Options, Start};

/// Prints panics. Once per memory.
#[unsafe(no_mangle)]
pub extern "C" fn start_worker() {
    process::remember_initial_memory();
    std::panic::set_hook(Box::new(|info| host::log(&format!("Tawaki has a bug: {info}"))));
}

/// Memory for JavaScript to write a message into; given back by the call that takes it.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(len: usize) -> *mut u8 {
    Box::into_raw(vec![0u8; len].into_boxed_slice()).cast()
}

/// Takes what [`allocate`] gave.
///
/// # Safety
/// `ptr` and `len` are of one `allocate`, not taken before.
unsafe fn take(ptr: *mut u8, len: usize) -> Vec<u8> {
    // SAFETY: as the caller promises.
    unsafe { Box::from_raw(core::ptr::slice_from_raw_parts_mut(ptr, len)) }.into_vec()
}

/// The kernel's shared words.
#[unsafe(no_mangle)]
pub extern "C" fn shared_words() -> *const Shared {
    &raw const SHARED
}

/// A thread's words.
#[unsafe(no_mangle)]
pub extern "C" fn thread_words() -> *const ThreadWords {
    Box::leak(Box::default())
}

/// Makes the kernel from a JSON description; null when that cannot be read.
///
/// # Safety
/// See [`take`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_boot(ptr: *mut u8, len: usize) -> *mut Machine {
    // SAFETY: as the caller promises.
    let json = unsafe { take(ptr, len) };
    match serde_json::from_slice::<Boot>(&json) {
        Ok(boot) => Box::into_raw(Box::new(Machine::new(boot))),
        Err(error) => {
            host::log(&format!("boot description: {error}"));
            core::ptr::null_mut()
        }
    }
}

/// Runs the kernel until the event loop has something for it.
///
/// # Safety
/// `machine` is from [`kernel_boot`] and nothing else uses it now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_run(machine: *mut Machine) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { &mut *machine }.run() as u32
}

/// One posted message has been taken by the event loop.
///
/// # Safety
/// As [`kernel_run`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_message(machine: *mut Machine) {
    // SAFETY: as the caller promises.
    unsafe { &mut *machine }.message_received();
}

/// A new process worker has this mailbox.
///
/// # Safety
/// As [`kernel_run`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_worker(machine: *mut Machine, mailbox: u32) {
    // SAFETY: as the caller promises.
    unsafe { &mut *machine }.worker_added(mailbox);
}

/// A range of the image came (`ok`), or the reason why not as text.
///
/// # Safety
/// As [`kernel_run`] and [`take`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_fetched(
    machine: *mut Machine,
    disk: u32,
    chunk: f64,
    ok: u32,
    ptr: *mut u8,
    len: usize,
) {
    // SAFETY: as the caller promises.
    let (machine, bytes) = unsafe { (&mut *machine, take(ptr, len)) };
    // An error's text ends with zeros.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
    let data = if ok != 0 { Ok(bytes) } else { Err(text(&bytes)) };
    machine.fetched(disk, chunk as u64, data);
}

/// Something from the page; `js/machine.js` has the same numbers. False when it
/// makes no sense.
///
/// # Safety
/// As [`kernel_run`] and [`take`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kernel_event(
    machine: *mut Machine,
    kind: u32,
    a: u32,
    b: u32,
    ptr: *mut u8,
    len: usize,
) -> u32 {
    // SAFETY: as the caller promises.
    let (machine, bytes) = unsafe { (&mut *machine, take(ptr, len)) };
    let (terminal, request) = (TerminalId(a), RequestId(a));
    let event = match kind {
        0 => return machine.spawn(&bytes).into(),
        1 => Event::TerminalInput { terminal, bytes },
        2 => Event::TerminalResize { terminal, cols: (b >> 16) as u16, rows: b as u16 },
        3 => Event::TerminalDrained { terminal, bytes: b.into() },
        4 => Event::TerminalHangup { terminal },
        5 => Event::StreamInput { request, bytes },
        6 => Event::StreamEof { request },
        7 => Event::StreamDrained { request, stream: (b >> 30) as u8, bytes: (b & 0x3fff_ffff).into() },
        8 => Event::StreamClosed { request, stream: b as u8 },
        9 => Event::Signal { pid: a as i32, signo: b },
        10 => Event::WorkerCrashed {
            slot: tawaki_abi::wire::Slot(a),
            message: String::from_utf8_lossy(&bytes).into_owned(),
        },
        12 => {
            machine.send_changes(a);
            return 1;
        }
        11 => Event::SpawnFailed { slot: tawaki_abi::wire::Slot(a) },
        _ => return 0,
    };
    machine.post(event);
    1
}

/// What a run leaves for the statistics: guest instructions, those interpreted, system
/// calls, regions compiled, milliseconds that took, entries into compiled code, modules
/// installed that another worker had compiled.
static LAST_RUN: std::sync::Mutex<[f64; 7]> = std::sync::Mutex::new([0.0; 7]);

/// Bits of `switches` of [`process_run`].
const STRACE: u32 = 1;
const JIT: u32 = 2;
/// Compiled code trusts the layout of memory.
const TRUST: u32 = 4;
/// The processor is of the level AVX2.
const AVX2: u32 = 8;

/// Runs one task to its end and returns its status word. `kind` as in
/// [`host::spawn`].
///
/// # Safety
/// See [`take`]; `words` is from [`thread_words`] and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn process_run(
    kind: u32,
    ptr: *mut u8,
    len: usize,
    words: &'static ThreadWords,
    epoch: f64,
    processors: u32,
    switches: u32,
) -> i32 {
    // SAFETY: as the caller promises.
    let payload = unsafe { take(ptr, len) };
    let start = match kind {
        0 => Start::Exec(payload),
        1 => Start::Fork(payload),
        _ => Start::Thread(payload),
    };
    words.attention.store(0, core::sync::atomic::Ordering::SeqCst);
    let mut port = MailboxPort::new(words);
    if kind != 2 {
        process::new_process();
    }
    let trust = switches & (JIT | TRUST) == JIT | TRUST;
    let mut host = WorkerHost::new(epoch, processors, trust);
    set_level(if switches & AVX2 != 0 { Level::Avx2 } else { Level::Base });
    let options = Options { strace: switches & STRACE != 0 };
    // Kept from process to process: blocks and compiled code of the same libraries are
    // recognised by their bytes. Taken out while it runs, as a trap would never put it
    // back. A thread's instance is new, and so is its engine.
    let kept = if kind == 2 { None } else { ENGINE.take() };
    let engine = kept.unwrap_or_else(|| {
        let settings = tawaki_jit::Settings::default();
        Box::leak(Box::new(JitEngine::new(BrowserHost::default(), settings)))
    });
    engine.set_enabled(switches & JIT != 0);
    engine.set_checked(!trust);
    engine.invalidate(0..ADDRESS_END);
    let before = engine.stats();
    let ended = tawaki_process::run(start, &mut port, &mut host, engine, options);
    let after = engine.stats();
    if kind == 2 {
        // SAFETY: leaked just above, and used by nobody any more.
        drop(unsafe { Box::from_raw(engine) });
    } else {
        ENGINE.set(Some(engine));
    }
    if let Ok(mut last) = LAST_RUN.lock() {
        *last = [
            ended.instructions as f64,
            (after.interpreted - before.interpreted) as f64,
            ended.syscalls as f64,
            (after.regions - before.regions) as f64,
            (after.compile_us - before.compile_us) as f64 / 1e3,
            (after.entries - before.entries) as f64,
            (after.adopted - before.adopted) as f64,
        ];
    }
    ended.status
}

/// Another worker has compiled a module; what it is right for.
///
/// # Safety
/// See [`take`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn code_offer(id: u32, ptr: *mut u8, len: usize) {
    // SAFETY: as the caller promises.
    crate::jit::offer(id, &unsafe { take(ptr, len) });
}

/// Code that was compiled beforehand: header and index of its file; its modules have the numbers from `first` on.
///
/// # Safety
/// See [`take`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn code_index(first: u32, ptr: *mut u8, len: usize) {
    // SAFETY: as the caller promises.
    crate::jit::index(unsafe { take(ptr, len) }.into(), first);
}

/// Where the name of this build's compiler stands, 16 bytes: code that another one has stored is not for us.
#[unsafe(no_mangle)]
pub extern "C" fn code_build() -> *const u8 {
    tawaki_jit::store::BUILD.as_ptr()
}

/// Such a module is no longer to be had.
#[unsafe(no_mangle)]
pub extern "C" fn code_forget(id: u32) {
    crate::jit::forget(id);
    if let Some(engine) = ENGINE.take() {
        engine.forget(id);
        ENGINE.set(Some(engine));
    }
}

thread_local! {
    /// Leaked: thread-local destructors never run in a worker.
    static ENGINE: std::cell::Cell<Option<&'static mut JitEngine<BrowserHost>>> =
        const { std::cell::Cell::new(None) };
}

/// Figure number `which` of the last [`process_run`], in the order of `LAST_RUN`.
#[unsafe(no_mangle)]
pub extern "C" fn last_run(which: usize) -> f64 {
    LAST_RUN.lock().ok().and_then(|last| last.get(which).copied()).unwrap_or(0.0)
}
