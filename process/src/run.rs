//! The trap loop of a process worker.

use crate::fork::{ThreadImage, waiting_room};
use crate::host::{Ended, Host, Options, Port, Start};
use crate::thread::{Thread, Width};
use std::sync::atomic::Ordering;
use tawaki_abi::Errno;
use tawaki_abi::signal::{SIGKILL, SIGSEGV};
use tawaki_abi::wire::{self, Call};
use tawaki_cpu::flags::WATCHED;
use tawaki_cpu::{Engine, Trap};

/// Guest instructions between returns to this loop: a few milliseconds, so that
/// browsers can replace a cold run loop by an optimised one.
const BUDGET: u64 = 1_000_000;

/// Runs one task until it is gone. Never unwinds on anything a guest does.
pub fn run(
    start: Start,
    port: &mut dyn Port,
    host: &mut dyn Host,
    engine: &mut dyn Engine,
    options: Options,
) -> Ended {
    let mut thread = match start {
        Start::Exec(request) => {
            let mut thread = Thread::new(port, host, engine, options);
            thread.start_exec(&request);
            thread
        }
        Start::Fork(image) => {
            let mut thread = Thread::new(port, host, engine, options);
            let started = thread.start_fork(&image);
            abandon(&mut thread, started);
            thread
        }
        Start::Thread(image) => {
            let image: Option<ThreadImage> = wire::decode(&image).ok();
            let Some((image, shared)) = image.and_then(|i| waiting_room::take(i.key).map(|s| (i, s))) else {
                host.log("a thread found no process to join");
                port.call(&Call::KillSelf { signo: SIGKILL, core: false });
                return Ended::default();
            };
            let mut thread = Thread::of(shared, port, host, engine, options);
            let key = image.key;
            let started = thread.start_thread(image);
            waiting_room::settled(key);
            abandon(&mut thread, started);
            thread
        }
    };
    while thread.dying.is_none() {
        step(&mut thread);
    }
    // Each thread knows what it has run itself, and must tell while the memory is there.
    thread.engine.program_ended(&thread.memory);
    // Kernel handles end with the process; the last thread leaves the memory as new.
    if thread.shared.threads.fetch_sub(1, Ordering::SeqCst) == 1 {
        thread.mm().clear();
    }
    Ended { status: thread.dying.unwrap_or(0), instructions: thread.cpu.icount, syscalls: thread.syscalls }
}

/// A task that could not begin dies.
fn abandon(thread: &mut Thread<'_>, started: Result<(), Errno>) {
    if let Err(errno) = started
        && !thread.gone()
    {
        thread.log(&format!("cannot start a child: {errno}"));
        thread.kill_self(SIGKILL);
    }
}

/// A system call is one instruction to a tracer that steps.
fn serve(thread: &mut Thread<'_>, gate: Width) {
    thread.tracee.stepping = thread.steps_calls();
    thread.timing.stops(|| thread.host.monotonic_ns());
    thread.syscall(gate);
    if thread.tracee.stepping && thread.steps_calls() && !thread.gone() {
        // Not told in debug register 6, and with a code of its own (`user_single_step_report`).
        thread.stepped();
        thread.exception(&Trap::Debug);
    }
    // A signal comes before the instruction after the call: kill(2) of oneself relies on it.
    let waiting = thread.port.attention().load(Ordering::SeqCst) != 0;
    if waiting && thread.tracee.mode == 0 && thread.left.is_none() && !thread.gone() {
        thread.take_signals();
    }
    thread.timing.goes_on(|| thread.host.monotonic_ns());
}

/// Runs guest code up to the next trap and answers that.
fn step(thread: &mut Thread<'_>) {
    let trap = if thread.cpu.other_flags & WATCHED != 0 {
        thread.run_watched(BUDGET)
    } else {
        thread.engine.run(&mut thread.cpu, &thread.memory, thread.port.attention(), BUDGET)
    };
    match trap {
        Trap::Syscall => serve(thread, Width::W64),
        Trap::Int80 => serve(thread, Width::W32),
        Trap::Budget => {}
        Trap::Attention => thread.take_signals(),
        Trap::Fault(fault) if thread.mm().fault_in(fault.addr) => {}
        Trap::Sysenter => {
            // Only a vdso may use it, and there is none.
            thread.log_once("SYSENTER outside of a vdso");
            thread.kill_self(SIGSEGV);
        }
        trap => thread.exception(&trap),
    }
    if let Some(pid) = thread.left.take() {
        thread.resume_vfork_parent(pid);
    }
}
