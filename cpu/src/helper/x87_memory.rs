//! x87 instructions with a memory operand: loads, stores and arithmetic. The
//! access comes first, so a fault changes nothing.

use super::x87::{address, arithmetic, compare, sw, wait};
use crate::ir::Op;
use crate::softfloat::{Env, F80, Rounding, flag};
use crate::{CpuState, GuestMemory, Trap};

/// Operand types, in `d` of arithmetic (bits 7..4) and known by name elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    F32,
    F64,
    F80,
    I16,
    I32,
    I64,
    Bcd,
}

fn read_ten(memory: &GuestMemory, at: u64) -> Result<[u8; 10], Trap> {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&memory.load64(at)?.to_le_bytes());
    bytes[8..].copy_from_slice(&memory.load16(at.wrapping_add(8))?.to_le_bytes());
    Ok(bytes)
}

fn write_ten(memory: &GuestMemory, at: u64, bytes: [u8; 10]) -> Result<(), Trap> {
    // Checked whole before anything is written.
    memory.check(at, 10, crate::Access::Write)?;
    let [a, b, c, d, e, f, g, h, i, j] = bytes;
    memory.store64(at, u64::from_le_bytes([a, b, c, d, e, f, g, h]))?;
    memory.store16(at.wrapping_add(8), u16::from_le_bytes([i, j]))?;
    Ok(())
}

/// Loads and converts; `env` receives the flags of the conversion.
#[inline(always)]
fn read(memory: &GuestMemory, at: u64, operand: Operand, env: &mut Env) -> Result<F80, Trap> {
    Ok(match operand {
        Operand::F32 => F80::from_f32(memory.load32(at)?, env),
        Operand::F64 => F80::from_f64(memory.load64(at)?, env),
        Operand::F80 => F80::from_bytes(read_ten(memory, at)?),
        Operand::I16 => F80::from_i64(i64::from(memory.load16(at)? as i16)),
        Operand::I32 => F80::from_i64(i64::from(memory.load32(at)? as i32)),
        Operand::I64 => F80::from_i64(memory.load64(at)? as i64),
        Operand::Bcd => F80::from_bcd(read_ten(memory, at)?),
    })
}

#[inline(always)]
fn load(state: &mut CpuState, memory: &GuestMemory, op: &Op, operand: Operand) -> Result<(), Trap> {
    wait(state)?;
    let mut env = state.x87.env();
    let value = read(memory, address(state, op), operand, &mut env)?;
    state.x87.push(value, &env);
    Ok(())
}

macro_rules! loads {
    ($($name:ident $operand:ident $doc:literal;)*) => {$(
        #[doc = $doc]
        pub(crate) fn $name(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
            load(state, memory, op, Operand::$operand)
        }
    )*};
}

loads! {
    fld_m32 F32 "FLD m32.";
    fld_m64 F64 "FLD m64.";
    fld_m80 F80 "FLD m80.";
    fild_m16 I16 "FILD m16.";
    fild_m32 I32 "FILD m32.";
    fild_m64 I64 "FILD m64.";
    fbld Bcd "FBLD.";
}

/// FADD, FCOM and their kin with memory: `d` is the operation, numbered as in
/// the opcode's reg field.
#[inline(always)]
fn arith(state: &mut CpuState, memory: &GuestMemory, op: &Op, operand: Operand) -> Result<(), Trap> {
    wait(state)?;
    let mut env = state.x87.env();
    let at = address(state, op);
    let value = match operand {
        Operand::F32 => F80::operand_f32(memory.load32(at)?, &mut env),
        Operand::F64 => F80::operand_f64(memory.load64(at)?, &mut env),
        _ => read(memory, at, operand, &mut env)?,
    };
    let x87 = &mut state.x87;
    match op.d & 7 {
        2 | 3 => compare(x87, Some(value), true, op.d & 1, env),
        kind => arithmetic(x87, kind, 0, Some(value), 0, env),
    }
    Ok(())
}

/// With a single.
pub(crate) fn arith_m32(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    arith(state, memory, op, Operand::F32)
}

/// With a double.
pub(crate) fn arith_m64(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    arith(state, memory, op, Operand::F64)
}

/// With a 16-bit integer.
pub(crate) fn arith_i16(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    arith(state, memory, op, Operand::I16)
}

/// With a 32-bit integer.
pub(crate) fn arith_i32(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    arith(state, memory, op, Operand::I32)
}

