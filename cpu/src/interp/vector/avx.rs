//! Operations of AVX, AVX2 and FMA that are more than the same thing on each half.

use super::exec_vector;
use super::float::{self, Fused};
use super::lanes::{join, split};
use super::{set_vector, vector};
use crate::flags;
use crate::helper::x87::address;
use crate::ir::vector::{UPPER, VecOp, avx_shape as shape};
use crate::ir::{Op, OpCode};
use crate::softfloat::flag;
use crate::{Access, CpuState, GuestMemory, Mode, Trap};

type Done = Result<(), Trap>;

/// All exceptions of MXCSR masked.
const MASKS: u32 = 0x1f80;
/// The exception flags of MXCSR.
const FLAGS: u32 = 0x3f;
/// A vector temporary that no instruction is given.
const SPARE: u8 = 31;

/// An instruction on 256 bits raises its exception before either half is written, and
/// the flags are those of all lanes; both operations are tried here when one of them may
/// raise it. What is found before computing keeps all lanes from computing.
#[inline(always)]
pub(super) fn both_halves(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    if state.mxcsr & MASKS == MASKS { Ok(()) } else { try_both(state, memory, op) }
}

#[cold]
fn try_both(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let before = state.mxcsr;
    if (op.imm >> 16) as u16 == VecOp::Dpps as u16 {
        // Multiplies, then adds, on all lanes: what a stage raises stays when the next traps.
        let [low, high] = [(0, op.imm), (UPPER, op.imm >> 8)]
            .map(|(half, imm)| (vector(state, op.a | half), vector(state, op.b | half), imm as u8));
        let done = float::dot_products::<f32, 2>(&mut state.mxcsr, [low, high]).is_some();
        if done {
            state.mxcsr = before;
        }
        return if done { Ok(()) } else { Err(Trap::SimdException) };
    }
    state.mxcsr &= !FLAGS;
    for half in [0, UPPER] {
        let imm = if half == 0 { op.imm & 0xff } else { op.imm >> 8 & 0xff };
        let [a, b, c] = [op.a, op.b, op.c].map(|number| number | half);
        let one = Op::new(OpCode::Vector).e((op.imm >> 16) as u16).d(SPARE).a(a).b(b).c(c).imm(imm);
        // Whether it raised something is in the flags.
        let _ = exec_vector(state, memory, &one);
    }
    let raised = state.mxcsr & FLAGS;
    let unmasked = raised & !(before >> 7);
    state.mxcsr = before;
    if unmasked == 0 {
        return Ok(());
    }
    let early = u32::from(flag::IE | flag::DE | flag::ZE);
    state.mxcsr |= if unmasked & early != 0 { raised & early } else { raised };
    Err(Trap::SimdException)
}

/// The FMA instructions; see [`shape`] for `imm`.
pub(super) fn fma(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let how = Fused {
        scalar: op.imm & shape::SCALAR != 0,
        negate_product: op.imm & shape::NEGATE != 0,
        subtract_even: op.imm & shape::SUBTRACT_EVEN != 0,
        subtract_odd: op.imm & shape::SUBTRACT_ODD != 0,
    };
    let operands = [op.a, op.b, op.c].map(|number| vector(state, number));
    let old = vector(state, op.d);
    let result = if op.imm & shape::WIDE_LANES != 0 {
        float::fused::<f64>(&mut state.mxcsr, how, old, operands)
    } else {
        float::fused::<f32>(&mut state.mxcsr, how, old, operands)
    };
    set_vector(state, op.d, result.ok_or(Trap::SimdException)?);
    Ok(())
}

/// VPTEST, VTESTPS, VTESTPD: `imm` 0 looks at all bits, 1 and 2 at the signs of 32- and
/// 64-bit lanes; `c` at the upper halves, too.
pub(super) fn test(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let mask = match op.imm {
        0 => u128::MAX,
        1 => 1u128 << 127 | 1 << 95 | 1 << 63 | 1 << 31,
        _ => 1u128 << 127 | 1 << 63,
    };
    let (mut both, mut only) = (0, 0);
    for half in [0, UPPER].into_iter().take(1 + usize::from(op.c != 0)) {
        let (a, b) = (vector(state, op.a | half), vector(state, op.b | half));
        both |= a & b & mask;
        only |= !a & b & mask;
    }
    let zero = if both == 0 { flags::ZF } else { 0 };
    flags::set_status(state, zero | if only == 0 { flags::CF } else { 0 });
    Ok(())
}

pub(super) fn align32(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    if address(state, op) & 31 == 0 { Ok(()) } else { Err(Trap::GeneralProtection) }
}

pub(super) fn store256(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let at = address(state, op);
    memory.check(at, 32, Access::Write)?;
    memory.store128(at, vector(state, op.d))?;
    let after = wrapped(state, at.wrapping_add(16));
    Ok(memory.store128(after, vector(state, op.d | UPPER))?)
}

fn wrapped(state: &CpuState, address: u64) -> u64 {
    if state.mode == Mode::Bits32 { address & 0xffff_ffff } else { address }
}

