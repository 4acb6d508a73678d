//! Debug registers of a traced thread (ptrace(2), POKEUSER of `u_debugreg`): what they may hold, and what they stop.
//!
//! As Linux virtualises them: registers 0 to 3 are addresses, 7 says which of them stop at what, 6 says what stopped.
//! A thread of which any is enabled runs one instruction at a time, interpreted.

use crate::thread::Thread;
use std::sync::atomic::Ordering;
use tawaki_abi::Errno;
use tawaki_abi::signal::{self as sig, SIGTRAP, SigInfo};
use tawaki_cpu::Trap;
use tawaki_cpu::flags::{self, WATCHED};
use tawaki_cpu::watch::{Area, accessed};

/// RF: the next instruction does not stop for its address.
pub const RF: u64 = 0x1_0000;
/// BS of register 6: a single step.
const STEP: u64 = 0x4000;
/// Bits of register 6 that are always 1.
const RESERVED_6: u64 = 0xffff_0ff0;
/// Where the kernel's addresses begin.
const KERNEL: u64 = 1 << 47;

/// What one of the four is set to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    /// Linux has something registered for it, if only switched off.
    known: bool,
    enabled: bool,
    address: u64,
    /// R/W of register 7: 0 execution, 1 writing, 3 reading and writing.
    kind: u8,
    /// Bytes.
    len: u64,
}

/// The debug registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugRegisters {
    slots: [Slot; 4],
    /// Register 7 as written.
    control: u64,
    /// Register 6 without its reserved bits.
    status: u64,
    /// The flag RF.
    pub resume: bool,
}

impl DebugRegisters {
    /// None is set.
    pub const NONE: DebugRegisters = DebugRegisters {
        slots: [Slot { known: false, enabled: false, address: 0, kind: 0, len: 0 }; 4],
        control: 0,
        status: 0,
        resume: false,
    };

    /// PTRACE_PEEKUSER.
    pub fn get(&self, number: u32) -> u64 {
        match number {
            0..4 => self.slots[number as usize].address,
            6 => self.status ^ RESERVED_6,
            7 => self.control,
            _ => 0,
        }
    }

    /// PTRACE_POKEUSER. What is refused changes nothing.
    pub fn set(&mut self, number: u32, value: u64) -> Result<(), Errno> {
        match number {
            0..4 => {
                let slot = &mut self.slots[number as usize];
                if value >= KERNEL {
                    return Err(Errno::EPERM);
                }
                if !slot.known {
                    *slot = Slot { known: true, kind: 1, len: 1, ..Slot::default() };
                }
                check(&Slot { address: value, ..*slot })?;
                slot.address = value;
            }
            6 => self.status = value ^ RESERVED_6,
            7 => {
                let mut slots = self.slots;
                for (i, slot) in slots.iter_mut().enumerate() {
                    let enabled = value >> (2 * i) & 3 != 0;
                    if !slot.known && !enabled {
                        continue;
                    }
                    let (kind, len) = (value >> (16 + 4 * i) & 3, value >> (18 + 4 * i) & 3);
                    *slot = Slot {
                        known: true,
                        enabled,
                        kind: kind as u8,
                        len: [1, 2, 8, 4][len as usize],
                        ..*slot
                    };
                    check(slot)?;
                }
                (self.slots, self.control) = (slots, value);
            }
            _ => return Err(Errno::EIO),
        }
        Ok(())
    }

    fn active(&self) -> bool {
        self.slots.iter().any(|slot| slot.enabled)
    }

    /// Bits of those that stop execution at `rip`.
    fn execution(&self, rip: u64) -> u64 {
        let hit = |slot: &Slot| slot.enabled && slot.kind == 0 && slot.address == rip;
        self.slots.iter().enumerate().map(|(i, slot)| u64::from(hit(slot)) << i).sum()
    }

    fn data(&self) -> [Option<Area>; 4] {
        self.slots.map(|slot| {
            (slot.enabled && slot.kind != 0).then_some(Area {
                addr: slot.address,
                len: slot.len,
                reads: slot.kind == 3,
            })
        })
    }
}

fn check(slot: &Slot) -> Result<(), Errno> {
    let good = match slot.kind {
        0 => slot.len == 1,
        1 | 3 => slot.address.is_multiple_of(slot.len),
        // Input and output.
        _ => false,
    };
    if good { Ok(()) } else { Err(Errno::EINVAL) }
}

