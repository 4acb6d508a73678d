//! Vector operations as wasm SIMD: every [`VecOp`] of SSE that has a sequence of
//! its own. What has none ([`FALLBACK`]) goes to the interpreter's function, with
//! its effects stated here where they are narrow.
//!
//! A vector is a `v128` local. Sequences are written against [`Code`], which
//! knows the locals of the operands and some to compute in; they leave the
//! result on the wasm stack. The hazards of wasm's instructions where x86 differs
//! (shift counts, minimum and maximum, conversions out of range, the sign of a
//! NaN) are handled where they arise.
//!
//! Float arithmetic here rounds to nearest and raises nothing: a region with such
//! operations looks at MXCSR's control bits when it is entered and after every
//! guest call, and LDMXCSR leaves the region.

mod convert;
mod effects;
mod float;
mod lanes;
mod memory;
mod mmx;
pub(in crate::emit) mod scalar;
mod shuffle;
mod text;

use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::{Slot, slot};
use wasm_encoder::{InstructionSink, MemArg, ValType};

pub use self::effects::effects;
pub(crate) use self::mmx::in_locals as mmx_in_locals;
pub(super) use self::mmx::{Mmx, enter as enter_mmx, settle_all};
use super::Emitter;
use super::memory::{Access, Address, GUEST};
use crate::layout::{ExitKind, Layout, Options};

/// Locals a sequence may overwrite.
#[derive(Clone, Copy, Debug)]
pub struct Scratch {
    /// Of type v128.
    pub v128: [u32; 3],
    /// Of type f64.
    pub f64: u32,
    /// Of type f32.
    pub f32: u32,
    /// Of type i64.
    pub i64: u32,
}

/// What the sequences need of the emitter around them.
pub trait Context {
    /// Where instructions go.
    fn sink(&mut self) -> InstructionSink<'_>;
    /// The local of vector `number`, holding its value.
    fn vector(&mut self, number: u8) -> u32;
    /// The local of vector `number`, which will be overwritten whole.
    fn define_vector(&mut self, number: u8) -> u32;
    /// Locals free until the operation ends.
    fn scratch(&mut self) -> Scratch;
    /// Pushes a slot as i64.
    fn get_slot(&mut self, slot: Slot);
    /// Pops i64 into a slot.
    fn set_slot(&mut self, slot: Slot);
    /// Pushes the linear address (i32) of the memory operand of `op`, after all
    /// checks of `bytes` bytes; `aligned`: leaves before this instruction unless the
    /// address is a multiple of `bytes`.
    fn operand_address(&mut self, op: &Op, bytes: u32, access: Access, aligned: bool) -> MemArg;
    /// Pops i64: the status flags become these bits.
    fn set_flags(&mut self);
    /// Locals that keep the operands of a comparison, f32 or f64, for the conditions.
    fn compared(&mut self, single: bool) -> [u32; 2];
    /// Whether NaNs the host makes have to be made x86's.
    fn mend_nans(&self) -> bool;
    /// Pushes the low lane of vector `number`.
    fn get_double(&mut self, number: u8) {
        let vector = self.vector(number);
        self.sink().local_get(vector).f64x2_extract_lane(0);
    }
}

