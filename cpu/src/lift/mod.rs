//! Lifting: guest instructions to IR, by family, in tables keyed by mnemonic.
//!
//! Rules of every lift function:
//! * whatever may fault comes before the first change of a register, a flag or
//!   memory (memory that is read and then written uses `LdRmw*`);
//! * an operand slot may be the register itself: use it before writing registers.

pub mod alu;
pub mod atomic;
pub mod avx;
pub mod bit;
pub mod bmi;
pub mod branch;
pub mod convert;
pub mod far;
pub mod listing;
pub mod mmx;
pub mod mov;
pub mod muldiv;
pub mod operand;
mod pointers;
pub(crate) mod segment;
pub mod shift;
pub mod sse_float;
pub mod sse_int;
pub mod sse_move;
pub mod stack;
pub mod string;
pub mod system;
mod vector;
pub mod x87;

use std::sync::OnceLock;

use iced_x86::{Instruction, Mnemonic};

use crate::Mode;
use crate::decode::{DecodeError, Fetcher, MAX_LENGTH};
use crate::helper::Helper;
use crate::ir::build::MAX_INSTRUCTIONS;
use crate::ir::{Block, Builder, Op, OpCode, TrapCode, VecOp, opt, verify};
use crate::mem::PAGE_SIZE;
use crate::state::Slot;
use crate::{GuestMemory, Trap};
use pointers::Pointers;
pub use pointers::recover_pointers;

/// The form is not implemented; it becomes #UD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

/// Result of a lift function.
pub type LiftResult = Result<(), Unsupported>;

/// Lifts one instruction.
pub type LiftFn = fn(&mut Lift, &Instruction) -> LiftResult;

/// A row of a family table: what `docs/instructions.md` lists.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The instruction.
    pub mnemonic: Mnemonic,
    /// Its lift function.
    pub lift: LiftFn,
    /// Caveat, or empty.
    pub note: &'static str,
}

/// Shorthand for the tables: `rows![lift_function: Add, Sub; other: Xor "note"]`.
#[macro_export]
macro_rules! rows {
    ($($lift:path: $($mnemonic:ident $($note:literal)?),+;)*) => {
        &[$($($crate::lift::Row {
            mnemonic: iced_x86::Mnemonic::$mnemonic,
            lift: $lift,
            note: concat!($($note)?),
        },)+)*]
    };
}

/// Every family: its name and its rows.
pub static FAMILIES: &[(&str, &[Row])] = &[
    ("mov", mov::ROWS),
    ("alu", alu::ROWS),
    ("shift", shift::ROWS),
    ("muldiv", muldiv::ROWS),
    ("bit", bit::ROWS),
    ("bmi", bmi::ROWS),
    ("stack", stack::ROWS),
    ("branch", branch::ROWS),
    ("far", far::ROWS),
    ("string", string::ROWS),
    ("atomic", atomic::ROWS),
    ("system", system::ROWS),
    ("x87", x87::ROWS),
    ("mmx", mmx::ROWS),
    ("sse moves", sse_move::ROWS),
    ("sse integer lanes", sse_int::LANES),
    ("sse integer", sse_int::ROWS),
    ("sse arithmetic", sse_float::ARITHMETIC),
    ("sse comparison", sse_float::ROWS),
    ("sse conversion", convert::ROWS),
    ("avx lanes, only with the processor level AVX2", avx::LANES),
    ("avx arithmetic, only with the processor level AVX2", avx::ARITHMETIC),
    ("avx moves, only with the processor level AVX2", avx::MOVES),
    ("avx permutations, only with the processor level AVX2", avx::PERMUTATIONS),
    ("avx conversions, only with the processor level AVX2", avx::CONVERSIONS),
    ("avx masks, gathers and tests, only with the processor level AVX2", avx::SPECIAL),
    ("fma, only with the processor level AVX2", avx::FMA),
];

/// The lift function of a mnemonic.
pub fn lookup(mnemonic: Mnemonic) -> Option<LiftFn> {
    static TABLE: OnceLock<Vec<Option<LiftFn>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = vec![None; 2048];
        for row in FAMILIES.iter().flat_map(|(_, rows)| rows.iter()) {
            if let Some(entry) = table.get_mut(row.mnemonic as usize) {
                *entry = Some(row.lift);
            }
        }
        table
    });
    table.get(mnemonic as usize).copied().flatten()
}

/// The state of lifting one block.
#[derive(Debug)]
pub struct Lift {
    /// Collects the operations.
    pub b: Builder,
    /// Word size.
    pub mode: Mode,
    /// Stands in for the stack pointer as base of a memory operand (POP to memory
    /// addresses with the pointer already moved).
    pub stack_base: Option<Slot>,
    /// What the x87 pointers will be.
    pointers: Pointers,
    /// [`crate::flags::NULL_SEGMENT`] of those that were looked at in this block.
    segments: u32,
}

impl Lift {
    /// A fresh temporary of this instruction.
    pub fn temp(&mut self) -> Slot {
        self.b.temp()
    }

    /// Appends an operation.
    pub fn emit(&mut self, op: Op) {
        self.b.emit(op);
    }

    /// `code d, a, b` (also for operations that do not use all of them).
    pub fn op3(&mut self, code: OpCode, d: Slot, a: Slot, b: Slot) {
        self.emit(Op::new(code).d(d).a(a).b(b));
    }

    /// `code d, a, imm`.
    pub fn opi(&mut self, code: OpCode, d: Slot, a: Slot, imm: i64) {
        self.emit(Op::new(code).d(d).a(a).imm(imm));
    }

