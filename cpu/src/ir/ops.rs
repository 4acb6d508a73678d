//! The table of IR operations.
//!
//! `d`, `a`, `b`, `c` are slots (or in `c` a scale or condition), `imm` an
//! immediate, `e` a 16-bit selector. In the descriptions a width suffix N means:
//! only the low N bits of the sources are read, the result is zero-extended to
//! 64 bits. `F` operations also set the lazy flags. Memory operations come in four
//! address forms:
//!
//! | suffix | address |
//! |---|---|
//! | (none) | a + imm, 64 bits |
//! | `X` | a + (b << c) + imm, 64 bits |
//! | `W` | a + imm, wrapped to 32 bits |
//! | `XW` | a + (b << c) + imm, wrapped to 32 bits |
//!
//! Stores take their value from `d`.

use crate::state::Slot;

/// One IR operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Op {
    /// What to do.
    pub code: OpCode,
    /// Destination slot (value slot of stores).
    pub d: Slot,
    /// First source slot.
    pub a: Slot,
    /// Second source slot.
    pub b: Slot,
    /// Third source slot, scale (log2) or condition code.
    pub c: u8,
    /// Selector of helper, string, atomic and vector operations.
    pub e: u16,
    /// Immediate.
    pub imm: i64,
}

/// How an operation uses its fields and what it can do; bits for [`OpInfo::uses`].
pub mod uses {
    #![allow(missing_docs)]
    /// Writes slot d.
    pub const D: u32 = 1;
    /// Reads slot d.
    pub const RD: u32 = 2;
    /// Reads slot a.
    pub const A: u32 = 4;
    /// Reads slot b.
    pub const B: u32 = 8;
    /// Reads slot c.
    pub const C: u32 = 16;
    /// c is a scale.
    pub const SCALE: u32 = 32;
    /// c is a condition code: reads the flags.
    pub const COND: u32 = 64;
    /// Uses imm.
    pub const I: u32 = 128;
    /// e selects.
    pub const E: u32 = 256;
    /// May fault: exits with the state before the instruction.
    pub const FAULT: u32 = 512;
    /// Ends a block.
    pub const END: u32 = 1024;
    /// Sets all status flags.
    pub const SF: u32 = 2048;
    /// Sets some flags, or sets them only sometimes.
    pub const PF: u32 = 4096;
    /// Reads flags.
    pub const RF: u32 = 8192;
    /// Reads and writes RAX and RDX.
    pub const AXDX: u32 = 1 << 14;
    /// Reads and writes RSP.
    pub const SP: u32 = 1 << 15;
    /// May read and write any state (helpers).
    pub const ANY: u32 = 1 << 16;
    /// Reads memory.
    pub const LOAD: u32 = 1 << 17;
    /// Writes memory.
    pub const STORE: u32 = 1 << 18;
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Name.
    pub name: &'static str,
    /// Bits of [`uses`].
    pub uses: u32,
    /// What it does.
    pub doc: &'static str,
}

