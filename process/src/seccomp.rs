//! seccomp(2): filters of system calls, programs of the classic BPF that run before
//! each call. Inherited by children and by the programs they execute.
//!
//! Source: seccomp(2), bpf(4) "filter machine"; `kernel/seccomp.c` for the order of checks.

use crate::syscall::Args;
use crate::thread::{SysResult, Thread, Width};
use serde::{Deserialize, Serialize};
use tawaki_abi::Errno;
use tawaki_abi::signal::{SIGKILL, SIGSYS, SigInfo};
use tawaki_abi::wire::{Call, IdKind};

/// Instructions of one filter, and of all of a thread (`BPF_MAXINSNS`, `MAX_INSNS_PER_PATH`).
const MAX_INSNS: usize = 4096;
const MAX_ALL: usize = 32_768;
/// Bytes of `struct seccomp_data`.
const DATA: u32 = 64;

/// `AUDIT_ARCH_*`: the gate of a call.
pub const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
/// The same of i386.
pub const AUDIT_ARCH_I386: u32 = 0x4000_0003;

const KILL_PROCESS: u32 = 0x8000_0000;
const KILL_THREAD: u32 = 0;
const TRAP: u32 = 0x3_0000;
const ERRNO: u32 = 0x5_0000;
const TRACE: u32 = 0x7ff0_0000;
const LOG: u32 = 0x7ffc_0000;
const ALLOW: u32 = 0x7fff_0000;
const ACTION: u32 = 0xffff_0000;

/// One instruction of the filter machine (`struct sock_filter`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Insn {
    code: u16,
    yes: u8,
    no: u8,
    k: u32,
}

/// What the filters make of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Pass,
    /// It is not, and this is its result.
    Done(SysResult),
    /// The tracer is asked, with a message; without one there is no such call.
    Trace(u16),
}

/// What a thread hands on to its children and to the programs it executes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Inherited {
    /// personality(2).
    pub personality: u32,
    /// PR_SET_TIMERSLACK, nanoseconds, without effect; 0: the default.
    pub timer_slack: u64,
    /// PR_SET_THP_DISABLE, without effect.
    pub no_huge_pages: bool,
    /// ioprio_set(2): class and level. No disk here is scheduled by it.
    pub io_priority: u16,
    /// Filters, the oldest first.
    filters: Vec<Vec<Insn>>,
    /// Mode 1: read, write, exit and sigreturn only.
    strict: bool,
}

/// Whether the program is one the machine runs to an end (`bpf_check_classic`, `seccomp_check_filter`).
fn valid(program: &[Insn]) -> bool {
    let fits = |at: usize, by: u32| (by as usize) < program.len().saturating_sub(at + 1);
    let each = program.iter().enumerate().all(|(at, insn)| match insn.code {
        // ld [k]
        0x20 => insn.k < DATA && insn.k % 4 == 0,
        // ld/ldx #k, len; tax, txa; ret k, a
        0x00 | 0x01 | 0x80 | 0x81 | 0x07 | 0x87 | 0x06 | 0x16 => true,
        // ld/ldx M[k], st/stx M[k]
        0x60 | 0x61 | 0x02 | 0x03 => insn.k < 16,
        // alu with k and x: add, sub, mul, or, and, xor, neg
        0x04 | 0x0c | 0x14 | 0x1c | 0x24 | 0x2c | 0x44 | 0x4c | 0x54 | 0x5c | 0xa4 | 0xac | 0x84 => true,
        // div by k and x, shifts
        0x34 => insn.k != 0,
        0x3c | 0x6c | 0x7c => true,
        0x64 | 0x74 => insn.k < 32,
        // ja, jeq, jgt, jge, jset
        0x05 => fits(at, insn.k),
        0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d | 0x45 | 0x4d => {
            fits(at, insn.yes.into()) && fits(at, insn.no.into())
        }
        _ => false,
    });
    each && program.last().is_some_and(|insn| matches!(insn.code, 0x06 | 0x16))
}