    /// A constant in a temporary.
    pub fn constant(&mut self, value: i64) -> Slot {
        let t = self.temp();
        self.emit(Op::new(OpCode::MovI).d(t).imm(value));
        t
    }

    /// A helper operation, to be completed with `Op`'s setters.
    pub fn helper(helper: Helper) -> Op {
        Op::new(OpCode::Helper).e(helper as u16)
    }

    /// A vector operation, to be completed with `Op`'s setters.
    pub fn vector(op: VecOp) -> Op {
        Op::new(OpCode::Vector).e(op as u16)
    }

    /// Ends the block with a trap; `rip` is where the guest will be.
    pub fn trap(&mut self, code: TrapCode, rip: u64) {
        self.emit(Op::new(OpCode::Trap).e(code as u16).imm(rip as i64));
    }

    /// Whether this is 64-bit code.
    pub fn long(&self) -> bool {
        self.mode == Mode::Bits64
    }

    fn instruction(&mut self, instruction: &Instruction) {
        self.b.start_instruction(instruction.ip());
        self.need_segments(instruction);
        let lift = if instruction.is_string_instruction() {
            Some(string::lift as LiftFn)
        } else {
            lookup(instruction.mnemonic())
        };
        if lift.is_none_or(|lift| lift(self, instruction).is_err()) {
            self.b.rewind_instruction();
            self.trap(TrapCode::InvalidOpcode, instruction.ip());
        }
    }
}

/// A lifted block and what it was read from.
#[derive(Debug)]
pub struct Lifted {
    /// The code.
    pub block: Block,
    /// Pages it lies on with their generations; the second may repeat the first.
    pub pages: [(u32, u32); 2],
    /// Whether the bytes of the block alone decide what it is: not so when what
    /// follows could not be fetched or is no instruction.
    pub exact: bool,
}

/// Buffers that lifting many blocks reuses.
#[derive(Debug, Default)]
pub struct Scratch {
    builder: Builder,
    bytes: Vec<u8>,
}

/// Lifts the block at `rip`, at most `limit` instructions long. Fails only if the
/// first instruction cannot be fetched.
pub fn lift_block(memory: &GuestMemory, mode: Mode, rip: u64, limit: usize) -> Result<Lifted, Trap> {
    lift_block_with(&mut Scratch::default(), memory, mode, rip, limit)
}

/// [`lift_block`] with buffers from earlier calls.
pub fn lift_block_with(
    scratch: &mut Scratch,
    memory: &GuestMemory,
    mode: Mode,
    rip: u64,
    limit: usize,
) -> Result<Lifted, Trap> {
    let b = std::mem::take(&mut scratch.builder);
    let mut lift = Lift { b, mode, stack_base: None, pointers: Pointers::default(), segments: 0 };
    let result = fill(&mut lift, &mut scratch.bytes, memory, rip, limit);
    lift.b.clear();
    scratch.builder = lift.b;
    result
}

fn fill(
    lift: &mut Lift,
    bytes: &mut Vec<u8>,
    memory: &GuestMemory,
    rip: u64,
    limit: usize,
) -> Result<Lifted, Trap> {
    let mode = lift.mode;
    // Marked before the bytes are read, so that no later change goes unseen.
    let number = (rip / PAGE_SIZE) as u32;
    let mut pages = [(number, memory.mark_code(number)); 2];
    let mut fetcher = Fetcher::new(memory, mode, bytes);
    let page = rip / PAGE_SIZE;
    let mut at = rip;
    let mut exact = true;
    for count in 0..limit.min(MAX_INSTRUCTIONS) {
        match fetcher.decode(at) {
            Ok(instruction) => {
                lift.instruction(&instruction);
                lift.complete_pointers(memory, &instruction);
                let next = instruction.next_ip();
                at = if mode == Mode::Bits32 { next & 0xffff_ffff } else { next };
            }
            Err(DecodeError::Fault(fault)) if count == 0 => return Err(fault.into()),
            // It faults when control really gets there.
            Err(DecodeError::Fault(_)) => {
                exact = false;
                break;
            }
            Err(DecodeError::Invalid(_, len)) => {
                exact = false;
                lift.b.start_instruction(at);
                // Fifteen bytes and still no end is too long: #GP.
                let code = if usize::from(len) >= MAX_LENGTH && too_long(memory, mode, at) {
                    TrapCode::GeneralProtection
                } else {
                    TrapCode::InvalidOpcode
                };
                lift.trap(code, at);
                at += 1;
            }
        }
        if lift.b.ended() || at / PAGE_SIZE != page {
            break;
        }
    }
    lift.settle_pointers();
    opt::dead_flags(&mut lift.b.ops);
    opt::fuse_branch(&mut lift.b.ops);
    if let Some(second) = fetcher.second_page() {
        pages[1] = second;
    }
    let block = lift.b.finish(rip, at);
    debug_assert_eq!(verify::verify(&block), Ok(()), "{block}");
    Ok(Lifted { block, pages, exact })
}

/// Whether the bytes at `rip` are nothing but prefixes for 15 bytes.
fn too_long(memory: &GuestMemory, _mode: Mode, rip: u64) -> bool {
    let mut bytes = [0; MAX_LENGTH];
    memory.fetch(rip, &mut bytes).is_ok()
        && bytes.iter().all(|b| matches!(b, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf0 | 0xf2 | 0xf3))
}
