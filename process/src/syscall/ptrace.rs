//! ptrace(2), the tracer's side: requests become calls, register layouts are made here.

use super::Args;
use crate::seccomp::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64};
use crate::signal::siginfo;
use crate::thread::{SysResult, Thread, Width};
use crate::trace::Tracee;
use tawaki_abi::Errno;
use tawaki_abi::wire::{Body, Call, TRACE_REGS, TraceOp, TraceRequest, call_stop, trace_mode};

/// Of the canonical registers, those of i386's `user_regs_struct`: ebx ecx edx esi
/// edi ebp eax xds xes xfs xgs orig_eax eip xcs eflags esp xss.
const ORDER_32: [usize; 17] = [5, 11, 12, 13, 14, 4, 10, 23, 24, 25, 26, 15, 16, 17, 18, 19, 20];

/// NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE.
const NT_PRSTATUS: u64 = 1;
const NT_PRFPREG: u64 = 2;
const NT_X86_XSTATE: u64 = 0x202;

fn ask(t: &mut Thread<'_>, tid: i32, request: TraceRequest) -> Result<(i64, Body), Errno> {
    t.request(&Call::Ptrace { tid, request })
}

fn op(t: &mut Thread<'_>, tid: i32, op: TraceOp) -> Result<Vec<u8>, Errno> {
    match ask(t, tid, TraceRequest::Op(op))?.1 {
        Body::Bytes(bytes) => Ok(bytes.into_vec()),
        _ => Err(Errno::EIO),
    }
}

/// The canonical registers, and whether the tracee is a 64-bit program.
fn registers(t: &mut Thread<'_>, tid: i32) -> Result<([u64; TRACE_REGS], bool), Errno> {
    registers_of(t, tid).map(|(regs, widths)| (regs, widths & 1 != 0))
}

/// The same with the widths as [`TraceOp::GetRegs`] has them.
fn registers_of(t: &mut Thread<'_>, tid: i32) -> Result<([u64; TRACE_REGS], u8), Errno> {
    let bytes = op(t, tid, TraceOp::GetRegs)?;
    let mut regs = [0; TRACE_REGS];
    let (widths, values) = bytes.split_first().ok_or(Errno::EIO)?;
    for (register, bytes) in regs.iter_mut().zip(values.chunks_exact(8)) {
        let mut word = [0; 8];
        word.copy_from_slice(bytes);
        *register = u64::from_le_bytes(word);
    }
    Ok((regs, *widths))
}

fn set_registers(t: &mut Thread<'_>, tid: i32, regs: &[u64; TRACE_REGS]) -> Result<(), Errno> {
    let bytes: Vec<u8> = regs.iter().flat_map(|r| r.to_le_bytes()).collect();
    op(t, tid, TraceOp::SetRegs(bytes.into())).map(drop)
}

/// `user_regs_struct` of a width.
pub fn encode(regs: &[u64; TRACE_REGS], wide: bool) -> Vec<u8> {
    if wide {
        return regs.iter().flat_map(|r| r.to_le_bytes()).collect();
    }
    ORDER_32.iter().flat_map(|&i| (regs[i] as u32).to_le_bytes()).collect()
}

fn decode(regs: &mut [u64; TRACE_REGS], bytes: &[u8], wide: bool) {
    if wide {
        for (register, bytes) in regs.iter_mut().zip(bytes.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(bytes);
            *register = u64::from_le_bytes(word);
        }
        return;
    }
    for (&i, bytes) in ORDER_32.iter().zip(bytes.chunks_exact(4)) {
        let mut word = [0; 4];
        word.copy_from_slice(bytes);
        let value = u32::from_le_bytes(word);
        // A system call number of -1 means none in either width.
        regs[i] = if i == 15 { i64::from(value as i32) as u64 } else { value.into() };
    }
}

fn size(wide: bool) -> usize {
    if wide { TRACE_REGS * 8 } else { ORDER_32.len() * 4 }
}

