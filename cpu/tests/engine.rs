//! What single-instruction comparison with a processor does not reach: code that
//! changes, faults half-way, page boundaries, REP in chunks, atomics, polling.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use iced_x86::code_asm::*;
use tawaki_cpu::flags::{CF, OF, TF, ZF};
use tawaki_cpu::state::{Segment, TlsDescriptor};
use tawaki_cpu::{Access, CpuState, Engine, Fault, FaultKind, GuestMemory, Interpreter, Mode, Perms, Trap};

const CODE: u64 = 0x40_0000;
const DATA: u64 = 0x50_0000;
const STACK: u64 = 0x60_0000;

struct Machine {
    memory: Arc<GuestMemory>,
    state: CpuState,
    interpreter: Interpreter,
    attention: AtomicU32,
}

fn pages(address: u64, count: u32) -> std::ops::Range<u32> {
    let first = (address >> 12) as u32;
    first..first + count
}

impl Machine {
    /// Two pages each of writable code, data and stack, with `code` loaded.
    fn new(mode: Mode, code: &[u8]) -> Self {
        let memory = GuestMemory::for_tests();
        memory.set_perms(pages(CODE, 2), Perms::READ | Perms::WRITE | Perms::EXEC);
        memory.set_perms(pages(DATA, 2), Perms::READ | Perms::WRITE);
        memory.set_perms(pages(STACK, 2), Perms::READ | Perms::WRITE);
        memory.write_bytes(CODE, code).unwrap();
        let mut state = CpuState::new(mode);
        state.rip = CODE;
        state.set_gpr(4, STACK + 0x2000);
        state.set_gpr(7, DATA);
        Machine {
            memory: Arc::new(memory),
            state,
            interpreter: Interpreter::default(),
            attention: AtomicU32::new(0),
        }
    }

