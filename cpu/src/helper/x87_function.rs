//! x87 instructions that compute on ST(0), some with ST(1).

use super::x87::{sw, wait};
use crate::ir::Op;
use crate::softfloat::{Env, F80, flag};
use crate::x87::X87State;
use crate::{CpuState, GuestMemory, Trap};

const BEFORE: u8 = flag::IE | flag::DE | flag::ZE;

/// FCHS.
pub(crate) fn fchs(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    sign(state, F80::negated)
}

/// FABS.
pub(crate) fn fabs(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    sign(state, F80::magnitude)
}

fn sign(state: &mut CpuState, f: impl Fn(F80) -> F80) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    x87.sw &= !sw::C1;
    match x87.st(0) {
        Some(value) => x87.set_st(0, f(value)),
        None => underflow(x87, 0, 0),
    }
    Ok(())
}

/// The masked answer to an empty operand: the indefinite, after popping.
fn underflow(x87: &mut X87State, to: u8, pops: u8) {
    if x87.stack_fault(false) {
        x87.set_st(to, F80::INDEFINITE);
        x87.pop(pops);
    }
}

/// FTST.
pub(crate) fn ftst(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    wait(state)?;
    let env = state.x87.env();
    super::x87::compare(&mut state.x87, Some(F80::ZERO), true, 0, env);
    Ok(())
}

/// Replaces ST(0).
fn unary(state: &mut CpuState, f: impl Fn(F80, &mut Env) -> F80) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let Some(a) = x87.st(0) else {
        underflow(x87, 0, 0);
        return Ok(());
    };
    let mut env = x87.env();
    let result = f(a, &mut env);
    x87.settle(&env);
    if env.unmasked() & BEFORE == 0 {
        x87.set_st(0, result);
    }
    Ok(())
}

/// Computes on ST(0) and ST(1), writes ST(`to`) and pops.
fn binary(state: &mut CpuState, to: u8, pops: u8, f: impl Fn(F80, F80, &mut Env) -> F80) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let (Some(a), Some(b)) = (x87.st(0), x87.st(1)) else {
        underflow(x87, to, pops);
        return Ok(());
    };
    let mut env = x87.env();
    let result = f(a, b, &mut env);
    x87.settle(&env);
    if env.unmasked() & BEFORE == 0 {
        x87.set_st(to, result);
        x87.pop(pops);
    }
    Ok(())
}

/// FSQRT.
pub(crate) fn fsqrt(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    unary(state, F80::sqrt)
}

/// FRNDINT.
pub(crate) fn frndint(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    unary(state, F80::round_to_integer)
}

/// F2XM1.
pub(crate) fn f2xm1(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    unary(state, F80::exp2_minus_1)
}

/// FSCALE.
pub(crate) fn fscale(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    binary(state, 0, 0, F80::scale)
}

/// FYL2X.
pub(crate) fn fyl2x(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    binary(state, 1, 1, F80::log2_times)
}

/// FYL2XP1.
pub(crate) fn fyl2xp1(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    binary(state, 1, 1, F80::log2_plus_1_times)
}

/// FPATAN.
pub(crate) fn fpatan(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    binary(state, 1, 1, |x, y, env| y.atan2(x, env))
}

/// FPREM, FPREM1 (`d` = 1): C2 says incomplete, else C0 C3 C1 are the quotient.
pub(crate) fn fprem(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let (Some(a), Some(b)) = (x87.st(0), x87.st(1)) else {
        x87.sw &= !sw::C2;
        underflow(x87, 0, 0);
        return Ok(());
    };
    let mut env = x87.env();
    let result = a.remainder(b, op.d != 0, &mut env);
    x87.settle(&env);
    x87.sw &= !sw::C2;
    if let Some(quotient) = result.quotient {
        let bit = |n: u8, code: u16| if quotient >> n & 1 != 0 { code } else { 0 };
        x87.sw = x87.sw & !sw::CODES | bit(2, sw::C0) | bit(1, sw::C3) | bit(0, sw::C1);
    }
    if result.incomplete {
        x87.sw = x87.sw & !sw::CODES | sw::C2;
    }
    if env.unmasked() & BEFORE == 0 {
        x87.set_st(0, result.value);
    }
    Ok(())
}

/// FSIN, FCOS (`d` = 1): out of range sets C2 and changes nothing.
pub(crate) fn fsin(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    let mut out_of_range = false;
    wait(state)?;
    let x87 = &mut state.x87;
    x87.sw &= !sw::C2;
    let Some(a) = x87.st(0) else {
        underflow(x87, 0, 0);
        return Ok(());
    };
    let mut env = x87.env();
    let result = if op.d == 0 { a.sin(&mut env) } else { a.cos(&mut env) };
    let result = result.unwrap_or_else(|| {
        out_of_range = true;
        a
    });
    x87.settle(&env);
    if out_of_range {
        x87.sw |= sw::C2;
    } else if env.unmasked() & BEFORE == 0 {
        x87.set_st(0, result);
    }
    Ok(())
}

/// Replaces ST(0) by the first result and pushes the second.
fn replace_and_push(x87: &mut X87State, (first, second): (F80, F80), env: &Env) {
    x87.settle(env);
    if env.unmasked() & BEFORE != 0 {
        return;
    }
    let rounded_up = x87.sw & sw::C1;
    x87.set_st(0, first);
    x87.push(second, &Env { flags: 0, ..*env });
    x87.sw |= rounded_up;
}

/// Does pushing overflow the stack? Then both results are indefinite.
fn push_overflows(x87: &mut X87State) -> bool {
    if x87.st(7).is_none() {
        return false;
    }
    if x87.stack_fault(true) {
        x87.set_st(0, F80::INDEFINITE);
        x87.set_top(x87.top().wrapping_sub(1));
        x87.set_st(0, F80::INDEFINITE);
    }
    true
}

/// FSINCOS (`d` = 0), FPTAN (`d` = 1) and FXTRACT (`d` = 2).
pub(crate) fn fsincos(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    if op.d != 2 {
        x87.sw &= !sw::C2;
    }
    let Some(a) = x87.st(0) else {
        if x87.stack_fault(false) {
            x87.set_st(0, F80::INDEFINITE);
            x87.set_top(x87.top().wrapping_sub(1));
            x87.set_st(0, F80::INDEFINITE);
        }
        return Ok(());
    };
    if push_overflows(x87) {
        return Ok(());
    }
    let mut env = x87.env();
    let result = match op.d {
        0 => a.sin_cos(&mut env),
        1 => a.tan(&mut env),
        _ => Some(a.extract(&mut env)).map(|(significand, exponent)| (exponent, significand)),
    };
    match result {
        Some(pair) => replace_and_push(x87, pair, &env),
        None => {
            x87.settle(&env);
            x87.sw |= sw::C2;
        }
    }
    Ok(())
}