/// PTRACE_PEEKUSER, PTRACE_POKEUSER: registers and debug registers. The rest reads as 0.
fn user_area(t: &mut Thread<'_>, tid: i32, addr: u64, new: Option<u64>) -> Result<u64, Errno> {
    let wide = t.width == Width::W64;
    let (word, end, debug) = if wide { (8, 928, 848) } else { (4, 284, 252) };
    if !addr.is_multiple_of(word) || addr >= end {
        return Err(Errno::EIO);
    }
    if addr as usize >= size(wide) {
        let number = addr.checked_sub(debug).map(|from| from / word).filter(|&number| number < 8);
        return match (number, new) {
            (Some(number), Some(value)) => op(t, tid, TraceOp::SetDebug(number as u32, value)).map(|_| 0),
            (Some(number), None) => {
                let bytes = op(t, tid, TraceOp::GetDebug(number as u32))?;
                let value = bytes.try_into().map(u64::from_le_bytes).map_err(|_| Errno::EIO)?;
                Ok(if wide { value } else { value & 0xffff_ffff })
            }
            // Of i386 what is not there is ignored.
            (None, Some(_)) if wide => Err(Errno::EIO),
            (None, _) => Ok(0),
        };
    }
    let (mut regs, _) = registers(t, tid)?;
    let index = (addr / word) as usize;
    let index = if wide { index } else { ORDER_32[index] };
    if let Some(value) = new {
        regs[index] = value;
        set_registers(t, tid, &regs)?;
    }
    Ok(regs[index])
}

/// PTRACE_GETREGSET, PTRACE_SETREGSET: `data` points to an iovec.
fn register_set(t: &mut Thread<'_>, tid: i32, kind: u64, iovec: u64, set: bool) -> SysResult {
    let word = t.word_size();
    let (base, len) = (t.load_word(iovec)?, t.load_word(iovec.wrapping_add(word))?);
    let (mut regs, wide) = match kind {
        NT_PRSTATUS | NT_PRFPREG | NT_X86_XSTATE => registers(t, tid)?,
        _ => return Err(Errno::EINVAL),
    };
    let whole = match kind {
        NT_PRSTATUS => encode(&regs, wide),
        NT_X86_XSTATE => op(t, tid, TraceOp::GetExtended)?,
        _ => op(t, tid, TraceOp::GetFpu)?,
    };
    let count = whole.len().min(usize::try_from(len).unwrap_or(usize::MAX));
    if set {
        let mut bytes = whole;
        // Nothing but the whole.
        if kind == NT_X86_XSTATE && count < bytes.len() {
            return Err(Errno::EFAULT);
        }
        let given = t.read_vec(base, count as u64)?;
        bytes[..count].copy_from_slice(&given);
        if kind == NT_PRSTATUS {
            decode(&mut regs, &bytes, wide);
            set_registers(t, tid, &regs)?;
        } else if kind == NT_X86_XSTATE {
            op(t, tid, TraceOp::SetExtended(bytes.into()))?;
        } else {
            op(t, tid, TraceOp::SetFpu(bytes.into()))?;
        }
    } else {
        t.write_mem(base, &whole[..count])?;
    }
    t.store_word(iovec.wrapping_add(word), count as u64)?;
    Ok(0)
}