/// A register of 256 bits as lanes of 32.
fn whole(state: &CpuState, number: u8) -> [u32; 8] {
    let (low, high): ([u32; 4], [u32; 4]) =
        (split(vector(state, number)), split(vector(state, number | UPPER)));
    std::array::from_fn(|i| if i < 4 { low[i] } else { high[i - 4] })
}

fn set_whole(state: &mut CpuState, number: u8, lanes: [u32; 8]) {
    let [a, b, c, d, e, f, g, h] = lanes;
    set_vector(state, number, join([a, b, c, d]));
    set_vector(state, number | UPPER, join([e, f, g, h]));
}

/// The lanes that a mask chooses: (number, bytes from the first), and their width in bytes.
fn chosen(state: &CpuState, op: &Op) -> (impl Iterator<Item = (usize, u64)> + Clone, u64) {
    let words = whole(state, op.a);
    let size = if op.imm & shape::WIDE_LANES != 0 { 8 } else { 4 };
    let count = if op.imm & shape::WHOLE != 0 { 32 } else { 16 } / size;
    let lanes = (0..count).map(move |i| (i as usize, i * size));
    // The sign of a lane is in its highest word.
    (lanes.filter(move |(_, at)| words[((at + size) / 4 - 1) as usize] >> 31 != 0), size)
}

/// VMASKMOVPS and its kin from memory: lanes that are not chosen become 0 and cannot fault.
pub(super) fn mask_load(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let base = state.slots[usize::from(op.c)];
    let (lanes, size) = chosen(state, op);
    let mut out = [0; 8];
    for (i, at) in lanes {
        let address = wrapped(state, base.wrapping_add(at));
        if size == 8 {
            let value = memory.load64(address)?;
            (out[2 * i], out[2 * i + 1]) = (value as u32, (value >> 32) as u32);
        } else {
            out[i] = memory.load32(address)?;
        }
    }
    set_whole(state, op.d, out);
    Ok(())
}

/// The same to memory: nothing is written if one of the chosen lanes faults.
pub(super) fn mask_store(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let base = state.slots[usize::from(op.c)];
    let (lanes, size) = chosen(state, op);
    let place = |at: u64| wrapped(state, base.wrapping_add(at));
    for (_, at) in lanes.clone() {
        memory.check(place(at), size, Access::Write)?;
    }
    let values = whole(state, op.d);
    for (i, at) in lanes {
        if size == 8 {
            memory.store64(place(at), u64::from(values[2 * i]) | u64::from(values[2 * i + 1]) << 32)?;
        } else {
            memory.store32(place(at), values[i])?;
        }
    }
    Ok(())
}

/// VPGATHERDD and its kin. A lane's sign in the mask is cleared when it has been loaded,
/// so that after a fault the instruction goes on where it was.
pub(super) fn gather(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let wide_lane = op.imm & shape::WIDE_LANES != 0;
    let count = (op.imm >> shape::COUNT & 15) as usize;
    let scale = op.imm & shape::SCALE;
    let segment = state.slots[usize::from((op.imm >> shape::SEGMENT) as u8)];
    let base = state.slots[usize::from(op.c)];
    let words = whole(state, op.b);
    for i in 0..count {
        let last = if wide_lane { 2 * i + 1 } else { i };
        let mut mask = whole(state, op.a);
        if mask[last] >> 31 != 0 {
            let index = if op.imm & shape::WIDE_INDEX != 0 {
                u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32
            } else {
                words[i] as i32 as u64
            };
            let mut at = base.wrapping_add(index << scale);
            if op.imm & shape::NARROW_ADDRESS != 0 {
                at &= 0xffff_ffff;
            }
            let at = wrapped(state, at.wrapping_add(segment));
            let mut out = whole(state, op.d);
            if wide_lane {
                let value = memory.load64(at)?;
                (out[2 * i], out[2 * i + 1]) = (value as u32, (value >> 32) as u32);
            } else {
                out[i] = memory.load32(at)?;
            }
            set_whole(state, op.d, out);
        }
        mask[last] = 0;
        if wide_lane {
            mask[2 * i] = 0;
        }
        set_whole(state, op.a, mask);
    }
    // What lies above the lanes becomes 0 in both.
    let used = if wide_lane { 2 * count } else { count };
    let mut out = whole(state, op.d);
    out[used.min(8)..].fill(0);
    set_whole(state, op.d, out);
    set_whole(state, op.a, [0; 8]);
    Ok(())
}

/// VZEROUPPER; VZEROALL if `d`.
pub(super) fn zero_upper(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let count = if state.mode == Mode::Bits64 { 16 } else { 8 };
    let upper = usize::from(UPPER);
    state.xmm[upper..upper + count].fill(0);
    if op.d != 0 {
        state.xmm[..count].fill(0);
    }
    Ok(())
}

/// VPERMD and VPERMPS.
pub(super) fn permute8(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (chosen, from) = (whole(state, op.a), whole(state, op.b));
    set_whole(state, op.d, chosen.map(|i| from[(i & 7) as usize]));
    Ok(())
}
