//! The architectural state of one guest thread.

use crate::flags;
use crate::x87::X87State;

/// Word size of the running program; one process keeps its mode for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// i386: protected mode, flat 32-bit segments.
    Bits32,
    /// x86-64: long mode.
    Bits64,
}

/// Index into [`CpuState::slots`].
pub type Slot = u8;

/// Names of the slots. IR operations name these; a JIT keeps each in a local.
pub mod slot {
    #![allow(missing_docs)]
    use super::Slot;
    pub const RAX: Slot = 0;
    pub const RCX: Slot = 1;
    pub const RDX: Slot = 2;
    pub const RBX: Slot = 3;
    pub const RSP: Slot = 4;
    pub const RBP: Slot = 5;
    pub const RSI: Slot = 6;
    pub const RDI: Slot = 7;
    pub const R8: Slot = 8;
    pub const R11: Slot = 11;
    pub const R15: Slot = 15;
    /// Always 0; never written.
    pub const ZERO: Slot = 16;
    pub const FS_BASE: Slot = 17;
    pub const GS_BASE: Slot = 18;
    /// Lazy flags: operands, result and [`crate::flags`] kind.
    pub const FLAG_A: Slot = 19;
    pub const FLAG_B: Slot = 20;
    pub const FLAG_R: Slot = 21;
    pub const FLAG_KIND: Slot = 22;
    /// Written by operations whose result nobody wants.
    pub const SINK: Slot = 23;
    /// First of the temporaries, which live within one instruction.
    pub const TEMP: Slot = 32;
    /// Number of temporaries.
    pub const TEMPS: Slot = 64;
}

/// Segment registers in encoding order, for [`CpuState::segment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Segment {
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
}

/// A TLS segment descriptor as `set_thread_area(2)` installs it (GDT entries 12..=14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct TlsDescriptor {
    /// Segment base, a guest address.
    pub base: u32,
    /// Limit in bytes or pages as the program gave it; not enforced.
    pub limit: u32,
    /// Whether the entry is in use.
    pub present: bool,
}

/// First GDT index of the TLS descriptors; the same for both kernels' 32-bit programs.
pub const TLS_FIRST: u16 = 12;
/// `__USER32_CS`, `__USER_DS` and `__USER_CS` of Linux.
pub const USER32_CS: u16 = 0x23;
/// Data segment selector of both modes.
pub const USER_DS: u16 = 0x2b;
/// 64-bit code segment selector.
pub const USER_CS: u16 = 0x33;

/// Everything a guest thread can observe in its processor.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct CpuState {
    /// Slots, see [`slot`]. GPRs are zero-extended to 64 bits in 32-bit mode.
    pub slots: [u64; 256],
    /// XMM0..15, then 16 vector temporaries; then the upper halves of YMM0..15 and of the
    /// temporaries (see [`crate::ir::vector::UPPER`]).
    pub xmm: [u128; 64],
    /// Instruction pointer.
    pub rip: u64,
    /// Guest instructions executed so far.
    pub icount: u64,
    /// SSE control and status.
    pub mxcsr: u32,
    /// EFLAGS bits beyond the arithmetic ones and DF: TF, AC, ID; and [`flags::KEPT`].
    pub other_flags: u32,
    /// Direction flag.
    pub df: bool,
    /// Word size.
    pub mode: Mode,
    /// Selectors in [`Segment`] order.
    pub segment: [u16; 6],
    /// i386 TLS descriptors, GDT entries 12..=14.
    pub tls: [TlsDescriptor; 3],
    /// x87 and MMX.
    pub x87: X87State,
    /// Host time-stamp counter for RDTSC; without one `icount` stands in.
    pub tsc: Option<fn() -> u64>,
}

// Compiled code has these in it, and is compiled on one kind of machine for another: pointers come last.
const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(CpuState, slots) == 0 && offset_of!(CpuState, xmm) == 2048);
    assert!(offset_of!(CpuState, rip) == 3072 && offset_of!(CpuState, mxcsr) == 3088);
    assert!(offset_of!(CpuState, df) == 3096 && offset_of!(CpuState, segment) == 3098);
    assert!(offset_of!(CpuState, x87) == 3152 && size_of::<X87State>() == 160);
};

impl CpuState {
    /// The state a new program starts with: registers zero, IF set, FPU reset.
    pub fn new(mode: Mode) -> Self {
        let code = if mode == Mode::Bits64 { USER_CS } else { USER32_CS };
        // A 64-bit Linux program starts with null data selectors except SS.
        let data = if mode == Mode::Bits64 { 0 } else { USER_DS };
        Self {
            slots: [0; 256],
            xmm: [0; 64],
            rip: 0,
            icount: 0,
            tsc: None,
            mxcsr: 0x1f80,
            other_flags: match mode {
                Mode::Bits32 => flags::NULL_SEGMENT[4] | flags::NULL_SEGMENT[5],
                Mode::Bits64 => 0,
            },
            df: false,
            mode,
            segment: [data, code, USER_DS, data, 0, 0],
            tls: [TlsDescriptor::default(); 3],
            x87: X87State::default(),
        }
    }

