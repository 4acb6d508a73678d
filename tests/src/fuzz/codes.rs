//! Which instructions are drawn, by family.

use std::collections::BTreeMap;

use iced_x86::{Code, CpuidFeature, EncodingKind, FlowControl, Instruction, Mnemonic, OpCodeOperandKind};
use tawaki_cpu::Mode;

/// Instruction encodings of one family.
#[derive(Debug)]
pub struct Family {
    /// Name, as `--only` takes it.
    pub name: &'static str,
    /// How often it is drawn, relative to the others.
    pub weight: usize,
    /// Encodings valid in the mode.
    pub codes: Vec<Code>,
}

/// Families made by [`super::generate`] from templates, not encodings.
pub const TEMPLATES: [(&str, usize); 5] =
    [("string", 6), ("branch", 8), ("divide", 3), ("pointer", 8), ("flags", 3)];

/// Share of each family of encodings; a family not named here is not drawn.
const WEIGHTS: [(&str, usize); 17] = [
    ("int", 40),
    ("bcd", 2),
    ("lock", 4),
    ("bmi", 6),
    ("x87", 12),
    ("mmx", 6),
    ("sse", 8),
    ("sse2", 12),
    ("sse3", 3),
    ("ssse3", 3),
    ("sse4", 4),
    ("crypto", 3),
    ("stack", 4),
    ("avx", 8),
    ("avx2", 8),
    ("fma", 4),
    ("f16c", 1),
];

/// Why not: privileged or not of user code; not repeatable; results differ between
/// processors; or done by a template that keeps its pointers sensible.
fn excluded(mnemonic: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(
        mnemonic,
        // Time, identity, randomness, system state.
        Rdtsc | Rdtscp | Cpuid | Rdrand | Rdseed | Rdpid | Rdpmc | Smsw | Sldt | Str | Sgdt | Sidt
            | Lar | Lsl | Verr | Verw | Xgetbv | Arpl | Rdfsbase | Rdgsbase | Wrfsbase | Wrgsbase
            | Syscall | Sysenter | Sysexit | Int | Int1 | Iretd | Iret | Iretq | Xsave | Xsave64
            | Xrstor | Xrstor64 | Mwait | Monitor | Clzero | Invlpg | Salc | Ud0 | Ud1 | Loadall
            | Umov | Fnsetpm | Fsetpm | Fdisi | Feni | Fstpnce | Fndisi | Fneni | Fstenv | Fnstenv | Fsave | Fnsave | Frstor | Fldenv | Fxsave
            | Fxsave64 | Fxrstor | Fxrstor64
            // Approximations and transcendentals: compared with a tolerance elsewhere.
            | Rcpps | Rcpss | Rsqrtps | Rsqrtss | Vrcpps | Vrcpss | Vrsqrtps | Vrsqrtss | Fsin | Fcos | Fsincos | Fptan | Fpatan | F2xm1
            | Fyl2x | Fyl2xp1
            // Single stepping by accident.
            | Popf | Popfd | Popfq
            // Implicit pointers: templates.
            | Xlatb | Maskmovq | Maskmovdqu | Vmaskmovdqu | Movsb | Movsw | Movsd | Movsq | Stosb | Stosw | Stosd
            | Stosq | Lodsb | Lodsw | Lodsd | Lodsq | Scasb | Scasw | Scasd | Scasq | Cmpsb | Cmpsw
            | Cmpsd | Cmpsq | Insb | Insw | Insd | Outsb | Outsw | Outsd
            // Segment registers.
            | Lds | Les | Lfs | Lgs | Lss
            // Needs a bound below the loop counter's; a template jumps.
            | Loop | Loope | Loopne
    ) && !(matches!(mnemonic, Movsd | Cmpsd))
}

/// Instructions whose results the processor itself only approximates: drawn alone,
/// with `--only transcendental`, and compared to within one unit in the last place.
pub const TRANSCENDENTAL: &str = "transcendental";

fn transcendental(code: Code) -> bool {
    use Mnemonic::*;
    matches!(code.mnemonic(), Fsin | Fcos | Fsincos | Fptan | Fpatan | F2xm1 | Fyl2x | Fyl2xp1)
}

/// Whether the processor under the tests has what not every x86-64 has.
fn on_host(feature: CpuidFeature) -> bool {
    use CpuidFeature::*;
    match feature {
        SSE3 => is_x86_feature_detected!("sse3"),
        SSSE3 => is_x86_feature_detected!("ssse3"),
        SSE4_1 => is_x86_feature_detected!("sse4.1"),
        SSE4_2 => is_x86_feature_detected!("sse4.2"),
        POPCNT => is_x86_feature_detected!("popcnt"),
        AES => is_x86_feature_detected!("aes"),
        PCLMULQDQ => is_x86_feature_detected!("pclmulqdq"),
        SHA => is_x86_feature_detected!("sha"),
        LZCNT => is_x86_feature_detected!("lzcnt"),
        BMI1 => is_x86_feature_detected!("bmi1"),
        BMI2 => is_x86_feature_detected!("bmi2"),
        ADX => is_x86_feature_detected!("adx"),
        MOVBE => is_x86_feature_detected!("movbe"),
        AVX => is_x86_feature_detected!("avx"),
        AVX2 => is_x86_feature_detected!("avx2"),
        FMA => is_x86_feature_detected!("fma"),
        F16C => is_x86_feature_detected!("f16c"),
        _ => true,
    }
}

