#![allow(unsafe_code)] // Runs machine code on the host processor: the point of these tests.
//! The processor the tests run on, as one more engine.

use std::arch::asm;
use std::sync::Mutex;

/// Where test data lies, natively and in the guest.
pub const DATA: u64 = 0x2000_0000;
/// Bytes of data pages.
pub const DATA_SIZE: usize = 0x2000;
/// Where code lies.
pub const CODE: u64 = 0x2200_0000;
/// Bytes of code pages.
pub const CODE_SIZE: usize = 0x1000;
/// State exchanged with the assembly: FXSAVE image, registers, flags, code address, MXCSR.
const LINK: usize = 0x2100_0000;

/// Registers and memory an instruction can see.
#[derive(Clone)]
pub struct Machine {
    pub gpr: [u64; 16],
    pub flags: u64,
    pub fx: [u8; 512],
    pub data: Vec<u8>,
}

/// The processor; one user at a time, for its memory has fixed addresses.
pub struct Native(());

static ONE: Mutex<bool> = Mutex::new(false);

impl Native {
    /// Calls `f` with the processor.
    pub fn with<R>(f: impl FnOnce(&mut Native) -> R) -> R {
        let mut mapped = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !*mapped {
            for (at, size) in [(DATA as usize, DATA_SIZE), (CODE as usize, CODE_SIZE), (LINK, 4096)] {
                let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
                let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
                // SAFETY: a fresh mapping that replaces nothing.
                let got = unsafe { libc::mmap(at as *mut _, size, protection, kind, -1, 0) };
                assert_eq!(got as usize, at, "cannot map test memory");
            }
            *mapped = true;
        }
        f(&mut Native(()))
    }

    /// Runs `code` to its end on `machine`. RSP is not loaded.
    pub fn run(&mut self, machine: &mut Machine, code: &[u8]) {
        assert!(code.len() < CODE_SIZE - 1 && machine.data.len() <= DATA_SIZE);
        let copy = |from: &[u8], to: usize| {
            // SAFETY: `to` lies in one of the mappings made above, with room.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to as *mut u8, from.len()) };
        };
        copy(code, CODE as usize);
        copy(&[0xc3], CODE as usize + code.len());
        copy(&machine.data, DATA as usize);
        copy(&machine.fx, LINK);
        for (i, value) in machine.gpr.iter().enumerate() {
            copy(&value.to_le_bytes(), LINK + 512 + 8 * i);
        }
        copy(&machine.flags.to_le_bytes(), LINK + 640);
        copy(&CODE.to_le_bytes(), LINK + 648);
        copy(&0x1f80u32.to_le_bytes(), LINK + 656);
        // SAFETY: the code under test uses only the data pages and registers,
        // all of which are saved or declared clobbered.
        unsafe {
            asm!(
                "push rbp", "push rbx",
                "fxrstor [{link}]",
                "push qword ptr [{link} + 640]", "popfq",
                "mov rax, [{link} + 512]", "mov rcx, [{link} + 520]", "mov rdx, [{link} + 528]",
                "mov rbx, [{link} + 536]", "mov rbp, [{link} + 552]", "mov rsi, [{link} + 560]",
                "mov rdi, [{link} + 568]", "mov r8, [{link} + 576]", "mov r9, [{link} + 584]",
                "mov r10, [{link} + 592]", "mov r11, [{link} + 600]", "mov r12, [{link} + 608]",
                "mov r13, [{link} + 616]", "mov r14, [{link} + 624]", "mov r15, [{link} + 632]",
                "call qword ptr [{link} + 648]",
                "mov [{link} + 512], rax", "mov [{link} + 520], rcx", "mov [{link} + 528], rdx",
                "mov [{link} + 536], rbx", "mov [{link} + 552], rbp", "mov [{link} + 560], rsi",
                "mov [{link} + 568], rdi", "mov [{link} + 576], r8", "mov [{link} + 584], r9",
                "mov [{link} + 592], r10", "mov [{link} + 600], r11", "mov [{link} + 608], r12",
                "mov [{link} + 616], r13", "mov [{link} + 624], r14", "mov [{link} + 632], r15",
                "pushfq", "pop qword ptr [{link} + 640]",
                "fxsave [{link}]",
                "fninit", "ldmxcsr [{link} + 656]", "cld",
                "pop rbx", "pop rbp",
                link = const LINK,
                out("rax") _, out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _,
                out("r8") _, out("r9") _, out("r10") _, out("r11") _, out("r12") _,
                out("r13") _, out("r14") _, out("r15") _,
                out("st(0)") _, out("st(1)") _, out("st(2)") _, out("st(3)") _,
                out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _,
                out("xmm5") _, out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
                out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _,
                out("xmm14") _, out("xmm15") _,
            );
        }
        let take = |from: usize, to: &mut [u8]| {
            // SAFETY: as above, in the other direction.
            unsafe { std::ptr::copy_nonoverlapping(from as *const u8, to.as_mut_ptr(), to.len()) };
        };
        take(DATA as usize, &mut machine.data);
        take(LINK, &mut machine.fx);
        let mut eight = [0; 8];
        for (i, value) in machine.gpr.iter_mut().enumerate().filter(|(i, _)| *i != 4) {
            take(LINK + 512 + 8 * i, &mut eight);
            *value = u64::from_le_bytes(eight);
        }
        take(LINK + 640, &mut eight);
        machine.flags = u64::from_le_bytes(eight);
    }
}