/// Stores ST(0) as `operand` and pops `pops` times. An empty ST(0) counts as the
/// indefinite with a stack fault; an unmasked IE, OE or UE stores nothing.
#[inline(always)]
fn store(
    state: &mut CpuState,
    memory: &GuestMemory,
    op: &Op,
    operand: Operand,
    truncate: bool,
    pops: u8,
) -> Result<(), Trap> {
    wait(state)?;
    let at = address(state, op);
    let x87 = &mut state.x87;
    let mut env = x87.env();
    let held = x87.st(0);
    let value = held.unwrap_or(F80::INDEFINITE);
    let mode = if truncate { Rounding::Zero } else { env.rounding };
    enum Out {
        Bits16(u16),
        Bits32(u32),
        Bits64(u64),
        Bytes([u8; 10]),
    }
    let out = match operand {
        Operand::F32 => Out::Bits32(value.to_f32(&mut env)),
        Operand::F64 => Out::Bits64(value.to_f64(&mut env)),
        Operand::F80 => Out::Bytes(value.to_bytes()),
        Operand::I16 => Out::Bits16(value.to_integer(16, mode, &mut env) as u16),
        Operand::I32 => Out::Bits32(value.to_integer(32, mode, &mut env) as u32),
        Operand::I64 => Out::Bits64(value.to_integer(64, mode, &mut env) as u64),
        Operand::Bcd => Out::Bytes(value.to_bcd(&mut env)),
    };
    let blocked = env.unmasked() & (flag::IE | flag::OE | flag::UE) != 0
        || (held.is_none() && x87.cw & u16::from(flag::IE) == 0);
    if blocked {
        // The access must still be allowed: a page fault comes before #MF.
        let size = match out {
            Out::Bits16(_) => 2,
            Out::Bits32(_) => 4,
            Out::Bits64(_) => 8,
            Out::Bytes(_) => 10,
        };
        memory.check(at, size, crate::Access::Write)?;
        env.flags &= !flag::PE;
        env.rounded_up = false;
    } else {
        match out {
            Out::Bits16(bits) => memory.store16(at, bits)?,
            Out::Bits32(bits) => memory.store32(at, bits)?,
            Out::Bits64(bits) => memory.store64(at, bits)?,
            Out::Bytes(bytes) => write_ten(memory, at, bytes)?,
        }
    }
    if held.is_none() {
        x87.stack_fault(false);
    } else {
        x87.settle(&env);
    }
    if !blocked {
        x87.pop(pops);
    }
    Ok(())
}

macro_rules! stores {
    ($($name:ident $operand:ident $truncate:literal $doc:literal;)*) => {$(
        #[doc = $doc]
        pub(crate) fn $name(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
            store(state, memory, op, Operand::$operand, $truncate, op.d)
        }
    )*};
}

stores! {
    fst_m32 F32 false "FST m32; `d` pops, here and below.";
    fst_m64 F64 false "FST m64.";
    fst_m80 F80 false "FSTP m80.";
    fist_m16 I16 false "FIST m16.";
    fist_m32 I32 false "FIST m32.";
    fist_m64 I64 false "FISTP m64.";
    fisttp_m16 I16 true "FISTTP m16.";
    fisttp_m32 I32 true "FISTTP m32.";
    fisttp_m64 I64 true "FISTTP m64.";
    fbstp Bcd false "FBSTP.";
}

/// FLDCW.
pub(crate) fn fldcw(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let cw = memory.load16(address(state, op))?;
    state.x87.set_control(cw);
    Ok(())
}

/// FNSTCW.
pub(crate) fn fnstcw(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    Ok(memory.store16(address(state, op), state.x87.cw)?)
}

/// FNSTSW m16.
pub(crate) fn fnstsw(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Result<(), Trap> {
    Ok(memory.store16(address(state, op), state.x87.sw)?)
}

/// FNSTSW AX: slot `d` gets the status word.
pub(crate) fn fnstsw_ax(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    state.slots[op.d as usize] = u64::from(state.x87.sw);
    Ok(())
}

/// FNCLEX.
pub(crate) fn fnclex(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    state.x87.sw &= !(u16::from(flag::ALL) | sw::SF | sw::ES | sw::B);
    Ok(())
}

/// FNINIT. The registers keep their contents but become empty.
pub(crate) fn fninit(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    let regs = state.x87.regs;
    state.x87 = crate::x87::X87State { regs, ..Default::default() };
    Ok(())
}
