//! What the vector and x87 lifters share: operands and emission.
//!
//! A lifter is a function from an instruction to whether it knew it; it emits
//! [`VecOp`]s through [`VectorLift`]. The tables are by mnemonic, and the shape
//! of the operands (register, memory, MMX) comes from the decoded instruction.

use iced_x86::{Instruction, MemorySize, OpKind, Register};

use super::operand::{LOADS, STORES, log2};
use super::{Lift, LiftResult, Unsupported};
use crate::ir::vector::{UPPER, VECTOR_TEMP};
use crate::ir::{Op, OpCode, VecOp};
use crate::state::{Slot, slot};

/// Runs a family's lifter, which says whether it knows the instruction's form.
pub(super) fn lift_with(
    lift: &mut Lift,
    instruction: &Instruction,
    family: fn(&mut VectorLift) -> bool,
) -> LiftResult {
    let mut vector = VectorLift { lift, instruction, temps: VECTOR_TEMP, failed: false };
    let mut operands = 0..instruction.op_count();
    if operands.clone().any(|i| vector.is_memory(i)) && operands.any(|i| vector.is_mm(i)) {
        // A pending x87 exception comes before the memory operand's faults.
        vector.vector(VecOp::Fwait, |op| op);
    }
    if family(&mut vector) && !vector.failed { Ok(()) } else { Err(Unsupported) }
}

/// One instruction being lifted.
pub(super) struct VectorLift<'a> {
    lift: &'a mut Lift,
    pub instruction: &'a Instruction,
    temps: u8,
    /// An operand had no supported form; the instruction is dropped at the end.
    failed: bool,
}

