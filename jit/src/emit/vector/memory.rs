//! Vectors to and from memory, general registers and the flags.

use tawaki_cpu::flags::{CF, PF, ZF};
use tawaki_cpu::ir::{Op, VecOp};
use wasm_encoder::InstructionSink;

use super::{Access, Context};

/// Emits an operation that is more than a function of vectors.
pub(super) fn emit(x: &mut impl Context, code: VecOp, op: &Op) -> bool {
    use VecOp::*;
    match code {
        Load32 | Load64 | Load128 | Load128A => load(x, code, op),
        Store32 | Store64 | Store128 | Store128A | StoreHigh64 => store(x, code, op),
        FromGpr32 | FromGpr64 => {
            let d = x.define_vector(op.d);
            x.sink().v128_const(0);
            x.get_slot(op.a);
            let mut s = x.sink();
            if code == FromGpr32 {
                s.i32_wrap_i64().i32x4_replace_lane(0).local_set(d);
            } else {
                s.i64x2_replace_lane(0).local_set(d);
            }
        }
        ToGpr32 | ToGpr64 | PmovmskbGpr => {
            let a = x.vector(op.a);
            let mut s = x.sink();
            s.local_get(a);
            match code {
                ToGpr32 => s.i32x4_extract_lane(0).i64_extend_i32_u(),
                ToGpr64 => s.i64x2_extract_lane(0),
                _ => s.i8x16_bitmask().i64_extend_i32_u(),
            };
            x.set_slot(op.d);
        }
        Cvtsi2ss32 | Cvtsi2ss64 | Cvtsi2sd32 | Cvtsi2sd64 => {
            let (a, d) = (x.vector(op.a), x.define_vector(op.d));
            x.sink().local_get(a);
            x.get_slot(op.b);
            let mut s = x.sink();
            match code {
                Cvtsi2ss32 => s.i32_wrap_i64().f32_convert_i32_s().f32x4_replace_lane(0),
                Cvtsi2ss64 => s.f32_convert_i64_s().f32x4_replace_lane(0),
                Cvtsi2sd32 => s.i32_wrap_i64().f64_convert_i32_s().f64x2_replace_lane(0),
                _ => s.f64_convert_i64_s().f64x2_replace_lane(0),
            };
            s.local_set(d);
        }
        Cvtss2si32 | Cvtss2si64 | Cvttss2si32 | Cvttss2si64 => {
            let (a, t) = (x.vector(op.a), x.scratch().f32);
            let mut s = x.sink();
            s.local_get(a).f32x4_extract_lane(0);
            if matches!(code, Cvtss2si32 | Cvtss2si64) {
                s.f32_nearest();
            }
            // Too large or a NaN: the indefinite, which is also where wasm
            // saturates below.
            if matches!(code, Cvtss2si32 | Cvttss2si32) {
                s.local_tee(t).i32_trunc_sat_f32_s().i32_const(i32::MIN);
                s.local_get(t).f32_const(2147483648f32.into()).f32_lt().select().i64_extend_i32_u();
            } else {
                s.local_tee(t).i64_trunc_sat_f32_s().i64_const(i64::MIN);
                s.local_get(t).f32_const(9223372036854775808f32.into()).f32_lt().select();
            }
            x.set_slot(op.d);
        }
        Cvtsd2si32 | Cvtsd2si64 | Cvttsd2si32 | Cvttsd2si64 => {
            let t = x.scratch().f64;
            x.get_double(op.a);
            let mut s = x.sink();
            if matches!(code, Cvtsd2si32 | Cvtsd2si64) {
                s.f64_nearest();
            }
            if matches!(code, Cvtsd2si32 | Cvttsd2si32) {
                // -2147483648.5 truncates into range, -2147483649 does not; wasm
                // saturates both to the indefinite, which is right.
                s.local_tee(t).i32_trunc_sat_f64_s().i32_const(i32::MIN);
                s.local_get(t).f64_const(2147483648f64.into()).f64_lt().select().i64_extend_i32_u();
            } else {
                s.local_tee(t).i64_trunc_sat_f64_s().i64_const(i64::MIN);
                s.local_get(t).f64_const(9223372036854775808f64.into()).f64_lt().select();
            }
            x.set_slot(op.d);
        }
        Ptest => {
            let (a, b) = (x.vector(op.a), x.vector(op.b));
            x.sink()
                .i64_const(i64::from(CF))
                .i64_const(0)
                .local_get(b)
                .local_get(a)
                .v128_andnot()
                .v128_any_true()
                .i32_eqz()
                .select()
                .i64_const(i64::from(ZF))
                .i64_const(0)
                .local_get(a)
                .local_get(b)
                .v128_and()
                .v128_any_true()
                .i32_eqz()
                .select()
                .i64_or();
            x.set_flags();
        }
        Comiss | Ucomiss | Comisd | Ucomisd => compare(x, code, op),
        _ => return false,
    }
    true
}

