//! The x87 register file as the guest sees it.

/// One 80-bit extended-precision register: explicit integer bit mantissa, sign and exponent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct F80 {
    /// 64-bit significand, integer bit included.
    pub mantissa: u64,
    /// Bit 15 the sign, bits 14..0 the biased exponent.
    pub sign_exponent: u16,
}

/// x87 state (Intel SDM vol. 1, chapter 8). Registers are physical, R0..R7.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct X87State {
    /// Physical registers R0..R7; ST(i) is `regs[(top + i) & 7]`.
    pub regs: [F80; 8],
    /// Control word.
    pub cw: u16,
    /// Status word, TOP in bits 13..11.
    pub sw: u16,
    /// Full tag word, two bits per physical register (3 = empty).
    pub tw: u16,
    /// Opcode of the last x87 instruction (11 bits).
    pub last_opcode: u16,
    /// Address of the last x87 instruction.
    pub last_ip: u64,
    /// Address of the last memory operand of an x87 instruction.
    pub last_dp: u64,
    /// Code segment of the last x87 instruction.
    pub last_cs: u16,
    /// Segment selector of the last memory operand.
    pub last_ds: u16,
}

impl Default for X87State {
    /// The state after FNINIT.
    fn default() -> Self {
        Self {
            regs: [F80::default(); 8],
            cw: 0x37f,
            sw: 0,
            tw: 0xffff,
            last_opcode: 0,
            last_ip: 0,
            last_dp: 0,
            last_cs: 0,
            last_ds: 0,
        }
    }
}
