//! Interpreter speed on a few loops in machine code, in millions of guest
//! instructions per second: `cargo run --release -p tawaki-cpu --example mips`.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

use iced_x86::IcedError;
use iced_x86::code_asm::*;
use tawaki_cpu::{CpuState, Engine, GuestMemory, Interpreter, Mode, Perms, Trap};

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x100_0000;
const STACK: u64 = 0x200_0000;

type Kernel = fn(&mut CodeAssembler) -> Result<(), IcedError>;

/// Four dependent operations and a branch.
fn arithmetic(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let mut top = a.create_label();
    a.mov(ecx, 20_000_000)?;
    a.set_label(&mut top)?;
    a.add(rax, rcx)?;
    a.xor(rdx, rax)?;
    a.shl(rdx, 3)?;
    a.lea(rbx, rdx + rax * 4 + 7)?;
    a.dec(ecx)?;
    a.jne(top)?;
    a.int3()
}

/// Byte sieve over 1 MiB: loads, stores, compares.
fn sieve(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner, mut next, mut clear) =
        (a.create_label(), a.create_label(), a.create_label(), a.create_label());
    let mut again = a.create_label();
    a.mov(r8d, 12)?;
    a.set_label(&mut again)?;
    a.mov(edi, DATA as i32)?;
    a.xor(ecx, ecx)?;
    a.set_label(&mut clear)?;
    a.mov(byte_ptr(rdi + rcx), 1)?;
    a.inc(ecx)?;
    a.cmp(ecx, 1 << 20)?;
    a.jb(clear)?;
    a.mov(esi, 2)?;
    a.set_label(&mut outer)?;
    a.cmp(byte_ptr(rdi + rsi), 0)?;
    a.je(next)?;
    a.lea(ecx, rsi + rsi)?;
    a.set_label(&mut inner)?;
    a.mov(byte_ptr(rdi + rcx), 0)?;
    a.add(ecx, esi)?;
    a.cmp(ecx, 1 << 20)?;
    a.jb(inner)?;
    a.set_label(&mut next)?;
    a.inc(esi)?;
    a.cmp(esi, 1 << 10)?;
    a.jb(outer)?;
    a.dec(r8d)?;
    a.jne(again)?;
    a.int3()
}

/// fib(32) by recursion: calls, returns, stack.
fn fib(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut f, mut small) = (a.create_label(), a.create_label());
    a.mov(edi, 32)?;
    a.call(f)?;
    a.int3()?;
    a.set_label(&mut f)?;
    a.cmp(edi, 1)?;
    a.jle(small)?;
    a.push(rbx)?;
    a.push(rdi)?;
    a.sub(edi, 1)?;
    a.call(f)?;
    a.mov(ebx, eax)?;
    a.pop(rdi)?;
    a.sub(edi, 2)?;
    a.call(f)?;
    a.add(eax, ebx)?;
    a.pop(rbx)?;
    a.ret()?;
    a.set_label(&mut small)?;
    a.mov(eax, edi)?;
    a.ret()
}

/// A compiler's view of a string hash: byte loads, multiply, compare.
fn hash(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner) = (a.create_label(), a.create_label());
    a.mov(r8d, 2000)?;
    a.set_label(&mut outer)?;
    a.mov(edi, DATA as i32)?;
    a.lea(rsi, rdi + 10_000)?;
    a.mov(eax, 5381)?;
    a.set_label(&mut inner)?;
    a.movzx(ecx, byte_ptr(rdi))?;
    a.imul_3(eax, eax, 33)?;
    a.add(rdi, 1)?;
    a.add(eax, ecx)?;
    a.cmp(rdi, rsi)?;
    a.jne(inner)?;
    a.sub(r8d, 1)?;
    a.jne(outer)?;
    a.int3()
}

/// Insertion-sort-like memory traffic as GCC -O0 writes it: everything in the frame.
fn unoptimised(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let mut top = a.create_label();
    a.push(rbp)?;
    a.mov(rbp, rsp)?;
    a.sub(rsp, 32)?;
    a.mov(dword_ptr(rbp - 4), 0)?;
    a.mov(dword_ptr(rbp - 8), 0)?;
    a.set_label(&mut top)?;
    a.mov(eax, dword_ptr(rbp - 4))?;
    a.add(dword_ptr(rbp - 8), eax)?;
    a.mov(eax, dword_ptr(rbp - 8))?;
    a.and(eax, 1023)?;
    a.movsxd(rdx, eax)?;
    a.mov(ecx, DATA as i32)?;
    a.mov(eax, dword_ptr(rcx + rdx * 4))?;
    a.xor(dword_ptr(rbp - 8), eax)?;
    a.add(dword_ptr(rbp - 4), 1)?;
    a.cmp(dword_ptr(rbp - 4), 10_000_000)?;
    a.jl(top)?;
    a.int3()
}

fn main() {
    let kernels: &[(&str, Kernel)] = &[
        ("arithmetic", arithmetic),
        ("sieve", sieve),
        ("fib", fib),
        ("hash", hash),
        ("unoptimised", unoptimised),
    ];
    for (name, kernel) in kernels {
        let mut assembler = CodeAssembler::new(64).expect("64 is a bitness");
        kernel(&mut assembler).expect("valid code");
        let code = assembler.assemble(CODE).expect("it assembles");
        let memory = GuestMemory::for_tests();
        let page = |address: u64| (address >> 12) as u32;
        memory.set_perms(page(CODE)..page(CODE) + 1, Perms::READ | Perms::EXEC);
        memory.set_perms(page(DATA)..page(STACK), Perms::READ | Perms::WRITE);
        memory.copy_in(CODE, &code).expect("mapped");
        let mut state = CpuState::new(Mode::Bits64);
        state.rip = CODE;
        state.set_gpr(4, STACK - 64);
        let mut interpreter = Interpreter::default();
        let start = Instant::now();
        let trap = interpreter.run(&mut state, &memory, &AtomicU32::new(0), u64::MAX);
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(trap, Trap::Breakpoint, "{name}");
        println!(
            "{name:12} {:8.1} M/s  ({} M instructions)",
            state.icount as f64 / seconds / 1e6,
            state.icount / 1_000_000
        );
    }
}
