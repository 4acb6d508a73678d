//! The kernel thread: feeds events to the kernel, carries out its effects.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::Sender;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Reply, Slot};
use tawaki_kernel::{Effect, Event, Kernel, Now, SpawnKind};
use tawaki_process::{Options, Start};

use crate::clock;
use crate::machine::{JitConfig, MachineEvent};
use crate::mailbox::{Doorbell, Inbox, Mailbox, Message};
use crate::memory::HostMemory;
use crate::worker::{Job, Totals, work};

/// Guest threads need little host stack; compiled code and its compiler want some more.
const WORKER_STACK: usize = 16 << 20;

struct Seat {
    mailbox: Arc<Mailbox>,
    memory: Arc<HostMemory>,
}

/// Everything the kernel thread owns.
pub struct KernelLoop {
    /// The kernel.
    pub kernel: Kernel,
    /// Where messages arrive.
    pub inbox: Inbox,
    /// Given to workers.
    pub bell: Arc<Doorbell>,
    /// Where the outside listens.
    pub out: Sender<MachineEvent>,
    /// Switches for workers.
    pub options: Options,
    /// Their second tier.
    pub jit: JitConfig,
    /// Figures.
    pub totals: Arc<Totals>,
    /// Log lines of workers.
    pub log: Sender<String>,
}

/// Runs until shutdown.
pub fn run(machine: KernelLoop) {
    let KernelLoop { mut kernel, inbox, bell, out, options, jit, totals, log } = machine;
    let mut seats: HashMap<Slot, Seat> = HashMap::new();
    let mut effects = Vec::new();
    let mut next = Some(Message::Event(Event::Tick));
    loop {
        let message = next.take().or_else(|| {
            let timeout =
                kernel.next_timer().map(|at| Duration::from_nanos(at.saturating_sub(clock::monotonic_ns())));
            inbox.receive(timeout)
        });
        let event = match message {
            None => Event::Tick,
            Some(Message::Shutdown) => break,
            Some(Message::Event(event)) => event,
            Some(Message::Call(slot)) => {
                let Some(seat) = seats.get(&slot) else { continue };
                match seat.mailbox.take_call() {
                    Some(call) => Event::Call { slot, call },
                    None => {
                        seat.mailbox.answer(&Reply::err(Errno::EINVAL));
                        continue;
                    }
                }
            }
        };
        let now = Now { realtime_ns: clock::realtime_ns(), monotonic_ns: clock::monotonic_ns() };
        kernel.step(now, event, &mut effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply { slot, reply } => {
                    if let Some(seat) = seats.get(&slot) {
                        seat.mailbox.answer(&reply);
                    }
                }
                Effect::Attention { slot } => {
                    if let Some(seat) = seats.get(&slot) {
                        seat.mailbox.attend();
                    }
                }
                Effect::Spawn { slot, kind, payload } => {
                    let fresh = || HostMemory::new().map(Arc::new);
                    let memory_of = |slot| seats.get(&slot).map(|s| s.memory.clone());
                    let (start, memory, parent) = match kind {
                        SpawnKind::Exec => (Start::Exec(payload), fresh(), None),
                        SpawnKind::Fork { parent } => (Start::Fork(payload), fresh(), memory_of(parent)),
                        SpawnKind::Thread { leader } => {
                            let shared = memory_of(leader).ok_or_else(|| "its process is gone".to_string());
                            (Start::Thread(payload), shared, None)
                        }
                    };
                    let mailbox = Arc::new(Mailbox::default());
                    let started = memory.and_then(|memory| {
                        let job = Job {
                            slot,
                            start,
                            memory: memory.clone(),
                            parent,
                            mailbox: mailbox.clone(),
                            bell: bell.clone(),
                            options,
                            jit,
                            totals: totals.clone(),
                            log: log.clone(),
                        };
                        totals.live.fetch_add(1, Ordering::SeqCst);
                        std::thread::Builder::new()
                            .name(format!("task {}", slot.0))
                            .stack_size(WORKER_STACK)
                            .spawn(move || work(job))
                            .map(|_| memory)
                            .map_err(|e| {
                                totals.live.fetch_sub(1, Ordering::SeqCst);
                                e.to_string()
                            })
                    });
                    match started {
                        Ok(memory) => {
                            seats.insert(slot, Seat { mailbox, memory });
                        }
                        Err(why) => {
                            let _ = log.send(format!("cannot start a process: {why}"));
                            bell.send(Message::Event(Event::SpawnFailed { slot }));
                        }
                    }
                }
                Effect::Release { slot, told } => {
                    if let Some(seat) = seats.remove(&slot)
                        && !told
                    {
                        seat.mailbox.hang_up();
                    }
                }
                Effect::TerminalOutput { terminal, bytes } => {
                    let _ = out.send(MachineEvent::TerminalOutput { terminal, bytes });
                }
                Effect::StreamOutput { request, stream, bytes } => {
                    let _ = out.send(MachineEvent::StreamOutput { request, stream, bytes });
                }
                Effect::StreamEnded { request, stream } => {
                    let _ = out.send(MachineEvent::StreamEnded { request, stream });
                }
                Effect::StreamWant { request, bytes } => {
                    let _ = out.send(MachineEvent::StreamWant { request, bytes });
                }
                Effect::Started { request, pid } => {
                    let _ = out.send(MachineEvent::Started { request, pid });
                }
                Effect::SpawnRefused { request, errno } => {
                    let _ = out.send(MachineEvent::Refused { request, errno });
                }
                Effect::Exited { request, status } => {
                    let _ = out.send(MachineEvent::Exited { request, status });
                }
                Effect::Log(line) => {
                    let _ = log.send(line);
                }
                // Files answer at once: nothing is ever under way.
                Effect::FetchBlocks => bell.send(Message::Event(Event::BlocksArrived)),
            }
        }
    }
    for seat in seats.into_values() {
        seat.mailbox.hang_up();
    }
}
