//! The x87 register stack: access, faults, and the instructions that work on
//! registers alone.
//!
//! Conventions of all x87 operations: `c` is the index of an ST register, `d` a
//! selector described with the operation, and memory operands have the address
//! [`address`] computes. A waiting instruction first delivers a pending unmasked
//! exception (#MF); its own unmasked exception only becomes pending.
//!
//! Source: Intel SDM vol. 1 chapter 8, vol. 2 per instruction.

use crate::flags;
use crate::ir::Op;
use crate::softfloat::{Class, Env, F80, Relation, flag};
use crate::x87::X87State;
use crate::{CpuState, GuestMemory, Mode, Trap};

/// Status word bits.
pub(crate) mod sw {
    /// Stack fault.
    pub const SF: u16 = 0x40;
    /// Exception summary: an unmasked exception is pending.
    pub const ES: u16 = 0x80;
    /// Condition codes.
    pub const C0: u16 = 0x100;
    pub const C1: u16 = 0x200;
    pub const C2: u16 = 0x400;
    pub const C3: u16 = 0x4000;
    pub const CODES: u16 = C0 | C1 | C2 | C3;
    /// The field of TOP.
    pub const TOP: u16 = 0x3800;
    /// Busy; a copy of ES.
    pub const B: u16 = 0x8000;
}

/// The address of a memory operand: `a + (b << c) + imm`, within 4 GiB for i386.
#[inline(always)]
pub(crate) fn address(state: &CpuState, op: &Op) -> u64 {
    let index = state.slots[op.b as usize] << (op.c & 3);
    let full = state.slots[op.a as usize].wrapping_add(index).wrapping_add(op.imm as u64);
    if state.mode == Mode::Bits32 { u64::from(full as u32) } else { full }
}

impl X87State {
    /// TOP: the physical register that is ST(0).
    #[inline(always)]
    pub fn top(&self) -> u8 {
        (self.sw >> 11 & 7) as u8
    }

    /// Sets TOP (modulo 8).
    #[inline(always)]
    pub fn set_top(&mut self, top: u8) {
        self.sw = self.sw & !sw::TOP | u16::from(top & 7) << 11;
    }

    /// What every MMX instruction does: TOP = 0 and every register in use (SDM vol. 1, 9.5.1).
    pub fn enter_mmx(&mut self) {
        self.set_top(0);
        self.tw = 0;
    }

    #[inline(always)]
    fn physical(&self, i: u8) -> u8 {
        self.top().wrapping_add(i) & 7
    }

    #[inline(always)]
    fn is_empty(&self, i: u8) -> bool {
        self.tw >> (self.physical(i) * 2) & 3 == 3
    }

    #[inline(always)]
    fn set_tag(&mut self, i: u8, tag: u16) {
        let place = self.physical(i) * 2;
        self.tw = self.tw & !(3 << place) | tag << place;
    }

    /// ST(i), `None` when empty.
    #[inline(always)]
    pub(crate) fn st(&self, i: u8) -> Option<F80> {
        (!self.is_empty(i)).then(|| self.regs[self.physical(i) as usize])
    }

    /// Writes ST(i) and marks it in use. The kept tag is only empty or not;
    /// the others are computed when stored ([`X87State::full_tags`]).
    #[inline(always)]
    pub(crate) fn set_st(&mut self, i: u8, value: F80) {
        self.regs[self.physical(i) as usize] = value;
        self.set_tag(i, 0);
    }

    #[inline(always)]
    pub(crate) fn pop(&mut self, count: u8) {
        for _ in 0..count {
            self.set_tag(0, 3);
            self.set_top(self.top().wrapping_add(1));
        }
    }

    /// The tag word as FNSTENV stores it: 0 valid, 1 zero, 2 special, 3 empty.
    pub fn full_tags(&self) -> u16 {
        (0..8).fold(0, |tags, r| {
            let tag = if self.tw >> (r * 2) & 3 == 3 {
                3
            } else {
                match self.regs[r as usize].class() {
                    Class::Normal => 0,
                    Class::Zero => 1,
                    _ => 2,
                }
            };
            tags | tag << (r * 2)
        })
    }

