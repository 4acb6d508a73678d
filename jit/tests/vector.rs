//! Every vector operation that is emitted as wasm, run by wasmtime and compared
//! with the interpreter's implementation on edge values and random lanes.

use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::state::{Slot, slot};
use tawaki_cpu::{CpuState, GuestMemory, Mode, Perms, flags};
use tawaki_jit::Options;
use tawaki_jit::analysis::Set;
use tawaki_jit::emit::memory::Access;
use tawaki_jit::emit::vector::{self, Context, Scratch};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Memory of the test module: vectors, slots, then the flags and memory operand.
const VECTORS: u64 = 0;
const SLOTS: u64 = 1024;
const FLAGS: u64 = 4096;
const OPERAND: u64 = 8192;
/// Guest address of the operand.
const GUEST: u64 = 0x10_0000;

/// A function that runs one operation on vectors held in memory.
struct Harness {
    function: Function,
    mend_nans: bool,
    wrote: Option<u8>,
}

const V: u32 = 0;
const T: u32 = 32;

impl Context for Harness {
    fn sink(&mut self) -> InstructionSink<'_> {
        self.function.instructions()
    }
    fn vector(&mut self, number: u8) -> u32 {
        V + u32::from(number)
    }
    fn define_vector(&mut self, number: u8) -> u32 {
        self.wrote = Some(number);
        V + u32::from(number)
    }
    fn scratch(&mut self) -> Scratch {
        Scratch { v128: [T, T + 1, T + 2], f64: T + 3, f32: T + 4, i64: T + 5 }
    }
    fn get_slot(&mut self, slot: Slot) {
        let at = at(SLOTS + 8 * u64::from(slot));
        self.sink().i32_const(0).i64_load(at);
    }
    fn set_slot(&mut self, slot: Slot) {
        let at = at(SLOTS + 8 * u64::from(slot));
        self.sink().local_set(T + 6).i32_const(0).local_get(T + 6).i64_store(at);
    }
    fn operand_address(&mut self, _: &Op, _: u32, _: Access, _: bool) -> MemArg {
        self.sink().i32_const(0);
        at(OPERAND)
    }
    fn compared(&mut self, single: bool) -> [u32; 2] {
        if single { [T + 7, T + 8] } else { [T + 9, T + 10] }
    }
    fn mend_nans(&self) -> bool {
        self.mend_nans
    }
    fn set_flags(&mut self) {
        self.sink().local_set(T + 6).i32_const(0).local_get(T + 6).i64_store(at(FLAGS));
    }
}

fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 0, memory_index: 0 }
}