    /// EFLAGS with every bit materialised (IF and the always-one bit 1 included).
    pub fn eflags(&self) -> u32 {
        flags::status_bits(self)
            | self.other_flags & flags::OTHER
            | if self.df { flags::DF } else { 0 }
            | flags::IF
            | flags::ONE
    }

    /// Sets the flags a user program may change (POPF at CPL 3): status, DF, TF, AC, ID.
    pub fn set_eflags(&mut self, value: u32) {
        flags::set_status(self, value & flags::STATUS);
        self.df = value & flags::DF != 0;
        self.other_flags = value & flags::OTHER | self.other_flags & flags::KEPT;
    }

    /// A general register, 0 = RAX .. 15 = R15 in encoding order.
    pub fn gpr(&self, index: usize) -> u64 {
        self.slots[index & 15]
    }

    /// Sets a general register (zero-extend 32-bit values).
    pub fn set_gpr(&mut self, index: usize, value: u64) {
        self.slots[index & 15] = value;
    }

    /// FS segment base.
    pub fn fs_base(&self) -> u64 {
        self.slots[slot::FS_BASE as usize]
    }

    /// Sets the FS segment base (`arch_prctl`).
    pub fn set_fs_base(&mut self, base: u64) {
        self.slots[slot::FS_BASE as usize] = base;
    }

    /// GS segment base.
    pub fn gs_base(&self) -> u64 {
        self.slots[slot::GS_BASE as usize]
    }

    /// Sets the GS segment base.
    pub fn set_gs_base(&mut self, base: u64) {
        self.slots[slot::GS_BASE as usize] = base;
    }

    /// Installs a TLS descriptor (`index` 0..=2 for GDT entries 12..=14) and
    /// reloads FS or GS where its selector names it, as Linux does.
    pub fn set_tls(&mut self, index: usize, descriptor: TlsDescriptor) {
        let Some(entry) = self.tls.get_mut(index) else { return };
        *entry = descriptor;
        for (segment, base) in [(Segment::Fs, slot::FS_BASE), (Segment::Gs, slot::GS_BASE)] {
            let selector = self.segment[segment as usize];
            if (selector >> 3) as usize == TLS_FIRST as usize + index {
                self.slots[base as usize] = u64::from(descriptor.base);
            }
        }
    }

    /// Loads a segment register. `false` means #GP, with nothing changed.
    /// Selectors known to user code under Linux: null, the flat segments, and
    /// the TLS entries. A null one makes accesses of 32-bit code through it #GP.
    pub fn load_segment(&mut self, segment: Segment, selector: u16) -> bool {
        let index = selector >> 3;
        // Bit 2 selects the LDT, which we do not have.
        let base = if selector & !3 == 0 {
            if segment == Segment::Ss || segment == Segment::Cs {
                return false;
            }
            0
        } else if selector & 4 != 0 {
            return false;
        } else if let Some(tls) = index.checked_sub(TLS_FIRST).and_then(|i| self.tls.get(i as usize)) {
            if !tls.present {
                return false;
            }
            tls.base
        } else if matches!(selector | 3, USER_DS | USER32_CS | USER_CS) {
            if segment == Segment::Ss && selector != USER_DS {
                return false;
            }
            0
        } else {
            return false;
        };
        self.segment[segment as usize] = selector;
        let bit = flags::NULL_SEGMENT[segment as usize];
        if selector & !3 != 0 {
            self.other_flags &= !bit;
        } else if self.mode == Mode::Bits32 {
            self.other_flags |= bit;
        }
        match segment {
            Segment::Fs => self.set_fs_base(u64::from(base)),
            Segment::Gs => self.set_gs_base(u64::from(base)),
            _ => {}
        }
        true
    }

    /// Takes over the selectors of another state of the same word size, whose bases are in the slots already.
    pub fn set_selectors(&mut self, selectors: [u16; 6]) {
        self.segment = selectors;
        self.note_null_segments();
    }

    /// CS has a segment of the other word size: 64-bit code may use null segments.
    pub(crate) fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        self.note_null_segments();
    }

    fn note_null_segments(&mut self) {
        self.other_flags &= !flags::NULL_SEGMENTS;
        for segment in [Segment::Es, Segment::Ds, Segment::Fs, Segment::Gs] {
            if self.mode == Mode::Bits32 && self.segment[segment as usize] & !3 == 0 {
                self.other_flags |= flags::NULL_SEGMENT[segment as usize];
            }
        }
    }

    /// The value RDTSC returns.
    pub fn time_stamp(&self) -> u64 {
        self.tsc.map_or(self.icount, |read| read())
    }
}
