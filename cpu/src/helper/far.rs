//! Far branches, IRET and the selector queries, for the selectors that user code has.
//!
//! A far branch may go to code of the other word size: the kernel gives every program
//! both code segments. (Intel SDM vol. 2, the instruction of the same name.)

use crate::flags::{self, ZF};
use crate::ir::Op;
use crate::mem::Access;
use crate::state::slot::RSP;
use crate::state::{Segment, TLS_FIRST, USER_CS, USER_DS, USER32_CS};
use crate::{CpuState, GuestMemory, Mode, Trap};

type Done = Result<(), Trap>;

fn mask(state: &CpuState) -> u64 {
    if state.mode == Mode::Bits32 { 0xffff_ffff } else { u64::MAX }
}

fn canonical(address: u64) -> bool {
    (address as i64) << 16 >> 16 == address as i64
}

/// Checks a code selector and the address in it. A return must ask for privilege 3.
fn target(selector: u64, offset: u64, back: bool) -> Result<u64, Trap> {
    let selector = selector as u16 | if back { 0 } else { 3 };
    let fits = match selector {
        USER32_CS => offset <= u64::from(u32::MAX),
        USER_CS => canonical(offset),
        _ => false,
    };
    if fits { Ok(offset) } else { Err(Trap::GeneralProtection) }
}

/// Loads CS with a selector that [`target`] has accepted. The word size is that of the
/// segment from now on; 32-bit code sees the lower halves of the registers.
fn enter(state: &mut CpuState, selector: u64) {
    let selector = selector as u16 | 3;
    state.segment[Segment::Cs as usize] = selector;
    let mode = if selector == USER_CS { Mode::Bits64 } else { Mode::Bits32 };
    if state.mode == Mode::Bits64 && mode == Mode::Bits32 {
        for register in &mut state.slots[..8] {
            *register &= 0xffff_ffff;
        }
    }
    state.set_mode(mode);
}

/// The last step of far JMP and CALL: CS = selector `b`.
pub(crate) fn enter_selector(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    enter(state, state.slots[usize::from(op.b)]);
    Ok(())
}

fn load(memory: &GuestMemory, log2: u8, at: u64) -> Result<u64, Trap> {
    Ok(match log2 {
        1 => u64::from(memory.load16(at)?),
        2 => u64::from(memory.load32(at)?),
        _ => memory.load64(at)?,
    })
}

/// Far JMP and CALL: d = the address, from offset `a` and selector `b`.
pub(crate) fn jump(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    let (offset, selector) = (state.slots[usize::from(op.a)], state.slots[usize::from(op.b)]);
    state.slots[usize::from(op.d)] = target(selector, offset, false)?;
    Ok(())
}

/// Far CALL: pushes CS and the return address `imm`, width log2 `c`.
pub(crate) fn push(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let size = 1u64 << op.c;
    let bottom = state.slots[usize::from(RSP)].wrapping_sub(2 * size) & mask(state);
    memory.check(bottom, 2 * size, Access::Write)?;
    let selector = u64::from(state.segment[Segment::Cs as usize]);
    for (at, value) in [(bottom, op.imm as u64), (bottom.wrapping_add(size), selector)] {
        match op.c {
            1 => memory.store16(at, value as u16)?,
            2 => memory.store32(at, value as u32)?,
            _ => memory.store64(at, value)?,
        }
    }
    state.slots[usize::from(RSP)] = bottom;
    Ok(())
}

/// The words on the stack from the top.
fn stacked<const N: usize>(state: &CpuState, memory: &GuestMemory, log2: u8) -> Result<[u64; N], Trap> {
    let top = state.slots[usize::from(RSP)];
    let mut words = [0; N];
    for (i, word) in words.iter_mut().enumerate() {
        *word = load(memory, log2, top.wrapping_add((i as u64) << log2) & mask(state))?;
    }
    Ok(words)
}

