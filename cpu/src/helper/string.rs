//! String instructions, with and without REP.
//!
//! A repeated instruction works in chunks and leaves RCX, RSI and RDI as after
//! the iterations done, so that it can be interrupted or fault between any two
//! and simply be started again. (Intel SDM vol. 2, REP.)

use crate::flags::kind;
use crate::ir::{Op, StringOp};
use crate::mem::PAGE_SIZE;
use crate::state::slot::{self, RAX, RCX, RDI, RSI};
use crate::{CpuState, GuestMemory, Trap};

/// Repeat prefix, in the `d` field.
pub mod rep {
    #![allow(missing_docs)]
    pub const NONE: u8 = 0;
    /// REP, or REPE for CMPS and SCAS.
    pub const E: u8 = 1;
    /// REPNE.
    pub const NE: u8 = 2;
}

/// Whether a string instruction is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Go on with the next instruction.
    Done,
    /// More iterations are left; look at the attention word and call again.
    Again,
}

/// Elements one call handles at most, so that signals are not kept waiting.
const CHUNK: u64 = 16384;

fn advance(state: &mut CpuState, register: u8, by: u64, mask: u64) {
    let r = &mut state.slots[register as usize];
    let next = r.wrapping_add(by) & mask;
    // A 32-bit address size clears the upper half, a 16-bit one keeps the rest.
    *r = if mask == 0xffff { (*r & !0xffff) | next } else { next };
}

fn load(memory: &GuestMemory, log2: u8, at: u64) -> Result<u64, Trap> {
    Ok(match log2 {
        0 => u64::from(memory.load8(at)?),
        1 => u64::from(memory.load16(at)?),
        2 => u64::from(memory.load32(at)?),
        _ => memory.load64(at)?,
    })
}

fn store(memory: &GuestMemory, log2: u8, at: u64, value: u64) -> Result<(), Trap> {
    match log2 {
        0 => memory.store8(at, value as u8)?,
        1 => memory.store16(at, value as u16)?,
        2 => memory.store32(at, value as u32)?,
        _ => memory.store64(at, value)?,
    }
    Ok(())
}

struct Context {
    op: StringOp,
    log2: u8,
    mask: u64,
    /// RSI, RDI step per element.
    step: u64,
    source_base: u64,
    linear_mask: u64,
}

impl Context {
    fn source(&self, state: &CpuState) -> u64 {
        (state.slots[RSI as usize] & self.mask).wrapping_add(self.source_base) & self.linear_mask
    }

    fn destination(&self, state: &CpuState) -> u64 {
        state.slots[RDI as usize] & self.mask
    }

    /// One iteration. `true` if ZF is set after it (CMPS, SCAS).
    fn once(&self, state: &mut CpuState, memory: &GuestMemory) -> Result<bool, Trap> {
        let step = |state: &mut CpuState, register| advance(state, register, self.step, self.mask);
        match self.op {
            StringOp::Movs => {
                let value = load(memory, self.log2, self.source(state))?;
                store(memory, self.log2, self.destination(state), value)?;
                step(state, RSI);
                step(state, RDI);
            }
            StringOp::Stos => {
                store(memory, self.log2, self.destination(state), state.slots[RAX as usize])?;
                step(state, RDI);
            }
            StringOp::Lods => {
                let value = load(memory, self.log2, self.source(state))?;
                let rax = &mut state.slots[RAX as usize];
                *rax = match self.log2 {
                    0 => (*rax & !0xff) | value,
                    1 => (*rax & !0xffff) | value,
                    _ => value,
                };
                step(state, RSI);
            }
            StringOp::Cmps => {
                let a = load(memory, self.log2, self.source(state))?;
                let b = load(memory, self.log2, self.destination(state))?;
                step(state, RSI);
                step(state, RDI);
                return Ok(self.compare(state, a, b));
            }
            StringOp::Scas => {
                let b = load(memory, self.log2, self.destination(state))?;
                let a = state.slots[RAX as usize];
                step(state, RDI);
                return Ok(self.compare(state, a, b));
            }
        }
        Ok(false)
    }

    fn compare(&self, state: &mut CpuState, a: u64, b: u64) -> bool {
        let r = a.wrapping_sub(b);
        state.slots[slot::FLAG_KIND as usize] = kind::SUB | u64::from(self.log2);
        state.slots[slot::FLAG_A as usize] = a;
        state.slots[slot::FLAG_B as usize] = b;
        state.slots[slot::FLAG_R as usize] = r;
        r << (64 - (8 << self.log2)) == 0
    }

    /// How many elements from `at` upwards lie in its page.
    fn in_page(&self, at: u64) -> u64 {
        (PAGE_SIZE - (at & (PAGE_SIZE - 1))) >> self.log2
    }

    /// Does as many iterations of REP MOVS or STOS as fit one page at once;
    /// 0 when it must go element by element.
    fn bulk(&self, state: &mut CpuState, memory: &GuestMemory, count: u64) -> u64 {
        if state.df {
            return 0;
        }
        let to = self.destination(state);
        let mut n = count.min(self.in_page(to));
        let done = match self.op {
            StringOp::Movs => {
                let from = self.source(state);
                n = n.min(self.in_page(from));
                let bytes = n << self.log2;
                // A destination just above the source repeats a pattern.
                let repeats = to.wrapping_sub(from) < bytes;
                n > 1 && !repeats && memory.copy_within(to, from, bytes).is_ok()
            }
            StringOp::Stos => {
                let value = state.slots[RAX as usize];
                let byte = value as u8;
                let uniform = value.to_le_bytes()[..1 << self.log2].iter().all(|&b| b == byte);
                n > 1
                    && uniform
                    && memory.check(to, n << self.log2, crate::mem::Access::Write).is_ok()
                    && memory.fill(to, byte, n << self.log2).is_ok()
            }
            _ => false,
        };
        if !done {
            return 0;
        }
        let bytes = n << self.log2;
        advance(state, RDI, bytes, self.mask);
        if self.op == StringOp::Movs {
            advance(state, RSI, bytes, self.mask);
        }
        n
    }
}

/// Executes a [`OpCode::String`](crate::ir::OpCode::String) operation: `e` the
/// [`StringOp`], `c` log2 of the element size, `d` the [`rep`] kind, `imm` the
/// address mask, `a` the slot of the source segment base.
#[inline(never)]
pub fn exec(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<Progress, Trap> {
    let size = 1u64 << (op.c & 3);
    let context = Context {
        op: StringOp::ALL[op.e as usize % StringOp::ALL.len()],
        log2: op.c & 3,
        mask: op.imm as u64,
        step: if state.df { size.wrapping_neg() } else { size },
        source_base: state.slots[op.a as usize],
        linear_mask: match state.mode {
            crate::Mode::Bits32 => 0xffff_ffff,
            crate::Mode::Bits64 => u64::MAX,
        },
    };
    if op.d == rep::NONE {
        context.once(state, memory)?;
        return Ok(Progress::Done);
    }
    let compares = matches!(context.op, StringOp::Cmps | StringOp::Scas);
    let mut left = CHUNK;
    while left > 0 {
        let count = state.slots[RCX as usize] & context.mask;
        if count == 0 {
            return Ok(Progress::Done);
        }
        let mut n = context.bulk(state, memory, count.min(left));
        let mut equal = false;
        if n == 0 {
            equal = context.once(state, memory)?;
            n = 1;
        }
        advance(state, RCX, n.wrapping_neg(), context.mask);
        left -= n;
        if compares && equal != (op.d == rep::E) {
            return Ok(Progress::Done);
        }
    }
    Ok(Progress::Again)
}