fn family_of(code: Code) -> Option<&'static str> {
    use CpuidFeature::*;
    let info = code.op_code();
    let mnemonic = code.mnemonic();
    let features = code.cpuid_features();
    let one = |wanted: &[CpuidFeature]| features.iter().any(|f| wanted.contains(f));
    let known = features.iter().all(|f| {
        matches!(
            f,
            INTEL8086
                | INTEL186
                | INTEL286
                | INTEL386
                | INTEL486
                | X64
                | CMOV
                | CX8
                | CMPXCHG16B
                | FPU
                | FPU287
                | FPU387
                | MMX
                | SSE
                | SSE2
                | SSE3
                | SSSE3
                | SSE4_1
                | SSE4_2
                | POPCNT
                | AES
                | PCLMULQDQ
                | SHA
                | LZCNT
                | BMI1
                | BMI2
                | ADX
                | MOVBE
                | AVX
                | AVX2
                | FMA
                | F16C
                | MULTIBYTENOP
                | CLFSH
                | PREFETCHW
                | PAUSE
        )
    });
    if !known || features.is_empty() || !features.iter().all(|feature| on_host(*feature)) {
        return None;
    }
    Some(if one(&[AVX2]) {
        "avx2"
    } else if one(&[FMA]) {
        "fma"
    } else if one(&[F16C]) {
        "f16c"
    } else if one(&[AVX]) {
        "avx"
    } else if one(&[FPU, FPU287, FPU387]) {
        "x87"
    } else if one(&[AES, PCLMULQDQ, SHA]) {
        "crypto"
    } else if one(&[SSE4_1, SSE4_2]) && !one(&[POPCNT]) {
        "sse4"
    } else if one(&[SSSE3]) {
        "ssse3"
    } else if one(&[SSE3]) {
        "sse3"
    } else if info.op_kinds().iter().any(|k| {
        matches!(k, OpCodeOperandKind::mm_reg | OpCodeOperandKind::mm_rm | OpCodeOperandKind::mm_or_mem)
    }) || mnemonic == Mnemonic::Emms
    {
        "mmx"
    } else if one(&[SSE2]) {
        "sse2"
    } else if one(&[SSE]) {
        "sse"
    } else if one(&[LZCNT, BMI1, BMI2, ADX, MOVBE, POPCNT]) {
        "bmi"
    } else if matches!(
        mnemonic,
        Mnemonic::Aaa | Mnemonic::Aas | Mnemonic::Aam | Mnemonic::Aad | Mnemonic::Daa | Mnemonic::Das
    ) {
        "bcd"
    } else if blank(code).is_stack_instruction() {
        "stack"
    } else {
        "int"
    })
}

/// The families of a mode; with `only` not empty just those.
pub fn families(mode: Mode, only: &[String]) -> Vec<Family> {
    if only == [TRANSCENDENTAL] {
        let codes = Code::values().filter(|code| transcendental(*code)).collect();
        return vec![Family { name: TRANSCENDENTAL, weight: 1, codes }];
    }
    let mut by_name: BTreeMap<&'static str, Vec<Code>> = BTreeMap::new();
    for code in Code::values() {
        let info = code.op_code();
        let mode_fits = if mode == Mode::Bits64 { info.mode64() } else { info.mode32() };
        if !info.is_instruction()
            || !mode_fits
            || !info.cpl3()
            || info.is_privileged()
            || info.is_reserved_nop()
            || info.is_input_output()
            || code.flow_control() != FlowControl::Next
            || string_of(code)
            || (excluded(code.mnemonic()) && !vector_of(code))
            || !matches!(info.encoding(), EncodingKind::Legacy | EncodingKind::VEX)
            || info.op_kinds().contains(&OpCodeOperandKind::seg_reg)
        {
            continue;
        }
        let Some(name) = family_of(code) else { continue };
        if info.can_use_lock_prefix() {
            by_name.entry("lock").or_default().push(code);
        }
        by_name.entry(name).or_default().push(code);
    }
    WEIGHTS
        .iter()
        .filter(|(name, _)| only.is_empty() || only.iter().any(|o| o == name))
        .filter_map(|&(name, weight)| Some(Family { name, weight, codes: by_name.remove(name)? }))
        .collect()
}

/// MOVSD and CMPSD are also string instructions.
fn vector_of(code: Code) -> bool {
    matches!(code.mnemonic(), Mnemonic::Movsd | Mnemonic::Cmpsd) && !string_of(code)
}

fn string_of(code: Code) -> bool {
    blank(code).is_string_instruction()
}

fn blank(code: Code) -> Instruction {
    let mut instruction = Instruction::default();
    instruction.set_code(code);
    instruction
}