    /// The tag byte of FXSAVE: one bit per physical register in use.
    pub fn abridged_tags(&self) -> u8 {
        (0..8).fold(0, |tags, r| tags | u8::from(self.tw >> (r * 2) & 3 != 3) << r)
    }

    /// Sets the tags from FXSAVE's byte.
    pub fn set_abridged_tags(&mut self, tags: u8) {
        self.tw = (0..8).fold(0, |tw, r| tw | if tags >> r & 1 == 0 { 3 << (r * 2) } else { 0 });
    }

    /// Sets the control word and the pending state that follows from its masks.
    pub(crate) fn set_control(&mut self, cw: u16) {
        self.cw = cw & 0x1f3f | 0x40;
        self.update_pending();
    }

    /// Recomputes ES and B.
    pub(crate) fn update_pending(&mut self) {
        let pending = self.sw & !self.cw & u16::from(flag::ALL) != 0;
        self.sw = self.sw & !(sw::ES | sw::B) | if pending { sw::ES | sw::B } else { 0 };
    }

    #[inline(always)]
    pub(crate) fn env(&self) -> Env {
        Env::from_control_word(self.cw)
    }

    /// Adds what an operation raised, and C1.
    #[inline(always)]
    pub(crate) fn settle(&mut self, env: &Env) {
        if env.flags == 0 {
            self.sw &= !sw::C1;
            return;
        }
        // What stops an operation before it computes also clears C1.
        let before = flag::IE | flag::DE | flag::ZE;
        let up = env.rounded_up && env.unmasked() & before == 0;
        self.sw = self.sw & !sw::C1 | if up { sw::C1 } else { 0 } | u16::from(env.flags);
        if env.unmasked() != 0 {
            self.sw |= sw::ES | sw::B;
        }
    }

    /// Raises a stack fault. Returns whether it is masked (and so has a default
    /// result).
    #[cold]
    pub(crate) fn stack_fault(&mut self, overflow: bool) -> bool {
        self.sw |= sw::SF | u16::from(flag::IE);
        self.sw = self.sw & !sw::C1 | if overflow { sw::C1 } else { 0 };
        self.update_pending();
        self.cw & u16::from(flag::IE) != 0
    }

    /// Pushes a value that was computed with `env`.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: F80, env: &Env) {
        let top = self.top().wrapping_sub(1) & 7;
        if env.flags != 0 || self.tw >> (top * 2) & 3 != 3 {
            return self.push_special(value, env);
        }
        self.sw = self.sw & !(sw::C1 | sw::TOP) | u16::from(top) << 11;
        self.tw &= !(3 << (top * 2));
        self.regs[usize::from(top)] = value;
    }

    /// Pushes onto a full stack, or what raised an exception.
    #[cold]
    fn push_special(&mut self, value: F80, env: &Env) {
        if !self.is_empty(7) {
            if self.stack_fault(true) {
                self.set_top(self.top().wrapping_sub(1));
                self.set_st(0, F80::INDEFINITE);
            }
            return;
        }
        self.settle(env);
        // An unmasked denormal is loaded all the same.
        if env.unmasked() & flag::IE == 0 {
            self.set_top(self.top().wrapping_sub(1));
            self.set_st(0, value);
        }
    }
}

/// Delivers a pending exception.
#[inline(always)]
pub(crate) fn wait(state: &CpuState) -> Result<(), Trap> {
    if state.x87.sw & sw::ES != 0 { Err(Trap::X87Exception) } else { Ok(()) }
}

/// FWAIT, and the check of MMX instructions.
pub(crate) fn fwait(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    wait(state)
}

/// Arithmetic, numbered as in the opcode's reg field: add, mul, (com, comp,)
/// sub, subr, div, divr.
#[inline(always)]
fn compute(kind: u8, a: F80, b: F80, env: &mut Env) -> F80 {
    match kind & 7 {
        0 => a.add(b, env),
        1 => a.mul(b, env),
        4 => a.sub(b, env),
        5 => b.sub(a, env),
        6 => a.div(b, env),
        _ => b.div(a, env),
    }
}

