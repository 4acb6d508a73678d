//! MMX registers. They are the significands of the x87's: in a region without x87
//! operations a register is a v128 local that holds the register's 16 bytes in the state,
//! sign and exponent too, so that every way out writes back what was there.
//! In a region with both they stay in memory.
//!
//! That the file is an MMX file (TOP 0, nothing empty, no exception pending) is written
//! and tested once a block.

use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::CpuState;

use super::super::x87::library::{PENDING, field};
use super::super::{Emitter, STATE, at};
use crate::analysis::{Effects, Set};
use crate::region::Region;

/// What is known of the x87's registers here.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::emit) struct Mmx {
    /// No exception is pending.
    checked: bool,
    /// TOP is 0 and all tags say that the register is in use.
    entered: bool,
    /// Vector temporaries whose high half is not what the interpreter's would be: they
    /// are copies of an MMX register, or computed from some.
    high: u64,
    /// The local of the constant whose halves are the sign and exponent of an MMX value.
    exponent: Option<u32>,
}

/// TOP in the status word.
const TOP: i32 = 0x3800;
/// Sign and exponent of an MMX value.
const EXPONENT: i64 = 0xffff;

/// Whether MMX registers can be locals in this region.
pub(crate) fn in_locals(region: &Region) -> bool {
    let mut found = false;
    for op in region.nodes.iter().flat_map(|n| n.block.ops.iter()) {
        if op.code == OpCode::Vector {
            let code = VecOp::from_e(op.e);
            if super::is_x87(code) || matches!(code, VecOp::Fxsave | VecOp::Fxrstor) {
                return false;
            }
            found |= matches!(code, VecOp::MmxRead | VecOp::MmxWrite);
        }
    }
    found
}

/// What an MMX operation does to the locals.
pub(super) fn effects(code: VecOp, op: &Op, locals: bool) -> Option<Effects> {
    let register = if locals { Set::mmx(op.c) } else { Set::EMPTY };
    let of = |reads, writes| Effects { reads, writes, kills: writes, exits: true, ..Effects::default() };
    Some(match code {
        VecOp::MmxRead => of(register, Set::xmm(op.d)),
        VecOp::MmxWrite => of(Set::xmm(op.a), register),
        VecOp::MmxEnter | VecOp::Emms => of(Set::EMPTY, Set::EMPTY),
        _ => return None,
    })
}

/// At the start of a function with MMX registers in locals.
pub(in crate::emit) fn enter(e: &mut Emitter) {
    let local = e.local(wasm_encoder::ValType::V128);
    e.mmx.exponent = Some(local);
    e.i().v128_const((EXPONENT as i128) << 64 | EXPONENT as i128).local_set(local);
}

impl Mmx {
    /// Where nothing is known: at the start of a block, after a helper.
    pub(in crate::emit) fn forget(&mut self) {
        (self.checked, self.entered) = (false, false);
    }

    /// At the start of a block: temporaries do not last.
    pub(in crate::emit) fn begin(&mut self) {
        self.forget();
        self.high = 0;
    }
}

/// Emits an MMX operation; `false` for others.
pub(super) fn emit(e: &mut Emitter, code: VecOp, op: &Op) -> bool {
    if matches!(code, VecOp::MmxRead | VecOp::MmxWrite | VecOp::MmxEnter | VecOp::Emms) {
        super::super::x87::flush(e);
    }
    match code {
        VecOp::MmxRead => read(e, op),
        VecOp::MmxWrite => write(e, op),
        VecOp::MmxEnter => use_registers(e, 0),
        VecOp::Emms => {
            use_registers(e, 0xffff);
            e.mmx.entered = false;
        }
        _ => return false,
    }
    true
}

/// Leaves when an exception is pending.
fn wait(e: &mut Emitter) {
    if !std::mem::replace(&mut e.mmx.checked, true) {
        e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(PENDING).i32_and();
        e.side_exit_if();
    }
}

/// TOP becomes 0, and the tags these.
fn use_registers(e: &mut Emitter, tags: i32) {
    wait(e);
    if std::mem::replace(&mut e.mmx.entered, true) && tags == 0 {
        return;
    }
    e.i().local_get(STATE).i32_const(tags).i32_store16(at(field!(tw), 1));
    e.i().local_get(STATE).local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(!TOP).i32_and();
    e.i().i32_store16(at(field!(sw), 1));
}