/// SSE and MMX operations that go to the interpreter's own function.
pub const FALLBACK: &[VecOp] = &[
    // Rare.
    VecOp::Phminposuw,
    VecOp::Mpsadbw,
    VecOp::Dpps,
    VecOp::Dppd,
    VecOp::MaskedStore128,
    VecOp::Pcmpestri,
    VecOp::Pcmpestrm,
    VecOp::Pcmpistri,
    VecOp::Pcmpistrm,
    VecOp::Rcpss,
    VecOp::Rcpps,
    VecOp::Rsqrtss,
    VecOp::Rsqrtps,
    VecOp::Ldmxcsr,
    VecOp::Stmxcsr,
    VecOp::Fxsave,
    VecOp::Fxrstor,
    // Of dozens of steps each.
    VecOp::Aesenc,
    VecOp::Aesenclast,
    VecOp::Aesdec,
    VecOp::Aesdeclast,
    VecOp::Aesimc,
    VecOp::Aeskeygenassist,
    VecOp::Pclmulqdq,
    VecOp::Sha1nexte,
    VecOp::Sha1msg1,
    VecOp::Sha1msg2,
    VecOp::Sha1rnds4,
    VecOp::Sha256msg1,
    VecOp::Sha256msg2,
    VecOp::Sha256rnds2,
    // AVX, AVX2, FMA and F16C beyond what is the same on each half.
    VecOp::Vpermilps,
    VecOp::Vpermilpd,
    VecOp::Psllvd,
    VecOp::Psllvq,
    VecOp::Psrlvd,
    VecOp::Psrlvq,
    VecOp::Psravd,
    VecOp::Vcmpss,
    VecOp::Vcmpsd,
    VecOp::Vcmpps,
    VecOp::Vcmppd,
    VecOp::Cvtph2ps,
    VecOp::Cvtps2ph,
    VecOp::BothHalves,
    VecOp::Fma,
    VecOp::TestSigns,
    VecOp::Align32,
    VecOp::Store256,
    VecOp::MaskLoad,
    VecOp::MaskStore,
    VecOp::Gather,
    VecOp::ZeroUpper,
    VecOp::Permute8,
    // MMX registers lie in the x87's: see `mmx`.
    VecOp::MmxRead,
    VecOp::MmxWrite,
    VecOp::MmxEnter,
    VecOp::Emms,
];

/// Whether `code` is of the x87, which has a module of its own.
pub fn is_x87(code: VecOp) -> bool {
    code as u16 >= VecOp::FldM32 as u16
}

/// Whether `code` has a sequence here.
pub fn is_native(code: VecOp) -> bool {
    !is_x87(code) && !FALLBACK.contains(&code)
}

/// Whether `code` depends on MXCSR or raises flags there.
pub fn is_float(code: VecOp) -> bool {
    use VecOp::*;
    let number = code as u16;
    (Addss as u16..=Cvttps2pi as u16).contains(&number)
        || (Cvtss2si32 as u16..=Cvtsi2sd64 as u16).contains(&number)
        || matches!(code, Comiss | Comisd | Ucomiss | Ucomisd | BothHalves)
}

/// Whether `op` is emitted as float arithmetic that relies on MXCSR.
pub fn relies_on_mxcsr(op: &Op, options: &Options) -> bool {
    let code = VecOp::from_e(op.e);
    op.code == OpCode::Vector
        && !options.exact_float
        && !options.helpers_only
        && is_float(code)
        && (is_native(code) || code == VecOp::BothHalves)
}

/// Emits an operation for which [`effects`] returned something.
pub fn emit(e: &mut Emitter, op: &Op) {
    let code = VecOp::from_e(op.e);
    if mmx::emit(e, code, op) {
        return;
    }
    let effects = effects(op, e.options).unwrap_or_default();
    mmx::settle(e, code, &effects);
    if scalar::emit(e, op) {
        return;
    }
    scalar::before(e, op, &effects);
    if is_x87(code) {
        e.mmx.forget();
        super::x87::emit(e, op);
    } else if code == VecOp::BothHalves && relies_on_mxcsr(op, e.options) {
        // Nothing can be raised: the region was entered with all exceptions masked.
    } else if matches!(code, VecOp::Ldmxcsr | VecOp::Fxrstor) {
        e.exit(e.rip, ExitKind::Interpret);
    } else if text::is_native(op) {
        text::emit(e, op);
    } else if !sequence(e, op) {
        super::x87::flush(e);
        e.fallback(op);
    }
    scalar::after(e, op, &effects);
}

/// Emits the sequence of one vector operation; `false` (and nothing emitted) when it
/// has none.
pub fn sequence(context: &mut impl Context, op: &Op) -> bool {
    let code = VecOp::from_e(op.e);
    if !is_native(code) {
        return false;
    }
    if memory::emit(context, code, op) {
        return true;
    }
    let (a, b) = (context.vector(op.a), context.vector(op.b));
    let blend = matches!(code, VecOp::Pblendvb | VecOp::Blendvps | VecOp::Blendvpd);
    let mask = if blend { context.vector(op.c) } else { a };
    let (scratch, mend_nans) = (context.scratch(), context.mend_nans());
    let d = context.define_vector(op.d);
    let mut c = Code { sink: context.sink(), a, b, mask, imm: op.imm as u8, scratch, mend_nans };
    let found = lanes::emit(&mut c, code)
        || shuffle::emit(&mut c, code)
        || float::emit(&mut c, code)
        || convert::emit(&mut c, code);
    debug_assert!(found, "{code:?} is neither emitted nor listed as a fallback");
    c.set(d);
    found
}