impl Thread<'_> {
    /// After the debug registers or the processor's state were exchanged: engines know.
    pub fn watch_or_not(&mut self) {
        if self.tracee.debug.active() {
            self.cpu.other_flags |= WATCHED;
        } else {
            self.cpu.other_flags &= !WATCHED;
        }
    }

    /// One instruction of a watched thread; the trap that it ended with and that is left to answer.
    pub fn run_watched(&mut self, budget: u64) -> Trap {
        let debug = self.tracee.debug;
        let stops = if debug.resume { 0 } else { debug.execution(self.cpu.rip) };
        if stops != 0 {
            self.tracee.debug.resume = true;
            self.debug_stop(stops, sig::TRAP_HWBKPT);
            return Trap::Budget;
        }
        let hits = u64::from(accessed(&self.cpu, &self.memory, &debug.data()));
        let trap = self.engine.run(&mut self.cpu, &self.memory, self.port.attention(), budget);
        if !matches!(
            trap,
            Trap::Watched | Trap::SingleStep | Trap::Syscall | Trap::Int80 | Trap::Breakpoint | Trap::Debug
        ) {
            // A fault: the instruction is to be run again, if at all.
            return trap;
        }
        self.tracee.debug.resume = false;
        match trap {
            Trap::Watched if hits != 0 => self.debug_stop(hits, sig::TRAP_HWBKPT),
            Trap::SingleStep if hits != 0 => {
                self.stepped();
                self.debug_stop(hits | STEP, sig::TRAP_TRACE);
            }
            Trap::Watched if self.port.attention().load(Ordering::SeqCst) != 0 => return Trap::Attention,
            Trap::Watched => {}
            trap => return trap,
        }
        Trap::Budget
    }

    /// A single step is told in register 6, too.
    pub fn note_step(&mut self) {
        self.tracee.debug.status = STEP;
    }

    fn debug_stop(&mut self, status: u64, code: i32) {
        self.tracee.debug.status = status;
        self.trapped = crate::signal::Trapped { number: 1, err: 0, addr: 0 };
        self.raise(SigInfo { signo: SIGTRAP, code, addr: self.cpu.rip, ..SigInfo::default() });
    }

    /// EFLAGS as a tracer sees them.
    pub fn traced_flags(&self) -> u64 {
        let hidden = if self.tracee.forced { flags::TF } else { 0 };
        u64::from(self.cpu.eflags() & !hidden) | if self.tracee.debug.resume { RF } else { 0 }
    }

    /// A tracer has set EFLAGS.
    pub fn set_traced_flags(&mut self, value: u64) {
        // One that sets the flag makes it the program's own.
        self.tracee.forced &= value as u32 & flags::TF == 0;
        self.cpu.set_eflags(value as u32 | if self.tracee.forced { flags::TF } else { 0 });
        self.tracee.debug.resume = value & RF != 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_registers_may_hold() {
        let mut d = DebugRegisters::NONE;
        assert_eq!(d.get(6), RESERVED_6);
        assert_eq!(d.set(4, 0), Err(Errno::EIO));
        assert_eq!(d.set(0, u64::MAX), Err(Errno::EPERM));
        d.set(0, 0x1001).unwrap();
        // Four bytes at an odd address; input and output; execution of two bytes.
        for control in [0xd_0001, 0x2_0001, 0x4_0001] {
            assert_eq!(d.set(7, control), Err(Errno::EINVAL), "{control:#x}");
            assert!(!d.active() && d.get(7) == 0);
        }
        d.set(0, 0x1004).unwrap();
        d.set(7, 0xf_0001).unwrap();
        assert!(d.active());
        assert_eq!(d.set(0, 0x1002), Err(Errno::EINVAL));
        assert_eq!((d.get(0), d.get(7)), (0x1004, 0xf_0001));
        assert_eq!(d.data()[0], Some(Area { addr: 0x1004, len: 4, reads: true }));
        d.set(7, 0).unwrap();
        assert!(!d.active());
        // Of one that nothing is known of only what is enabled is looked at.
        d.set(7, 0xd000_0000).unwrap();
        assert_eq!(d.execution(0), 0);
        d.set(7, 0x40).unwrap();
        assert_eq!((d.execution(0), d.execution(1)), (8, 0));
    }
}