/// ZF, PF and CF of a comparison: CF unless a >= b, ZF unless a < b or a > b,
/// PF when one of them is a NaN.
fn compare(x: &mut impl Context, code: VecOp, op: &Op) {
    let single = matches!(code, VecOp::Comiss | VecOp::Ucomiss);
    let [a, b] = x.compared(single);
    for (vector, scalar) in [(op.a, a), (op.b, b)] {
        if single {
            let vector = x.vector(vector);
            x.sink().local_get(vector).f32x4_extract_lane(0);
        } else {
            x.get_double(vector);
        }
        x.sink().local_set(scalar);
    }
    let mut s = x.sink();
    let test = |s: &mut InstructionSink<'_>, x: u32, y: u32, relation: Relation| {
        s.local_get(x).local_get(y);
        match (relation, single) {
            (Relation::Differ, true) => s.f32_ne(),
            (Relation::Differ, false) => s.f64_ne(),
            (Relation::Less, true) => s.f32_lt(),
            (Relation::Less, false) => s.f64_lt(),
            (Relation::Greater, true) => s.f32_gt(),
            (Relation::Greater, false) => s.f64_gt(),
            (Relation::NotLess, true) => s.f32_ge(),
            (Relation::NotLess, false) => s.f64_ge(),
        };
    };
    test(&mut s, a, b, Relation::NotLess);
    s.i32_eqz();
    test(&mut s, a, b, Relation::Less);
    test(&mut s, a, b, Relation::Greater);
    s.i32_or().i32_eqz().i32_const(ZF.trailing_zeros() as i32).i32_shl().i32_or();
    test(&mut s, a, a, Relation::Differ);
    test(&mut s, b, b, Relation::Differ);
    s.i32_or().i32_const(PF.trailing_zeros() as i32).i32_shl().i32_or();
    s.i64_extend_i32_u();
    x.set_flags();
}

#[derive(Clone, Copy)]
enum Relation {
    Differ,
    Less,
    Greater,
    NotLess,
}

fn load(x: &mut impl Context, code: VecOp, op: &Op) {
    let (bytes, aligned) = match code {
        VecOp::Load32 => (4, false),
        VecOp::Load64 => (8, false),
        VecOp::Load128 => (16, false),
        _ => (16, true),
    };
    let at = x.operand_address(op, bytes, Access::Read, aligned);
    let d = x.define_vector(op.d);
    let mut s = x.sink();
    match bytes {
        4 => s.v128_load32_zero(at),
        8 => s.v128_load64_zero(at),
        _ => s.v128_load(at),
    };
    s.local_set(d);
}

fn store(x: &mut impl Context, code: VecOp, op: &Op) {
    let (bytes, aligned) = match code {
        VecOp::Store32 => (4, false),
        VecOp::Store64 | VecOp::StoreHigh64 => (8, false),
        VecOp::Store128 => (16, false),
        _ => (16, true),
    };
    let at = x.operand_address(op, bytes, Access::Write, aligned);
    let d = x.vector(op.d);
    let mut s = x.sink();
    s.local_get(d);
    match code {
        VecOp::Store32 => s.v128_store32_lane(at, 0),
        VecOp::Store64 => s.v128_store64_lane(at, 0),
        VecOp::StoreHigh64 => s.v128_store64_lane(at, 1),
        _ => s.v128_store(at),
    };
}
