//! FMA: multiplication and addition with one rounding, in three orders of the operands.

use iced_x86::{Instruction, Mnemonic};

use super::{both_halves, lift_avx};
use crate::ir::VecOp;
use crate::ir::vector::{UPPER, avx_shape as shape};
use crate::lift::vector::VectorLift;
use crate::lift::{Lift, LiftResult, Row};

macro_rules! rows {
    ($($signs:expr => $($lanes:expr => $o132:ident $o213:ident $o231:ident),+;)*) => {
        /// The table.
        pub static ROWS: &[Row] = &[$($(
            Row { mnemonic: Mnemonic::$o132, lift, note: "" },
            Row { mnemonic: Mnemonic::$o213, lift, note: "" },
            Row { mnemonic: Mnemonic::$o231, lift, note: "" },
        )+)*];

        /// The operation's immediate, and the operands multiplied and added.
        fn row(mnemonic: Mnemonic) -> Option<(i64, [u32; 3])> {
            Some(match mnemonic {
                $($(
                    Mnemonic::$o132 => ($signs | $lanes, [0, 2, 1]),
                    Mnemonic::$o213 => ($signs | $lanes, [1, 0, 2]),
                    Mnemonic::$o231 => ($signs | $lanes, [1, 2, 0]),
                )+)*
                _ => return None,
            })
        }
    };
}

const PS: i64 = 0;
const PD: i64 = shape::WIDE_LANES;
const SS: i64 = shape::SCALAR;
const SD: i64 = shape::SCALAR | shape::WIDE_LANES;
const ADD: i64 = 0;
const SUB: i64 = shape::SUBTRACT_EVEN | shape::SUBTRACT_ODD;
const NEGATE: i64 = shape::NEGATE;
const EVEN: i64 = shape::SUBTRACT_EVEN;
const ODD: i64 = shape::SUBTRACT_ODD;

rows! {
    ADD =>
        PS => Vfmadd132ps Vfmadd213ps Vfmadd231ps,
        PD => Vfmadd132pd Vfmadd213pd Vfmadd231pd,
        SS => Vfmadd132ss Vfmadd213ss Vfmadd231ss,
        SD => Vfmadd132sd Vfmadd213sd Vfmadd231sd;
    SUB =>
        PS => Vfmsub132ps Vfmsub213ps Vfmsub231ps,
        PD => Vfmsub132pd Vfmsub213pd Vfmsub231pd,
        SS => Vfmsub132ss Vfmsub213ss Vfmsub231ss,
        SD => Vfmsub132sd Vfmsub213sd Vfmsub231sd;
    NEGATE | ADD =>
        PS => Vfnmadd132ps Vfnmadd213ps Vfnmadd231ps,
        PD => Vfnmadd132pd Vfnmadd213pd Vfnmadd231pd,
        SS => Vfnmadd132ss Vfnmadd213ss Vfnmadd231ss,
        SD => Vfnmadd132sd Vfnmadd213sd Vfnmadd231sd;
    NEGATE | SUB =>
        PS => Vfnmsub132ps Vfnmsub213ps Vfnmsub231ps,
        PD => Vfnmsub132pd Vfnmsub213pd Vfnmsub231pd,
        SS => Vfnmsub132ss Vfnmsub213ss Vfnmsub231ss,
        SD => Vfnmsub132sd Vfnmsub213sd Vfnmsub231sd;
    EVEN =>
        PS => Vfmaddsub132ps Vfmaddsub213ps Vfmaddsub231ps,
        PD => Vfmaddsub132pd Vfmaddsub213pd Vfmaddsub231pd;
    ODD =>
        PS => Vfmsubadd132ps Vfmsubadd213ps Vfmsubadd231ps,
        PD => Vfmsubadd132pd Vfmsubadd213pd Vfmsubadd231pd;
}

fn lift(l: &mut Lift, instruction: &Instruction) -> LiftResult {
    lift_avx(l, instruction, |l| match row(l.instruction.mnemonic()) {
        Some((imm, order)) => {
            fused(l, imm, order);
            true
        }
        None => false,
    })
}

fn fused(l: &mut VectorLift, imm: i64, order: [u32; 3]) {
    let (memory, upper) = l.operand(2);
    let numbers = [l.number(0), l.number(1), memory];
    let [a, b, c] = order.map(|i| numbers[i as usize]);
    let d = numbers[0];
    if upper.is_some() {
        both_halves(l, VecOp::Fma, a, b, c, (imm as u8, imm as u8));
        l.vector(VecOp::Fma, |op| op.d(d | UPPER).a(a | UPPER).b(b | UPPER).c(c | UPPER).imm(imm));
    }
    l.vector(VecOp::Fma, |op| op.d(d).a(a).b(b).c(c).imm(imm));
    if upper.is_none() {
        l.clear_upper(d);
    }
}
