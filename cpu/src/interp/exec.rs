//! Executes the operations of one block: the giant match.
//!
//! Invariants: an operation that can fault changes nothing before it does; a
//! block-ending operation sets `rip`; a store that hits a page holding decoded
//! code stops the block at the next instruction boundary, because the bytes
//! after it may be the ones that changed.

use super::arith::*;
use super::cache::Blocks;
use super::vector::exec_vector;
use crate::flags::{self, kind};
use crate::helper::{self, string::Progress};
use crate::ir::{OpCode, TrapCode};
use crate::mem::AtomicFn;
use crate::state::{CpuState, slot};
use crate::{GuestMemory, Trap};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How a run of blocks ended. Unless said otherwise `rip` is where to go on and
/// every instruction before it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A direct branch was taken whose target has no link yet.
    Taken,
    /// Past the end of the block, which has no link yet.
    Fall,
    /// An indirect branch to an address that the front table does not know.
    Indirect,
    /// The next block may no longer match the code in memory.
    Stale,
    /// The entry's countdown has ended. It has not begun.
    Hot,
    /// The attention word is set or the budget used up.
    Poll,
    /// A trap raised by the operation with this index; `rip` and count are not set.
    Trap(u32, Trap),
    /// The trap operation that ends a block.
    TrapEnd(Trap),
    /// The operation with this index (a repeated string instruction) wants to be
    /// started again after a look at the attention word; `rip` and count are not set.
    Again(u32),
    /// The operation with this index changed code: go on with it only to the
    /// end of its instruction; `rip` and count are not set.
    CodeChanged(u32),
}

/// When [`run_blocks`] has to come back.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// Non-zero asks it to.
    pub attention: &'a AtomicU32,
    /// Value of `icount` that uses up the budget.
    pub stop: u64,
}

const KIND8: u64 = 0;
const KIND16: u64 = 1;
const KIND32: u64 = 2;
const KIND64: u64 = 3;