/// Runs a program that is [`valid`] over the data; its return value.
fn run(program: &[Insn], data: &[u32; 16]) -> u32 {
    let (mut a, mut x, mut store) = (0u32, 0u32, [0u32; 16]);
    let mut at = 0;
    while let Some(insn) = program.get(at) {
        let k = insn.k;
        let slot = k as usize & 15;
        let operand = if insn.code & 8 != 0 { x } else { k };
        let branch = |holds: bool| usize::from(if holds { insn.yes } else { insn.no });
        at += 1;
        match insn.code {
            0x20 => a = data[(k / 4) as usize & 15],
            0x00 => a = k,
            0x01 => x = k,
            0x80 => a = DATA,
            0x81 => x = DATA,
            0x60 => a = store[slot],
            0x61 => x = store[slot],
            0x02 => store[slot] = a,
            0x03 => store[slot] = x,
            0x07 => x = a,
            0x87 => a = x,
            0x04 | 0x0c => a = a.wrapping_add(operand),
            0x14 | 0x1c => a = a.wrapping_sub(operand),
            0x24 | 0x2c => a = a.wrapping_mul(operand),
            // A division by zero ends the program with 0.
            0x34 | 0x3c if operand == 0 => return 0,
            0x34 | 0x3c => a /= operand,
            0x44 | 0x4c => a |= operand,
            0x54 | 0x5c => a &= operand,
            0x64 | 0x6c => a = a.checked_shl(operand).unwrap_or(0),
            0x74 | 0x7c => a = a.checked_shr(operand).unwrap_or(0),
            0xa4 | 0xac => a ^= operand,
            0x84 => a = a.wrapping_neg(),
            0x05 => at = at.saturating_add(k as usize),
            0x15 | 0x1d => at += branch(a == operand),
            0x25 | 0x2d => at += branch(a > operand),
            0x35 | 0x3d => at += branch(a >= operand),
            0x45 | 0x4d => at += branch(a & operand != 0),
            0x16 => return a,
            _ => return k,
        }
    }
    KILL_PROCESS
}

impl Thread<'_> {
    /// What the filters make of a call.
    pub fn filtered(&mut self, number: u64, args: &Args) -> Verdict {
        let inherited = &self.inherited;
        if inherited.strict {
            let known: &[u64] = match self.width {
                Width::W64 => &[0, 1, 15, 60],
                Width::W32 => &[1, 3, 4, 119, 173],
            };
            if !known.contains(&number) {
                self.kill_self(SIGKILL);
                return Verdict::Done(Err(Errno::EPERM));
            }
            return Verdict::Pass;
        }
        if inherited.filters.is_empty() {
            return Verdict::Pass;
        }
        let arch = if self.width == Width::W64 { AUDIT_ARCH_X86_64 } else { AUDIT_ARCH_I386 };
        let rip = self.cpu.rip;
        let mut data = [0; 16];
        (data[0], data[1], data[2], data[3]) = (number as u32, arch, rip as u32, (rip >> 32) as u32);
        for (i, arg) in args.iter().enumerate() {
            (data[4 + 2 * i], data[5 + 2 * i]) = (*arg as u32, (arg >> 32) as u32);
        }
        // The newest runs first, the strictest action counts; of equals the first.
        let verdict = inherited
            .filters
            .iter()
            .rev()
            .map(|filter| run(filter, &data))
            .min_by_key(|verdict| (verdict & ACTION) as i32)
            .unwrap_or(ALLOW);
        match verdict & ACTION {
            ALLOW => Verdict::Pass,
            LOG => {
                self.log_once(&format!("seccomp filter lets system call {number} through and logs it"));
                Verdict::Pass
            }
            ERRNO => match (verdict & 0xffff).min(4095) {
                0 => Verdict::Done(Ok(0)),
                errno => Verdict::Done(Err(Errno(errno as u16))),
            },
            TRAP => {
                // As if the call had not been made; the handler's result replaces it.
                self.cpu.set_gpr(0, number);
                let value = number << 32 >> 32 | u64::from(arch) << 32;
                self.raise(SigInfo {
                    signo: SIGSYS,
                    code: SYS_SECCOMP,
                    errno: (verdict & 0xffff) as i32,
                    addr: rip,
                    value,
                    ..SigInfo::default()
                });
                Verdict::Done(Err(HANDLED))
            }
            TRACE => Verdict::Trace(verdict as u16),
            // Nobody listens.
            0x7fc0_0000 => Verdict::Done(Err(Errno::ENOSYS)),
            // KILL_PROCESS, KILL_THREAD, and what nobody knows.
            _ => {
                self.log_once(&format!("killed by its seccomp filter at system call {number}"));
                self.kill_self(SIGSYS);
                Verdict::Done(Err(Errno::EPERM))
            }
        }
    }

    /// SECCOMP_SET_MODE_FILTER.
    fn add_filter(&mut self, at: u64) -> SysResult {
        let word = self.word_size();
        let count = usize::from(self.load::<u16>(at)?);
        let program = self.load_word(at.wrapping_add(word))?;
        if count == 0 || count > MAX_INSNS {
            return Err(Errno::EINVAL);
        }
        let allowed = self.value(&Call::Prctl { op: 39, arg: 0, name: Vec::new().into() })? == 1
            || self.value(&Call::GetId { which: IdKind::Euid })? == 0;
        if !allowed {
            return Err(Errno::EACCES);
        }
        let bytes = self.read_vec(program, 8 * count as u64)?;
        let half = |c: &[u8], i: usize| u16::from_le_bytes([c[i], c[i + 1]]);
        let filter: Vec<Insn> = bytes
            .chunks_exact(8)
            .map(|c| Insn {
                code: half(c, 0),
                yes: c[2],
                no: c[3],
                k: u32::from(half(c, 4)) | u32::from(half(c, 6)) << 16,
            })
            .collect();
        if !valid(&filter) {
            return Err(Errno::EINVAL);
        }
        let all: usize = self.inherited.filters.iter().map(|f| f.len() + 4).sum();
        if all + count > MAX_ALL {
            return Err(Errno::ENOMEM);
        }
        self.inherited.filters.push(filter);
        Ok(0)
    }
}