impl Context for Emitter<'_> {
    fn sink(&mut self) -> InstructionSink<'_> {
        self.i()
    }

    fn vector(&mut self, number: u8) -> u32 {
        self.xmm_local(number)
    }

    fn define_vector(&mut self, number: u8) -> u32 {
        self.xmm_local(number)
    }

    fn scratch(&mut self) -> Scratch {
        use ValType::{F32, F64, I64, V128};
        // Asked for once an operation, so these are always the same locals.
        let v128 = [(); 3].map(|()| Emitter::scratch(self, V128));
        let [f64, f32, i64] = [F64, F32, I64].map(|ty| Emitter::scratch(self, ty));
        Scratch { v128, f64, f32, i64 }
    }

    fn get_slot(&mut self, slot: Slot) {
        self.get(slot);
    }

    fn set_slot(&mut self, slot: Slot) {
        self.set(slot);
    }

    fn operand_address(&mut self, op: &Op, bytes: u32, access: Access, aligned: bool) -> MemArg {
        let a = operand(op, self.layout);
        if aligned {
            self.linear_address(&a, bytes, access);
            let linear = Emitter::scratch(self, ValType::I32);
            // The bias is a multiple of any alignment.
            self.i().local_tee(linear).i32_const(bytes as i32 - 1).i32_and();
            self.side_exit_if();
            self.i().local_get(linear);
            return GUEST;
        }
        self.address(&a, bytes, access)
    }

    fn set_flags(&mut self) {
        self.set(slot::FLAG_R);
        self.i().i64_const(tawaki_cpu::flags::kind::BITS as i64);
        self.set(slot::FLAG_KIND);
    }

    fn compared(&mut self, single: bool) -> [u32; 2] {
        Emitter::compared(self, single)
    }

    fn mend_nans(&self) -> bool {
        self.options.mend_nans
    }

    fn get_double(&mut self, number: u8) {
        self.get_low(number);
    }
}

/// The memory operand of a vector or x87 operation.
pub fn operand(op: &Op, layout: &Layout) -> Address {
    Address { base: op.a, index: Some((op.b, op.c & 3)), disp: op.imm, wrap: !layout.bits64 }
}

/// A sequence being written.
pub(crate) struct Code<'a> {
    pub sink: InstructionSink<'a>,
    /// Local of the first operand.
    pub a: u32,
    /// Local of the second operand.
    pub b: u32,
    /// Local of the third operand, the mask of a blend.
    pub mask: u32,
    /// The immediate byte.
    pub imm: u8,
    pub scratch: Scratch,
    pub mend_nans: bool,
}

impl<'a> Code<'a> {
    /// Pushes the first operand.
    pub fn a(&mut self) -> &mut InstructionSink<'a> {
        self.sink.local_get(self.a)
    }

    /// Pushes the second operand.
    pub fn b(&mut self) -> &mut InstructionSink<'a> {
        self.sink.local_get(self.b)
    }

    /// Pushes both.
    pub fn ab(&mut self) -> &mut InstructionSink<'a> {
        self.sink.local_get(self.a).local_get(self.b)
    }

    pub fn get(&mut self, local: u32) -> &mut InstructionSink<'a> {
        self.sink.local_get(local)
    }

    pub fn set(&mut self, local: u32) {
        self.sink.local_set(local);
    }

    pub fn constant(&mut self, value: u128) -> &mut InstructionSink<'a> {
        self.sink.v128_const(value as i128)
    }

    pub fn zero(&mut self) -> &mut InstructionSink<'a> {
        self.constant(0)
    }

    /// Sixteen-bit lanes of a constant.
    pub fn splat16(&mut self, value: u16) -> &mut InstructionSink<'a> {
        self.constant(u128::from(value) * (u128::MAX / 0xffff))
    }

    /// Thirty-two-bit lanes of a constant.
    pub fn splat32(&mut self, value: u32) -> &mut InstructionSink<'a> {
        self.constant(u128::from(value) * (u128::MAX / 0xffff_ffff))
    }

    /// Sixty-four-bit lanes of a constant.
    pub fn splat64(&mut self, value: u64) -> &mut InstructionSink<'a> {
        self.constant(u128::from(value) << 64 | u128::from(value))
    }
}
