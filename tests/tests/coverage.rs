//! No instruction of user code is missing, up to x86-64-v2 and the sets beyond it that the processor levels name.

use iced_x86::{Code, CpuidFeature, CpuidFeature::*, EncodingKind, Instruction, Mnemonic};

/// What CPUID advertises at some level, and what has no bit of its own.
const SETS: &[CpuidFeature] = &[
    INTEL8086,
    INTEL186,
    INTEL286,
    INTEL386,
    INTEL486,
    X64,
    FPU,
    FPU287,
    FPU387,
    TSC,
    RDTSCP,
    CPUID,
    CMOV,
    CX8,
    CMPXCHG16B,
    MMX,
    FXSR,
    SEP,
    SYSCALL,
    SSE,
    SSE2,
    SSE3,
    SSSE3,
    SSE4_1,
    SSE4_2,
    POPCNT,
    CLFSH,
    PAUSE,
    MULTIBYTENOP,
    PREFETCHW,
    XSAVE,
    LZCNT,
    BMI1,
    BMI2,
    ADX,
    MOVBE,
    AES,
    PCLMULQDQ,
    SHA,
    AVX,
    AVX2,
    FMA,
    F16C,
];

/// Not instructions: what assemblers make of WAIT and another one. The decoder gives the two.
fn with_wait(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(mnemonic, Fstenv | Fstcw | Fstsw | Fsave | Fclex | Finit | Feni | Fdisi | Fsetpm)
}

#[test]
fn no_row_is_missing() {
    let mut missing: Vec<Mnemonic> = Code::values()
        .filter(|code| {
            let info = code.op_code();
            let mut instruction = Instruction::default();
            instruction.set_code(*code);
            info.is_instruction()
                && info.cpl3()
                && (info.mode32() || info.mode64())
                && matches!(info.encoding(), EncodingKind::Legacy | EncodingKind::VEX)
                && code.cpuid_features().iter().all(|feature| SETS.contains(feature))
                && !instruction.is_string_instruction()
        })
        .map(Code::mnemonic)
        .filter(|mnemonic| !with_wait(*mnemonic) && tawaki_cpu::lift::lookup(*mnemonic).is_none())
        .collect();
    missing.dedup();
    assert!(missing.is_empty(), "{missing:?}");
}