/// ptrace(2).
pub fn ptrace(t: &mut Thread<'_>, a: &Args) -> SysResult {
    let [request, tid, addr, data, ..] = *a;
    let (tid, word) = (tid as i32, t.word_size());
    let wide = t.width == Width::W64;
    let value = |result: Result<(i64, Body), Errno>| result.map(|(value, _)| value);
    match request as u32 {
        0 => {
            value(ask(t, 0, TraceRequest::TraceMe))?;
            t.tracee = Tracee { mode: trace_mode::TRACED, ..t.tracee };
            Ok(0)
        }
        // PEEKTEXT, PEEKDATA: the library returns what the kernel stores.
        1 | 2 => {
            let bytes = op(t, tid, TraceOp::Read { addr, len: word as u32, force: true })?;
            if (bytes.len() as u64) < word {
                return Err(Errno::EIO);
            }
            t.write_mem(data, &bytes)?;
            Ok(0)
        }
        3 => {
            let value = user_area(t, tid, addr, None)?;
            t.store_word(data, value)?;
            Ok(0)
        }
        4 | 5 => {
            let bytes = data.to_le_bytes()[..word as usize].to_vec();
            op(t, tid, TraceOp::Write { addr, data: bytes.into(), force: true })?;
            Ok(0)
        }
        6 => user_area(t, tid, addr, Some(data)).map(|_| 0),
        7 => value(ask(t, tid, TraceRequest::Resume(data as u32, 0))),
        24 => value(ask(t, tid, TraceRequest::Resume(data as u32, trace_mode::SYSCALLS))),
        9 => value(ask(t, tid, TraceRequest::Resume(data as u32, trace_mode::STEP))),
        // SYSEMU, SYSEMU_SINGLESTEP.
        31 => value(ask(t, tid, TraceRequest::Resume(data as u32, trace_mode::EMULATE))),
        32 => value(ask(t, tid, TraceRequest::Resume(data as u32, trace_mode::EMULATE | trace_mode::STEP))),
        8 => value(ask(t, tid, TraceRequest::Kill)),
        12 => {
            let (regs, _) = registers(t, tid)?;
            t.write_mem(data, &encode(&regs, wide))?;
            Ok(0)
        }
        13 => {
            let (mut regs, _) = registers(t, tid)?;
            let bytes = t.read_vec(data, size(wide) as u64)?;
            decode(&mut regs, &bytes, wide);
            set_registers(t, tid, &regs)?;
            Ok(0)
        }
        // GETFPREGS of x86-64 and GETFPXREGS of i386 have the FXSAVE image.
        14 if wide => fpu_to(t, tid, data),
        15 if wide => fpu_from(t, tid, data),
        18 if !wide => fpu_to(t, tid, data),
        19 if !wide => fpu_from(t, tid, data),
        // GET_THREAD_AREA, SET_THREAD_AREA: `addr` is the entry, whatever the structure says.
        25 | 26 if (addr as i32) < 0 => Err(Errno::EIO),
        25 => {
            let info = op(t, tid, TraceOp::GetArea(addr as u32))?;
            t.write_mem(data, &info)?;
            Ok(0)
        }
        26 => {
            let [_, base, limit, flags]: [u32; 4] = t.load(data)?;
            op(t, tid, TraceOp::SetArea([addr as u32, base, limit, flags])).map(|_| 0)
        }
        16 => value(ask(t, tid, TraceRequest::Attach)),
        17 => value(ask(t, tid, TraceRequest::Detach(data as u32))),
        0x4200 => value(ask(t, tid, TraceRequest::SetOptions(data as u32))),
        0x4201 => {
            let message = value(ask(t, tid, TraceRequest::EventMessage))?;
            t.store_word(data, message as u64)?;
            Ok(0)
        }
        0x4202 => {
            let Body::Info(info) = ask(t, tid, TraceRequest::GetSigInfo)?.1 else { return Err(Errno::EIO) };
            let bytes = siginfo::encode(&info, t.width);
            t.write_mem(data, &bytes)?;
            Ok(0)
        }
        0x4203 => {
            let mut bytes = [0; siginfo::SIZE];
            t.read_mem(data, &mut bytes)?;
            let info = siginfo::decode(&bytes, t.width);
            value(ask(t, tid, TraceRequest::SetSigInfo(info)))
        }
        0x4204 => register_set(t, tid, addr, data, false),
        0x4205 => register_set(t, tid, addr, data, true),
        0x420a if addr == 8 => {
            let Body::Mask(mask) = ask(t, tid, TraceRequest::GetMask)?.1 else { return Err(Errno::EIO) };
            t.store(data, &mask)?;
            Ok(0)
        }
        0x420b if addr == 8 => {
            let mask = t.load(data)?;
            value(ask(t, tid, TraceRequest::SetMask(mask)))
        }
        0x420a | 0x420b => Err(Errno::EINVAL),
        0x4206 if addr != 0 => Err(Errno::EIO),
        0x4206 => value(ask(t, tid, TraceRequest::Seize(data as u32))),
        0x4207 => value(ask(t, tid, TraceRequest::Interrupt)),
        0x4208 => value(ask(t, tid, TraceRequest::Listen)),
        0x4209 => peek_siginfo(t, tid, addr, data),
        0x420e => syscall_info(t, tid, addr, data),
        // SINGLEBLOCK and the rest: tracers do without.
        _ => Err(Errno::EIO),
    }
}