    fn assemble(
        bits: u32,
        write: impl FnOnce(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>,
    ) -> Self {
        let mut a = CodeAssembler::new(bits).unwrap();
        write(&mut a).unwrap();
        let mode = if bits == 32 { Mode::Bits32 } else { Mode::Bits64 };
        Self::new(mode, &a.assemble(CODE).unwrap())
    }

    fn run(&mut self) -> Trap {
        self.interpreter.run(&mut self.state, &self.memory, &self.attention, 10_000_000)
    }

    fn gpr(&self, n: usize) -> u64 {
        self.state.gpr(n)
    }
}

fn unmapped(addr: u64, access: Access) -> Trap {
    Trap::Fault(Fault { addr, kind: FaultKind::Unmapped, access })
}

#[test]
fn a_store_into_the_next_instruction_of_its_block_takes_effect() {
    for bits in [32, 64] {
        // mov byte [patch], 2; patch: mov eax, 1 -> its immediate becomes 2.
        let mut m = Machine::assemble(bits, |a| {
            a.mov(byte_ptr(edi), 2)?;
            a.mov(eax, 1)?;
            a.int3()
        });
        let store = if bits == 32 { 3 } else { 4 };
        m.state.set_gpr(7, CODE + store + 1);
        assert_eq!(m.run(), Trap::Breakpoint);
        assert_eq!(m.gpr(0), 2, "{bits}");
        assert_eq!(m.state.icount, 3);
        // And again with another value, through the now stale cache.
        m.memory.store8(CODE + store + 1, 7).unwrap();
        m.memory.store8(CODE + store - 1, 9).unwrap();
        m.state.rip = CODE;
        assert_eq!(m.run(), Trap::Breakpoint);
        assert_eq!(m.gpr(0), 9, "{bits}");
    }
}

#[test]
fn a_push_into_code_finishes_its_own_instruction_first() {
    let mut m = Machine::assemble(64, |a| {
        a.push(rax)?;
        a.inc(ecx)?;
        a.nop()?;
        a.nop()?;
        a.nop()?;
        a.nop()?;
        a.nop()?;
        a.int3()
    });
    // The push overwrites everything behind itself: mov edx, 5; int3; ...
    m.state.set_gpr(0, u64::from_le_bytes([0xba, 5, 0, 0, 0, 0xcc, 0x90, 0x90]));
    m.state.set_gpr(4, CODE + 9);
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!((m.gpr(4), m.gpr(2), m.gpr(1)), (CODE + 1, 5, 0));
}

#[test]
fn linked_blocks_notice_a_change() {
    // loop: jmp over; over: mov eax, 1; dec ecx; jnz loop; int3, patched from outside.
    let mut m = Machine::assemble(64, |a| {
        let mut top = a.create_label();
        let mut over = a.create_label();
        a.set_label(&mut top)?;
        a.jmp(over)?;
        a.set_label(&mut over)?;
        a.mov(eax, 1)?;
        a.dec(ecx)?;
        a.jne(top)?;
        a.int3()
    });
    for value in [1, 2, 3] {
        m.memory.store8(CODE + 3, value).unwrap();
        m.state.rip = CODE;
        m.state.set_gpr(1, 100);
        assert_eq!(m.run(), Trap::Breakpoint);
        assert_eq!(m.gpr(0), u64::from(value));
    }
    // A code page that is taken away faults, even from a warm cache.
    m.memory.set_perms(pages(CODE, 1), Perms::READ);
    m.state.rip = CODE;
    let fault = Fault { addr: CODE, kind: FaultKind::Protection, access: Access::Exec };
    assert_eq!(m.run(), Trap::Fault(fault));
}

#[test]
fn an_engine_moves_to_another_program() {
    // The same engine over another memory: same bytes at one address, others at another.
    let code = |value: u32| {
        move |a: &mut CodeAssembler| {
            let mut next = a.create_label();
            a.jmp(next)?;
            a.set_label(&mut next)?;
            a.mov(eax, value)?;
            a.int3()
        }
    };
    let mut engine = Interpreter::default();
    for (bits, value) in [(64, 1), (64, 2), (64, 2), (32, 2), (32, 3), (64, 3)] {
        let mut m = Machine::assemble(bits, code(value));
        engine.invalidate(0..1 << 32);
        let trap = engine.run(&mut m.state, &m.memory, &m.attention, 1000);
        assert_eq!((trap, m.gpr(0)), (Trap::Breakpoint, u64::from(value)));
        // And with the code page gone.
        m.memory.set_perms(pages(CODE, 1), Perms::READ);
        m.state.rip = CODE;
        assert!(matches!(engine.run(&mut m.state, &m.memory, &m.attention, 1000), Trap::Fault(_)));
    }
    // REX.W INC in 64-bit code is two instructions in 32-bit code.
    for (mode, result) in [(Mode::Bits64, 1), (Mode::Bits32, 0)] {
        let mut m = Machine::new(mode, &[0x48, 0xff, 0xc0, 0xcc]);
        engine.invalidate(0..1 << 32);
        assert_eq!(engine.run(&mut m.state, &m.memory, &m.attention, 1000), Trap::Breakpoint);
        assert_eq!(m.gpr(0), result);
    }
}

#[test]
fn bytes_that_become_an_instruction_are_looked_at_again() {
    // 0F 04 is #UD by its second byte; then the first begins a NOP.
    let mut m = Machine::new(Mode::Bits64, &[0x0f, 0x04, 0x90, 0xcc]);
    assert!(matches!(m.run(), Trap::InvalidOpcode { .. }));
    m.memory.write_bytes(CODE, &[0x0f, 0x1f, 0x00, 0xcc]).unwrap();
    m.state.set_gpr(0, DATA);
    m.state.rip = CODE;
    assert_eq!(m.run(), Trap::Breakpoint);
}

#[test]
fn an_instruction_across_two_pages_depends_on_both() {
    let mut m = Machine::new(Mode::Bits64, &[]);
    let at = CODE + 0x1000 - 2;
    // mov eax, 0x11223344; int3
    m.memory.write_bytes(at, &[0xb8, 0x44, 0x33, 0x22, 0x11, 0xcc]).unwrap();
    m.state.rip = at;
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!(m.gpr(0), 0x1122_3344);
    m.memory.store8(CODE + 0x1000, 0x55).unwrap();
    m.state.rip = at;
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!(m.gpr(0), 0x1122_5544);
    // The second page gone: the fault is at its first byte, the instruction is named.
    m.memory.set_perms(pages(CODE + 0x1000, 1), Perms::NONE);
    m.state.rip = at;
    assert_eq!(m.run(), unmapped(CODE + 0x1000, Access::Exec));
    assert_eq!(m.state.rip, at);
}

#[test]
fn a_write_across_two_pages_faults_before_it_changes_the_first() {
    let mut m = Machine::assemble(64, |a| {
        a.mov(dword_ptr(rdi + 0x1ffe), eax)?;
        a.int3()
    });
    m.state.set_gpr(0, u64::MAX);
    assert_eq!(m.run(), unmapped(DATA + 0x2000, Access::Write));
    assert_eq!(m.memory.load16(DATA + 0x1ffe), Ok(0));
    assert_eq!(m.state.rip, CODE);
}

#[test]
fn a_faulting_instruction_has_no_other_effect() {
    type Write = fn(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>;
    // RSI points nowhere, RDI to read-only data.
    let cases: [(&str, Write); 9] = [
        ("pop", |a| a.pop(qword_ptr(rsi))),
        ("push", |a| a.push(qword_ptr(rsi))),
        ("call", |a| a.call(qword_ptr(rsi))),
        ("add", |a| a.add(qword_ptr(rsi), rax)),
        ("inc", |a| a.lock().inc(dword_ptr(rsi))),
        ("xchg", |a| a.xchg(qword_ptr(rsi), rax)),
        ("cmpxchg", |a| a.lock().cmpxchg(qword_ptr(rdi), rcx)),
        ("xadd", |a| a.xadd(qword_ptr(rdi), rcx)),
        ("shl", |a| a.shl(dword_ptr(rdi), 3)),
    ];
    for (name, write) in cases {
        let mut m = Machine::assemble(64, write);
        m.memory.set_perms(pages(DATA, 1), Perms::READ);
        m.state.set_gpr(6, 0x10);
        m.state.set_gpr(4, STACK + 0x1000);
        m.state.set_eflags(CF | ZF | OF);
        let before = m.state.clone();
        assert!(matches!(m.run(), Trap::Fault(_)), "{name}");
        assert_eq!(m.state.slots[..16], before.slots[..16], "{name}");
        assert_eq!(m.state.eflags(), before.eflags(), "{name}");
        assert_eq!(m.state.rip, CODE, "{name}");
        assert_eq!(m.state.icount, 0, "{name}");
    }
}

#[test]
fn flags_are_right_when_a_later_instruction_faults() {
    let mut m = Machine::assemble(64, |a| {
        a.cmp(eax, eax)?;
        a.mov(ecx, dword_ptr(rsi))?;
        a.add(eax, 1)?;
        a.int3()
    });
    assert_eq!(m.run(), unmapped(0, Access::Read));
    assert_eq!(m.state.eflags() & (ZF | CF), ZF);
    assert_eq!((m.state.rip, m.state.icount), (CODE + 2, 1));
}

#[test]
fn rep_movs_stops_at_the_fault_with_registers_of_the_iterations_done() {
    let mut m = Machine::assemble(64, |a| {
        a.rep().movsd()?;
        a.int3()
    });
    m.state.set_gpr(6, DATA);
    m.state.set_gpr(7, STACK + 0x1ff0);
    m.state.set_gpr(1, 10);
    assert_eq!(m.run(), unmapped(STACK + 0x2000, Access::Write));
    assert_eq!((m.gpr(1), m.gpr(6), m.gpr(7)), (6, DATA + 16, STACK + 0x2000));
    assert_eq!(m.state.rip, CODE);
}

#[test]
fn rep_movs_repeats_a_pattern_when_it_overlaps() {
    let mut m = Machine::assemble(32, |a| {
        a.rep().movsb()?;
        a.int3()
    });
    m.memory.write_bytes(DATA, b"abc").unwrap();
    m.state.set_gpr(6, DATA);
    m.state.set_gpr(7, DATA + 3);
    m.state.set_gpr(1, 6000);
    assert_eq!(m.run(), Trap::Breakpoint);
    let mut bytes = [0; 6003];
    m.memory.read_bytes(DATA, &mut bytes).unwrap();
    assert!(bytes.chunks(3).all(|c| c == b"abc"));
    assert_eq!((m.gpr(1), m.gpr(6)), (0, DATA + 6000));
}

#[test]
fn rep_polls_attention_and_goes_on() {
    let mut m = Machine::assemble(64, |a| {
        a.std()?;
        a.rep().stosw()?;
        a.int3()
    });
    let count = 200_000u64;
    m.memory.set_perms(0x1000..0x1100, Perms::READ | Perms::WRITE);
    m.state.set_gpr(7, 0x100_0000 + 2 * count - 2);
    m.state.set_gpr(1, count);
    m.state.set_gpr(0, 0x1234);
    m.attention.store(1, Relaxed);
    let mut stops = 0;
    while m.run() == Trap::Attention {
        stops += 1;
        assert!(stops < 1000, "it makes progress");
    }
    assert!(stops > 1, "a long REP must look at the attention word");
    assert_eq!(m.gpr(1), 0);
    assert_eq!(m.memory.load64(0x100_0000), Ok(0x1234_1234_1234_1234));
    assert_eq!(m.state.icount, 3);
}

#[test]
fn scas_with_count_zero_keeps_flags() {
    let mut m = Machine::assemble(32, |a| {
        a.repne().scasb()?;
        a.int3()
    });
    m.state.set_eflags(CF | OF);
    m.state.set_gpr(1, 0);
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!(m.state.eflags() & (CF | OF | ZF), CF | OF);
}

#[test]
fn flags_live_across_call_and_return() {
    let mut m = Machine::assemble(64, |a| {
        let mut f = a.create_label();
        let mut bad = a.create_label();
        a.cmp(eax, 1)?;
        a.call(f)?;
        a.jae(bad)?;
        a.mov(ecx, 7)?;
        a.set_label(&mut bad)?;
        a.int3()?;
        a.set_label(&mut f)?;
        a.mov(edx, 3)?;
        a.ret()
    });
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!(m.gpr(1), 7);
}

#[test]
fn single_step_stops_after_each_instruction() {
    let mut m = Machine::assemble(64, |a| {
        a.mov(eax, 1)?;
        a.add(eax, 2)?;
        a.int3()
    });
    m.state.set_eflags(TF);
    assert_eq!((m.run(), m.gpr(0), m.state.rip), (Trap::SingleStep, 1, CODE + 5));
    assert_eq!((m.run(), m.gpr(0), m.state.rip), (Trap::SingleStep, 3, CODE + 10));
    assert_eq!(m.run(), Trap::Breakpoint);
}

#[test]
fn popf_that_sets_tf_steps_from_the_next_instruction() {
    let mut m = Machine::assemble(32, |a| {
        a.pushfd()?;
        a.or(dword_ptr(esp), TF as i32)?;
        a.popfd()?;
        a.mov(eax, 1)?;
        a.mov(eax, 2)?;
        a.int3()
    });
    assert_eq!(m.run(), Trap::SingleStep);
    assert_eq!(m.gpr(0), 1);
}

#[test]
fn system_calls_leave_the_next_address() {
    let mut m = Machine::assemble(64, |a| a.syscall());
    m.state.set_eflags(CF);
    assert_eq!(m.run(), Trap::Syscall);
    assert_eq!((m.state.rip, m.gpr(1)), (CODE + 2, CODE + 2));
    assert_eq!(m.gpr(11) as u32, m.state.eflags());
    let mut m = Machine::assemble(32, |a| a.int(0x80));
    assert_eq!((m.run(), m.state.rip), (Trap::Int80, CODE + 2));
    // SYSCALL is not a 32-bit instruction here, as on Intel.
    let mut m = Machine::new(Mode::Bits32, &[0x0f, 0x05]);
    assert!(matches!(m.run(), Trap::InvalidOpcode { .. }));
}

#[test]
fn division_errors_at_every_width() {
    type Write = fn(&mut CodeAssembler) -> Result<(), iced_x86::IcedError>;
    let divisions: [Write; 8] = [
        |a| a.div(cl),
        |a| a.div(cx),
        |a| a.div(ecx),
        |a| a.div(rcx),
        |a| a.idiv(cl),
        |a| a.idiv(cx),
        |a| a.idiv(ecx),
        |a| a.idiv(rcx),
    ];
    for (n, write) in divisions.into_iter().enumerate() {
        let mut m = Machine::assemble(64, write);
        assert_eq!(m.run(), Trap::DivideError, "by zero, {n}");
        assert_eq!(m.state.rip, CODE);
        if n >= 4 {
            // The least number divided by -1.
            let bits = 8 << (n - 4);
            let least = 1u64 << (bits - 1);
            m.state.set_gpr(0, if n == 4 { 0xff80 } else { least });
            m.state.set_gpr(2, if n == 4 { 0 } else { u64::MAX });
            m.state.set_gpr(1, u64::MAX);
            assert_eq!(m.run(), Trap::DivideError, "overflow, {n}");
        }
    }
}

#[test]
fn tls_segments_of_i386() {
    let mut m = Machine::assemble(32, |a| {
        a.mov(gs, ax)?;
        a.mov(ecx, dword_ptr(4).gs())?;
        a.mov(edx, dword_ptr(-4).gs())?;
        a.mov(bx, gs)?;
        a.int3()
    });
    m.state.set_tls(0, TlsDescriptor { base: DATA as u32 + 8, limit: 0xfffff, present: true });
    m.memory.store32(DATA + 12, 0x1111).unwrap();
    m.memory.store32(DATA + 4, 0x2222).unwrap();
    m.state.set_gpr(0, 0x63);
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!((m.gpr(1), m.gpr(2), m.gpr(3)), (0x1111, 0x2222, 0x63));
    // Changing the descriptor moves the loaded segment.
    m.state.set_tls(0, TlsDescriptor { base: 4, limit: 0xfffff, present: true });
    assert_eq!(m.state.gs_base(), 4);
    assert!(!m.state.load_segment(Segment::Gs, 0x6b), "an empty entry is #GP");
    assert!(!m.state.load_segment(Segment::Ss, 0), "a null stack segment is #GP");
    m.state.rip = CODE;
    m.state.set_gpr(0, 0x73);
    assert_eq!(m.run(), Trap::GeneralProtection);
}

#[test]
fn locked_counters_add_up_across_threads_aligned_or_not() {
    for offset in [0u64, 3, 6] {
        let code = |a: &mut CodeAssembler| {
            let mut top = a.create_label();
            a.mov(ecx, 20_000)?;
            a.set_label(&mut top)?;
            a.lock().inc(dword_ptr(rdi))?;
            a.lock().add(word_ptr(rdi + 16), 1)?;
            a.lock().xadd(qword_ptr(rdi + 32), rax)?;
            a.mov(eax, 1)?;
            a.dec(ecx)?;
            a.jne(top)?;
            a.int3()
        };
        let mut first = Machine::assemble(64, code);
        first.state.set_gpr(7, DATA + offset);
        first.state.set_gpr(0, 1);
        let (memory, state) = (Arc::clone(&first.memory), first.state.clone());
        let other = std::thread::spawn(move || {
            let mut state = state;
            Interpreter::default().run(&mut state, &memory, &AtomicU32::new(0), u64::MAX)
        });
        assert_eq!(first.run(), Trap::Breakpoint);
        assert_eq!(other.join().unwrap(), Trap::Breakpoint);
        assert_eq!(first.memory.load32(DATA + offset), Ok(40_000), "{offset}");
        assert_eq!(first.memory.load16(DATA + offset + 16), Ok(40_000));
        assert_eq!(first.memory.load64(DATA + offset + 32), Ok(40_000));
    }
}

#[test]
fn cmpxchg16b_must_be_aligned() {
    let mut m = Machine::assemble(64, |a| {
        a.lock().cmpxchg16b(xmmword_ptr(rdi))?;
        a.int3()
    });
    m.state.set_gpr(3, 5);
    m.state.set_gpr(1, 6);
    assert_eq!(m.run(), Trap::Breakpoint);
    assert_eq!(m.memory.load128(DATA), Ok(6 << 64 | 5));
    m.state.rip = CODE;
    m.state.set_gpr(7, DATA + 8);
    assert_eq!(m.run(), Trap::GeneralProtection);
}

#[test]
fn attention_and_budget_stop_an_endless_loop() {
    let mut m = Machine::new(Mode::Bits64, &[0xeb, 0xfe]);
    assert_eq!(m.run(), Trap::Budget);
    assert_eq!(m.state.rip, CODE);
    m.attention.store(1, Relaxed);
    assert_eq!(m.run(), Trap::Attention);
    assert_eq!(m.state.rip, CODE);
}

#[test]
fn a_wild_jump_faults_at_its_target() {
    let mut m = Machine::assemble(64, |a| a.jmp(rax));
    m.state.set_gpr(0, 0x10);
    assert_eq!(m.run(), unmapped(0x10, Access::Exec));
    assert_eq!(m.state.rip, 0x10);
    let mut m = Machine::assemble(64, |a| a.jmp(rax));
    m.state.set_gpr(0, 0x7f_0000_0000);
    assert_eq!(m.run(), unmapped(0x7f_0000_0000, Access::Exec));
    let mut m = Machine::assemble(64, |a| a.jmp(rax));
    m.state.set_gpr(0, u64::MAX);
    assert_eq!(m.run(), unmapped(u64::MAX, Access::Exec));
}

#[test]
fn every_row_names_an_instruction_once() {
    let mut seen = std::collections::HashSet::new();
    for (family, rows) in tawaki_cpu::lift::FAMILIES {
        for row in *rows {
            assert!(seen.insert(row.mnemonic), "{family}: {:?} twice", row.mnemonic);
            assert!(tawaki_cpu::lift::lookup(row.mnemonic).is_some());
        }
    }
    assert!(seen.len() > 400);
}