/// Calls a macro with every operation: `(Name, uses, "meaning")`.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
            // Moves and extensions.
            (Nop, 0, "nothing")
            (Prefetch, A | B | SCALE | I, "nothing; what lies at a + (b << c) + imm will be wanted")
            (Mov64, D | A, "d = a")
            (Mov32, D | A, "d = a as u32")
            (MovI, D | I, "d = imm")
            (Ins8, D | RD | A, "d[7:0] = a")
            (Ins8h, D | RD | A, "d[15:8] = a")
            (Ins16, D | RD | A, "d[15:0] = a")
            (Zx8, D | A, "d = a as u8")
            (Zx8h, D | A, "d = a[15:8]")
            (Zx16, D | A, "d = a as u16")
            (Sx8To32, D | A, "d = a as i8 as i32 as u32")
            (Sx8To64, D | A, "d = a as i8 as i64")
            (Sx16To32, D | A, "d = a as i16 as i32 as u32")
            (Sx16To64, D | A, "d = a as i16 as i64")
            (Sx32To64, D | A, "d = a as i32 as i64")
            (Bswap32, D | A, "d = byte swap")
            (Bswap64, D | A, "d = byte swap")
            (Not32, D | A, "d = !a")
            (Not64, D | A, "d = !a")
            (Lea32, D | A | B | SCALE | I, "d = (a + (b << c) + imm) as u32")
            (Lea64, D | A | B | SCALE | I, "d = a + (b << c) + imm")
            (Cmov32, D | A | B | COND, "d = (c ? a : b) as u32")
            (Cmov64, D | A | B | COND, "d = c ? a : b")
            (Setcc, D | COND, "d = c ? 1 : 0")
            // Arithmetic without flags.
            (Add32, D | A | B, "d = a + b")
            (Add64, D | A | B, "d = a + b")
            (AddI32, D | A | I, "d = a + imm")
            (AddI64, D | A | I, "d = a + imm")
            (Sub32, D | A | B, "d = a - b")
            (Sub64, D | A | B, "d = a - b")
            (And32, D | A | B, "d = a & b")
            (And64, D | A | B, "d = a & b")
            (AndI32, D | A | I, "d = a & imm")
            (AndI64, D | A | I, "d = a & imm")
            (Or32, D | A | B, "d = a | b")
            (Or64, D | A | B, "d = a | b")
            (OrI32, D | A | I, "d = a | imm")
            (OrI64, D | A | I, "d = a | imm")
            (Xor32, D | A | B, "d = a ^ b")
            (Xor64, D | A | B, "d = a ^ b")
            (XorI32, D | A | I, "d = a ^ imm")
            (XorI64, D | A | I, "d = a ^ imm")
            (Imul32, D | A | B | I, "d = a * (b + imm)")
            (Imul64, D | A | B | I, "d = a * (b + imm)")
            // Shifts without flags; counts are masked to the width.
            (Shl32, D | A | B, "d = a << b")
            (Shl64, D | A | B, "d = a << b")
            (ShlI32, D | A | I, "d = a << imm")
            (ShlI64, D | A | I, "d = a << imm")
            (Shr32, D | A | B, "d = a >> b, unsigned")
            (Shr64, D | A | B, "d = a >> b, unsigned")
            (ShrI32, D | A | I, "d = a >> imm, unsigned")
            (ShrI64, D | A | I, "d = a >> imm, unsigned")
            (Sar32, D | A | B, "d = a >> b, signed")
            (Sar64, D | A | B, "d = a >> b, signed")
            (SarI32, D | A | I, "d = a >> imm, signed")
            (SarI64, D | A | I, "d = a >> imm, signed")
            (Rol32, D | A | B | I, "d = a rotated left by b + imm")
            (Rol64, D | A | B | I, "d = a rotated left by b + imm")
            (Ror32, D | A | B | I, "d = a rotated right by b + imm")
            (Ror64, D | A | B | I, "d = a rotated right by b + imm")
            // Arithmetic with flags.
            (AddF8, D | A | B | SF, "d = a + b")
            (AddF16, D | A | B | SF, "d = a + b")
            (AddF32, D | A | B | SF, "d = a + b")
            (AddF64, D | A | B | SF, "d = a + b")
            (AddFI8, D | A | I | SF, "d = a + imm")
            (AddFI16, D | A | I | SF, "d = a + imm")
            (AddFI32, D | A | I | SF, "d = a + imm")
            (AddFI64, D | A | I | SF, "d = a + imm")
            (SubF8, D | A | B | SF, "d = a - b")
            (SubF16, D | A | B | SF, "d = a - b")
            (SubF32, D | A | B | SF, "d = a - b")
            (SubF64, D | A | B | SF, "d = a - b")
            (SubFI8, D | A | I | SF, "d = a - imm")
            (SubFI16, D | A | I | SF, "d = a - imm")
            (SubFI32, D | A | I | SF, "d = a - imm")
            (SubFI64, D | A | I | SF, "d = a - imm")
            (AdcF8, D | A | B | I | SF | RF, "d = a + (b + imm) + CF")
            (AdcF16, D | A | B | I | SF | RF, "d = a + (b + imm) + CF")
            (AdcF32, D | A | B | I | SF | RF, "d = a + (b + imm) + CF")
            (AdcF64, D | A | B | I | SF | RF, "d = a + (b + imm) + CF")
            (SbbF8, D | A | B | I | SF | RF, "d = a - (b + imm) - CF")
            (SbbF16, D | A | B | I | SF | RF, "d = a - (b + imm) - CF")
            (SbbF32, D | A | B | I | SF | RF, "d = a - (b + imm) - CF")
            (SbbF64, D | A | B | I | SF | RF, "d = a - (b + imm) - CF")
            (AndF8, D | A | B | SF, "d = a & b")
            (AndF16, D | A | B | SF, "d = a & b")
            (AndF32, D | A | B | SF, "d = a & b")
            (AndF64, D | A | B | SF, "d = a & b")
            (AndFI8, D | A | I | SF, "d = a & imm")
            (AndFI16, D | A | I | SF, "d = a & imm")
            (AndFI32, D | A | I | SF, "d = a & imm")
            (AndFI64, D | A | I | SF, "d = a & imm")
            (OrF8, D | A | B | SF, "d = a | b")
            (OrF16, D | A | B | SF, "d = a | b")
            (OrF32, D | A | B | SF, "d = a | b")
            (OrF64, D | A | B | SF, "d = a | b")
            (OrFI8, D | A | I | SF, "d = a | imm")
            (OrFI16, D | A | I | SF, "d = a | imm")
            (OrFI32, D | A | I | SF, "d = a | imm")
            (OrFI64, D | A | I | SF, "d = a | imm")
            (XorF8, D | A | B | SF, "d = a ^ b")
            (XorF16, D | A | B | SF, "d = a ^ b")
            (XorF32, D | A | B | SF, "d = a ^ b")
            (XorF64, D | A | B | SF, "d = a ^ b")
            (XorFI8, D | A | I | SF, "d = a ^ imm")
            (XorFI16, D | A | I | SF, "d = a ^ imm")
            (XorFI32, D | A | I | SF, "d = a ^ imm")
            (XorFI64, D | A | I | SF, "d = a ^ imm")
            (IncF8, D | A | PF | RF, "d = a + 1, CF kept")
            (IncF16, D | A | PF | RF, "d = a + 1, CF kept")
            (IncF32, D | A | PF | RF, "d = a + 1, CF kept")
            (IncF64, D | A | PF | RF, "d = a + 1, CF kept")
            (DecF8, D | A | PF | RF, "d = a - 1, CF kept")
            (DecF16, D | A | PF | RF, "d = a - 1, CF kept")
            (DecF32, D | A | PF | RF, "d = a - 1, CF kept")
            (DecF64, D | A | PF | RF, "d = a - 1, CF kept")
            (ImulF16, D | A | B | I | SF, "d = a * (b + imm) signed; CF = OF = overflow")
            (ImulF32, D | A | B | I | SF, "d = a * (b + imm) signed; CF = OF = overflow")
            (ImulF64, D | A | B | I | SF, "d = a * (b + imm) signed; CF = OF = overflow")
            (MulF8, A | AXDX | SF, "AX = AL * a unsigned")
            (MulF16, A | AXDX | SF, "DX:AX = AX * a unsigned")
            (MulF32, A | AXDX | SF, "EDX:EAX = EAX * a unsigned")
            (MulF64, A | AXDX | SF, "RDX:RAX = RAX * a unsigned")
            (ImulWF8, A | AXDX | SF, "AX = AL * a signed")
            (ImulWF16, A | AXDX | SF, "DX:AX = AX * a signed")
            (ImulWF32, A | AXDX | SF, "EDX:EAX = EAX * a signed")
            (ImulWF64, A | AXDX | SF, "RDX:RAX = RAX * a signed")
            (Div8, A | AXDX | FAULT, "AL, AH = AX / a, remainder, unsigned; #DE")
            (Div16, A | AXDX | FAULT, "AX, DX = DX:AX / a, remainder, unsigned; #DE")
            (Div32, A | AXDX | FAULT, "EAX, EDX = EDX:EAX / a, remainder, unsigned; #DE")
            (Div64, A | AXDX | FAULT, "RAX, RDX = RDX:RAX / a, remainder, unsigned; #DE")
            (Idiv8, A | AXDX | FAULT, "AL, AH = AX / a, remainder, signed; #DE")
            (Idiv16, A | AXDX | FAULT, "AX, DX = DX:AX / a, remainder, signed; #DE")
            (Idiv32, A | AXDX | FAULT, "EAX, EDX = EDX:EAX / a, remainder, signed; #DE")
            (Idiv64, A | AXDX | FAULT, "RAX, RDX = RDX:RAX / a, remainder, signed; #DE")
            // Shifts with flags: count b + imm masked as x86 does; 0 leaves the flags.
            (ShlF8, D | A | B | I | PF, "d = a << (b + imm)")
            (ShlF16, D | A | B | I | PF, "d = a << (b + imm)")
            (ShlF32, D | A | B | I | PF, "d = a << (b + imm)")
            (ShlF64, D | A | B | I | PF, "d = a << (b + imm)")
            (ShrF8, D | A | B | I | PF, "d = a >> (b + imm), unsigned")
            (ShrF16, D | A | B | I | PF, "d = a >> (b + imm), unsigned")
            (ShrF32, D | A | B | I | PF, "d = a >> (b + imm), unsigned")
            (ShrF64, D | A | B | I | PF, "d = a >> (b + imm), unsigned")
            (SarF8, D | A | B | I | PF, "d = a >> (b + imm), signed")
            (SarF16, D | A | B | I | PF, "d = a >> (b + imm), signed")
            (SarF32, D | A | B | I | PF, "d = a >> (b + imm), signed")
            (SarF64, D | A | B | I | PF, "d = a >> (b + imm), signed")
            (RolF8, D | A | B | I | PF | RF, "rotate left by b + imm")
            (RolF16, D | A | B | I | PF | RF, "rotate left by b + imm")
            (RolF32, D | A | B | I | PF | RF, "rotate left by b + imm")
            (RolF64, D | A | B | I | PF | RF, "rotate left by b + imm")
            (RorF8, D | A | B | I | PF | RF, "rotate right by b + imm")
            (RorF16, D | A | B | I | PF | RF, "rotate right by b + imm")
            (RorF32, D | A | B | I | PF | RF, "rotate right by b + imm")
            (RorF64, D | A | B | I | PF | RF, "rotate right by b + imm")
            (RclF8, D | A | B | I | PF | RF, "rotate left through CF by b + imm")
            (RclF16, D | A | B | I | PF | RF, "rotate left through CF by b + imm")
            (RclF32, D | A | B | I | PF | RF, "rotate left through CF by b + imm")
            (RclF64, D | A | B | I | PF | RF, "rotate left through CF by b + imm")
            (RcrF8, D | A | B | I | PF | RF, "rotate right through CF by b + imm")
            (RcrF16, D | A | B | I | PF | RF, "rotate right through CF by b + imm")
            (RcrF32, D | A | B | I | PF | RF, "rotate right through CF by b + imm")
            (RcrF64, D | A | B | I | PF | RF, "rotate right through CF by b + imm")
            (ShldF16, D | A | B | C | I | PF, "d = a shifted left by c + imm, filled from b")
            (ShldF32, D | A | B | C | I | PF, "d = a shifted left by c + imm, filled from b")
            (ShldF64, D | A | B | C | I | PF, "d = a shifted left by c + imm, filled from b")
            (ShrdF16, D | A | B | C | I | PF, "d = a shifted right by c + imm, filled from b")
            (ShrdF32, D | A | B | C | I | PF, "d = a shifted right by c + imm, filled from b")
            (ShrdF64, D | A | B | C | I | PF, "d = a shifted right by c + imm, filled from b")
            // Bits: index b + imm modulo the width; CF = the bit before.
            (BtF16, A | B | I | PF | RF, "CF = bit of a")
            (BtF32, A | B | I | PF | RF, "CF = bit of a")
            (BtF64, A | B | I | PF | RF, "CF = bit of a")
            (BtsF16, D | A | B | I | PF | RF, "CF = bit of a; d = a with it set")
            (BtsF32, D | A | B | I | PF | RF, "CF = bit of a; d = a with it set")
            (BtsF64, D | A | B | I | PF | RF, "CF = bit of a; d = a with it set")
            (BtrF16, D | A | B | I | PF | RF, "CF = bit of a; d = a with it clear")
            (BtrF32, D | A | B | I | PF | RF, "CF = bit of a; d = a with it clear")
            (BtrF64, D | A | B | I | PF | RF, "CF = bit of a; d = a with it clear")
            (BtcF16, D | A | B | I | PF | RF, "CF = bit of a; d = a with it flipped")
            (BtcF32, D | A | B | I | PF | RF, "CF = bit of a; d = a with it flipped")
            (BtcF64, D | A | B | I | PF | RF, "CF = bit of a; d = a with it flipped")
            (BsfF16, D | A | B | SF, "d = lowest set bit of a, or b when none (ZF)")
            (BsfF32, D | A | B | SF, "d = lowest set bit of a, or b when none (ZF)")
            (BsfF64, D | A | B | SF, "d = lowest set bit of a, or b when none (ZF)")
            (BsrF16, D | A | B | SF, "d = highest set bit of a, or b when none (ZF)")
            (BsrF32, D | A | B | SF, "d = highest set bit of a, or b when none (ZF)")
            (BsrF64, D | A | B | SF, "d = highest set bit of a, or b when none (ZF)")
            (TzcntF16, D | A | SF, "d = trailing zeros of a")
            (TzcntF32, D | A | SF, "d = trailing zeros of a")
            (TzcntF64, D | A | SF, "d = trailing zeros of a")
            (LzcntF16, D | A | SF, "d = leading zeros of a")
            (LzcntF32, D | A | SF, "d = leading zeros of a")
            (LzcntF64, D | A | SF, "d = leading zeros of a")
            (PopcntF16, D | A | SF, "d = set bits of a")
            (PopcntF32, D | A | SF, "d = set bits of a")
            (PopcntF64, D | A | SF, "d = set bits of a")
            // Flags as data.
            (GetFlags, D | RF, "d = EFLAGS")
            (SetFlags, A | SF, "EFLAGS = a, the bits a user program may change")
            (SetFlags16, A | PF | RF, "FLAGS = a, low 16 bits only")
            (SetFlags8, A | PF | RF, "SF ZF AF PF CF = a (SAHF)")
            (SetCarry, I | PF | RF, "CF = imm; 2 flips it")
            (SetDf, I, "DF = imm")
            // Loads: zero-extended, or sign-extended to N.
            (Ld8, D | A | I | LOAD | FAULT, "d = u8")
            (Ld8X, D | A | B | SCALE | I | LOAD | FAULT, "d = u8")
            (Ld8W, D | A | I | LOAD | FAULT, "d = u8")
            (Ld8XW, D | A | B | SCALE | I | LOAD | FAULT, "d = u8")
            (Ld16, D | A | I | LOAD | FAULT, "d = u16")
            (Ld16X, D | A | B | SCALE | I | LOAD | FAULT, "d = u16")
            (Ld16W, D | A | I | LOAD | FAULT, "d = u16")
            (Ld16XW, D | A | B | SCALE | I | LOAD | FAULT, "d = u16")
            (Ld32, D | A | I | LOAD | FAULT, "d = u32")
            (Ld32X, D | A | B | SCALE | I | LOAD | FAULT, "d = u32")
            (Ld32W, D | A | I | LOAD | FAULT, "d = u32")
            (Ld32XW, D | A | B | SCALE | I | LOAD | FAULT, "d = u32")
            (Ld64, D | A | I | LOAD | FAULT, "d = u64")
            (Ld64X, D | A | B | SCALE | I | LOAD | FAULT, "d = u64")
            (Ld64W, D | A | I | LOAD | FAULT, "d = u64")
            (Ld64XW, D | A | B | SCALE | I | LOAD | FAULT, "d = u64")
            (LdS8To32, D | A | I | LOAD | FAULT, "d = i8 as i32 as u32")
            (LdS8To32X, D | A | B | SCALE | I | LOAD | FAULT, "d = i8 as i32 as u32")
            (LdS8To32W, D | A | I | LOAD | FAULT, "d = i8 as i32 as u32")
            (LdS8To32XW, D | A | B | SCALE | I | LOAD | FAULT, "d = i8 as i32 as u32")
            (LdS8To64, D | A | I | LOAD | FAULT, "d = i8 as i64")
            (LdS8To64X, D | A | B | SCALE | I | LOAD | FAULT, "d = i8 as i64")
            (LdS8To64W, D | A | I | LOAD | FAULT, "d = i8 as i64")
            (LdS8To64XW, D | A | B | SCALE | I | LOAD | FAULT, "d = i8 as i64")
            (LdS16To32, D | A | I | LOAD | FAULT, "d = i16 as i32 as u32")
            (LdS16To32X, D | A | B | SCALE | I | LOAD | FAULT, "d = i16 as i32 as u32")
            (LdS16To32W, D | A | I | LOAD | FAULT, "d = i16 as i32 as u32")
            (LdS16To32XW, D | A | B | SCALE | I | LOAD | FAULT, "d = i16 as i32 as u32")
            (LdS16To64, D | A | I | LOAD | FAULT, "d = i16 as i64")
            (LdS16To64X, D | A | B | SCALE | I | LOAD | FAULT, "d = i16 as i64")
            (LdS16To64W, D | A | I | LOAD | FAULT, "d = i16 as i64")
            (LdS16To64XW, D | A | B | SCALE | I | LOAD | FAULT, "d = i16 as i64")
            (LdS32To64, D | A | I | LOAD | FAULT, "d = i32 as i64")
            (LdS32To64X, D | A | B | SCALE | I | LOAD | FAULT, "d = i32 as i64")
            (LdS32To64W, D | A | I | LOAD | FAULT, "d = i32 as i64")
            (LdS32To64XW, D | A | B | SCALE | I | LOAD | FAULT, "d = i32 as i64")
            // Loads that a store to the same address follows: fault as a write.
            (LdRmw8, D | A | I | LOAD | FAULT, "d = u8 at a + imm")
            (LdRmw16, D | A | I | LOAD | FAULT, "d = u16 at a + imm")
            (LdRmw32, D | A | I | LOAD | FAULT, "d = u32 at a + imm")
            (LdRmw64, D | A | I | LOAD | FAULT, "d = u64 at a + imm")
            // Stores of slot d.
            (St8, RD | A | I | STORE | FAULT, "u8 = d")
            (St8X, RD | A | B | SCALE | I | STORE | FAULT, "u8 = d")
            (St8W, RD | A | I | STORE | FAULT, "u8 = d")
            (St8XW, RD | A | B | SCALE | I | STORE | FAULT, "u8 = d")
            (St16, RD | A | I | STORE | FAULT, "u16 = d")
            (St16X, RD | A | B | SCALE | I | STORE | FAULT, "u16 = d")
            (St16W, RD | A | I | STORE | FAULT, "u16 = d")
            (St16XW, RD | A | B | SCALE | I | STORE | FAULT, "u16 = d")
            (St32, RD | A | I | STORE | FAULT, "u32 = d")
            (St32X, RD | A | B | SCALE | I | STORE | FAULT, "u32 = d")
            (St32W, RD | A | I | STORE | FAULT, "u32 = d")
            (St32XW, RD | A | B | SCALE | I | STORE | FAULT, "u32 = d")
            (St64, RD | A | I | STORE | FAULT, "u64 = d")
            (St64X, RD | A | B | SCALE | I | STORE | FAULT, "u64 = d")
            (St64W, RD | A | I | STORE | FAULT, "u64 = d")
            (St64XW, RD | A | B | SCALE | I | STORE | FAULT, "u64 = d")
            // Stack.
            (Push64, A | SP | STORE | FAULT, "[rsp - 8] = a; rsp -= 8")
            (Push32, A | SP | STORE | FAULT, "[esp - 4] = a; esp -= 4")
            (Pop64, D | SP | LOAD | FAULT, "t = [rsp]; rsp += 8; d = t")
            (Pop32, D | SP | LOAD | FAULT, "t = [esp]; esp += 4; d = t")
            // Atomics: address in slot a, log2 of the width in c, old value to d.
            (Atomic, D | A | B | SCALE | E | LOAD | STORE | FAULT, "d = old; memory = fn e(old, b)")
            (AtomicCmpxchg, D | A | B | I | SCALE | LOAD | STORE | FAULT, "d = old; if old == slot[imm], memory = b")
            // Calls into Rust.
            (String, E | ANY | LOAD | STORE | FAULT | PF | RF, "string instruction e, element log2 c, REP kind d, address mask imm, segment base slot a")
            (Helper, E | ANY | LOAD | STORE | FAULT | PF | RF, "helper e (a, b, c, d, imm)")
            (Vector, E | ANY | LOAD | STORE | FAULT | PF | RF, "vector operation e")
            (NeedSegment, A | E | I | FAULT, "#GP if bit imm of NULL_SEGMENT is set and (e = 0, or a as u16 for 1, a as u32 for 2, is not 0)")
            // Block ends. A conditional branch that is not taken goes on with the next
            // operation, or past the block behind the last.
            (Jmp, I | END, "rip = imm")
            (Jcc, COND | I | END, "rip = imm if c")
            (JmpInd, A | END, "rip = a")
            (Call64, I | SP | STORE | FAULT | END, "push imm[63:32]; rip = imm[31:0]")
            (Call32, I | SP | STORE | FAULT | END, "push imm[63:32]; rip = imm[31:0]")
            (CallInd64, A | I | SP | STORE | FAULT | END, "push imm; rip = a")
            (CallInd32, A | I | SP | STORE | FAULT | END, "push imm; rip = a")
            (Ret64, I | SP | LOAD | FAULT | END, "pop rip; rsp += imm")
            (Ret32, I | SP | LOAD | FAULT | END, "pop eip; esp += imm")
            (Jz16, A | I | END, "rip = imm if a == 0")
            (Jz32, A | I | END, "rip = imm if a == 0")
            (Jz64, A | I | END, "rip = imm if a == 0")
            (Jnz16, A | I | END, "rip = imm if a != 0")
            (Jnz32, A | I | END, "rip = imm if a != 0")
            (Jnz64, A | I | END, "rip = imm if a != 0")
            (Trap, E | I | END | FAULT, "trap e; rip = imm")
            // Fused compare and branch; the flags are set as by the first half.
            (JSub8, A | B | I | SF | COND | END, "flags of a - b; rip = imm if c")
            (JSub16, A | B | I | SF | COND | END, "flags of a - b; rip = imm if c")
            (JSub32, A | B | I | SF | COND | END, "flags of a - b; rip = imm if c")
            (JSub64, A | B | I | SF | COND | END, "flags of a - b; rip = imm if c")
            (JSubI8, A | I | SF | COND | END, "flags of a - imm[63:32]; rip = imm[31:0] if c")
            (JSubI16, A | I | SF | COND | END, "flags of a - imm[63:32]; rip = imm[31:0] if c")
            (JSubI32, A | I | SF | COND | END, "flags of a - imm[63:32]; rip = imm[31:0] if c")
            (JSubI64, A | I | SF | COND | END, "flags of a - imm[63:32]; rip = imm[31:0] if c")
            (JAnd8, A | B | I | SF | COND | END, "flags of a & b; rip = imm if c")
            (JAnd16, A | B | I | SF | COND | END, "flags of a & b; rip = imm if c")
            (JAnd32, A | B | I | SF | COND | END, "flags of a & b; rip = imm if c")
            (JAnd64, A | B | I | SF | COND | END, "flags of a & b; rip = imm if c")
            (JAndI8, A | I | SF | COND | END, "flags of a & imm[63:32]; rip = imm[31:0] if c")
            (JAndI16, A | I | SF | COND | END, "flags of a & imm[63:32]; rip = imm[31:0] if c")
            (JAndI32, A | I | SF | COND | END, "flags of a & imm[63:32]; rip = imm[31:0] if c")
            (JAndI64, A | I | SF | COND | END, "flags of a & imm[63:32]; rip = imm[31:0] if c")
        }
    };
}

