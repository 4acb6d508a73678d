//! Instructions too rare or too large for IR operations of their own: functions
//! called by [`OpCode::Helper`](crate::ir::OpCode::Helper).

pub mod bcd;
mod bmi;
mod far;
pub mod fxsave;
pub mod stack;
pub mod string;
pub mod system;
pub mod x87;
pub mod x87_env;
pub mod x87_function;
pub mod x87_memory;
pub mod xsave;

use crate::ir::Op;
use crate::{CpuState, GuestMemory, Trap};

/// A helper. It reads its operands from the slots and immediate of the operation.
/// On `Err` nothing of the instruction may have been changed.
pub type HelperFn = fn(&mut CpuState, &GuestMemory, &Op) -> Result<(), Trap>;

macro_rules! helpers {
    ($($name:ident = $path:path, $doc:literal;)*) => {
        /// Helpers by number, the `e` of the operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Helper {
            $(#[doc = $doc] $name,)*
        }

        /// The functions, in the same order.
        pub static FUNCTIONS: &[HelperFn] = &[$($path,)*];
    };
}

helpers! {
    Cpuid = system::cpuid, "CPUID";
    Rdtsc = system::rdtsc, "RDTSC, RDTSCP when imm is 1";
    LoadSegment = system::load_segment, "segment register imm = a; #GP";
    ReadSegment = system::read_segment, "d = selector of segment register imm";
    Fence = system::fence, "MFENCE";
    Pusha = stack::pusha, "PUSHA, width log2 c";
    Popa = stack::popa, "POPA, width log2 c";
    Enter = stack::enter, "ENTER, width log2 c, size imm[15:0], level imm[20:16]";
    Bound = system::bound, "BOUND a, address b, width log2 c; #BR";
    Cmpxchg8b = system::cmpxchg8b, "CMPXCHG8B at address a, atomic";
    Cmpxchg16b = system::cmpxchg16b, "CMPXCHG16B at address a, atomic";
    Daa = bcd::daa, "DAA";
    Das = bcd::das, "DAS";
    Aaa = bcd::aaa, "AAA";
    Aas = bcd::aas, "AAS";
    Aam = bcd::aam, "AAM imm; #DE";
    Aad = bcd::aad, "AAD imm";
    Crc32 = system::crc32, "d = CRC32(a, b), width log2 c";
    Blsr = bmi::blsr, "d = BLSR(a), width log2 c, here and below";
    Blsmsk = bmi::blsmsk, "d = BLSMSK(a)";
    Blsi = bmi::blsi, "d = BLSI(a)";
    Bextr = bmi::bextr, "d = BEXTR(a, b)";
    Bzhi = bmi::bzhi, "d = BZHI(a, b)";
    Pdep = bmi::pdep, "d = PDEP(a, b)";
    Pext = bmi::pext, "d = PEXT(a, b)";
    Mulx = bmi::mulx, "d, slot imm = RDX * a, high and low";
    Adx = bmi::adx, "d = a + b + flag imm, ADCX and ADOX";
    FarJump = far::jump, "d = far address, offset a, selector b; #GP";
    FarEnter = far::enter_selector, "CS = selector b: the word size becomes its own";
    FarPush = far::push, "pushes CS and imm, width log2 c";
    FarReturn = far::back, "d = address popped with CS and imm bytes, width log2 c; #GP";
    InterruptReturn = far::interrupt_return, "IRET, d = address, width log2 c; #GP";
    Selector = far::query, "LAR, LSL, VERR, VERW by imm: d of selector a, width log2 c, ZF";
    Arpl = far::adjust, "ARPL a, b; c: a is an address";
    Xgetbv = xsave::xgetbv, "XGETBV";
    Xsave = xsave::xsave, "XSAVE at address a; c: 64-bit pointers";
    Xrstor = xsave::xrstor, "XRSTOR from address a; c: 64-bit pointers";
}
