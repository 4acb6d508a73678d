//! Operands: registers and their parts, immediates, memory.

use iced_x86::{Instruction, OpKind, Register};

use super::{Lift, Unsupported};
use crate::ir::{Op, OpCode, OpCode::*};
use crate::state::{Slot, slot};

/// log2 of an operand size in bytes: 0 = byte .. 3 = quadword.
pub type Width = u8;

/// Where a general register lives: slot, and whether it is AH..BH.
pub fn gpr(register: Register) -> Result<(Slot, bool), Unsupported> {
    if !register.is_gpr() {
        return Err(Unsupported);
    }
    Ok(match register {
        Register::AH => (slot::RAX, true),
        Register::CH => (slot::RCX, true),
        Register::DH => (slot::RDX, true),
        Register::BH => (slot::RBX, true),
        _ => (register.full_register().number() as Slot, false),
    })
}

/// log2 of a size in bytes.
pub fn log2(bytes: usize) -> Result<Width, Unsupported> {
    match bytes {
        1 => Ok(0),
        2 => Ok(1),
        4 => Ok(2),
        8 => Ok(3),
        _ => Err(Unsupported),
    }
}

/// A memory operand ready for a load or store.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// Base slot.
    pub base: Slot,
    /// Index slot and log2 of its scale.
    pub index: Option<(Slot, u8)>,
    /// Displacement.
    pub disp: i64,
    /// Whether the sum wraps to 32 bits.
    pub wrap: bool,
}

impl Address {
    /// The address in `slot` itself.
    pub fn of(slot: Slot) -> Self {
        Address { base: slot, index: None, disp: 0, wrap: false }
    }

    /// A load or store: `codes` are the four address forms in table order.
    pub fn op(self, codes: [OpCode; 4], d: Slot) -> Op {
        let form = usize::from(self.index.is_some()) + if self.wrap { 2 } else { 0 };
        let (b, c) = self.index.unwrap_or((0, 0));
        Op::new(codes[form]).d(d).a(self.base).b(b).c(c).imm(self.disp)
    }
}

/// Zero-extending loads by width and address form.
pub const LOADS: [[OpCode; 4]; 4] = [
    [Ld8, Ld8X, Ld8W, Ld8XW],
    [Ld16, Ld16X, Ld16W, Ld16XW],
    [Ld32, Ld32X, Ld32W, Ld32XW],
    [Ld64, Ld64X, Ld64W, Ld64XW],
];

/// Stores by width and address form.
pub const STORES: [[OpCode; 4]; 4] = [
    [St8, St8X, St8W, St8XW],
    [St16, St16X, St16W, St16XW],
    [St32, St32X, St32W, St32XW],
    [St64, St64X, St64W, St64XW],
];

const RMW: [OpCode; 4] = [LdRmw8, LdRmw16, LdRmw32, LdRmw64];

/// Where the result of an instruction goes; made before the operation.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Register part: write `temp` there when done (for full registers nothing is left to do).
    Register(Register),
    /// Memory at this address slot.
    Memory(Slot),
}

impl Lift {
    /// Width of operand `n`.
    pub fn width(&self, i: &Instruction, n: u32) -> Result<Width, Unsupported> {
        match i.op_kind(n) {
            OpKind::Register => log2(i.op_register(n).size()),
            OpKind::Memory => log2(i.memory_size().size()),
            _ => Err(Unsupported),
        }
    }

    /// Whether operand `n` is memory.
    pub fn is_memory(&self, i: &Instruction, n: u32) -> bool {
        i.op_kind(n) == OpKind::Memory
    }

    /// Whether operand `n` is an immediate.
    pub fn is_immediate(&self, i: &Instruction, n: u32) -> bool {
        i.op_kind(n) >= OpKind::Immediate8 && i.op_kind(n) <= OpKind::Immediate32to64
    }

    /// Immediate operand `n`, sign-extended from width `w`.
    pub fn immediate(&self, i: &Instruction, n: u32, w: Width) -> i64 {
        let value = i.try_immediate(n).unwrap_or(0) as i64;
        match w {
            0 => i64::from(value as i8),
            1 => i64::from(value as i16),
            2 => i64::from(value as i32),
            _ => value,
        }
    }

