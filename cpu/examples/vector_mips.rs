//! Interpreter speed on vector and x87 loops, in millions of guest instructions
//! per second: `cargo run --release -p tawaki-cpu --example vector_mips`.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

use iced_x86::IcedError;
use iced_x86::code_asm::*;
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap};

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x100_0000;
const DATA_END: u64 = 0x110_0000;

type Kernel = fn(&mut CodeAssembler) -> Result<(), IcedError>;

/// The inner loop of strlen: 64 bytes at a time, as glibc does it.
fn strlen(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner) = (a.create_label(), a.create_label());
    a.mov(r8d, 300)?;
    a.pxor(xmm0, xmm0)?;
    a.set_label(&mut outer)?;
    a.mov(edi, DATA as i32)?;
    a.set_label(&mut inner)?;
    a.movdqa(xmm1, xmmword_ptr(rdi))?;
    a.pminub(xmm1, xmmword_ptr(rdi + 16))?;
    a.movdqa(xmm2, xmmword_ptr(rdi + 32))?;
    a.pminub(xmm2, xmmword_ptr(rdi + 48))?;
    a.pminub(xmm1, xmm2)?;
    a.pcmpeqb(xmm1, xmm0)?;
    a.pmovmskb(eax, xmm1)?;
    a.add(rdi, 64)?;
    a.test(eax, eax)?;
    a.jne(inner)?;
    a.cmp(edi, DATA_END as i32 - 64)?;
    a.jb(inner)?;
    a.dec(r8d)?;
    a.jne(outer)?;
    a.int3()
}

/// memcpy's inner loop.
fn copy(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner) = (a.create_label(), a.create_label());
    a.mov(r8d, 1000)?;
    a.set_label(&mut outer)?;
    a.mov(edi, DATA as i32)?;
    a.mov(ecx, 0x8000)?;
    a.set_label(&mut inner)?;
    a.movups(xmm0, xmmword_ptr(rdi + rcx))?;
    a.movups(xmm1, xmmword_ptr(rdi + rcx + 16))?;
    a.movups(xmmword_ptr(rdi), xmm0)?;
    a.movups(xmmword_ptr(rdi + 16), xmm1)?;
    a.add(rdi, 32)?;
    a.sub(ecx, 32)?;
    a.jne(inner)?;
    a.dec(r8d)?;
    a.jne(outer)?;
    a.int3()
}

/// Scalar doubles as compilers write them: Mandelbrot's iteration.
fn mandelbrot(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let mut top = a.create_label();
    a.mov(ecx, 10_000_000)?;
    a.mov(eax, 3)?;
    a.cvtsi2sd(xmm4, eax)?;
    a.mov(eax, -10)?;
    a.cvtsi2sd(xmm5, eax)?;
    a.divsd(xmm4, xmm5)?;
    a.movapd(xmm5, xmm4)?;
    a.movsd_2(qword_ptr(DATA), xmm5)?;
    a.pxor(xmm0, xmm0)?;
    a.pxor(xmm1, xmm1)?;
    a.set_label(&mut top)?;
    a.movapd(xmm2, xmm0)?;
    a.mulsd(xmm2, xmm2)?;
    a.movapd(xmm3, xmm1)?;
    a.mulsd(xmm3, xmm3)?;
    a.mulsd(xmm1, xmm0)?;
    a.addsd(xmm1, xmm1)?;
    a.addsd(xmm1, xmm4)?;
    a.movapd(xmm0, xmm2)?;
    a.subsd(xmm0, xmm3)?;
    a.addsd(xmm0, qword_ptr(DATA))?;
    a.addsd(xmm2, xmm3)?;
    a.ucomisd(xmm2, xmm4)?;
    a.dec(ecx)?;
    a.jne(top)?;
    a.int3()
}

/// Sums of integers in doubles: never an inexact result.
fn exact(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let mut top = a.create_label();
    a.mov(ecx, 10_000_000)?;
    a.pxor(xmm0, xmm0)?;
    a.set_label(&mut top)?;
    a.cvtsi2sd(xmm1, ecx)?;
    a.addsd(xmm0, xmm1)?;
    a.cvttsd2si(rax, xmm1)?;
    a.dec(ecx)?;
    a.jne(top)?;
    a.int3()
}

/// x87 dot product as GCC writes it for i386.
fn x87(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner) = (a.create_label(), a.create_label());
    a.mov(r8d, 100)?;
    a.set_label(&mut outer)?;
    a.mov(edi, DATA as i32)?;
    a.mov(ecx, 50_000)?;
    a.fldz()?;
    a.set_label(&mut inner)?;
    a.fld(qword_ptr(rdi))?;
    a.fmul(qword_ptr(rdi + 8))?;
    a.faddp(st1, st0)?;
    a.add(rdi, 16)?;
    a.dec(ecx)?;
    a.jne(inner)?;
    a.fstp(qword_ptr(rdi))?;
    a.dec(r8d)?;
    a.jne(outer)?;
    a.int3()
}

/// Seconds this thread has run, not counting what other processes took.
fn seconds_on_cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn main() {
    let kernels: &[(&str, Kernel)] =
        &[("strlen", strlen), ("copy", copy), ("mandelbrot", mandelbrot), ("exact", exact), ("x87", x87)];
    for (name, kernel) in kernels {
        let mut assembler = CodeAssembler::new(64).expect("64 is a bitness");
        kernel(&mut assembler).expect("valid code");
        let code = assembler.assemble(CODE).expect("it assembles");
        let memory = GuestMemory::for_tests();
        let page = |address: u64| (address >> 12) as u32;
        memory.set_perms(page(CODE)..page(CODE) + 1, Perms::READ | Perms::EXEC);
        memory.set_perms(page(DATA)..page(DATA_END) + 1, Perms::READ | Perms::WRITE);
        memory.copy_in(CODE, &code).expect("mapped");
        for at in (DATA..DATA_END).step_by(8) {
            let value = 1.0 + (at % 1000) as f64 / 7.0;
            memory.store64(at, value.to_bits() | 0x0101_0101_0101_0101).expect("mapped");
        }
        let mut state = CpuState::new(Mode::Bits64);
        state.rip = CODE;
        let mut interpreter = Interpreter::default();
        let (start, busy) = (Instant::now(), seconds_on_cpu());
        let trap = interpreter.run(&mut state, &memory, &AtomicU32::new(0), u64::MAX);
        let elapsed = start.elapsed().as_secs_f64();
        let seconds = seconds_on_cpu().zip(busy).map_or(elapsed, |(end, start)| end - start);
        assert_eq!(trap, Trap::Breakpoint, "{name}");
        println!("{name:12} {:8.1} M/s  ({:.2} s)", state.icount as f64 / seconds / 1e6, seconds);
    }
}