/// `si_code` of a call that a filter trapped.
const SYS_SECCOMP: i32 = 1;
/// Internal: the registers are as they are to be.
pub const HANDLED: Errno = Errno(532);

/// seccomp(2).
pub fn seccomp(t: &mut Thread<'_>, a: &Args) -> SysResult {
    const TSYNC: u32 = 1;
    const LOG_FLAG: u32 = 2;
    const SPEC_ALLOW: u32 = 4;
    match (a[0] as u32, a[1] as u32) {
        (0, 0) if a[2] == 0 => strict(t),
        (1, flags) if flags & !(TSYNC | LOG_FLAG | SPEC_ALLOW) == 0 => {
            let threads = t.shared.threads.load(std::sync::atomic::Ordering::SeqCst);
            if flags & TSYNC != 0 && threads > 1 {
                t.log_once("a seccomp filter for all threads at once is not supported");
                return Err(Errno::EINVAL);
            }
            if t.inherited.strict { Err(Errno::EINVAL) } else { t.add_filter(a[2]) }
        }
        // SECCOMP_GET_ACTION_AVAIL
        (2, 0) => match t.load::<u32>(a[2])? {
            KILL_PROCESS | KILL_THREAD | TRAP | ERRNO | TRACE | LOG | ALLOW => Ok(0),
            _ => Err(Errno::EOPNOTSUPP),
        },
        _ => Err(Errno::EINVAL),
    }
}

fn strict(t: &mut Thread<'_>) -> SysResult {
    if !t.inherited.filters.is_empty() {
        return Err(Errno::EINVAL);
    }
    t.inherited.strict = true;
    Ok(0)
}

/// prctl(PR_SET_SECCOMP).
pub fn prctl_set(t: &mut Thread<'_>, mode: u64, at: u64) -> SysResult {
    match mode {
        1 => strict(t),
        2 if !t.inherited.strict => t.add_filter(at),
        _ => Err(Errno::EINVAL),
    }
}

/// prctl(PR_GET_SECCOMP): 2 with filters. In strict mode nobody can ask.
pub fn prctl_get(t: &Thread<'_>) -> SysResult {
    Ok(if t.inherited.filters.is_empty() { 0 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insn(code: u16, yes: u8, no: u8, k: u32) -> Insn {
        Insn { code, yes, no, k }
    }

    #[test]
    fn programs_are_checked_before_they_run() {
        let allow = insn(0x06, 0, 0, ALLOW);
        let load = insn(0x20, 0, 0, 0);
        for (program, good) in [
            (vec![allow], true),
            (vec![load], false),
            (vec![], false),
            (vec![load, insn(0x15, 0, 1, 39), insn(0x06, 0, 0, ERRNO | 1), allow], true),
            (vec![load, insn(0x15, 0, 3, 39), insn(0x06, 0, 0, ERRNO | 1), allow], false),
            (vec![insn(0x20, 0, 0, 64), allow], false),
            (vec![insn(0x20, 0, 0, 2), allow], false),
            (vec![insn(0x05, 0, 0, u32::MAX), allow], false),
            (vec![insn(0x34, 0, 0, 0), allow], false),
            (vec![insn(0x28, 0, 0, 0), allow], false),
        ] {
            assert_eq!(valid(&program), good, "{program:?}");
        }
    }

    #[test]
    fn arithmetic_and_branches() {
        let mut data = [0; 16];
        data[0] = 39;
        let program = [
            insn(0x20, 0, 0, 0),
            insn(0x04, 0, 0, 3),
            insn(0x07, 0, 0, 0),
            insn(0x54, 0, 0, 0xf),
            insn(0x1d, 2, 0, 0),
            insn(0x64, 0, 0, 2),
            insn(0x16, 0, 0, 0),
            insn(0x06, 0, 0, 1),
        ];
        assert!(valid(&program));
        assert_eq!(run(&program, &data), (42 & 0xf) << 2);
    }
}