/// Runs blocks from entry `at` on, following links. Returns why it stopped, and in
/// which entry (for `Stale` the one to check).
pub fn run_blocks(
    state: &mut CpuState,
    memory: &GuestMemory,
    blocks: Blocks,
    mut at: u32,
    limits: Limits,
) -> (u32, Exit) {
    let epoch = memory.code_epoch();
    'blocks: loop {
        let Some(entry) = blocks.entries.get(at as usize) else { return (at, Exit::Indirect) };
        let countdown = entry.countdown.get().wrapping_sub(1);
        entry.countdown.set(countdown);
        if countdown == 0 {
            return (at, Exit::Hot);
        }
        let (number, missing) = 'block: {
            let mut rest = entry.block.ops.iter();
            while let Some(op) = rest.next() {
                // Which operation this is: asked only on the way out.
                macro_rules! index {
                    () => {
                        (entry.block.ops.len() - rest.len() - 1) as u32
                    };
                }
                macro_rules! a {
                    () => {
                        state.slots[op.a as usize]
                    };
                }
                macro_rules! b {
                    () => {
                        state.slots[op.b as usize]
                    };
                }
                macro_rules! set {
                    ($value:expr) => {{
                        let value: u64 = $value;
                        state.slots[op.d as usize] = value;
                    }};
                }
                // b + imm: either a slot and 0, or ZERO and an immediate.
                macro_rules! bi {
                    () => {
                        b!().wrapping_add(op.imm as u64)
                    };
                }
                macro_rules! flags {
                    ($kind:expr, $a:expr, $b:expr, $r:expr) => {{
                        state.slots[slot::FLAG_A as usize] = $a;
                        state.slots[slot::FLAG_B as usize] = $b;
                        state.slots[slot::FLAG_R as usize] = $r;
                        state.slots[slot::FLAG_KIND as usize] = $kind;
                    }};
                }
                macro_rules! logic {
                    ($kind:expr, $r:expr) => {{
                        state.slots[slot::FLAG_R as usize] = $r;
                        state.slots[slot::FLAG_KIND as usize] = $kind | kind::LOGIC;
                    }};
                }
                macro_rules! fail {
                    ($trap:expr) => {
                        return (at, Exit::Trap(index!(), $trap))
                    };
                }
                macro_rules! check {
                    ($result:expr) => {
                        match $result {
                            Ok(value) => value,
                            Err(error) => fail!(Trap::from(error)),
                        }
                    };
                }
                // Addresses.
                macro_rules! ea {
                    () => {
                        a!().wrapping_add(op.imm as u64)
                    };
                }
                macro_rules! eax {
                    () => {
                        a!().wrapping_add(b!() << (op.c & 3)).wrapping_add(op.imm as u64)
                    };
                }
                macro_rules! eaw {
                    () => {
                        u64::from(ea!() as u32)
                    };
                }
                macro_rules! eaxw {
                    () => {
                        u64::from(eax!() as u32)
                    };
                }
                macro_rules! load {
                    ($load:ident, $address:expr, $conv:expr) => {{
                        let value = check!(memory.$load($address));
                        set!($conv(value));
                    }};
                }
                macro_rules! store {
                    ($store:ident, $address:expr, $ty:ty) => {{
                        let value = state.slots[op.d as usize] as $ty;
                        check!(memory.$store($address, value));
                        if memory.code_epoch() != epoch {
                            return (at, Exit::CodeChanged(index!()));
                        }
                    }};
                }
                macro_rules! changed {
                    () => {
                        if memory.code_epoch() != epoch {
                            return (at, Exit::CodeChanged(index!()));
                        }
                    };
                }
                macro_rules! add {
                    ($kind:expr, $ty:ty, $b:expr) => {{
                        let (x, y) = (a!() as $ty, $b as $ty);
                        let r = x.wrapping_add(y);
                        flags!($kind | kind::ADD, x as u64, y as u64, r as u64);
                        set!(r as u64);
                    }};
                }
                macro_rules! sub {
                    ($kind:expr, $ty:ty, $b:expr) => {{
                        let (x, y) = (a!() as $ty, $b as $ty);
                        let r = x.wrapping_sub(y);
                        flags!($kind | kind::SUB, x as u64, y as u64, r as u64);
                        set!(r as u64);
                    }};
                }
                macro_rules! adc {
                    ($kind:expr, $ty:ty) => {{
                        let (x, y) = (a!() as $ty, bi!() as $ty);
                        let r = x.wrapping_add(y).wrapping_add(flags::carry(state) as $ty);
                        flags!($kind | kind::ADD, x as u64, y as u64, r as u64);
                        set!(r as u64);
                    }};
                }
                macro_rules! sbb {
                    ($kind:expr, $ty:ty) => {{
                        let (x, y) = (a!() as $ty, bi!() as $ty);
                        let r = x.wrapping_sub(y).wrapping_sub(flags::carry(state) as $ty);
                        flags!($kind | kind::SUB, x as u64, y as u64, r as u64);
                        set!(r as u64);
                    }};
                }
                macro_rules! bitwise {
            ($kind:expr, $ty:ty, $op:tt, $b:expr) => {{
                let r = (a!() $op $b) as $ty as u64;
                logic!($kind, r);
                set!(r);
            }};
        }
                macro_rules! incdec {
                    ($kind:expr, $ty:ty, $family:expr, $method:ident) => {{
                        let cf = flags::carry(state) as u64;
                        let r = (a!() as $ty).$method(1) as u64;
                        state.slots[slot::FLAG_A as usize] = cf;
                        state.slots[slot::FLAG_R as usize] = r;
                        state.slots[slot::FLAG_KIND as usize] = $kind | $family;
                        set!(r);
                    }};
                }
                macro_rules! imul {
                    ($ty:ty, $uty:ty, $wide:ty) => {{
                        let wide = (a!() as $ty as $wide) * (bi!() as $ty as $wide);
                        let r = wide as $ty;
                        set_mul_flags(state, r as $wide != wide, r as $uty as u64, <$ty>::BITS);
                        set!(r as $uty as u64);
                    }};
                }
                macro_rules! shift {
                    ($kind:expr, $family:expr, $bits:expr, $shift:expr) => {{
                        let count = bi!() & if $bits == 64 { 63 } else { 31 };
                        let x = a!() & (u64::MAX >> (64 - $bits));
                        if count == 0 {
                            set!(x);
                        } else {
                            let r: u64 = $shift(x, count as u32);
                            flags!($kind | $family, x, count, r);
                            set!(r);
                        }
                    }};
                }
                macro_rules! rotate {
                    ($function:ident, $bits:expr) => {{
                        let (x, count) = (a!(), bi!());
                        let r = $function(state, x, count, $bits);
                        set!(r);
                    }};
                }
                macro_rules! double_shift {
                    ($function:ident, $bits:expr) => {{
                        let count = state.slots[op.c as usize].wrapping_add(op.imm as u64);
                        let (x, y) = (a!(), b!());
                        let r = $function(state, x, y, count, $bits);
                        set!(r);
                    }};
                }
                macro_rules! bit {
                    ($bits:expr, $change:expr) => {{
                        let mask = 1u64 << (bi!() & ($bits - 1));
                        let x = a!() & (u64::MAX >> (64 - $bits));
                        flags::update(state, flags::CF, if x & mask != 0 { flags::CF } else { 0 });
                        $change(x, mask)
                    }};
                }
                macro_rules! scan {
                    ($ty:ty, $find:expr) => {{
                        let x = a!() as $ty;
                        if x == 0 {
                            // The destination keeps its value, upper half included, as processors do.
                            let old = b!();
                            flags::set_status(state, flags::ZF | flags::PF);
                            set!(old);
                        } else {
                            let r: u64 = $find(x);
                            let parity = if (r as u8).count_ones() & 1 == 0 { flags::PF } else { 0 };
                            flags::set_status(state, parity);
                            set!(r);
                        }
                    }};
                }
                macro_rules! count {
                    ($ty:ty, $method:ident) => {{
                        let x = a!() as $ty;
                        let r = u64::from(x.$method());
                        let cf = if x == 0 { flags::CF } else { 0 };
                        let zf = if r == 0 { flags::ZF } else { 0 };
                        flags::set_status(state, cf | zf);
                        set!(r);
                    }};
                }
                macro_rules! popcnt {
                    ($ty:ty) => {{
                        let r = u64::from((a!() as $ty).count_ones());
                        flags::set_status(state, if r == 0 { flags::ZF } else { 0 });
                        set!(r);
                    }};
                }
                macro_rules! jump_if {
                    ($condition:expr, $target:expr) => {
                        if $condition {
                            state.rip = $target as u64;
                            break 'block (entry.taken, Exit::Taken);
                        }
                    };
                }
                macro_rules! jsub {
                    ($kind:expr, $ty:ty, $signed:ty, $b:expr, $target:expr) => {{
                        let (x, y) = (a!() as $ty, $b as $ty);
                        let r = x.wrapping_sub(y);
                        flags!($kind | kind::SUB, x as u64, y as u64, r as u64);
                        let base = match op.c >> 1 {
                            1 => x < y,
                            2 => x == y,
                            3 => x <= y,
                            4 => (r as $signed) < 0,
                            6 => (x as $signed) < (y as $signed),
                            7 => (x as $signed) <= (y as $signed),
                            _ => flags::condition(state, op.c & !1),
                        };
                        jump_if!(base != (op.c & 1 != 0), $target);
                    }};
                }
                macro_rules! jand {
                    ($kind:expr, $ty:ty, $signed:ty, $b:expr, $target:expr) => {{
                        let r = (a!() & $b) as $ty;
                        logic!($kind, r as u64);
                        let base = match op.c >> 1 {
                            0 | 1 => false,
                            2 | 3 => r == 0,
                            4 | 6 => (r as $signed) < 0,
                            5 => (r as u8).count_ones() & 1 == 0,
                            _ => (r as $signed) <= 0,
                        };
                        jump_if!(base != (op.c & 1 != 0), $target);
                    }};
                }
                macro_rules! low_target {
                    () => {
                        op.imm as u64 & 0xffff_ffff
                    };
                }
                // A branch to an address that is not canonical faults as #GP itself.
                macro_rules! canonical {
                    ($target:expr) => {
                        if $target >> 47 != 0 && ($target as i64) >> 47 != -1 {
                            fail!(Trap::GeneralProtection);
                        }
                    };
                }
                macro_rules! push {
                    ($value:expr, $bytes:expr, $store:ident, $ty:ty) => {{
                        let value = $value;
                        let sp = state.slots[slot::RSP as usize].wrapping_sub($bytes);
                        let sp = if $bytes == 4 { sp as u32 as u64 } else { sp };
                        check!(memory.$store(sp, value as $ty));
                        state.slots[slot::RSP as usize] = sp;
                    }};
                }
                macro_rules! pop {
                    ($bytes:expr, $load:ident, $extra:expr) => {{
                        let sp = state.slots[slot::RSP as usize];
                        let value = check!(memory.$load(sp)) as u64;
                        let sp = sp.wrapping_add($bytes).wrapping_add($extra as u64);
                        state.slots[slot::RSP as usize] = if $bytes == 4 { sp as u32 as u64 } else { sp };
                        value
                    }};
                }

                match op.code {
                    OpCode::Nop | OpCode::Prefetch => {}
                    OpCode::Mov64 => set!(a!()),
                    OpCode::Mov32 => set!(a!() as u32 as u64),
                    OpCode::MovI => set!(op.imm as u64),
                    OpCode::Ins8 => set!(state.slots[op.d as usize] & !0xff | a!() & 0xff),
                    OpCode::Ins8h => set!(state.slots[op.d as usize] & !0xff00 | (a!() & 0xff) << 8),
                    OpCode::Ins16 => set!(state.slots[op.d as usize] & !0xffff | a!() & 0xffff),
                    OpCode::Zx8 => set!(a!() & 0xff),
                    OpCode::Zx8h => set!(a!() >> 8 & 0xff),
                    OpCode::Zx16 => set!(a!() & 0xffff),
                    OpCode::Sx8To32 => set!(a!() as i8 as i32 as u32 as u64),
                    OpCode::Sx8To64 => set!(a!() as i8 as u64),
                    OpCode::Sx16To32 => set!(a!() as i16 as i32 as u32 as u64),
                    OpCode::Sx16To64 => set!(a!() as i16 as u64),
                    OpCode::Sx32To64 => set!(a!() as i32 as u64),
                    OpCode::Bswap32 => set!((a!() as u32).swap_bytes() as u64),
                    OpCode::Bswap64 => set!(a!().swap_bytes()),
                    OpCode::Not32 => set!(!(a!() as u32) as u64),
                    OpCode::Not64 => set!(!a!()),
                    OpCode::Lea32 => set!(eaxw!()),
                    OpCode::Lea64 => set!(eax!()),
                    OpCode::Cmov32 => {
                        set!(if flags::condition(state, op.c) { a!() } else { b!() } as u32 as u64)
                    }
                    OpCode::Cmov64 => set!(if flags::condition(state, op.c) { a!() } else { b!() }),
                    OpCode::Setcc => set!(flags::condition(state, op.c) as u64),

                    OpCode::Add32 => set!(a!().wrapping_add(b!()) as u32 as u64),
                    OpCode::Add64 => set!(a!().wrapping_add(b!())),
                    OpCode::AddI32 => set!(a!().wrapping_add(op.imm as u64) as u32 as u64),
                    OpCode::AddI64 => set!(a!().wrapping_add(op.imm as u64)),
                    OpCode::Sub32 => set!(a!().wrapping_sub(b!()) as u32 as u64),
                    OpCode::Sub64 => set!(a!().wrapping_sub(b!())),
                    OpCode::And32 => set!((a!() & b!()) as u32 as u64),
                    OpCode::And64 => set!(a!() & b!()),
                    OpCode::AndI32 => set!((a!() & op.imm as u64) as u32 as u64),
                    OpCode::AndI64 => set!(a!() & op.imm as u64),
                    OpCode::Or32 => set!((a!() | b!()) as u32 as u64),
                    OpCode::Or64 => set!(a!() | b!()),
                    OpCode::OrI32 => set!((a!() | op.imm as u64) as u32 as u64),
                    OpCode::OrI64 => set!(a!() | op.imm as u64),
                    OpCode::Xor32 => set!((a!() ^ b!()) as u32 as u64),
                    OpCode::Xor64 => set!(a!() ^ b!()),
                    OpCode::XorI32 => set!((a!() ^ op.imm as u64) as u32 as u64),
                    OpCode::XorI64 => set!(a!() ^ op.imm as u64),
                    OpCode::Imul32 => set!((a!() as u32).wrapping_mul(bi!() as u32) as u64),
                    OpCode::Imul64 => set!(a!().wrapping_mul(bi!())),

                    OpCode::Shl32 => set!((a!() as u32).wrapping_shl(b!() as u32) as u64),
                    OpCode::Shl64 => set!(a!().wrapping_shl(b!() as u32)),
                    OpCode::ShlI32 => set!((a!() as u32).wrapping_shl(op.imm as u32) as u64),
                    OpCode::ShlI64 => set!(a!().wrapping_shl(op.imm as u32)),
                    OpCode::Shr32 => set!((a!() as u32).wrapping_shr(b!() as u32) as u64),
                    OpCode::Shr64 => set!(a!().wrapping_shr(b!() as u32)),
                    OpCode::ShrI32 => set!((a!() as u32).wrapping_shr(op.imm as u32) as u64),
                    OpCode::ShrI64 => set!(a!().wrapping_shr(op.imm as u32)),
                    OpCode::Sar32 => set!((a!() as i32).wrapping_shr(b!() as u32) as u32 as u64),
                    OpCode::Sar64 => set!((a!() as i64).wrapping_shr(b!() as u32) as u64),
                    OpCode::SarI32 => set!((a!() as i32).wrapping_shr(op.imm as u32) as u32 as u64),
                    OpCode::SarI64 => set!((a!() as i64).wrapping_shr(op.imm as u32) as u64),
                    OpCode::Rol32 => set!((a!() as u32).rotate_left(bi!() as u32 & 31) as u64),
                    OpCode::Rol64 => set!(a!().rotate_left(bi!() as u32 & 63)),
                    OpCode::Ror32 => set!((a!() as u32).rotate_right(bi!() as u32 & 31) as u64),
                    OpCode::Ror64 => set!(a!().rotate_right(bi!() as u32 & 63)),

                    OpCode::AddF8 => add!(KIND8, u8, b!()),
                    OpCode::AddF16 => add!(KIND16, u16, b!()),
                    OpCode::AddF32 => add!(KIND32, u32, b!()),
                    OpCode::AddF64 => add!(KIND64, u64, b!()),
                    OpCode::AddFI8 => add!(KIND8, u8, op.imm),
                    OpCode::AddFI16 => add!(KIND16, u16, op.imm),
                    OpCode::AddFI32 => add!(KIND32, u32, op.imm),
                    OpCode::AddFI64 => add!(KIND64, u64, op.imm),
                    OpCode::SubF8 => sub!(KIND8, u8, b!()),
                    OpCode::SubF16 => sub!(KIND16, u16, b!()),
                    OpCode::SubF32 => sub!(KIND32, u32, b!()),
                    OpCode::SubF64 => sub!(KIND64, u64, b!()),
                    OpCode::SubFI8 => sub!(KIND8, u8, op.imm),
                    OpCode::SubFI16 => sub!(KIND16, u16, op.imm),
                    OpCode::SubFI32 => sub!(KIND32, u32, op.imm),
                    OpCode::SubFI64 => sub!(KIND64, u64, op.imm),
                    OpCode::AdcF8 => adc!(KIND8, u8),
                    OpCode::AdcF16 => adc!(KIND16, u16),
                    OpCode::AdcF32 => adc!(KIND32, u32),
                    OpCode::AdcF64 => adc!(KIND64, u64),
                    OpCode::SbbF8 => sbb!(KIND8, u8),
                    OpCode::SbbF16 => sbb!(KIND16, u16),
                    OpCode::SbbF32 => sbb!(KIND32, u32),
                    OpCode::SbbF64 => sbb!(KIND64, u64),
                    OpCode::AndF8 => bitwise!(KIND8, u8, &, b!()),
                    OpCode::AndF16 => bitwise!(KIND16, u16, &, b!()),
                    OpCode::AndF32 => bitwise!(KIND32, u32, &, b!()),
                    OpCode::AndF64 => bitwise!(KIND64, u64, &, b!()),
                    OpCode::AndFI8 => bitwise!(KIND8, u8, &, op.imm as u64),
                    OpCode::AndFI16 => bitwise!(KIND16, u16, &, op.imm as u64),
                    OpCode::AndFI32 => bitwise!(KIND32, u32, &, op.imm as u64),
                    OpCode::AndFI64 => bitwise!(KIND64, u64, &, op.imm as u64),
                    OpCode::OrF8 => bitwise!(KIND8, u8, |, b!()),
                    OpCode::OrF16 => bitwise!(KIND16, u16, |, b!()),
                    OpCode::OrF32 => bitwise!(KIND32, u32, |, b!()),
                    OpCode::OrF64 => bitwise!(KIND64, u64, |, b!()),
                    OpCode::OrFI8 => bitwise!(KIND8, u8, |, op.imm as u64),
                    OpCode::OrFI16 => bitwise!(KIND16, u16, |, op.imm as u64),
                    OpCode::OrFI32 => bitwise!(KIND32, u32, |, op.imm as u64),
                    OpCode::OrFI64 => bitwise!(KIND64, u64, |, op.imm as u64),
                    OpCode::XorF8 => bitwise!(KIND8, u8, ^, b!()),
                    OpCode::XorF16 => bitwise!(KIND16, u16, ^, b!()),
                    OpCode::XorF32 => bitwise!(KIND32, u32, ^, b!()),
                    OpCode::XorF64 => bitwise!(KIND64, u64, ^, b!()),
                    OpCode::XorFI8 => bitwise!(KIND8, u8, ^, op.imm as u64),
                    OpCode::XorFI16 => bitwise!(KIND16, u16, ^, op.imm as u64),
                    OpCode::XorFI32 => bitwise!(KIND32, u32, ^, op.imm as u64),
                    OpCode::XorFI64 => bitwise!(KIND64, u64, ^, op.imm as u64),
                    OpCode::IncF8 => incdec!(KIND8, u8, kind::INC, wrapping_add),
                    OpCode::IncF16 => incdec!(KIND16, u16, kind::INC, wrapping_add),
                    OpCode::IncF32 => incdec!(KIND32, u32, kind::INC, wrapping_add),
                    OpCode::IncF64 => incdec!(KIND64, u64, kind::INC, wrapping_add),
                    OpCode::DecF8 => incdec!(KIND8, u8, kind::DEC, wrapping_sub),
                    OpCode::DecF16 => incdec!(KIND16, u16, kind::DEC, wrapping_sub),
                    OpCode::DecF32 => incdec!(KIND32, u32, kind::DEC, wrapping_sub),
                    OpCode::DecF64 => incdec!(KIND64, u64, kind::DEC, wrapping_sub),
                    OpCode::ImulF16 => imul!(i16, u16, i32),
                    OpCode::ImulF32 => imul!(i32, u32, i64),
                    OpCode::ImulF64 => imul!(i64, u64, i128),
                    OpCode::MulF8 => multiply(state, a!(), 8, false),
                    OpCode::MulF16 => multiply(state, a!(), 16, false),
                    OpCode::MulF32 => multiply(state, a!(), 32, false),
                    OpCode::MulF64 => multiply(state, a!(), 64, false),
                    OpCode::ImulWF8 => multiply(state, a!(), 8, true),
                    OpCode::ImulWF16 => multiply(state, a!(), 16, true),
                    OpCode::ImulWF32 => multiply(state, a!(), 32, true),
                    OpCode::ImulWF64 => multiply(state, a!(), 64, true),
                    OpCode::Div8 => check!(divide(state, a!(), 8)),
                    OpCode::Div16 => check!(divide(state, a!(), 16)),
                    OpCode::Div32 => check!(divide(state, a!(), 32)),
                    OpCode::Div64 => check!(divide(state, a!(), 64)),
                    OpCode::Idiv8 => check!(divide_signed(state, a!(), 8)),
                    OpCode::Idiv16 => check!(divide_signed(state, a!(), 16)),
                    OpCode::Idiv32 => check!(divide_signed(state, a!(), 32)),
                    OpCode::Idiv64 => check!(divide_signed(state, a!(), 64)),

                    OpCode::ShlF8 => shift!(KIND8, kind::SHL, 8u64, |x: u64, n| x << n & 0xff),
                    OpCode::ShlF16 => shift!(KIND16, kind::SHL, 16u64, |x: u64, n| x << n & 0xffff),
                    OpCode::ShlF32 => shift!(KIND32, kind::SHL, 32u64, |x: u64, n| x << n & 0xffff_ffff),
                    OpCode::ShlF64 => shift!(KIND64, kind::SHL, 64u64, |x: u64, n| x << n),
                    OpCode::ShrF8 => shift!(KIND8, kind::SHR, 8u64, |x: u64, n| x >> n),
                    OpCode::ShrF16 => shift!(KIND16, kind::SHR, 16u64, |x: u64, n| x >> n),
                    OpCode::ShrF32 => shift!(KIND32, kind::SHR, 32u64, |x: u64, n| x >> n),
                    OpCode::ShrF64 => shift!(KIND64, kind::SHR, 64u64, |x: u64, n| x >> n),
                    OpCode::SarF8 => {
                        shift!(KIND8, kind::SAR, 8u64, |x: u64, n| (x as i8 as i64 >> n) as u8 as u64)
                    }
                    OpCode::SarF16 => {
                        shift!(KIND16, kind::SAR, 16u64, |x: u64, n| (x as i16 as i64 >> n) as u16 as u64)
                    }
                    OpCode::SarF32 => {
                        shift!(KIND32, kind::SAR, 32u64, |x: u64, n| (x as i32 as i64 >> n) as u32 as u64)
                    }
                    OpCode::SarF64 => {
                        shift!(KIND64, kind::SAR, 64u64, |x: u64, n| (x as i64 >> n) as u64)
                    }
                    OpCode::RolF8 => rotate!(rotate_left, 8),
                    OpCode::RolF16 => rotate!(rotate_left, 16),
                    OpCode::RolF32 => rotate!(rotate_left, 32),
                    OpCode::RolF64 => rotate!(rotate_left, 64),
                    OpCode::RorF8 => rotate!(rotate_right, 8),
                    OpCode::RorF16 => rotate!(rotate_right, 16),
                    OpCode::RorF32 => rotate!(rotate_right, 32),
                    OpCode::RorF64 => rotate!(rotate_right, 64),
                    OpCode::RclF8 => rotate!(rotate_carry_left, 8),
                    OpCode::RclF16 => rotate!(rotate_carry_left, 16),
                    OpCode::RclF32 => rotate!(rotate_carry_left, 32),
                    OpCode::RclF64 => rotate!(rotate_carry_left, 64),
                    OpCode::RcrF8 => rotate!(rotate_carry_right, 8),
                    OpCode::RcrF16 => rotate!(rotate_carry_right, 16),
                    OpCode::RcrF32 => rotate!(rotate_carry_right, 32),
                    OpCode::RcrF64 => rotate!(rotate_carry_right, 64),
                    OpCode::ShldF16 => double_shift!(shift_left_double, 16),
                    OpCode::ShldF32 => double_shift!(shift_left_double, 32),
                    OpCode::ShldF64 => double_shift!(shift_left_double, 64),
                    OpCode::ShrdF16 => double_shift!(shift_right_double, 16),
                    OpCode::ShrdF32 => double_shift!(shift_right_double, 32),
                    OpCode::ShrdF64 => double_shift!(shift_right_double, 64),

                    OpCode::BtF16 => bit!(16u64, |_, _| ()),
                    OpCode::BtF32 => bit!(32u64, |_, _| ()),
                    OpCode::BtF64 => bit!(64u64, |_, _| ()),
                    OpCode::BtsF16 => set!(bit!(16u64, |x: u64, m: u64| x | m)),
                    OpCode::BtsF32 => set!(bit!(32u64, |x: u64, m: u64| x | m)),
                    OpCode::BtsF64 => set!(bit!(64u64, |x: u64, m: u64| x | m)),
                    OpCode::BtrF16 => set!(bit!(16u64, |x: u64, m: u64| x & !m)),
                    OpCode::BtrF32 => set!(bit!(32u64, |x: u64, m: u64| x & !m)),
                    OpCode::BtrF64 => set!(bit!(64u64, |x: u64, m: u64| x & !m)),
                    OpCode::BtcF16 => set!(bit!(16u64, |x: u64, m: u64| x ^ m)),
                    OpCode::BtcF32 => set!(bit!(32u64, |x: u64, m: u64| x ^ m)),
                    OpCode::BtcF64 => set!(bit!(64u64, |x: u64, m: u64| x ^ m)),
                    OpCode::BsfF16 => scan!(u16, |x: u16| u64::from(x.trailing_zeros())),
                    OpCode::BsfF32 => scan!(u32, |x: u32| u64::from(x.trailing_zeros())),
                    OpCode::BsfF64 => scan!(u64, |x: u64| u64::from(x.trailing_zeros())),
                    OpCode::BsrF16 => scan!(u16, |x: u16| u64::from(15 - x.leading_zeros())),
                    OpCode::BsrF32 => scan!(u32, |x: u32| u64::from(31 - x.leading_zeros())),
                    OpCode::BsrF64 => scan!(u64, |x: u64| u64::from(63 - x.leading_zeros())),
                    OpCode::TzcntF16 => count!(u16, trailing_zeros),
                    OpCode::TzcntF32 => count!(u32, trailing_zeros),
                    OpCode::TzcntF64 => count!(u64, trailing_zeros),
                    OpCode::LzcntF16 => count!(u16, leading_zeros),
                    OpCode::LzcntF32 => count!(u32, leading_zeros),
                    OpCode::LzcntF64 => count!(u64, leading_zeros),
                    OpCode::PopcntF16 => popcnt!(u16),
                    OpCode::PopcntF32 => popcnt!(u32),
                    OpCode::PopcntF64 => popcnt!(u64),

                    OpCode::GetFlags => set!(u64::from(state.eflags())),
                    OpCode::SetFlags => state.set_eflags(a!() as u32),
                    OpCode::SetFlags16 => {
                        let high = state.eflags() & 0xffff_0000;
                        state.set_eflags(high | a!() as u32 & 0xffff);
                    }
                    OpCode::SetFlags8 => flags::update(state, flags::STATUS & !flags::OF, a!() as u32),
                    OpCode::SetCarry => {
                        let carry = match op.imm {
                            0 => false,
                            1 => true,
                            _ => !flags::carry(state),
                        };
                        flags::update(state, flags::CF, if carry { flags::CF } else { 0 });
                    }
                    OpCode::SetDf => state.df = op.imm != 0,

                    OpCode::Ld8 => load!(load8, ea!(), u64::from),
                    OpCode::Ld8X => load!(load8, eax!(), u64::from),
                    OpCode::Ld8W => load!(load8, eaw!(), u64::from),
                    OpCode::Ld8XW => load!(load8, eaxw!(), u64::from),
                    OpCode::Ld16 => load!(load16, ea!(), u64::from),
                    OpCode::Ld16X => load!(load16, eax!(), u64::from),
                    OpCode::Ld16W => load!(load16, eaw!(), u64::from),
                    OpCode::Ld16XW => load!(load16, eaxw!(), u64::from),
                    OpCode::Ld32 => load!(load32, ea!(), u64::from),
                    OpCode::Ld32X => load!(load32, eax!(), u64::from),
                    OpCode::Ld32W => load!(load32, eaw!(), u64::from),
                    OpCode::Ld32XW => load!(load32, eaxw!(), u64::from),
                    OpCode::Ld64 => load!(load64, ea!(), u64::from),
                    OpCode::Ld64X => load!(load64, eax!(), u64::from),
                    OpCode::Ld64W => load!(load64, eaw!(), u64::from),
                    OpCode::Ld64XW => load!(load64, eaxw!(), u64::from),
                    OpCode::LdS8To32 => load!(load8, ea!(), sx8to32),
                    OpCode::LdS8To32X => load!(load8, eax!(), sx8to32),
                    OpCode::LdS8To32W => load!(load8, eaw!(), sx8to32),
                    OpCode::LdS8To32XW => load!(load8, eaxw!(), sx8to32),
                    OpCode::LdS8To64 => load!(load8, ea!(), sx8to64),
                    OpCode::LdS8To64X => load!(load8, eax!(), sx8to64),
                    OpCode::LdS8To64W => load!(load8, eaw!(), sx8to64),
                    OpCode::LdS8To64XW => load!(load8, eaxw!(), sx8to64),
                    OpCode::LdS16To32 => load!(load16, ea!(), sx16to32),
                    OpCode::LdS16To32X => load!(load16, eax!(), sx16to32),
                    OpCode::LdS16To32W => load!(load16, eaw!(), sx16to32),
                    OpCode::LdS16To32XW => load!(load16, eaxw!(), sx16to32),
                    OpCode::LdS16To64 => load!(load16, ea!(), sx16to64),
                    OpCode::LdS16To64X => load!(load16, eax!(), sx16to64),
                    OpCode::LdS16To64W => load!(load16, eaw!(), sx16to64),
                    OpCode::LdS16To64XW => load!(load16, eaxw!(), sx16to64),
                    OpCode::LdS32To64 => load!(load32, ea!(), sx32to64),
                    OpCode::LdS32To64X => load!(load32, eax!(), sx32to64),
                    OpCode::LdS32To64W => load!(load32, eaw!(), sx32to64),
                    OpCode::LdS32To64XW => load!(load32, eaxw!(), sx32to64),
                    OpCode::LdRmw8 => load!(load_rmw8, ea!(), u64::from),
                    OpCode::LdRmw16 => load!(load_rmw16, ea!(), u64::from),
                    OpCode::LdRmw32 => load!(load_rmw32, ea!(), u64::from),
                    OpCode::LdRmw64 => load!(load_rmw64, ea!(), u64::from),
                    OpCode::St8 => store!(store8, ea!(), u8),
                    OpCode::St8X => store!(store8, eax!(), u8),
                    OpCode::St8W => store!(store8, eaw!(), u8),
                    OpCode::St8XW => store!(store8, eaxw!(), u8),
                    OpCode::St16 => store!(store16, ea!(), u16),
                    OpCode::St16X => store!(store16, eax!(), u16),
                    OpCode::St16W => store!(store16, eaw!(), u16),
                    OpCode::St16XW => store!(store16, eaxw!(), u16),
                    OpCode::St32 => store!(store32, ea!(), u32),
                    OpCode::St32X => store!(store32, eax!(), u32),
                    OpCode::St32W => store!(store32, eaw!(), u32),
                    OpCode::St32XW => store!(store32, eaxw!(), u32),
                    OpCode::St64 => store!(store64, ea!(), u64),
                    OpCode::St64X => store!(store64, eax!(), u64),
                    OpCode::St64W => store!(store64, eaw!(), u64),
                    OpCode::St64XW => store!(store64, eaxw!(), u64),

                    OpCode::Push64 => {
                        push!(a!(), 8, store64, u64);
                        changed!();
                    }
                    OpCode::Push32 => {
                        push!(a!(), 4, store32, u32);
                        changed!();
                    }
                    OpCode::Pop64 => {
                        let value = pop!(8, load64, 0);
                        set!(value);
                    }
                    OpCode::Pop32 => {
                        let value = pop!(4, load32, 0);
                        set!(value);
                    }

                    OpCode::Atomic => {
                        let value = b!();
                        let old = check!(memory.atomic_rmw(op.c, a!(), atomic_fn(op.e), value));
                        set!(old);
                        changed!();
                    }
                    OpCode::AtomicCmpxchg => {
                        let expected = state.slots[op.imm as u8 as usize];
                        let old = check!(memory.atomic_cmpxchg(op.c, a!(), expected, b!()));
                        set!(old);
                        changed!();
                    }
                    OpCode::String => {
                        if check!(helper::string::exec(state, memory, op)) == Progress::Again {
                            return (at, Exit::Again(index!()));
                        }
                        changed!();
                    }
                    OpCode::Helper => {
                        let function = helper::FUNCTIONS[op.e as usize % helper::FUNCTIONS.len()];
                        check!(function(state, memory, op));
                        changed!();
                    }
                    OpCode::Vector => {
                        check!(exec_vector(state, memory, op));
                        changed!();
                    }
                    OpCode::NeedSegment => {
                        if state.other_flags & op.imm as u32 != 0 && need_segment(op.e, a!()) {
                            fail!(Trap::GeneralProtection);
                        }
                    }

                    OpCode::Jmp => {
                        state.rip = op.imm as u64;
                        break 'block (entry.taken, Exit::Taken);
                    }
                    OpCode::Jcc => jump_if!(flags::condition(state, op.c), op.imm),
                    OpCode::JmpInd => {
                        let target = a!();
                        canonical!(target);
                        state.rip = target;
                        let number = blocks.front(state.rip);
                        entry.target.set(target as u32);
                        if let Some(following) = blocks.entries.get(number as usize) {
                            following.from.set(at);
                        }
                        break 'block (number, Exit::Indirect);
                    }
                    OpCode::Call64 => {
                        push!(op.imm as u64 >> 32, 8, store64, u64);
                        state.rip = low_target!();
                        break 'block (entry.taken, Exit::Taken);
                    }
                    OpCode::Call32 => {
                        push!(op.imm as u64 >> 32, 4, store32, u32);
                        state.rip = low_target!();
                        break 'block (entry.taken, Exit::Taken);
                    }
                    OpCode::CallInd64 => {
                        let target = a!();
                        canonical!(target);
                        push!(op.imm as u64, 8, store64, u64);
                        entry.target.set(target as u32);
                        state.rip = target;
                        break 'block (blocks.front(state.rip), Exit::Indirect);
                    }
                    OpCode::CallInd32 => {
                        let target = a!() as u32 as u64;
                        push!(op.imm as u64, 4, store32, u32);
                        entry.target.set(target as u32);
                        state.rip = target;
                        break 'block (blocks.front(state.rip), Exit::Indirect);
                    }
                    OpCode::Ret64 => {
                        let sp = state.slots[slot::RSP as usize];
                        let target = check!(memory.load64(sp));
                        canonical!(target);
                        state.slots[slot::RSP as usize] = sp.wrapping_add(8).wrapping_add(op.imm as u64);
                        state.rip = target;
                        break 'block (blocks.front(state.rip), Exit::Indirect);
                    }
                    OpCode::Ret32 => {
                        let target = pop!(4, load32, op.imm);
                        state.rip = target;
                        break 'block (blocks.front(state.rip), Exit::Indirect);
                    }
                    OpCode::Jz16 => jump_if!(a!() as u16 == 0, op.imm),
                    OpCode::Jz32 => jump_if!(a!() as u32 == 0, op.imm),
                    OpCode::Jz64 => jump_if!(a!() == 0, op.imm),
                    OpCode::Jnz16 => jump_if!(a!() as u16 != 0, op.imm),
                    OpCode::Jnz32 => jump_if!(a!() as u32 != 0, op.imm),
                    OpCode::Jnz64 => jump_if!(a!() != 0, op.imm),
                    OpCode::Trap => match trap_code(op.e) {
                        TrapCode::GeneralProtection => fail!(Trap::GeneralProtection),
                        TrapCode::InvalidOpcode => fail!(invalid_opcode(memory, op.imm as u64)),
                        TrapCode::Resume => {
                            state.rip = op.imm as u64;
                            state.icount += u64::from(entry.instructions);
                            return (at, Exit::Poll);
                        }
                        TrapCode::ResumeAt => {
                            state.rip = a!();
                            state.icount += u64::from(entry.instructions);
                            return (at, Exit::Poll);
                        }
                        code => {
                            state.rip = op.imm as u64;
                            state.icount += u64::from(entry.instructions);
                            return (
                                at,
                                Exit::TrapEnd(match code {
                                    TrapCode::Syscall => Trap::Syscall,
                                    TrapCode::Int80 => Trap::Int80,
                                    TrapCode::Sysenter => Trap::Sysenter,
                                    TrapCode::Overflow => Trap::Overflow,
                                    TrapCode::Debug => Trap::Debug,
                                    _ => Trap::Breakpoint,
                                }),
                            );
                        }
                    },
                    OpCode::JSub8 => jsub!(KIND8, u8, i8, b!(), op.imm),
                    OpCode::JSub16 => jsub!(KIND16, u16, i16, b!(), op.imm),
                    OpCode::JSub32 => jsub!(KIND32, u32, i32, b!(), op.imm),
                    OpCode::JSub64 => jsub!(KIND64, u64, i64, b!(), op.imm),
                    OpCode::JSubI8 => jsub!(KIND8, u8, i8, op.imm >> 32, low_target!()),
                    OpCode::JSubI16 => jsub!(KIND16, u16, i16, op.imm >> 32, low_target!()),
                    OpCode::JSubI32 => jsub!(KIND32, u32, i32, op.imm >> 32, low_target!()),
                    OpCode::JSubI64 => jsub!(KIND64, u64, i64, op.imm >> 32, low_target!()),
                    OpCode::JAnd8 => jand!(KIND8, u8, i8, b!(), op.imm),
                    OpCode::JAnd16 => jand!(KIND16, u16, i16, b!(), op.imm),
                    OpCode::JAnd32 => jand!(KIND32, u32, i32, b!(), op.imm),
                    OpCode::JAnd64 => jand!(KIND64, u64, i64, b!(), op.imm),
                    OpCode::JAndI8 => jand!(KIND8, u8, i8, (op.imm >> 32) as u64, low_target!()),
                    OpCode::JAndI16 => jand!(KIND16, u16, i16, (op.imm >> 32) as u64, low_target!()),
                    OpCode::JAndI32 => jand!(KIND32, u32, i32, (op.imm >> 32) as u64, low_target!()),
                    OpCode::JAndI64 => jand!(KIND64, u64, i64, (op.imm >> 32) as u64, low_target!()),
                }
            }
            state.rip = entry.block.end;
            (entry.fall, Exit::Fall)
        };
        state.icount += u64::from(entry.instructions);
        if limits.attention.load(Relaxed) != 0 || state.icount >= limits.stop {
            return (at, Exit::Poll);
        }
        let Some(following) = blocks.entries.get(number as usize) else { return (at, missing) };
        at = number;
        if following.epoch != epoch || memory.code_epoch() != epoch {
            return (at, Exit::Stale);
        }
        continue 'blocks;
    }
}
/// Whether the access happens for which a null segment was found.
#[cold]
fn need_segment(e: u16, count: u64) -> bool {
    match e {
        0 => true,
        1 => count as u16 != 0,
        _ => count as u32 != 0,
    }
}
fn sx8to32(value: u8) -> u64 {
    value as i8 as i32 as u32 as u64
}
fn sx8to64(value: u8) -> u64 {
    value as i8 as u64
}
fn sx16to32(value: u16) -> u64 {
    value as i16 as i32 as u32 as u64
}
fn sx16to64(value: u16) -> u64 {
    value as i16 as u64
}
fn sx32to64(value: u32) -> u64 {
    value as i32 as u64
}

fn atomic_fn(e: u16) -> AtomicFn {
    const ALL: [AtomicFn; 6] =
        [AtomicFn::Add, AtomicFn::And, AtomicFn::Or, AtomicFn::Xor, AtomicFn::Xchg, AtomicFn::Neg];
    ALL[e as usize % ALL.len()]
}

fn trap_code(e: u16) -> TrapCode {
    TrapCode::ALL[e as usize % TrapCode::ALL.len()]
}

/// The bytes of an instruction that is not known, for the log line.
#[cold]
fn invalid_opcode(memory: &GuestMemory, rip: u64) -> Trap {
    let mut bytes = [0; 15];
    let len = match memory.fetch(rip, &mut bytes) {
        Ok(()) => 15,
        Err(partial) => partial.done as u8,
    };
    Trap::InvalidOpcode { bytes, len }
}
