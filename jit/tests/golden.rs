//! The exact wasm of a few dozen snippets, so that a change of what is emitted shows in
//! a diff. `TAWAKI_BLESS=1 cargo test -p tawaki-jit --test golden` writes the files anew.

use std::fmt::Write as _;

use tawaki_cpu::ir::Block;
use tawaki_cpu::lift::lift_block;
use tawaki_cpu::{GuestMemory, Mode, Perms};
use tawaki_jit::layout::HELPERS;
use tawaki_jit::{BlockSource, Layout, Limits, Options, compile, form_region};

/// Name, assembler, 64-bit code.
const SNIPPETS: &[(&str, &str, &[u8])] = &[
    ("add", "add eax, ebx; ret", &[0x01, 0xd8, 0xc3]),
    ("add64_memory", "add rax, [rbx+rcx*8+16]; ret", &[0x48, 0x03, 0x44, 0xcb, 0x10, 0xc3]),
    ("memory_add", "add dword [rdi], 1; ret", &[0x83, 0x07, 0x01, 0xc3]),
    ("compare_branch", "cmp eax, 10; jl +1; nop; ret", &[0x83, 0xf8, 0x0a, 0x7c, 0x01, 0x90, 0xc3]),
    ("test_branch", "test al, al; jne +1; nop; ret", &[0x84, 0xc0, 0x75, 0x01, 0x90, 0xc3]),
    ("count_loop", "add eax, ecx; dec ecx; jnz -6; ret", &[0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, 0xc3]),
    ("setcc", "cmp rax, rbx; setbe cl; ret", &[0x48, 0x39, 0xd8, 0x0f, 0x96, 0xc1, 0xc3]),
    ("cmov", "sub eax, ebx; cmovo ecx, edx; ret", &[0x29, 0xd8, 0x0f, 0x40, 0xca, 0xc3]),
    ("adc", "add eax, ecx; adc ebx, edx; ret", &[0x01, 0xc8, 0x11, 0xd3, 0xc3]),
    ("unknown_carry", "adc eax, ebx; ret", &[0x11, 0xd8, 0xc3]),
    ("shift", "shl eax, 3; js +1; nop; ret", &[0xc1, 0xe0, 0x03, 0x78, 0x01, 0x90, 0xc3]),
    ("shift_cl", "shr rax, cl; ret", &[0x48, 0xd3, 0xe8, 0xc3]),
    ("rotate", "rol eax, 5; jc +1; nop; ret", &[0xc1, 0xc0, 0x05, 0x72, 0x01, 0x90, 0xc3]),
    ("bit_test", "bt eax, 7; jc +1; nop; ret", &[0x0f, 0xba, 0xe0, 0x07, 0x72, 0x01, 0x90, 0xc3]),
    ("scan", "bsf eax, ecx; ret", &[0x0f, 0xbc, 0xc1, 0xc3]),
    ("multiply", "mul rbx; ret", &[0x48, 0xf7, 0xe3, 0xc3]),
    ("imul", "imul eax, ebx; ret", &[0x0f, 0xaf, 0xc3, 0xc3]),
    ("divide", "cdq; idiv ecx; ret", &[0x99, 0xf7, 0xf9, 0xc3]),
    ("byte_registers", "mov ah, bl; movzx ecx, ah; ret", &[0x88, 0xdc, 0x0f, 0xb6, 0xcc, 0xc3]),
    ("push_pop", "push rbx; pop rcx; ret", &[0x53, 0x59, 0xc3]),
    ("call", "call +1; ret; ret", &[0xe8, 1, 0, 0, 0, 0xc3, 0xc3]),
    ("call_indirect", "call rax; ret", &[0xff, 0xd0, 0xc3]),
    ("jump_indirect", "jmp rax", &[0xff, 0xe0]),
    ("atomic_add", "lock xadd [rdi], eax; ret", &[0xf0, 0x0f, 0xc1, 0x07, 0xc3]),
    ("cmpxchg", "lock cmpxchg [rdi], ecx; ret", &[0xf0, 0x0f, 0xb1, 0x0f, 0xc3]),
    ("string", "rep movsb; ret", &[0xf3, 0xa4, 0xc3]),
    ("syscall", "mov eax, 39; syscall", &[0xb8, 39, 0, 0, 0, 0x0f, 0x05]),
    ("bswap", "bswap rax; ret", &[0x48, 0x0f, 0xc8, 0xc3]),
    ("thread_local", "mov eax, fs:[0x28]; ret", &[0x64, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0, 0xc3]),
    ("prefetch", "prefetcht0 [rdi+64]; ret", &[0x0f, 0x18, 0x4f, 0x40, 0xc3]),
    ("rip_relative", "mov eax, [rip+0x100]; ret", &[0x8b, 0x05, 0, 1, 0, 0, 0xc3]),
];

struct Source<'a>(&'a GuestMemory);

impl BlockSource for Source<'_> {
    fn block(&mut self, rip: u64) -> Option<Block> {
        lift_block(self.0, Mode::Bits64, rip, 64).ok().map(|l| l.block)
    }
    fn targets(&mut self, _: u64) -> Vec<u64> {
        Vec::new()
    }
}

/// The function of a module's one region as text: behind the imported ones and the four that
/// every module has.
fn region_function(wasm: &[u8]) -> String {
    let text = wasmprinter::print_bytes(wasm).expect("valid wasm");
    let from = text.find(&format!("\n  (func (;{};)", HELPERS.len() + 4)).expect("a function");
    let text = &text[from + 1..];
    let text = text.find("\n  (func (;").map_or(text.trim_end().trim_end_matches(')'), |end| &text[..end]);
    text.trim_end().to_owned() + "\n"
}

fn listing(checked: bool) -> String {
    let memory = GuestMemory::for_tests();
    let mut text = String::new();
    for (number, (name, source, code)) in SNIPPETS.iter().enumerate() {
        let at = 0x40_0000 + 0x1000 * number as u64;
        memory.set_perms((at >> 12) as u32..(at >> 12) as u32 + 1, Perms::WRITE | Perms::EXEC);
        for (i, &byte) in code.iter().enumerate() {
            memory.store8(at + i as u64, byte).expect("mapped");
        }
        let layout = Layout { bits64: true, shared: true, memory_min: 1, memory_max: 65536, perms: 0x100 };
        let options = Options { checked, ..Options::default() };
        let region = form_region(&mut Source(&memory), at, &Limits::default()).expect("a region");
        let module = compile(&[region], &layout, &options).expect("compiles");
        wasmparser::Validator::new().validate_all(&module.wasm).expect("valid");
        let _ = writeln!(text, ";; {name}: {source}\n{}", region_function(&module.wasm));
    }
    text
}

fn check(file: &str, checked: bool) {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let now = listing(checked);
    if std::env::var_os("TAWAKI_BLESS").is_some() {
        std::fs::write(&path, now).expect("writes");
        return;
    }
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = before.lines().zip(now.lines()).position(|(a, b)| a != b);
    assert!(
        before == now,
        "{file} differs from line {:?} on; TAWAKI_BLESS=1 accepts it",
        differs.map(|n| n + 1)
    );
}

#[test]
fn unchecked() {
    check("unchecked.wat", false);
}

#[test]
fn checked() {
    check("checked.wat", true);
}
