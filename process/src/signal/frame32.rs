//! The signal frames of i386 (`struct sigframe`, `struct rt_sigframe`, `asm/sigcontext.h`).

use super::{Frame, Trapped, fpu, siginfo};
use crate::thread::{AltStack, Thread, Width};
use bytemuck::{Pod, Zeroable};
use tawaki_abi::Errno;
use tawaki_abi::signal::{SA_RESTORER, SA_SIGINFO, SigSet};
use tawaki_abi::wire::Deliver;
use tawaki_cpu::CpuState;
use tawaki_cpu::state::{Segment, USER_DS, USER32_CS};

/// `struct sigcontext`.
#[derive(Clone, Copy, Debug, Zeroable, Pod)]
#[repr(C)]
struct Context {
    gs: u32,
    fs: u32,
    es: u32,
    ds: u32,
    /// edi, esi, ebp, esp, ebx, edx, ecx, eax.
    gprs: [u32; 8],
    trapno: u32,
    err: u32,
    eip: u32,
    cs: u32,
    eflags: u32,
    esp_at_signal: u32,
    ss: u32,
    fpstate: u32,
    oldmask: u32,
    cr2: u32,
}

/// `struct sigframe`, without SA_SIGINFO.
#[derive(Clone, Copy, Debug, Zeroable, Pod)]
#[repr(C)]
struct OldFrame {
    pretcode: u32,
    signo: u32,
    context: Context,
    /// Room of an `_fpstate` that is not used any more.
    unused: [[u32; 12]; 13],
    extramask: u32,
    retcode: [u8; 8],
}

/// `struct rt_sigframe`, with SA_SIGINFO.
#[derive(Clone, Copy, Debug, Zeroable, Pod)]
#[repr(C)]
struct RtFrame {
    pretcode: u32,
    signo: u32,
    pinfo: u32,
    puc: u32,
    info: [u32; 32],
    uc_flags: u32,
    uc_link: u32,
    ss_sp: u32,
    ss_flags: u32,
    ss_size: u32,
    context: Context,
    sigmask: [u32; 2],
    retcode: [u8; 8],
}

const _: () =
    assert!(size_of::<Context>() == 88 && size_of::<OldFrame>() == 732 && size_of::<RtFrame>() == 268);
/// Where `puc` points.
const UC_AT: u64 = 16 + 128;

/// General registers in the order of [`Context::gprs`], by encoding number.
const ORDER: [usize; 8] = [7, 6, 5, 4, 3, 2, 1, 0];

/// `pop %eax; mov $119,%eax; int $0x80`: what returns from an old frame.
pub const SIGRETURN: [u8; 8] = [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80];
/// `mov $173,%eax; int $0x80`.
pub const RT_SIGRETURN: [u8; 8] = [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80, 0];

fn context(cpu: &CpuState, trapped: &Trapped, mask: SigSet, fpstate: u64) -> Context {
    let segment = |s: Segment| u32::from(cpu.segment[s as usize]);
    Context {
        gs: segment(Segment::Gs),
        fs: segment(Segment::Fs),
        es: segment(Segment::Es),
        ds: segment(Segment::Ds),
        gprs: ORDER.map(|i| cpu.gpr(i) as u32),
        trapno: trapped.number as u32,
        err: trapped.err as u32,
        eip: cpu.rip as u32,
        cs: segment(Segment::Cs),
        eflags: cpu.eflags(),
        esp_at_signal: cpu.gpr(4) as u32,
        ss: segment(Segment::Ss),
        fpstate: fpstate as u32,
        oldmask: mask as u32,
        cr2: trapped.addr as u32,
    }
}

