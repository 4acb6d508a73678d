//! String instructions. Single ones and REP MOVS, REP STOS have code of their own for
//! the common case (forwards, of moderate length); the rest is the interpreter's
//! function, with only the registers it works on stored and loaded around it.

use tawaki_cpu::helper::string::rep;
use tawaki_cpu::ir::{Op, OpCode, StringOp};
use tawaki_cpu::state::slot::{self, RAX, RCX, RDI, RSI};
use tawaki_cpu::{Mode, Perms};
use wasm_encoder::BlockType;
use wasm_encoder::ValType::{I32, I64};

use super::memory::{Access, GUEST};
use super::{Emitter, STATE, at, int};
use crate::analysis::{Effects, Set};
use crate::layout::Layout;

/// REP MOVS and STOS of so many bytes and more go to the interpreter, which looks at the
/// attention word now and then.
const LONG: i64 = 1 << 20;

/// Which string instruction it is.
fn kind(op: &Op) -> StringOp {
    StringOp::ALL[op.e as usize % StringOp::ALL.len()]
}

/// Whether it is a repeated one.
fn repeated(op: &Op) -> bool {
    op.d != rep::NONE
}

/// What a string instruction does to the locals.
pub fn effects(op: &Op) -> Effects {
    use StringOp::*;
    let mut reads = Set::slot(op.a);
    let mut writes = Set::EMPTY;
    let (source, destination) = match kind(op) {
        Movs | Cmps => (true, true),
        Stos | Scas => (false, true),
        Lods => (true, false),
    };
    for (used, s) in [(source, RSI), (destination, RDI), (repeated(op), RCX)] {
        if used {
            writes |= Set::slot(s);
        }
    }
    match kind(op) {
        Stos | Scas => reads |= Set::slot(RAX),
        // Its low part may be all that is written.
        Lods => writes |= Set::slot(RAX),
        Movs | Cmps => {}
    }
    let compares = matches!(kind(op), Cmps | Scas);
    reads |= writes;
    if compares {
        writes |= Set::FLAGS;
        // With a count of zero the flags stay, and if it faults.
        reads |= Set::FLAGS;
    }
    Effects { reads, writes, kills: writes, exits: true, sync: false }
}

/// Whether the address size is that of the mode and no segment is involved.
fn plain(op: &Op, mode: Mode) -> bool {
    let mask = match mode {
        Mode::Bits64 => -1,
        Mode::Bits32 => 0xffff_ffff,
    };
    op.imm == mask && op.a == slot::ZERO
}

/// Emits a string instruction.
pub fn emit(e: &mut Emitter, op: &Op) {
    if !plain(op, e.layout.mode()) {
        return e.fallback(op);
    }
    match (kind(op), repeated(op)) {
        (_, false) => once(e, op),
        (StringOp::Movs | StringOp::Stos, true) => bulk(e, op),
        _ => e.fallback(op),
    }
}

/// The operation of a run of four widths.
fn sized(first: OpCode, log2: u8) -> OpCode {
    OpCode::ALL[first as usize + usize::from(log2)]
}

impl Emitter<'_> {
    /// Pushes whether string instructions go downwards, 0 or 1.
    fn backwards(&mut self) {
        self.i().local_get(STATE).i32_load8_u(at(Layout::df(), 0));
    }

    /// `slot += by`, as addresses of the mode.
    fn advance(&mut self, s: u8, by: i64) {
        let code = if self.layout.bits64 { OpCode::AddI64 } else { OpCode::AddI32 };
        int::emit(self, &Op::new(code).d(s).a(s).imm(by));
    }
}

/// One element. Backwards it is interpreted.
fn once(e: &mut Emitter, op: &Op) {
    use StringOp::*;
    let log2 = op.c & 3;
    let size = 1i64 << log2;
    e.backwards();
    e.side_exit_if();
    // The first of four address forms.
    let load = OpCode::ALL[OpCode::Ld8 as usize + 4 * usize::from(log2)];
    let store = OpCode::ALL[OpCode::St8 as usize + 4 * usize::from(log2)];
    let (value, other) = (slot::TEMP, slot::TEMP + 1);
    let mut run = |op: Op| _ = int::emit(e, &op);
    match kind(op) {
        Movs => {
            run(Op::new(load).d(value).a(RSI));
            run(Op::new(store).d(value).a(RDI));
        }
        Stos => run(Op::new(store).d(RAX).a(RDI)),
        Lods if log2 >= 2 => run(Op::new(load).d(RAX).a(RSI)),
        Lods => {
            run(Op::new(load).d(value).a(RSI));
            let insert = if log2 == 0 { OpCode::Ins8 } else { OpCode::Ins16 };
            run(Op::new(insert).d(RAX).a(value));
        }
        Cmps => {
            run(Op::new(load).d(value).a(RSI));
            run(Op::new(load).d(other).a(RDI));
            run(Op::new(sized(OpCode::SubF8, log2)).d(slot::SINK).a(value).b(other));
        }
        Scas => {
            run(Op::new(load).d(other).a(RDI));
            run(Op::new(sized(OpCode::SubF8, log2)).d(slot::SINK).a(RAX).b(other));
        }
    }
    if kind(op) != Stos && kind(op) != Scas {
        e.advance(RSI, size);
    }
    if kind(op) != Lods {
        e.advance(RDI, size);
    }
}

