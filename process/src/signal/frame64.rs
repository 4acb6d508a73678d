//! The signal frame of x86-64 (`struct rt_sigframe`, `asm/sigcontext.h`).

use super::{Frame, Trapped, fpu, siginfo};
use crate::thread::{AltStack, Thread, Width};
use bytemuck::{Pod, Zeroable};
use tawaki_abi::Errno;
use tawaki_abi::signal::{SA_RESTORER, SigSet};
use tawaki_abi::wire::Deliver;
use tawaki_cpu::CpuState;

/// `struct sigcontext`.
#[derive(Clone, Copy, Debug, Zeroable, Pod)]
#[repr(C)]
struct Context {
    /// r8..r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp.
    gprs: [u64; 16],
    rip: u64,
    eflags: u64,
    cs: u16,
    gs: u16,
    fs: u16,
    ss: u16,
    err: u64,
    trapno: u64,
    oldmask: u64,
    cr2: u64,
    fpstate: u64,
    reserved: [u64; 8],
}

/// `struct rt_sigframe` up to the siginfo.
#[derive(Clone, Copy, Debug, Zeroable, Pod)]
#[repr(C)]
struct RtFrame {
    pretcode: u64,
    uc_flags: u64,
    uc_link: u64,
    ss_sp: u64,
    ss_flags: u32,
    pad: u32,
    ss_size: u64,
    context: Context,
    sigmask: u64,
}

const _: () = assert!(size_of::<Context>() == 256 && size_of::<RtFrame>() == 312);

/// General registers in the order of [`Context::gprs`], by encoding number.
const ORDER: [usize; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];

/// UC_SIGCONTEXT_SS and UC_STRICT_RESTORE_SS: `ss` is saved and restored. UC_FP_XSTATE is 1.
const UC_FLAGS: u64 = 6;

fn context(cpu: &CpuState, trapped: &Trapped, mask: SigSet, fpstate: u64) -> Context {
    Context {
        gprs: ORDER.map(|i| cpu.gpr(i)),
        rip: cpu.rip,
        eflags: cpu.eflags().into(),
        cs: cpu.segment[1],
        gs: cpu.segment[5],
        fs: cpu.segment[4],
        ss: cpu.segment[2],
        err: trapped.err,
        trapno: trapped.number,
        oldmask: mask,
        cr2: trapped.addr,
        fpstate,
        reserved: [0; 8],
    }
}

/// Builds the frame and points the registers at the handler.
pub fn push(thread: &mut Thread<'_>, deliver: &Deliver, trapped: &Trapped) -> Result<(), Errno> {
    let action = &deliver.action;
    if action.flags & SA_RESTORER == 0 {
        // x86-64 has no other way back.
        return Err(Errno::EFAULT);
    }
    let stack = thread.signal_stack(action.flags, 128);
    let fpstate = (stack.top.wrapping_sub(fpu::area_size() as u64)) & !63;
    let size = (size_of::<RtFrame>() + siginfo::SIZE) as u64;
    let at = ((fpstate.wrapping_sub(size)) & !15).wrapping_sub(8);
    thread.check_stack(&stack, at)?;
    let frame = RtFrame {
        pretcode: action.restorer,
        uc_flags: UC_FLAGS | u64::from(fpu::extended()),
        uc_link: 0,
        ss_sp: thread.altstack.base,
        ss_flags: stack.saved_flags,
        pad: 0,
        ss_size: thread.altstack.size,
        context: context(&thread.cpu, trapped, deliver.old_mask, fpstate),
        sigmask: deliver.old_mask,
    };
    let image = fpu::area(&thread.cpu);
    thread.write_mem(fpstate, &image)?;
    let info_at = at + size_of::<RtFrame>() as u64;
    thread.write_mem(info_at, &siginfo::encode(&deliver.info, Width::W64))?;
    thread.store(at, &frame)?;
    thread.after_push(&stack);
    let cpu = &mut thread.cpu;
    cpu.set_gpr(0, 0);
    cpu.set_gpr(7, deliver.info.signo.into());
    cpu.set_gpr(6, info_at);
    cpu.set_gpr(2, at + 8);
    cpu.set_gpr(4, at);
    cpu.rip = action.handler;
    super::enter_handler(cpu);
    Ok(())
}

/// Restores what [`push`] saved, as the handler left it. Returns the frame's mask and stack.
pub fn pop(thread: &mut Thread<'_>) -> Result<Frame, Errno> {
    let frame: RtFrame = thread.load(thread.cpu.gpr(4).wrapping_sub(8))?;
    let image = match frame.context.fpstate {
        0 => None,
        at => {
            let mut image = [0; fpu::FXSAVE];
            thread.read_mem(at, &mut image)?;
            Some(thread.read_vec(at, fpu::area_len(&image) as u64)?)
        }
    };
    let cpu = &mut thread.cpu;
    for (value, index) in frame.context.gprs.iter().zip(ORDER) {
        cpu.set_gpr(index, *value);
    }
    cpu.rip = frame.context.rip;
    super::restore_eflags(cpu, frame.context.eflags as u32);
    match image {
        Some(area) => {
            if !fpu::load_area(cpu, area) {
                return Err(Errno::EFAULT);
            }
        }
        None => fpu::reset(cpu),
    }
    Ok(Frame {
        mask: frame.sigmask,
        altstack: Some(AltStack { base: frame.ss_sp, size: frame.ss_size, flags: frame.ss_flags }),
    })
}
