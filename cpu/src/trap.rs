//! Why an engine stopped running guest code.

use crate::mem::Fault;

/// The reason [`crate::Engine::run`] returned.
///
/// `CpuState::rip` is precise. For a fault-like trap it is the instruction that
/// caused it, which had no other effect (a REP string instruction has done the
/// iterations before the one that faulted). For trap-like ones (`Syscall`,
/// `Int80`, `Sysenter`, `Breakpoint`, `Debug`, `Overflow`, `SingleStep`) it is the next
/// instruction. (Intel SDM vol. 3, 6.5.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// SYSCALL; RCX and R11 are already set as the instruction leaves them.
    Syscall,
    /// INT 0x80: the i386 system call gate.
    Int80,
    /// SYSENTER (i386 fast system call).
    Sysenter,
    /// #PF: the page permissions forbid the access.
    Fault(Fault),
    /// #GP: privileged instruction, bad selector, misaligned 16-byte operand.
    GeneralProtection,
    /// #SS: an access through the stack at an address that is not canonical.
    StackFault,
    /// #DE: division by zero or quotient overflow.
    DivideError,
    /// #UD, or an instruction that is not implemented.
    InvalidOpcode {
        /// The instruction bytes, as many as `len` says.
        bytes: [u8; 15],
        /// Number of valid bytes.
        len: u8,
    },
    /// #BP: INT3.
    Breakpoint,
    /// #OF: INTO with OF set.
    Overflow,
    /// #BR: BOUND out of range.
    Bound,
    /// #DB: INT1 (ICEBP).
    Debug,
    /// #DB: one instruction ran with TF set.
    SingleStep,
    /// No exception: one instruction ran with [`crate::flags::WATCHED`] set.
    Watched,
    /// #AC: alignment check.
    Alignment,
    /// #MF: an unmasked x87 exception is pending (see `x87.sw`).
    X87Exception,
    /// #XM: an unmasked SSE exception (see `mxcsr`).
    SimdException,
    /// The attention word was non-zero at a block end.
    Attention,
    /// The instruction budget is used up.
    Budget,
}

impl From<Fault> for Trap {
    fn from(fault: Fault) -> Self {
        Trap::Fault(fault)
    }
}