/// REP MOVS and REP STOS.
fn bulk(e: &mut Emitter, op: &Op) {
    let moves = kind(op) == StringOp::Movs;
    let log2 = op.c & 3;
    let (bytes, to, from) = (e.scratch(I32), e.scratch(I32), e.scratch(I32));
    e.get32(RDI);
    e.i().local_set(to);
    if moves {
        e.get32(RSI);
        e.i().local_set(from);
    }
    // Meaningless unless the count is small, which is asked next.
    e.get32(RCX);
    e.i().i32_const(i32::from(log2)).i32_shl().local_set(bytes);
    e.get(RCX);
    e.i().i64_const(LONG >> log2).i64_lt_u();
    e.backwards();
    e.i().i32_eqz().i32_and();
    if e.layout.bits64 {
        e.get(RDI);
        if moves {
            e.get(RSI);
            e.i().i64_or();
        }
        e.i().i64_const(32).i64_shr_u().i64_eqz().i32_and();
    }
    if moves {
        // A destination just above the source repeats a pattern.
        e.i().local_get(to).local_get(from).i32_sub().local_get(bytes).i32_ge_u().i32_and();
    }
    if e.options.checked {
        e.page_allows(to, bytes, Access::Write);
        e.i().i32_and();
        if moves {
            e.page_allows(from, bytes, Access::Read);
            e.i().i32_and();
        }
    }
    e.expect_change();
    e.if_();
    e.i().local_get(bytes);
    e.if_();
    if moves {
        e.i().local_get(to).i32_const(Layout::BIAS).i32_add();
        e.i().local_get(from).i32_const(Layout::BIAS).i32_add();
        e.i().local_get(bytes).memory_copy(0, 0);
    } else {
        fill(e, log2, to, bytes);
    }
    e.close();
    for s in [RDI, RSI] {
        if s == RSI && !moves {
            continue;
        }
        e.get32(s);
        e.i().local_get(bytes).i32_add();
        e.set32(s);
    }
    e.i().i64_const(0);
    e.set(RCX);
    e.else_();
    e.fallback(op);
    e.close();
}

/// Stores `bytes` (not 0) bytes of RAX's elements at the guest address in `to`.
fn fill(e: &mut Emitter, log2: u8, to: u32, bytes: u32) {
    if log2 == 0 {
        e.i().local_get(to).i32_const(Layout::BIAS).i32_add();
        e.get32(RAX);
        e.i().local_get(bytes).memory_fill(0);
        return;
    }
    let value = e.scratch(I64);
    e.get(RAX);
    e.i().local_set(value);
    // The same byte all over?
    let ones = u64::MAX >> (64 - (8 << log2)) & 0x0101_0101_0101_0101;
    let all = (u64::MAX >> (64 - (8 << log2))) as i64;
    e.i().local_get(value).i64_const(all).i64_and();
    e.i().local_get(value).i64_const(0xff).i64_and().i64_const(ones as i64).i64_mul().i64_eq();
    e.if_();
    e.i().local_get(to).i32_const(Layout::BIAS).i32_add();
    e.i().local_get(value).i32_wrap_i64().local_get(bytes).memory_fill(0);
    e.else_();
    let (next, end) = (e.scratch(I32), e.scratch(I32));
    e.i().local_get(to).i32_const(Layout::BIAS).i32_add().local_tee(next);
    e.i().local_get(bytes).i32_add().local_set(end);
    e.i().loop_(BlockType::Empty);
    e.i().local_get(next).local_get(value);
    match log2 {
        1 => e.i().i64_store16(GUEST),
        2 => e.i().i64_store32(GUEST),
        _ => e.i().i64_store(GUEST),
    };
    e.i().local_get(next).i32_const(1 << log2).i32_add().local_tee(next);
    e.i().local_get(end).i32_ne().br_if(0).end();
    e.close();
}

impl Emitter<'_> {
    /// Pushes whether `bytes` bytes at the guest address in the i32 local `at` lie in one
    /// page that allows the access.
    fn page_allows(&mut self, address: u32, bytes: u32, access: Access) {
        let (mask, want) = match access {
            Access::Read => (Perms::READ.0, Perms::READ.0),
            Access::Write => (Perms::WRITE.0 | Perms::CODE.0, Perms::WRITE.0),
        };
        let perms = at(self.layout.perms, 0);
        self.i().local_get(address).i32_const(12).i32_shr_u().i32_load8_u(perms);
        self.i().i32_const(i32::from(mask)).i32_and().i32_const(i32::from(want)).i32_eq();
        self.i().local_get(address).i32_const(0xfff).i32_and().local_get(bytes).i32_add();
        self.i().i32_const(4096).i32_le_u().i32_and();
    }
}