/// Builds the frame and points the registers at the handler.
pub fn push(thread: &mut Thread<'_>, deliver: &Deliver, trapped: &Trapped) -> Result<(), Errno> {
    let action = &deliver.action;
    let rt = action.flags & SA_SIGINFO != 0;
    let stack = thread.signal_stack(action.flags, 0);
    let fx = stack.top.wrapping_sub(fpu::area_size() as u64) & !63;
    let fpstate = fx.wrapping_sub(fpu::FSAVE as u64);
    let size = if rt { size_of::<RtFrame>() } else { size_of::<OldFrame>() } as u64;
    // The ABI wants the stack 16-byte aligned before the return address was pushed.
    let at = (fpstate.wrapping_sub(size).wrapping_add(4) & !15).wrapping_sub(4) & 0xffff_ffff;
    thread.check_stack(&stack, at)?;
    let (fsave, area) = (fpu::fsave(&thread.cpu), fpu::area(&thread.cpu));
    thread.write_mem(fpstate, &fsave)?;
    thread.write_mem(fx, &area)?;
    let context = context(&thread.cpu, trapped, deliver.old_mask, fpstate);
    let trampoline = |code: u64| if code == 0 { at + size - 8 } else { code };
    let mut registers = (deliver.info.signo, 0, 0);
    if rt {
        let pretcode = if action.flags & SA_RESTORER != 0 {
            action.restorer
        } else {
            trampoline(thread.trampolines().map_or(0, |page| page + 8))
        };
        let mut info = [0; 32];
        bytemuck::bytes_of_mut(&mut info).copy_from_slice(&siginfo::encode(&deliver.info, Width::W32));
        let frame = RtFrame {
            pretcode: pretcode as u32,
            signo: deliver.info.signo,
            pinfo: (at as u32).wrapping_add(16),
            puc: (at + UC_AT) as u32,
            info,
            uc_flags: u32::from(fpu::extended()),
            uc_link: 0,
            ss_sp: thread.altstack.base as u32,
            ss_flags: stack.saved_flags,
            ss_size: thread.altstack.size as u32,
            context,
            sigmask: [deliver.old_mask as u32, (deliver.old_mask >> 32) as u32],
            retcode: RT_SIGRETURN,
        };
        thread.store(at, &frame)?;
        registers = (deliver.info.signo, frame.pinfo, frame.puc);
    } else {
        let pretcode = if action.flags & SA_RESTORER != 0 {
            action.restorer
        } else {
            trampoline(thread.trampolines().unwrap_or(0))
        };
        let frame = OldFrame {
            pretcode: pretcode as u32,
            signo: deliver.info.signo,
            context,
            unused: [[0; 12]; 13],
            extramask: (deliver.old_mask >> 32) as u32,
            retcode: SIGRETURN,
        };
        thread.store(at, &frame)?;
    }
    thread.after_push(&stack);
    let cpu = &mut thread.cpu;
    cpu.set_gpr(0, registers.0.into());
    cpu.set_gpr(2, registers.1.into());
    cpu.set_gpr(1, registers.2.into());
    cpu.set_gpr(4, at);
    cpu.rip = action.handler & 0xffff_ffff;
    cpu.load_segment(Segment::Ds, USER_DS);
    cpu.load_segment(Segment::Es, USER_DS);
    cpu.load_segment(Segment::Ss, USER_DS);
    cpu.segment[Segment::Cs as usize] = USER32_CS;
    super::enter_handler(cpu);
    Ok(())
}

/// sigreturn(2) and, with `rt`, rt_sigreturn(2).
pub fn pop(thread: &mut Thread<'_>, rt: bool) -> Result<Frame, Errno> {
    let esp = thread.cpu.gpr(4);
    let (context, frame) = if rt {
        let frame: RtFrame = thread.load(esp.wrapping_sub(4) & 0xffff_ffff)?;
        let altstack =
            AltStack { base: frame.ss_sp.into(), size: frame.ss_size.into(), flags: frame.ss_flags };
        let mask = u64::from(frame.sigmask[0]) | u64::from(frame.sigmask[1]) << 32;
        (frame.context, Frame { mask, altstack: Some(altstack) })
    } else {
        let frame: OldFrame = thread.load(esp.wrapping_sub(8) & 0xffff_ffff)?;
        let mask = u64::from(frame.context.oldmask) | u64::from(frame.extramask) << 32;
        (frame.context, Frame { mask, altstack: None })
    };
    let fp = match context.fpstate {
        0 => None,
        at => {
            let (mut fsave, mut fxsave) = ([0; fpu::FSAVE], [0; fpu::FXSAVE]);
            thread.read_mem(at.into(), &mut fsave)?;
            let fx = u64::from(at) + fpu::FSAVE as u64;
            thread.read_mem(fx, &mut fxsave)?;
            Some((fsave, thread.read_vec(fx, fpu::area_len(&fxsave) as u64)?))
        }
    };
    let cpu = &mut thread.cpu;
    let segments = [
        (Segment::Gs, context.gs),
        (Segment::Fs, context.fs),
        (Segment::Es, context.es),
        (Segment::Ds, context.ds),
    ];
    for (segment, selector) in segments {
        if !cpu.load_segment(segment, selector as u16) {
            cpu.load_segment(segment, 0);
        }
    }
    for (value, index) in context.gprs.iter().zip(ORDER) {
        cpu.set_gpr(index, (*value).into());
    }
    cpu.rip = context.eip.into();
    super::restore_eflags(cpu, context.eflags);
    match fp {
        Some((fsave, area)) => {
            if !fpu::load_area(cpu, area) {
                return Err(Errno::EFAULT);
            }
            fpu::frstor(cpu, &fsave);
        }
        None => fpu::reset(cpu),
    }
    Ok(frame)
}