    /// The memory operand's address; `segment` false ignores FS and GS (LEA).
    pub fn address_of(&mut self, i: &Instruction, segment: bool) -> Result<Address, Unsupported> {
        let base_slot = if segment {
            match i.memory_segment() {
                Register::FS => Some(slot::FS_BASE),
                Register::GS => Some(slot::GS_BASE),
                _ => None,
            }
        } else {
            None
        };
        let base = i.memory_base();
        let index = i.memory_index();
        let mut size = if base != Register::None {
            base.size()
        } else if index != Register::None {
            index.size()
        } else {
            i.memory_displ_size() as usize
        };
        if base == Register::None && index == Register::None {
            // A bare displacement: its size says 16-bit addressing, or nothing.
            size = if size == 2 {
                2
            } else if self.long() {
                8
            } else {
                4
            };
        }
        let mut address = Address {
            base: slot::ZERO,
            index: None,
            disp: i.memory_displacement64() as i64,
            wrap: !self.long(),
        };
        if i.is_ip_rel_memory_operand() {
            address.disp = i.ip_rel_memory_address() as i64;
            size = 8;
        } else {
            if base != Register::None {
                address.base = gpr(base)?.0;
                if address.base == slot::RSP
                    && let Some(moved) = self.stack_base
                {
                    address.base = moved;
                }
            }
            if index != Register::None {
                address.index = Some((gpr(index)?.0, i.memory_index_scale().trailing_zeros() as u8));
            }
            if size == 4 {
                address.disp = i64::from(address.disp as i32);
            }
            if address.base == slot::ZERO
                && let Some((s, 0)) = address.index
            {
                address.base = s;
                address.index = None;
            }
        }
        if size == 2 || (size == 4 && self.long()) {
            // Address size smaller than the mode's: compute it apart.
            let t = self.effective(address, Lea32);
            if size == 2 {
                self.opi(AndI32, t, t, 0xffff);
            }
            address = Address { base: t, index: None, disp: 0, wrap: !self.long() };
        }
        if let Some(segment) = base_slot {
            if address.base == slot::ZERO {
                address.base = segment;
            } else if address.index.is_none() {
                address.index = Some((segment, 0));
            } else {
                let lea = if self.long() { Lea64 } else { Lea32 };
                let t = self.effective(address, lea);
                address = Address { base: t, index: Some((segment, 0)), disp: 0, wrap: address.wrap };
            }
        }
        Ok(address)
    }

    /// Computes an address into a temporary with the given LEA.
    pub fn effective(&mut self, address: Address, lea: OpCode) -> Slot {
        let t = self.temp();
        self.lea_into(address, lea, t);
        t
    }

    /// Computes an address into `d`.
    pub fn lea_into(&mut self, address: Address, lea: OpCode, d: Slot) {
        match address.index {
            None if address.base == slot::ZERO => {
                let disp = if lea == Lea32 { i64::from(address.disp as u32) } else { address.disp };
                self.emit(Op::new(MovI).d(d).imm(disp));
            }
            None => {
                let add = if lea == Lea32 { AddI32 } else { AddI64 };
                self.opi(add, d, address.base, address.disp);
            }
            Some((b, c)) => {
                self.emit(Op::new(lea).d(d).a(address.base).b(b).c(c).imm(address.disp));
            }
        }
    }

    /// The memory operand of `i`.
    pub fn memory(&mut self, i: &Instruction) -> Result<Address, Unsupported> {
        self.address_of(i, true)
    }

    /// The linear address of the memory operand in a slot.
    pub fn linear(&mut self, i: &Instruction) -> Result<Slot, Unsupported> {
        let address = self.memory(i)?;
        if address.index.is_none() && address.disp == 0 {
            return Ok(address.base);
        }
        Ok(self.effective(address, if address.wrap { Lea32 } else { Lea64 }))
    }

