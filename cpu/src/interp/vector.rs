//! Executes vector and x87 operations ([`VecOp`]): one arm per row of the table
//! in [`crate::ir::vector`], generated from it.

mod avx;
mod compare;
mod convert;
mod crypto;
pub(crate) mod float;
mod int;
mod lanes;
mod memory;
mod shuffle;
mod text;

use std::simd::prelude::*;

use self::int::*;
use self::lanes::*;
use crate::helper::{fxsave, x87, x87_env, x87_function, x87_memory};
use crate::ir::{Op, VecOp};
use crate::softfloat::sse::{Binary, Format};
use crate::{CpuState, GuestMemory, Trap};

/// A vector by number; there are 64.
#[inline(always)]
pub(crate) fn vector(state: &CpuState, number: u8) -> u128 {
    state.xmm[usize::from(number & 63)]
}

#[inline(always)]
pub(crate) fn set_vector(state: &mut CpuState, number: u8, value: u128) {
    state.xmm[usize::from(number & 63)] = value;
}

macro_rules! execute {
    (
        lanes { $(($lane:ident, |$la:pat_param, $lb:pat_param, $li:pat_param| $lane_body:expr))* }
        floats { $(($float:ident, |$fm:pat_param, $fa:pat_param, $fb:pat_param, $fi:pat_param| $float_body:expr))* }
        others { $(($other:ident, $path:path, $doc:literal))* }
    ) => {
        /// Executes one [`OpCode::Vector`](crate::ir::OpCode::Vector) operation. On `Err`
        /// nothing of the instruction has been changed, but for exception flags.
        #[inline(never)]
        pub fn exec_vector(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
            match VecOp::from_e(op.e) {
                $(VecOp::$lane => {
                    let ($la, $lb, $li) = (vector(state, op.a), vector(state, op.b), op.imm as u8);
                    set_vector(state, op.d, $lane_body);
                    Ok(())
                })*
                $(VecOp::$float => {
                    let ($fa, $fb, $fi) = (vector(state, op.a), vector(state, op.b), op.imm as u8);
                    let $fm = &mut state.mxcsr;
                    let result = $float_body.ok_or(Trap::SimdException)?;
                    set_vector(state, op.d, result);
                    Ok(())
                })*
                $(VecOp::$other => $path(state, memory, op),)*
            }
        }
    };
}

crate::for_each_vec_op!(execute);