fn read(e: &mut Emitter, op: &Op) {
    wait(e);
    if e.options.mmx_locals {
        e.get_xmm(Set::MMX + (op.c & 7));
        e.mmx.high |= 1 << (op.d & 63);
    } else {
        e.i().local_get(STATE).v128_load64_zero(at(field!(regs) + 16 * u32::from(op.c & 7), 3));
    }
    e.set_xmm(op.d);
}

fn write(e: &mut Emitter, op: &Op) {
    use_registers(e, 0);
    let register = op.c & 7;
    if let (true, Some(exponent)) = (e.options.mmx_locals, e.mmx.exponent) {
        e.get_xmm(op.a);
        e.i().local_get(exponent).i8x16_shuffle(LOW_HALVES);
        e.set_xmm(Set::MMX + register);
        return;
    }
    let offset = field!(regs) + 16 * u32::from(register);
    e.i().local_get(STATE);
    e.get_xmm(op.a);
    e.i().v128_store64_lane(at(offset, 3), 0);
    e.i().local_get(STATE).i32_const(EXPONENT as i32).i32_store16(at(offset + 8, 1));
}

use super::shuffle::LOW_PAIR as LOW_HALVES;

/// Before any other vector operation: the temporaries it reads get the high half they
/// should have, unless it makes no difference to the low half of what it computes, which
/// then is all that is right of it.
pub(super) fn settle(e: &mut Emitter, code: VecOp, effects: &Effects) {
    if e.mmx.high == 0 {
        return;
    }
    let read = effects.reads.xmm as u64 & e.mmx.high;
    let written = effects.writes.xmm as u64;
    e.mmx.high &= !written;
    if read == 0 {
        return;
    }
    if of_halves(code) {
        e.mmx.high |= written;
        return;
    }
    for t in (Set { xmm: read.into(), ..Set::EMPTY }).each_xmm() {
        clear_high(e, t);
    }
    e.mmx.high &= !read;
}

/// Before a helper that may read every temporary.
pub(in crate::emit) fn settle_all(e: &mut Emitter) {
    let high = std::mem::take(&mut e.mmx.high);
    for t in (Set { xmm: high.into(), ..Set::EMPTY }).each_xmm() {
        clear_high(e, t);
    }
}

fn clear_high(e: &mut Emitter, t: u8) {
    e.get_xmm(t);
    e.i().v128_const(0).i8x16_shuffle(LOW_HALVES);
    e.set_xmm(t);
}

/// Whether the low half of the result (or all of what is stored) depends on nothing but the
/// low halves of the vectors.
fn of_halves(code: VecOp) -> bool {
    use VecOp::*;
    matches!(
        code,
        Pand | Pandn
            | Por
            | Pxor
            | Paddb
            | Paddw
            | Paddd
            | Paddq
            | Psubb
            | Psubw
            | Psubd
            | Psubq
            | Paddsb
            | Paddsw
            | Paddusb
            | Paddusw
            | Psubsb
            | Psubsw
            | Psubusb
            | Psubusw
            | Pcmpeqb
            | Pcmpeqw
            | Pcmpeqd
            | Pcmpgtb
            | Pcmpgtw
            | Pcmpgtd
            | Pmullw
            | Pmulhw
            | Pmulhuw
            | Pmulhrsw
            | Pmaddwd
            | Pmaddubsw
            | Pmuludq
            | Pavgb
            | Pavgw
            | Pminub
            | Pmaxub
            | Pminsw
            | Pmaxsw
            | PsllwI
            | PslldI
            | PsllqI
            | PsrlwI
            | PsrldI
            | PsrlqI
            | PsrawI
            | PsradI
            | Psllw
            | Pslld
            | Psllq
            | Psrlw
            | Psrld
            | Psrlq
            | Psraw
            | Psrad
            | Punpcklbw
            | Punpcklwd
            | Punpckldq
            | Pabsb
            | Pabsw
            | Pabsd
            | Psignb
            | Psignw
            | Psignd
            | Store32
            | Store64
            | ToGpr32
            | ToGpr64
    )
}

const _: () = assert!(std::mem::offset_of!(CpuState, x87) % 8 == 0);