macro_rules! declare {
    ($(($name:ident, $uses:expr, $doc:literal))*) => {
        /// Operation codes; see the module documentation for the suffixes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum OpCode {
            $(#[doc = $doc] $name,)*
        }

        impl OpCode {
            /// Every operation, in order of its number.
            pub const ALL: &[OpCode] = &[$(OpCode::$name,)*];

            /// The table row.
            pub fn info(self) -> &'static OpInfo {
                &INFO[self as usize]
            }
        }

        static INFO: &[OpInfo] = {
            use uses::*;
            &[$(OpInfo { name: stringify!($name), uses: $uses, doc: $doc },)*]
        };
    };
}

for_each_op!(declare);

impl Op {
    /// An operation with all fields zero but the code.
    pub const fn new(code: OpCode) -> Self {
        Op { code, d: 0, a: 0, b: 0, c: 0, e: 0, imm: 0 }
    }
    /// Sets `d`.
    pub const fn d(mut self, d: Slot) -> Self {
        self.d = d;
        self
    }
    /// Sets `a`.
    pub const fn a(mut self, a: Slot) -> Self {
        self.a = a;
        self
    }
    /// Sets `b`.
    pub const fn b(mut self, b: Slot) -> Self {
        self.b = b;
        self
    }
    /// Sets `c`.
    pub const fn c(mut self, c: u8) -> Self {
        self.c = c;
        self
    }
    /// Sets `e`.
    pub const fn e(mut self, e: u16) -> Self {
        self.e = e;
        self
    }
    /// Sets `imm`.
    pub const fn imm(mut self, imm: i64) -> Self {
        self.imm = imm;
        self
    }
}

