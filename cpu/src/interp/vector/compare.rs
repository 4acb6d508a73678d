//! Vector operations whose result is flags or a general register, or whose
//! operands do not fit the common shape.

use super::convert;
use super::float;
use super::shuffle::blend_by_sign;
use super::text::{Found, compare_strings};
use super::{set_vector, vector};
use crate::flags;
use crate::ir::Op;
use crate::softfloat::sse::Format;
use crate::state::slot;
use crate::{CpuState, GuestMemory, Trap};

type Done = Result<(), Trap>;

macro_rules! blends {
    ($($name:ident $width:literal;)*) => {$(
        pub(super) fn $name(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let (a, b, mask) = (vector(state, op.a), vector(state, op.b), vector(state, op.c));
            set_vector(state, op.d, blend_by_sign(a, b, mask, $width));
            Ok(())
        }
    )*};
}

blends! {
    pblendvb 8;
    blendvps 32;
    blendvpd 64;
}

pub(super) fn sha256rnds2(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let result = super::crypto::sha256rnds2(vector(state, op.a), vector(state, op.b), vector(state, op.c));
    set_vector(state, op.d, result);
    Ok(())
}

pub(super) fn ptest(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (a, b) = (vector(state, op.a), vector(state, op.b));
    let zero = if a & b == 0 { flags::ZF } else { 0 };
    let carry = if !a & b == 0 { flags::CF } else { 0 };
    flags::set_status(state, zero | carry);
    Ok(())
}

macro_rules! flag_compares {
    ($($name:ident $real:ty, $signal_quiet:literal;)*) => {$(
        #[inline(always)]
        pub(super) fn $name(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let (a, b) = (vector(state, op.a), vector(state, op.b));
            let bits = float::compare_flags::<$real>(&mut state.mxcsr, a, b, $signal_quiet);
            flags::set_status(state, bits.ok_or(Trap::SimdException)?);
            Ok(())
        }
    )*};
}

flag_compares! {
    comiss f32, true;
    comisd f64, true;
    ucomiss f32, false;
    ucomisd f64, false;
}

fn find(state: &mut CpuState, op: &Op, explicit: bool) -> Found {
    let length = |s: u8| {
        let value = state.slots[s as usize];
        if op.d != 0 { value as i64 } else { i64::from(value as i32) }
    };
    let lengths = explicit.then(|| (length(slot::RAX), length(slot::RDX)));
    let found = compare_strings(vector(state, op.a), vector(state, op.b), op.imm as u8, lengths);
    flags::set_status(state, found.flags);
    found
}

macro_rules! string_compares {
    ($($index:ident $mask:ident $explicit:literal;)*) => {$(
        pub(super) fn $index(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let found = find(state, op, $explicit);
            state.slots[slot::RCX as usize] = u64::from(found.index);
            Ok(())
        }

        pub(super) fn $mask(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let found = find(state, op, $explicit);
            set_vector(state, 0, found.mask);
            Ok(())
        }
    )*};
}

string_compares! {
    pcmpestri pcmpestrm true;
    pcmpistri pcmpistrm false;
}

macro_rules! to_gpr {
    ($($name:ident $real:ty, $truncate:literal, $bits:literal;)*) => {$(
        #[inline(always)]
        pub(super) fn $name(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let value = vector(state, op.a);
            let result = convert::to_integer::<$real>(&mut state.mxcsr, $truncate, $bits, value);
            state.slots[op.d as usize] = result.ok_or(Trap::SimdException)?;
            Ok(())
        }
    )*};
}

to_gpr! {
    cvtss2si32 f32, false, 32;
    cvtss2si64 f32, false, 64;
    cvttss2si32 f32, true, 32;
    cvttss2si64 f32, true, 64;
    cvtsd2si32 f64, false, 32;
    cvtsd2si64 f64, false, 64;
    cvttsd2si32 f64, true, 32;
    cvttsd2si64 f64, true, 64;
}

macro_rules! from_gpr {
    ($($name:ident $format:ident $int:ty, $shift:literal;)*) => {$(
        #[inline(always)]
        pub(super) fn $name(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let value = state.slots[op.b as usize] as $int;
            let bits = convert::from_integer(&mut state.mxcsr, Format::$format, value.into());
            let bits = bits.ok_or(Trap::SimdException)?;
            let kept = vector(state, op.a) >> $shift << $shift;
            set_vector(state, op.d, kept | u128::from(bits));
            Ok(())
        }
    )*};
}

from_gpr! {
    cvtsi2ss32 F32 i32, 32;
    cvtsi2ss64 F32 i64, 32;
    cvtsi2sd32 F64 i32, 64;
    cvtsi2sd64 F64 i64, 64;
}

macro_rules! reciprocals {
    ($($single:ident $packed:ident $f:path;)*) => {$(
        pub(super) fn $single(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let bits = $f(vector(state, op.b) as u32);
            set_vector(state, op.d, vector(state, op.a) >> 32 << 32 | u128::from(bits));
            Ok(())
        }

        pub(super) fn $packed(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
            let lanes: [u32; 4] = super::lanes::split(vector(state, op.b));
            let result = super::lanes::join(lanes.map($f));
            set_vector(state, op.d, result);
            Ok(())
        }
    )*};
}

reciprocals! {
    rcpss rcpps convert::reciprocal;
    rsqrtss rsqrtps convert::reciprocal_root;
}
