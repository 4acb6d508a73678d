//! Guest memory access: the only place where a guest address becomes a linear one.
//!
//! In unchecked mode the layout is trusted: the address is computed modulo 2^32 with the
//! bias folded into the displacement. In checked mode the page's permission byte is
//! tested, and whatever is not plainly allowed (no permission, a page that holds code for
//! a store, an access across pages not both of which are known to allow it, an address past
//! 4 GiB) leaves before the instruction. [`crate::checks`] says what is tested together. Of a program of one thread
//! the address is compared with the reach of a mark first ([`JitContext::reach`]).

use std::mem::offset_of;

use tawaki_cpu::Perms;
use tawaki_cpu::ir::Op;
use tawaki_cpu::state::{Slot, slot};
use wasm_encoder::{MemArg, ValType};

use super::{CTX, Emitter, at};
use crate::checks::Check;
use crate::layout::{JitContext, Layout, SPARE};

/// The address of a memory operand: base + (index << scale) + disp.
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
    /// The address forms of loads and stores: `a + imm`, with `b << c` if `indexed`.
    pub fn of(op: &Op, indexed: bool, wrap: bool) -> Self {
        let index = if indexed { Some((op.b, op.c & 3)) } else { None };
        Address { base: op.a, index, disp: op.imm, wrap }
    }

    /// The address in a slot plus a constant.
    pub fn slot(base: Slot, disp: i64, wrap: bool) -> Self {
        Address { base, index: None, disp, wrap }
    }
}

/// What an access does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes, or reads what it will write.
    Write,
}

/// What is tested at once.
struct Run {
    bytes: u32,
    access: Access,
    /// Whether the upper half of the address is not known to be zero.
    wide: bool,
}

/// The memory argument of a guest access with a complete address; its alignment is unknown.
pub const GUEST: MemArg = MemArg { offset: 0, align: 0, memory_index: 0 };

/// The lowest bits of a displacement are in the memory argument, so that accesses through the same register
/// share the sum before it. The engine's sum does not wrap. That shows only at the lowest linear addresses, where
/// nothing of the guest is ever mapped (`lowest_address` of the processes).
const OFFSETS: i32 = 0x8000;

/// In code that trusts the layout the local of the stack pointer is so much less: a linear address, and so far
/// below it that what is pushed next has a positive offset.
const STACK_LEAD: i32 = 0x80 - Layout::BIAS;

const _: () = assert!(Layout::BIAS % OFFSETS == 0);

/// Which of the marks is that of the stack.
const STACK: usize = 2;

/// So far above a mark constant addresses are taken to be within its reach.
const NEAR: i64 = 1 << 26;

