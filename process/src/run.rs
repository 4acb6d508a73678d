//! The trap loop of a process worker.

use crate::host::{Ended, Host, Options, Port, Start};
use crate::thread::{Thread, Width};
use tawaki_abi::signal::{SIGKILL, SIGSEGV};
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
    let mut thread = Thread::new(port, host, engine, options);
    match start {
        Start::Exec(request) => thread.start_exec(&request),
        Start::Fork(image) => {
            if let Err(errno) = thread.start_fork(&image)
                && thread.dying.is_none()
            {
                thread.log(&format!("cannot start a forked child: {errno}"));
                thread.kill_self(SIGKILL);
            }
        }
    }
    while thread.dying.is_none() {
        step(&mut thread);
    }
    // Handles end with the task; the kernel drops them.
    thread.mm().clear();
    Ended { status: thread.dying.unwrap_or(0), instructions: thread.cpu.icount, syscalls: thread.syscalls }
}

/// Runs guest code up to the next trap and answers that.
fn step(thread: &mut Thread<'_>) {
    let trap = thread.engine.run(&mut thread.cpu, &thread.memory, thread.port.attention(), BUDGET);
    match trap {
        Trap::Syscall => thread.syscall(Width::W64),
        Trap::Int80 => thread.syscall(Width::W32),
        Trap::Budget => {}
        Trap::Attention => thread.take_signals(),
        Trap::Fault(fault) if thread.mm().grow_stack(fault.addr) => {}
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