/// A module whose function i runs `ops[i]`.
fn module(ops: &[Op], mend_nans: bool) -> Vec<u8> {
    let (mut types, mut functions, mut code, mut exports) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new(), ExportSection::new());
    types.ty().function([], []);
    for (i, op) in ops.iter().enumerate() {
        functions.function(0);
        let locals = [
            (35, ValType::V128),
            (1, ValType::F64),
            (1, ValType::F32),
            (2, ValType::I64),
            (2, ValType::F32),
            (2, ValType::F64),
        ];
        let mut harness = Harness { function: Function::new(locals), mend_nans, wrote: None };
        for n in 0..4 {
            harness.sink().i32_const(0).v128_load(at(VECTORS + 16 * n)).local_set(V + n as u32);
        }
        assert!(vector::sequence(&mut harness, op), "{op}");
        if let Some(n) = harness.wrote {
            let effects = vector::effects(op, &Options::default()).expect("effects of a native operation");
            assert_eq!(effects.writes, Set::xmm(n), "{op}");
            harness
                .sink()
                .i32_const(0)
                .local_get(V + u32::from(n))
                .v128_store(at(VECTORS + 16 * u64::from(n)));
        }
        harness.sink().end();
        code.function(&harness.function);
        exports.export(&i.to_string(), ExportKind::Func, i as u32);
    }
    exports.export("memory", ExportKind::Memory, 0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() as usize % from.len()]
    }

    fn f64(&mut self) -> u64 {
        const EDGES: &[u64] = &[
            0,
            1 << 63,
            0x7ff0_0000_0000_0000,
            0xfff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
            0xfff8_0000_0000_0001,
            0x7ff0_0000_0000_0001,
            0xfff4_1234_5678_9abc,
            1,
            0x000f_ffff_ffff_ffff,
            0x0010_0000_0000_0000,
            0x7fef_ffff_ffff_ffff,
            0x41df_ffff_ffc0_0000, // 2147483647
            0x41df_ffff_ffe0_0000, // 2147483647.5
            0x41e0_0000_0000_0000, // 2^31
            0xc1e0_0000_0000_0000,
            0xc1e0_0000_0010_0000, // -2147483648.5
            0xc1e0_0000_0020_0000, // -2147483649
            0x43df_ffff_ffff_ffff,
            0x43e0_0000_0000_0000, // 2^63
            0xc3e0_0000_0000_0000,
            0xc3e0_0000_0000_0001,
            0x3fe0_0000_0000_0000,
            0xbfe0_0000_0000_0000,
            0x3ff8_0000_0000_0000,
            0x4004_0000_0000_0000, // 2.5
            0x3fdf_ffff_ffff_ffff,
        ];
        match self.next() % 4 {
            0 => self.pick(EDGES),
            1 => ((self.next() as i64 >> (self.next() % 60)) as f64 / 4.0).to_bits(),
            2 => (self.next() & 0x800f_ffff_ffff_ffff) | (1000 + self.next() % 60) << 52,
            _ => self.next(),
        }
    }

    fn f32(&mut self) -> u32 {
        const EDGES: &[u32] = &[
            0,
            1 << 31,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0000,
            0xffc0_0001,
            0x7f80_0001,
            0xffa1_2345,
            1,
            0x007f_ffff,
            0x0080_0000,
            0x7f7f_ffff,
            0x4eff_ffff,
            0x4f00_0000,
            0xcf00_0000,
            0xcf00_0001,
            0x5eff_ffff,
            0x5f00_0000,
            0xdf00_0000,
            0x3f00_0000,
            0xbf00_0000,
            0x3fc0_0000,
            0x4020_0000,
        ];
        match self.next() % 4 {
            0 => self.pick(EDGES),
            1 => ((self.next() as i32 >> (self.next() % 30)) as f32 / 4.0).to_bits(),
            2 => (self.next() as u32 & 0x807f_ffff) | (110 + (self.next() % 40) as u32) << 23,
            _ => self.next() as u32,
        }
    }

    fn vector(&mut self) -> u128 {
        const LANES: &[u64] = &[
            0,
            u64::MAX,
            0x8080_8080_8080_8080,
            0x7f7f_7f7f_7f7f_7f7f,
            0x8000_8000_8000_8000,
            0x7fff_7fff_7fff_7fff,
            0x8000_0000_8000_0000,
            0x7fff_ffff_7fff_ffff,
            1 << 63,
            i64::MAX as u64,
            0x0001_0001_0001_0001,
        ];
        let half = |r: &mut Random, kind: u64| match kind {
            0 => r.f64(),
            1 => u64::from(r.f32()) << 32 | u64::from(r.f32()),
            2 => r.pick(LANES),
            // A shift count.
            3 => r.next() % 70,
            _ => r.next(),
        };
        let (x, y) = (self.next() % 5, self.next() % 5);
        u128::from(half(self, x)) << 64 | u128::from(half(self, y))
    }
}

/// The forms of an operation that are tried: immediates, and both operands the same.
fn forms(code: VecOp) -> Vec<Op> {
    let op = Op::new(OpCode::Vector).e(code as u16).d(2).a(0).b(1).c(3);
    let base = op;
    let immediates: Vec<i64> = match code {
        _ if takes_immediate(code) => (0..256).collect(),
        _ => vec![0],
    };
    let mut ops: Vec<Op> = immediates.iter().map(|&imm| base.imm(imm)).collect();
    if !is_special(code) {
        ops.push(base.d(0).imm(0x1b));
        ops.push(base.d(1).imm(0x1b));
        ops.push(base.d(0).a(0).b(0).imm(0x1b));
    }
    ops
}

fn takes_immediate(code: VecOp) -> bool {
    use VecOp::*;
    matches!(
        code,
        PsllwI
            | PslldI
            | PsllqI
            | PsrlwI
            | PsrldI
            | PsrlqI
            | PsrawI
            | PsradI
            | Pslldq
            | Psrldq
            | Pshufd
            | Pshuflw
            | Pshufhw
            | Shufps
            | Shufpd
            | Palignr
            | MmxPalignr
            | Pblendw
            | Blendps
            | Blendpd
            | Insertps
            | Pinsrb
            | Pinsrw
            | MmxPinsrw
            | Pinsrd
            | Pinsrq
            | Pextrb
            | Pextrw
            | MmxPextrw
            | Pextrd
            | Pextrq
            | Cmpss
            | Cmpsd
            | Cmpps
            | Cmppd
            | Roundss
            | Roundsd
            | Roundps
            | Roundpd
    )
}

/// Operands other than three vectors.
fn is_special(code: VecOp) -> bool {
    (code as u16) >= VecOp::Load32 as u16
        && !matches!(code, VecOp::Pblendvb | VecOp::Blendvps | VecOp::Blendvpd)
}