/// `ST(to) = ST(to) op b`, then pops. `env` carries the flags of loading `b`.
#[inline]
pub(crate) fn arithmetic(x87: &mut X87State, kind: u8, to: u8, b: Option<F80>, pop: u8, mut env: Env) {
    let (Some(a), Some(b)) = (x87.st(to), b) else {
        if x87.stack_fault(false) {
            x87.set_st(to, F80::INDEFINITE);
            x87.pop(pop);
        }
        return;
    };
    let result = if env.flags == 0 {
        compute(kind, a, b, &mut env)
    } else {
        // A denormal in memory, normal in this format: its flag stays unless a
        // NaN, an invalid operation or a division by zero hides it.
        let result = compute(kind, a, b, &mut env);
        if result.is_nan() || env.flags & flag::ZE != 0 {
            env.flags &= !flag::DE;
        }
        if env.unmasked() & flag::DE != 0 {
            env.flags &= flag::DE;
        }
        result
    };
    x87.settle(&env);
    if env.unmasked() & (flag::IE | flag::DE | flag::ZE) == 0 {
        x87.set_st(to, result);
        x87.pop(pop);
    }
}

/// FADD and its kin between registers. `d`: operation, bit 3 the result goes to
/// ST(i), bit 4 pop.
pub(crate) fn arith_st(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let (to, from) = if op.d & 8 != 0 { (op.c, 0) } else { (0, op.c) };
    let (env, b) = (x87.env(), x87.st(from));
    arithmetic(x87, op.d, to, b, op.d >> 4 & 1, env);
    Ok(())
}

const fn codes(relation: Relation) -> u16 {
    match relation {
        Relation::Greater => 0,
        Relation::Less => sw::C0,
        Relation::Equal => sw::C3,
        Relation::Unordered => sw::C3 | sw::C2 | sw::C0,
    }
}

/// Compares ST(0) with `b`: the relation, and whether an unmasked exception
/// forbids popping.
fn relate(x87: &mut X87State, b: Option<F80>, signal_quiet: bool, mut env: Env) -> (Relation, bool) {
    let (Some(a), Some(b)) = (x87.st(0), b) else {
        return (Relation::Unordered, !x87.stack_fault(false));
    };
    let relation = a.compare(b, signal_quiet, &mut env);
    if relation == Relation::Unordered {
        env.flags &= !flag::DE;
    }
    let c1 = x87.sw & sw::C1;
    x87.settle(&env);
    x87.sw |= c1;
    (relation, env.unmasked() & (flag::IE | flag::DE) != 0)
}

/// FCOM and its kin against a loaded operand.
pub(crate) fn compare(x87: &mut X87State, b: Option<F80>, signal_quiet: bool, pops: u8, env: Env) {
    let (relation, blocked) = relate(x87, b, signal_quiet, env);
    x87.sw = x87.sw & !sw::CODES | codes(relation);
    if !blocked {
        x87.pop(pops);
    }
}

/// FCOM, FCOMP, FCOMPP, FUCOM...: `d` is the number of pops, bit 2 for FUCOM.
pub(crate) fn com_st(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let (env, b) = (x87.env(), x87.st(op.c));
    compare(x87, b, op.d & 4 == 0, op.d & 3, env);
    Ok(())
}

/// FCOMI, FCOMIP, FUCOMI, FUCOMIP: `d` as for FCOM.
pub(crate) fn comi_st(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let (env, b) = (x87.env(), x87.st(op.c));
    let (relation, blocked) = relate(x87, b, op.d & 4 == 0, env);
    if !blocked {
        x87.pop(op.d & 3);
    }
    let bits = match relation {
        Relation::Greater => 0,
        Relation::Less => flags::CF,
        Relation::Equal => flags::ZF,
        Relation::Unordered => flags::ZF | flags::PF | flags::CF,
    };
    flags::set_status(state, bits);
    Ok(())
}

/// FLD ST(i).
pub(crate) fn fld_st(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let env = x87.env();
    match x87.st(op.c) {
        Some(value) => x87.push(value, &env),
        // The source may be the register the push would fill: underflow first.
        None => {
            if x87.stack_fault(false) {
                x87.set_top(x87.top().wrapping_sub(1));
                x87.set_st(0, F80::INDEFINITE);
            }
        }
    }
    Ok(())
}