/// Selector `e` of [`OpCode::Trap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[allow(missing_docs)]
pub enum TrapCode {
    GeneralProtection,
    InvalidOpcode,
    Breakpoint,
    Syscall,
    Int80,
    Sysenter,
    Overflow,
    Debug,
    /// No trap: leaves the block so that the run loop looks at TF.
    Resume,
    /// No trap: goes to the address in slot a; the run loop looks at TF and the word size.
    ResumeAt,
}

impl TrapCode {
    /// All, in order of their numbers.
    pub const ALL: [TrapCode; 10] = [
        TrapCode::GeneralProtection,
        TrapCode::InvalidOpcode,
        TrapCode::Breakpoint,
        TrapCode::Syscall,
        TrapCode::Int80,
        TrapCode::Sysenter,
        TrapCode::Overflow,
        TrapCode::Debug,
        TrapCode::Resume,
        TrapCode::ResumeAt,
    ];
}

/// Selector `e` of [`OpCode::Atomic`].
pub type AtomicOp = crate::mem::AtomicFn;

/// Selector `e` of [`OpCode::String`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[allow(missing_docs)]
pub enum StringOp {
    Movs,
    Stos,
    Lods,
    Cmps,
    Scas,
}

impl StringOp {
    /// All, in order of their numbers.
    pub const ALL: [StringOp; 5] =
        [StringOp::Movs, StringOp::Stos, StringOp::Lods, StringOp::Cmps, StringOp::Scas];
}