fn check(code: VecOp, mend_nans: bool) {
    let mut ops = forms(code);
    if is_special(code) {
        // Slots: RAX (also the address's base, 0 in the harness) and RCX.
        ops = vec![Op::new(OpCode::Vector).e(code as u16).d(2).a(0).b(1)];
    }
    // To be mended: a host whose NaNs are not x86's.
    let mut config = wasmtime::Config::new();
    config.cranelift_nan_canonicalization(mend_nans);
    let engine = wasmtime::Engine::new(&config).expect("an engine");
    let wasm = module(&ops, mend_nans);
    wasmparser::Validator::new().validate_all(&wasm).unwrap_or_else(|e| panic!("{code:?}: {e}"));
    let compiled = wasmtime::Module::new(&engine, &wasm).expect("a module");
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = wasmtime::Instance::new(&mut store, &compiled, &[]).expect("an instance");
    let memory = instance.get_memory(&mut store, "memory").expect("the memory");
    let guest = GuestMemory::for_tests();
    guest.set_perms((GUEST >> 12) as u32..(GUEST >> 12) as u32 + 1, Perms(Perms::READ.0 | Perms::WRITE.0));
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ code as u64);
    let rounds = if ops.len() > 16 { 40 } else { 3000 };
    for (i, op) in ops.iter().enumerate() {
        let run = instance.get_typed_func::<(), ()>(&mut store, &i.to_string()).expect("a function");
        let effects = vector::effects(op, &Options::default()).expect("effects");
        for _ in 0..rounds {
            let mut state = CpuState::new(Mode::Bits64);
            for n in 0..4 {
                state.xmm[n] = random.vector();
            }
            if random.next().is_multiple_of(8) {
                state.xmm[1] = state.xmm[0];
            }
            for s in 0..4 {
                state.slots[s] = random.vector() as u64;
            }
            let inside = random.vector();
            guest.store128(GUEST, inside).expect("mapped");
            memory.write(&mut store, OPERAND as usize, &inside.to_le_bytes()).expect("inside");
            for n in 0..4 {
                memory.write(&mut store, 16 * n, &state.xmm[n].to_le_bytes()).expect("inside");
            }
            for s in 0..4 {
                let at = SLOTS as usize + 8 * s;
                memory.write(&mut store, at, &state.slots[s].to_le_bytes()).expect("inside");
            }
            let before = state.clone();
            let mut interpreted = *op;
            if effects.exits {
                (interpreted.a, interpreted.b, interpreted.imm) = (slot::ZERO, slot::ZERO, GUEST as i64);
            }
            tawaki_cpu::interp::vector::exec_vector(&mut state, &guest, &interpreted).expect("no trap");
            run.call(&mut store, ()).expect("no wasm trap");
            let read = |store: &wasmtime::Store<()>, at: usize, n: usize| {
                let mut bytes = [0; 16];
                memory.read(store, at, &mut bytes[..n]).expect("inside");
                u128::from_le_bytes(bytes)
            };
            for n in 0..4 {
                assert_eq!(
                    read(&store, 16 * n, 16),
                    state.xmm[n],
                    "{op}: vector {n} (left {:032x}, right {:032x}) of a={:032x} b={:032x} c={:032x} slots {:x?}",
                    read(&store, 16 * n, 16),
                    state.xmm[n],
                    before.xmm[0],
                    before.xmm[1],
                    before.xmm[3],
                    &before.slots[..4],
                );
            }
            for s in 0..4 {
                let value = read(&store, SLOTS as usize + 8 * s, 8) as u64;
                assert_eq!(
                    value,
                    state.slots[s],
                    "{op}: slot {s} of a={:032x} slots {:x?}",
                    before.xmm[0],
                    &before.slots[..4]
                );
            }
            assert_eq!(
                read(&store, OPERAND as usize, 16),
                guest.load128(GUEST).expect("mapped"),
                "{op}: memory"
            );
            if effects.writes.has(slot::FLAG_R) {
                let bits = read(&store, FLAGS as usize, 8) as u32;
                assert_eq!(
                    bits,
                    flags::status_bits(&state),
                    "{op}: flags of a={:032x} b={:032x}",
                    before.xmm[0],
                    before.xmm[1]
                );
            }
        }
    }
}

#[test]
fn native_operations_agree_with_the_interpreter() {
    for &code in VecOp::ALL {
        if vector::is_native(code) {
            check(code, true);
            if tawaki_jit::layout::host_nans_are_x86() {
                check(code, false);
            }
        }
    }
}

/// Whoever adds an operation either gives it a sequence or lists it.
#[test]
fn fallbacks_are_listed_exactly() {
    for &code in vector::FALLBACK {
        assert!((code as u16) < VecOp::FldM32 as u16, "{code:?}: x87 operations are not listed");
        let mut harness = Harness { function: Function::new([]), mend_nans: true, wrote: None };
        let op = Op::new(OpCode::Vector).e(code as u16).d(2).a(0).b(1);
        assert!(!vector::sequence(&mut harness, &op), "{code:?} is listed but has a sequence");
    }
}