impl VectorLift<'_> {
    /// A fresh vector temporary.
    pub fn temp(&mut self) -> u8 {
        self.temps += 1;
        self.temps - 1
    }

    /// A fresh general temporary.
    pub fn slot(&mut self) -> Slot {
        self.lift.temp()
    }

    pub fn emit(&mut self, op: Op) {
        self.lift.emit(op);
    }

    /// Emits a vector operation with all fields zero; `set` fills them.
    pub fn vector(&mut self, code: VecOp, set: impl FnOnce(Op) -> Op) {
        self.emit(set(Op::new(OpCode::Vector).e(code as u16)));
    }

    /// `d = code(a, b, imm)`.
    pub fn apply(&mut self, code: VecOp, d: u8, a: u8, b: u8, imm: u8) {
        self.vector(code, |op| op.d(d).a(a).b(b).imm(imm.into()));
    }

    /// An operation with the memory operand and `d`.
    pub fn access(&mut self, code: VecOp, d: u8) {
        self.access_after(code, d, 0);
    }

    /// The same, so many bytes after the operand's address.
    pub fn access_after(&mut self, code: VecOp, d: u8, bytes: i64) {
        match self.lift.memory(self.instruction) {
            Ok(at) => {
                let (b, c) = at.index.unwrap_or((slot::ZERO, 0));
                self.vector(code, |op| op.d(d).a(at.base).b(b).c(c).imm(at.disp.wrapping_add(bytes)));
            }
            Err(Unsupported) => self.failed = true,
        }
    }

    /// The memory operand's address, complete in one slot.
    pub fn linear(&mut self) -> Slot {
        match self.lift.linear(self.instruction) {
            Ok(at) => at,
            Err(Unsupported) => {
                self.failed = true;
                slot::ZERO
            }
        }
    }

    /// Faults unless `bytes` (8 or 16) at the address in a slot can be written.
    pub fn probe(&mut self, scratch: Slot, at: Slot, bytes: i64) {
        for offset in (0..bytes).step_by(8) {
            self.emit(Op::new(OpCode::LdRmw64).d(scratch).a(at).imm(offset));
        }
    }

    /// Whether this is 64-bit code.
    pub fn long(&self) -> bool {
        self.lift.long()
    }

    /// [`Self::access`] by an instruction that reads or writes the x87 pointers.
    pub fn image(&mut self, code: VecOp, d: u8) {
        self.lift.settle_pointers();
        self.access(code, d);
    }

    /// The register of operand `i`.
    pub fn register(&self, i: u32) -> Register {
        self.instruction.op_register(i)
    }

    pub fn is_xmm(&self, i: u32) -> bool {
        self.instruction.op_kind(i) == OpKind::Register && self.register(i).is_xmm()
    }

    pub fn is_ymm(&self, i: u32) -> bool {
        self.instruction.op_kind(i) == OpKind::Register && self.register(i).is_ymm()
    }

    pub fn is_mm(&self, i: u32) -> bool {
        self.instruction.op_kind(i) == OpKind::Register && self.register(i).is_mm()
    }

    pub fn is_gpr(&self, i: u32) -> bool {
        self.instruction.op_kind(i) == OpKind::Register && self.register(i).is_gpr()
    }

    pub fn is_memory(&self, i: u32) -> bool {
        self.instruction.op_kind(i) == OpKind::Memory
    }

    /// Number of the register operand `i` in its file.
    pub fn number(&self, i: u32) -> u8 {
        self.register(i).number() as u8
    }

    /// The immediate byte, 0 if there is none.
    pub fn immediate(&self) -> u8 {
        let last = self.instruction.op_count().wrapping_sub(1);
        let is_immediate = last < 5 && self.instruction.op_kind(last) == OpKind::Immediate8;
        if is_immediate { self.instruction.immediate8() } else { 0 }
    }

    /// Bytes of the memory operand.
    pub fn memory_bytes(&self) -> usize {
        self.instruction.memory_size().size()
    }

    /// The memory operand is a floating point number (not an integer).
    pub fn memory_is(&self, size: MemorySize) -> bool {
        self.instruction.memory_size() == size
    }

    /// The implied `[rDI]` of MASKMOVDQU, complete in one slot.
    pub fn rdi_address(&mut self) -> Slot {
        let t = self.slot();
        let narrow = self.instruction.op_kind(0) != OpKind::MemorySegRDI || !self.lift.long();
        let base = match self.instruction.memory_segment() {
            Register::FS => slot::FS_BASE,
            Register::GS => slot::GS_BASE,
            _ => slot::ZERO,
        };
        if narrow {
            let code =
                if self.instruction.op_kind(0) == OpKind::MemorySegDI { OpCode::Zx16 } else { OpCode::Mov32 };
            self.emit(Op::new(code).d(t).a(slot::RDI));
        }
        let from = if narrow { t } else { slot::RDI };
        let code = if !self.lift.long() { OpCode::Lea32 } else { OpCode::Lea64 };
        self.emit(Op::new(code).d(t).a(from).b(base));
        t
    }

    /// Loads `bytes` (1, 2, 4 or 8) from the memory operand, zero-extended.
    pub fn load_gpr(&mut self, bytes: usize) -> Slot {
        let t = self.slot();
        self.gpr_access(LOADS, bytes, t);
        t
    }

    /// Stores the low `bytes` (1, 2, 4 or 8) of a slot to the memory operand.
    pub fn store_gpr(&mut self, bytes: usize, value: Slot) {
        self.gpr_access(STORES, bytes, value);
    }

    fn gpr_access(&mut self, codes: [[OpCode; 4]; 4], bytes: usize, d: Slot) {
        match (log2(bytes), self.lift.memory(self.instruction)) {
            (Ok(width), Ok(at)) => self.emit(at.op(codes[usize::from(width & 3)], d)),
            _ => self.failed = true,
        }
    }

    /// The general register or memory operand `i`, as a slot.
    pub fn gpr_source(&mut self, i: u32) -> Slot {
        if self.is_memory(i) {
            let bytes = self.memory_bytes();
            self.load_gpr(bytes)
        } else {
            self.register(i).full_register().number() as Slot
        }
    }

    /// The slot of general register operand `i`.
    pub fn gpr(&self, i: u32) -> Slot {
        self.register(i).full_register().number() as Slot
    }

    /// The vector source operand `i` as a vector number: an XMM register itself,
    /// anything else in a temporary. 16-byte memory operands must be aligned
    /// unless `unaligned`.
    pub fn source(&mut self, i: u32, unaligned: bool) -> u8 {
        if self.is_xmm(i) {
            return self.number(i);
        }
        let t = self.temp();
        if self.is_mm(i) {
            let number = self.number(i);
            self.vector(VecOp::MmxRead, |op| op.d(t).c(number));
            return t;
        }
        let code = match self.memory_bytes() {
            4 => VecOp::Load32,
            8 => VecOp::Load64,
            16 if unaligned => VecOp::Load128,
            16 => VecOp::Load128A,
            bytes => {
                let value = self.load_gpr(bytes);
                self.vector(VecOp::FromGpr32, |op| op.d(t).a(value));
                return t;
            }
        };
        self.access(code, t);
        t
    }

    /// The vector operand `i` of an AVX instruction, at any address: its low half, and its
    /// upper half if it has one.
    pub fn operand(&mut self, i: u32) -> (u8, Option<u8>) {
        if self.is_ymm(i) {
            return (self.number(i), Some(self.number(i) | UPPER));
        }
        if self.is_memory(i) && self.memory_bytes() == 32 {
            let t = self.temp();
            self.access(VecOp::Load128, t);
            self.access_after(VecOp::Load128, t | UPPER, 16);
            return (t, Some(t | UPPER));
        }
        (self.source(i, true), None)
    }

    /// The upper half of XMM register `number` becomes 0, as every VEX instruction leaves it.
    pub fn clear_upper(&mut self, number: u8) {
        let upper = number | UPPER;
        self.apply(VecOp::Pxor, upper, upper, upper, 0);
    }

    /// `operand 0 = code(operand 0, operand 1, immediate)` for XMM or MMX
    /// destinations.
    pub fn binary(&mut self, code: VecOp, unaligned: bool) {
        let imm = self.immediate();
        if self.is_xmm(0) {
            let b = self.source(1, unaligned);
            let d = self.number(0);
            self.apply(code, d, d, b, imm);
        } else {
            let a = self.source(0, false);
            let b = self.source(1, false);
            self.apply(code, a, a, b, imm);
            self.write_mmx(a);
        }
    }

    /// Writes a vector's low half to MMX operand 0.
    pub fn write_mmx(&mut self, a: u8) {
        let number = self.number(0);
        self.vector(VecOp::MmxWrite, |op| op.a(a).c(number));
    }

    /// After an instruction that only read MMX registers.
    pub fn enter_mmx(&mut self) {
        self.vector(VecOp::MmxEnter, |op| op);
    }
}