impl Emitter<'_> {
    /// Pushes the i32 linear address of an access of `len` bytes, or what with the memory argument returned
    /// makes it, after having made sure in checked mode that it is allowed.
    #[must_use]
    pub fn address(&mut self, a: &Address, len: u32, access: Access) -> MemArg {
        let mut run = Run { bytes: len, access, wide: !a.wrap && self.layout.bits64 };
        let mut below = 0;
        match std::mem::take(&mut self.check) {
            _ if !self.options.checked => return self.address_again(a),
            Check::Known => return self.address_again(a),
            Check::Own => {}
            Check::Run { below: to, bytes, write, wide } => {
                below = to as i32;
                run = Run { bytes, access: if write { Access::Write } else { Access::Read }, wide };
            }
        }
        let first = Address { disp: a.disp.wrapping_sub(below.into()), ..*a };
        if let Some(mark) = self.mark(&first, &run) {
            self.outside(&first, &run, mark);
            self.unlikely();
            self.if_();
            self.check(&first, &run);
            self.close();
            return self.address_again(a);
        }
        let low = self.check(&first, &run);
        self.i().local_get(low).i32_const(Layout::BIAS.wrapping_add(below)).i32_add();
        GUEST
    }

    /// The mark within reach of which the address may well be.
    fn mark(&self, a: &Address, run: &Run) -> Option<usize> {
        if !self.options.alone || run.bytes > SPARE {
            return None;
        }
        let mark = usize::from(run.access == Access::Write);
        let above = a.disp.wrapping_sub(self.options.marks[mark].into());
        match (a.base, a.index) {
            (slot::RSP, None) if !(self.layout.bits64 && a.wrap) => Some(STACK),
            (slot::ZERO, None) => (0..NEAR).contains(&above).then_some(mark),
            _ => Some(mark),
        }
    }

    /// Pushes whether what is tested at the address is not within reach of the mark.
    fn outside(&mut self, a: &Address, run: &Run, mark: usize) {
        let wide = self.layout.bits64;
        let ty = if wide { ValType::I64 } else { ValType::I32 };
        let reach = self.reach[mark].unwrap_or_else(|| self.local(ty));
        self.reach[mark] = Some(reach);
        let from = self.options.marks[mark];
        let end = from.wrapping_sub(run.bytes);
        match (wide, mark == STACK) {
            (false, false) => self.sum32(a, (from as i32).wrapping_neg()),
            (false, true) => {
                self.i().i32_const(end as i32);
                self.sum32(a, 0);
                self.i().i32_sub();
            }
            (true, false) if a.wrap => {
                self.sum32(a, (from as i32).wrapping_neg());
                self.i().i64_extend_i32_u();
            }
            (true, false) => self.sum64(&Address { disp: a.disp.wrapping_sub(from.into()), ..*a }),
            (true, true) => {
                self.i().i64_const(end.into());
                self.sum64(a);
                self.i().i64_sub();
            }
        }
        let mut i = self.i();
        i.local_get(reach);
        _ = if wide { i.i64_ge_u() } else { i.i32_ge_u() };
    }

    /// Where the function begins: loads what [`Self::outside`] compares with.
    pub fn load_reach(&mut self) {
        for (which, local) in self.reach.into_iter().enumerate() {
            let Some(local) = local else { continue };
            let word = at((offset_of!(JitContext, reach) + 4 * which) as u32, 2);
            let narrow = !self.layout.bits64;
            let mut i = self.i();
            i.local_get(CTX);
            _ = if narrow { i.i32_load(word) } else { i.i64_load32_u(word) };
            i.local_set(local);
        }
    }

    /// As [`Self::address`], complete: for [`GUEST`], and to compute with.
    pub fn linear_address(&mut self, a: &Address, len: u32, access: Access) {
        let m = self.address(a, len, access);
        if m.offset != 0 {
            self.i().i32_const(m.offset as i32).i32_add();
        }
    }

    /// As [`Self::address`], without the check: for a store after a load with
    /// [`Access::Write`] of the same operand.
    #[must_use]
    pub fn address_again(&mut self, a: &Address) -> MemArg {
        if a.base == slot::ZERO && a.index.is_none() {
            self.sum32(a, Layout::BIAS);
            return GUEST;
        }
        let offset = self.constant(a, Layout::BIAS) & (OFFSETS - 1);
        self.sum32(a, Layout::BIAS.wrapping_sub(offset));
        at(offset as u32, 0)
    }

    /// What is to be added to the locals of an address for its low 32 bits plus `bias`.
    fn constant(&self, a: &Address, bias: i32) -> i32 {
        let behind = (self.behind(a.base) as i32).wrapping_add(self.lead(a.base));
        (a.disp as i32).wrapping_add(bias).wrapping_add(behind)
    }

    /// Pushes the low 32 bits of the address plus `bias`.
    pub fn sum32(&mut self, a: &Address, bias: i32) {
        let constant = self.constant(a, bias);
        let mut any = false;
        if a.base != slot::ZERO {
            self.get_local(a.base);
            if !self.is_narrow(a.base) {
                self.i().i32_wrap_i64();
            }
            any = true;
        }
        if let Some((index, scale)) = a.index
            && index != slot::ZERO
        {
            self.get32(index);
            if scale != 0 {
                self.i().i32_const(i32::from(scale)).i32_shl();
            }
            if any {
                self.i().i32_add();
            }
            any = true;
        }
        if !any {
            self.i().i32_const(constant);
        } else if constant != 0 {
            self.i().i32_const(constant).i32_add();
        }
    }

    /// Pushes the whole address as i64.
    pub fn sum64(&mut self, a: &Address) {
        if a.base == slot::ZERO {
            self.i().i64_const(0);
        } else {
            self.get_local(a.base);
            if self.is_narrow(a.base) {
                self.i().i64_extend_i32_u();
            }
        }
        if let Some((index, scale)) = a.index {
            self.get(index);
            if scale != 0 {
                self.i().i64_const(i64::from(scale)).i64_shl();
            }
            self.i().i64_add();
        }
        let disp = a.disp.wrapping_add(self.behind(a.base)).wrapping_add(self.lead(a.base).into());
        if disp != 0 {
            self.i().i64_const(disp).i64_add();
        }
    }

    /// By how much a slot's local is less than its value.
    pub fn lead(&self, s: Slot) -> i32 {
        if s == slot::RSP && !self.options.checked { STACK_LEAD } else { 0 }
    }

    /// What a base register's local lacks because of pushes and pops.
    fn behind(&self, base: Slot) -> i64 {
        if base == slot::RSP { self.stack } else { 0 }
    }

    /// Computes the low half of the guest address into the local returned and leaves if the accesses are
    /// not plainly allowed.
    fn check(&mut self, a: &Address, run: &Run) -> u32 {
        let low = self.scratch(ValType::I32);
        if run.wide {
            let whole = self.scratch(ValType::I64);
            self.sum64(a);
            self.i().local_tee(whole).local_get(whole).i32_wrap_i64().local_tee(low);
            self.i().i64_extend_i32_u().i64_ne();
            self.side_exit_if();
        } else {
            self.sum32(a, 0);
            self.i().local_set(low);
        }
        let (mask, want, both) = match run.access {
            Access::Read => (Perms::READ, Perms::READ, Perms::READ_BOTH),
            Access::Write => (Perms::WRITE | Perms::CODE, Perms::WRITE, Perms::WRITE_BOTH),
        };
        let perms = at(self.layout.perms, 0);
        self.i().local_get(low).i32_const(12).i32_shr_u().i32_load8_u(perms);
        if run.bytes == 1 && run.access == Access::Read {
            self.i().i32_const(mask.0.into()).i32_and().i32_eqz();
            self.side_exit_if();
            return low;
        }
        let page = self.scratch(ValType::I32);
        self.i().local_tee(page).i32_const(both.0.into()).i32_and().i32_eqz();
        self.unlikely();
        self.if_();
        // The next page does not allow it, or nobody knows.
        self.i().local_get(page).i32_const(mask.0.into()).i32_and().i32_const(want.0.into()).i32_ne();
        if run.bytes > 1 {
            self.i().local_get(low).i32_const(0xfff).i32_and();
            self.i().i32_const(4096 - run.bytes as i32).i32_gt_u().i32_or();
        }
        self.side_exit_if();
        self.close();
        low
    }
}