    /// Reads a register: the low bits of its width are valid, the rest is not defined.
    pub fn read_register(&mut self, register: Register) -> Result<Slot, Unsupported> {
        let (s, high) = gpr(register)?;
        if !high {
            return Ok(s);
        }
        let t = self.temp();
        self.op3(Zx8h, t, s, 0);
        Ok(t)
    }

    /// Reads operand `n`, register, memory or immediate, of width `w`. The bits
    /// above `w` are not defined.
    pub fn read(&mut self, i: &Instruction, n: u32, w: Width) -> Result<Slot, Unsupported> {
        match i.op_kind(n) {
            OpKind::Register => self.read_register(i.op_register(n)),
            OpKind::Memory => {
                let address = self.memory(i)?;
                let t = self.temp();
                self.emit(address.op(LOADS[w as usize & 3], t));
                Ok(t)
            }
            _ if self.is_immediate(i, n) => {
                let value = self.immediate(i, n, w);
                Ok(self.constant(value))
            }
            _ => Err(Unsupported),
        }
    }

    /// Reads operand `n` zero-extended to 64 bits, always into a fresh temporary.
    pub fn read_zx(&mut self, i: &Instruction, n: u32, w: Width) -> Result<Slot, Unsupported> {
        let s = self.read(i, n, w)?;
        let t = self.temp();
        self.op3([Zx8, Zx16, Mov32, Mov64][w as usize & 3], t, s, 0);
        Ok(t)
    }

    /// Writes a register: byte and word forms keep the rest, 32 bits zero-extend.
    pub fn write_register(&mut self, register: Register, value: Slot) -> Result<(), Unsupported> {
        let (d, high) = gpr(register)?;
        let code = match (log2(register.size())?, high) {
            (0, true) => Ins8h,
            (0, false) => Ins8,
            (1, _) => Ins16,
            (2, _) => Mov32,
            _ => Mov64,
        };
        self.op3(code, d, value, 0);
        Ok(())
    }

    /// Writes operand `n`, register or memory. Memory may fault here, so it must
    /// be the first effect of the instruction.
    pub fn write(&mut self, i: &Instruction, n: u32, w: Width, value: Slot) -> Result<(), Unsupported> {
        match i.op_kind(n) {
            OpKind::Register => self.write_register(i.op_register(n), value),
            OpKind::Memory => {
                let address = self.memory(i)?;
                self.emit(address.op(STORES[w as usize & 3], value));
                Ok(())
            }
            _ => Err(Unsupported),
        }
    }

    /// Where an operation of width `w` may put its result for register `r`: the
    /// register itself if it is written whole, else a temporary for `write_register`.
    pub fn destination(&mut self, r: Register) -> Result<Slot, Unsupported> {
        let (s, _) = gpr(r)?;
        Ok(if r.size() >= 4 { s } else { self.temp() })
    }

    /// Finishes what `destination` began.
    pub fn settle(&mut self, r: Register, value: Slot) -> Result<(), Unsupported> {
        if r.size() < 4 { self.write_register(r, value) } else { Ok(()) }
    }

    /// Operand `n` as source and destination: its value, where to compute the
    /// result, and where that goes. Memory is checked for writing.
    pub fn modify(&mut self, i: &Instruction, n: u32, w: Width) -> Result<(Slot, Slot, Target), Unsupported> {
        match i.op_kind(n) {
            OpKind::Register => {
                let r = i.op_register(n);
                let value = self.read_register(r)?;
                let out = self.destination(r)?;
                Ok((value, out, Target::Register(r)))
            }
            OpKind::Memory => {
                let at = self.linear(i)?;
                let value = self.temp();
                self.opi(RMW[w as usize & 3], value, at, 0);
                Ok((value, self.temp(), Target::Memory(at)))
            }
            _ => Err(Unsupported),
        }
    }

    /// Writes the result of `modify`.
    pub fn complete(&mut self, target: Target, w: Width, out: Slot) -> Result<(), Unsupported> {
        match target {
            Target::Register(r) => self.settle(r, out),
            Target::Memory(at) => {
                self.emit(Address::of(at).op(STORES[w as usize & 3], out));
                Ok(())
            }
        }
    }
}