/// PTRACE_GET_SYSCALL_INFO: `addr` is how much room there is at `data`. The result is what the whole takes.
///
/// Source: `kernel/ptrace.c`, `struct ptrace_syscall_info`.
fn syscall_info(t: &mut Thread<'_>, tid: i32, addr: u64, data: u64) -> SysResult {
    /// Of the canonical registers: rdi rsi rdx r10 r8 r9, and ebx ecx edx esi edi ebp.
    const ARGS: [[usize; 6]; 2] = [[14, 13, 12, 7, 9, 8], [5, 11, 12, 13, 14, 4]];
    let (stop, _) = ask(t, tid, TraceRequest::CallStop)?;
    let (regs, widths) = registers_of(t, tid)?;
    let narrow = widths & 2 != 0;
    let arch = if narrow { AUDIT_ARCH_I386 } else { AUDIT_ARCH_X86_64 };
    let mut info = Vec::with_capacity(88);
    info.extend([stop as u8, 0, 0, 0]);
    info.extend(arch.to_le_bytes());
    let mut put = |value: u64| info.extend(value.to_le_bytes());
    put(regs[16]);
    put(regs[19]);
    match stop as u8 {
        kind @ (call_stop::ENTRY | call_stop::SECCOMP) => {
            put(i64::from(regs[15] as i32) as u64);
            for i in ARGS[usize::from(narrow)] {
                put(if narrow { regs[i] & 0xffff_ffff } else { regs[i] });
            }
            if kind == call_stop::SECCOMP {
                let (message, _) = ask(t, tid, TraceRequest::EventMessage)?;
                info.extend((message as u32).to_le_bytes());
            }
        }
        call_stop::EXIT => {
            let value = if narrow { i64::from(regs[10] as i32) } else { regs[10] as i64 };
            let failed = (-4095..0).contains(&value);
            put(if narrow && !failed { regs[10] & 0xffff_ffff } else { value as u64 });
            info.push(failed.into());
        }
        _ => {}
    }
    let room = info.len().min(usize::try_from(addr).unwrap_or(usize::MAX));
    t.write_mem(data, &info[..room])?;
    Ok(info.len() as i64)
}

/// PTRACE_PEEKSIGINFO: `addr` points to where from (64 bits), flags and how many.
fn peek_siginfo(t: &mut Thread<'_>, tid: i32, addr: u64, data: u64) -> SysResult {
    const SHARED: u32 = 1;
    const MOST: u32 = 1024;
    let [low, high, flags, count]: [u32; 4] = t.load(addr)?;
    if flags & !SHARED != 0 || (count as i32) < 0 {
        return Err(Errno::EINVAL);
    }
    let from = u64::from(high) << 32 | u64::from(low);
    let request = TraceRequest::PeekSigInfo(from, count.min(MOST), flags & SHARED != 0);
    let Body::Infos(infos) = ask(t, tid, request)?.1 else { return Err(Errno::EIO) };
    for (i, info) in infos.iter().enumerate() {
        let bytes = siginfo::encode(info, t.width);
        t.write_mem(data.wrapping_add((i * siginfo::SIZE) as u64), &bytes)?;
    }
    Ok(infos.len() as i64)
}

fn fpu_to(t: &mut Thread<'_>, tid: i32, addr: u64) -> SysResult {
    let image = op(t, tid, TraceOp::GetFpu)?;
    t.write_mem(addr, &image)?;
    Ok(0)
}

fn fpu_from(t: &mut Thread<'_>, tid: i32, addr: u64) -> SysResult {
    let image = t.read_vec(addr, crate::signal::fpu::FXSAVE as u64)?;
    op(t, tid, TraceOp::SetFpu(image.into()))?;
    Ok(0)
}