/// FST ST(i), FSTP ST(i) (`d` = 1).
pub(crate) fn fst_st(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    x87.sw &= !sw::C1;
    let value = x87.st(0);
    if value.is_some() || x87.stack_fault(false) {
        x87.set_st(op.c, value.unwrap_or(F80::INDEFINITE));
        x87.pop(op.d);
    }
    Ok(())
}

/// FXCH.
pub(crate) fn fxch(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    x87.sw &= !sw::C1;
    let (a, b) = (x87.st(0), x87.st(op.c));
    if (a.is_some() && b.is_some()) || x87.stack_fault(false) {
        x87.set_st(0, b.unwrap_or(F80::INDEFINITE));
        x87.set_st(op.c, a.unwrap_or(F80::INDEFINITE));
    }
    Ok(())
}

/// FCMOVcc: `a` holds whether the condition does.
pub(crate) fn fcmov(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let holds = state.slots[op.a as usize] & 1 != 0;
    let x87 = &mut state.x87;
    match (x87.st(0), x87.st(op.c)) {
        (Some(_), Some(_)) if !holds => {}
        (Some(_), Some(value)) => x87.set_st(0, value),
        _ => {
            if x87.stack_fault(false) {
                x87.set_st(0, F80::INDEFINITE);
            }
        }
    }
    Ok(())
}

/// FFREE (`d` = 1: FFREEP, which then pops), FINCSTP (`d` = 2), FDECSTP (`d` = 3),
/// FNOP (`d` = 4), FSTPNCE (`d` = 5).
pub(crate) fn stack(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    match op.d {
        0 | 1 => {
            x87.sw &= !sw::C1;
            x87.set_tag(op.c, 3);
            x87.pop(op.d);
        }
        2 | 3 => {
            let by = if op.d == 2 { 1 } else { 7 };
            x87.set_top(x87.top().wrapping_add(by));
            x87.sw &= !sw::C1;
        }
        5 => {
            x87.sw &= !sw::C1;
            if let Some(value) = x87.st(0) {
                x87.set_st(op.c, value);
            }
            x87.pop(1);
        }
        _ => {}
    }
    Ok(())
}

/// FXAM: the class of ST(0), empty included, and its sign in C1.
pub(crate) fn fxam(state: &mut CpuState, _: &GuestMemory, _: &Op) -> Result<(), Trap> {
    wait(state)?;
    let x87 = &mut state.x87;
    let register = x87.regs[x87.physical(0) as usize];
    let class = match x87.st(0).map(F80::class) {
        None => sw::C3 | sw::C0,
        Some(Class::Unsupported) => 0,
        Some(Class::Quiet | Class::Signalling) => sw::C0,
        Some(Class::Normal) => sw::C2,
        Some(Class::Infinity) => sw::C2 | sw::C0,
        Some(Class::Zero) => sw::C3,
        Some(Class::Denormal) => sw::C3 | sw::C2,
    };
    let sign = if register.sign() { sw::C1 } else { 0 };
    x87.sw = x87.sw & !sw::CODES | class | sign;
    Ok(())
}

/// FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: `d` is the opcode's low
/// three bits. The irrational ones follow the rounding control.
pub(crate) fn constant(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Result<(), Trap> {
    wait(state)?;
    /// Exponent, significand rounded down, and whether the next bit rounds up.
    const TABLE: [(u16, u64, bool); 7] = [
        (0x3fff, 0x8000_0000_0000_0000, false),
        (0x4000, 0xd49a_784b_cd1b_8afe, false),
        (0x3fff, 0xb8aa_3b29_5c17_f0bb, true),
        (0x4000, 0xc90f_daa2_2168_c234, true),
        (0x3ffd, 0x9a20_9a84_fbcf_f798, true),
        (0x3ffe, 0xb172_17f7_d1cf_79ab, true),
        (0, 0, false),
    ];
    let (exponent, mant, nearest_up) = TABLE[usize::from(op.d).min(6)];
    let exact = matches!(op.d, 0 | 6);
    let env = state.x87.env();
    let up = match env.rounding {
        crate::softfloat::Rounding::Nearest => nearest_up,
        crate::softfloat::Rounding::Up => !exact,
        _ => false,
    };
    state.x87.push(F80::new(false, exponent, mant + u64::from(up)), &env);
    Ok(())
}