/// RETF: d = the address; pops it, CS and `imm` bytes, width log2 `c`.
pub(crate) fn back(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let [offset, selector] = stacked(state, memory, op.c)?;
    state.slots[usize::from(op.d)] = target(selector, offset, true)?;
    let top = state.slots[usize::from(RSP)];
    state.slots[usize::from(RSP)] = top.wrapping_add((2 << op.c) + op.imm as u64) & mask(state);
    enter(state, selector);
    Ok(())
}

/// IRET: d = the address; pops it, CS and the flags, in 64-bit code also RSP and SS.
pub(crate) fn interrupt_return(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let [offset, selector, new_flags] = stacked(state, memory, op.c)?;
    let mut pointer = state.slots[usize::from(RSP)].wrapping_add(3 << op.c) & mask(state);
    if state.mode == Mode::Bits64 {
        let [_, _, _, stack, stack_selector] = stacked(state, memory, op.c)?;
        if stack_selector as u16 != USER_DS {
            return Err(Trap::GeneralProtection);
        }
        pointer = stack;
    }
    state.slots[usize::from(op.d)] = target(selector, offset, true)?;
    state.slots[usize::from(RSP)] = pointer;
    let old = state.eflags();
    let kept = if op.c == 1 { 0xffff_0000 } else { 0 };
    state.set_eflags(new_flags as u32 & !kept | old & kept);
    enter(state, selector);
    Ok(())
}

/// What a selector names: access rights as LAR gives them, and the limit in bytes.
fn descriptor(state: &CpuState, selector: u16) -> Option<(u32, u32)> {
    const LOCAL_TABLE: u16 = 4;
    match selector | 3 {
        _ if selector & LOCAL_TABLE != 0 => None,
        USER32_CS => Some((0xcf_fb00, u32::MAX)),
        USER_DS => Some((0xcf_f300, u32::MAX)),
        USER_CS => Some((0xaf_fb00, u32::MAX)),
        other => {
            let entry = state.tls.get(usize::from((other >> 3).checked_sub(TLS_FIRST)?))?;
            entry.present.then_some((0xcf_f300, u32::MAX))
        }
    }
}

/// LAR, LSL, VERR, VERW by `imm` 0 to 3: selector in `a`, result in `d` (kept if there
/// is none), width log2 `c`, ZF.
pub(crate) fn query(state: &mut CpuState, _: &GuestMemory, op: &Op) -> Done {
    const WRITABLE_DATA: u32 = 0xa00;
    let found = descriptor(state, state.slots[usize::from(op.a)] as u16);
    // Code and data are readable here; data is writable.
    let found = found.filter(|(rights, _)| op.imm != 3 || rights & WRITABLE_DATA == 0x200);
    flags::update(state, ZF, if found.is_some() { ZF } else { 0 });
    if let Some((rights, limit)) = found
        && op.imm < 2
    {
        let value = u64::from(if op.imm == 0 { rights } else { limit });
        let d = &mut state.slots[usize::from(op.d)];
        *d = if op.c == 1 { *d & !0xffff | value & 0xffff } else { value };
    }
    Ok(())
}

/// ARPL: raises the privilege number of a selector to that of slot `b`. `c` is 0 for a
/// register (slot `a`), 1 for memory (address in slot `a`).
pub(crate) fn adjust(state: &mut CpuState, memory: &GuestMemory, op: &Op) -> Done {
    let wanted = state.slots[usize::from(op.b)] as u16 & 3;
    let at = state.slots[usize::from(op.a)];
    let old = if op.c == 0 { at as u16 } else { memory.load16(at)? };
    let raise = old & 3 < wanted;
    if raise {
        let new = old & !3 | wanted;
        if op.c == 0 {
            state.slots[usize::from(op.a)] = at & !0xffff | u64::from(new);
        } else {
            memory.store16(at, new)?;
        }
    }
    flags::update(state, ZF, if raise { ZF } else { 0 });
    Ok(())
}
