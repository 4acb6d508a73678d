//! The fence around `ptrace`: one traced child with its registers and memory.
#![allow(unsafe_code)] // ptrace, fork and process_vm_* have no safe form that moves FXSAVE images.

use std::ffi::CString;
use std::io;
use std::os::fd::RawFd;

use libc::{c_int, c_long, c_void, pid_t};

/// Bytes of an XSAVE image with room for what newer processors have.
pub const XSAVE: usize = 4096;
/// An XSAVE image; without XSAVE only its first 512 bytes mean something.
pub type XSave = [u8; XSAVE];
/// `NT_X86_XSTATE`.
const XSTATE: usize = 0x202;

/// Registers of the child in the fields the harness uses; the kernel's
/// `user_regs_struct` without its C type.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Registers {
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rbx: u64,
    pub rsp: u64,
    pub rbp: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    pub rip: u64,
    pub eflags: u64,
    pub cs: u64,
    pub ss: u64,
    pub ds: u64,
    pub es: u64,
    pub fs: u64,
    pub gs: u64,
    pub fs_base: u64,
    pub gs_base: u64,
    pub orig_rax: u64,
}

/// Why the child stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// At a system call that was not made.
    Syscall,
    /// Its CPU time limit ran out.
    OutOfTime,
    /// A signal, suppressed.
    Signal {
        /// Signal number.
        number: u8,
        /// `si_code`.
        code: i32,
        /// `si_addr`.
        address: u64,
    },
}

/// Where the child's own page lies: far above everything a guest may address.
const STUB: u64 = 0x6000_0000_0000;
/// Offset of `syscall; int3` in the stub's file and page.
const STUB_CODE: u64 = 0x80;
/// CPU seconds before the child is stopped by SIGXCPU.
const CPU_SECONDS: u64 = 5;

/// A stopped child process under our control; killed when dropped.
pub struct Tracee {
    pid: pid_t,
    /// See [`Self::xstate_size`].
    xstate: usize,
}

impl Tracee {
    /// Starts the stub program and stops it at its first instruction.
    pub fn spawn() -> io::Result<Self> {
        let file = stub_file()?;
        let arguments = [c"tawaki-oracle".as_ptr(), std::ptr::null()];
        let empty: CString = CString::default();
        let limit = libc::rlimit { rlim_cur: CPU_SECONDS, rlim_max: CPU_SECONDS + 5 };
        // SAFETY: between fork and exec the child makes only async-signal-safe calls on
        // values made before the fork; it ends in exec or _exit.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: as above; the pointers outlive the calls.
            unsafe {
                libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::setrlimit(libc::RLIMIT_CPU, &limit);
                libc::syscall(
                    libc::SYS_execveat,
                    file,
                    empty.as_ptr(),
                    arguments.as_ptr(),
                    [std::ptr::null::<libc::c_char>()].as_ptr(),
                    libc::AT_EMPTY_PATH,
                );
                libc::_exit(127);
            }
        }
        // SAFETY: closes the descriptor `stub_file` made, which nothing else knows.
        unsafe { libc::close(file) };
        if pid < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut child = Self { pid, xstate: 0 };
        match child.wait()? {
            Stopped::Signal { number, .. } if c_int::from(number) == libc::SIGTRAP => {}
            other => return Err(io::Error::other(format!("child did not start: {other:?}"))),
        }
        child.ptrace(
            libc::PTRACE_SETOPTIONS as c_int,
            0,
            (libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL) as usize,
        )?;
        child.xstate = child.xstate_size();
        Ok(child)
    }

    /// Maps `size` bytes read-write (and executable) at `address` in the child.
    pub fn map(&mut self, address: u64, size: usize, exec: bool) -> io::Result<()> {
        let protection = libc::PROT_READ | libc::PROT_WRITE | if exec { libc::PROT_EXEC } else { 0 };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        self.syscall(libc::SYS_mmap, [address, size as u64, protection as u64, flags as u64, u64::MAX, 0])
    }

    /// Takes write permission away from a mapping of the child.
    pub fn make_read_only(&mut self, address: u64, size: usize) -> io::Result<()> {
        let protection = libc::PROT_READ as u64;
        self.syscall(libc::SYS_mprotect, [address, size as u64, protection, 0, 0, 0])
    }

    /// Makes the child execute one system call.
    fn syscall(&mut self, number: c_long, arguments: [u64; 6]) -> io::Result<()> {
        let [rdi, rsi, rdx, r10, r8, r9] = arguments;
        let mut registers = self.registers()?;
        registers = Registers {
            rax: number as u64,
            rip: STUB + STUB_CODE,
            orig_rax: u64::MAX,
            rdi,
            rsi,
            rdx,
            r10,
            r8,
            r9,
            ..registers
        };
        self.set_registers(&registers)?;
        self.ptrace(libc::PTRACE_CONT as c_int, 0, 0)?;
        self.wait()?;
        let result = self.registers()?.rax as i64;
        if result < 0 { Err(io::Error::from_raw_os_error(-result as i32)) } else { Ok(()) }
    }

    /// Runs until the next stop; system calls are not made.
    pub fn resume(&mut self) -> io::Result<Stopped> {
        self.ptrace(libc::PTRACE_SYSEMU as c_int, 0, 0)?;
        self.wait()
    }

    /// Executes one instruction (or one repetition of a string instruction); a system call is not made.
    pub fn step(&mut self) -> io::Result<Stopped> {
        // PTRACE_SYSEMU_SINGLESTEP (asm/ptrace-abi.h).
        self.ptrace(32, 0, 0)?;
        self.wait()
    }

    fn wait(&self) -> io::Result<Stopped> {
        let mut status = 0;
        loop {
            // SAFETY: `status` is a live c_int.
            if unsafe { libc::waitpid(self.pid, &mut status, libc::__WALL) } == self.pid {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        if !libc::WIFSTOPPED(status) {
            return Err(io::Error::other(format!("traced child ended, status {status:#x}")));
        }
        let number = libc::WSTOPSIG(status);
        if number == libc::SIGTRAP | 0x80 {
            return Ok(Stopped::Syscall);
        }
        if number == libc::SIGXCPU {
            return Ok(Stopped::OutOfTime);
        }
        // SAFETY: all-zero bytes are a valid siginfo_t.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        self.ptrace(libc::PTRACE_GETSIGINFO as c_int, 0, (&raw mut info) as usize)?;
        // SAFETY: the address field exists for the fault signals; others ignore it.
        let address = unsafe { info.si_addr() } as u64;
        let faulty = matches!(number, libc::SIGSEGV | libc::SIGBUS | libc::SIGFPE | libc::SIGILL);
        Ok(Stopped::Signal {
            number: number as u8,
            code: info.si_code,
            address: if faulty { address } else { 0 },
        })
    }

    /// The child's registers.
    pub fn registers(&self) -> io::Result<Registers> {
        // SAFETY: all-zero bytes are a valid user_regs_struct.
        let mut r: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        self.ptrace(libc::PTRACE_GETREGS as c_int, 0, (&raw mut r) as usize)?;
        macro_rules! copy { ($($f:ident)*) => { Registers { $($f: r.$f),* } } }
        Ok(copy!(rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15
            rip eflags cs ss ds es fs gs fs_base gs_base orig_rax))
    }

    /// Sets the child's registers.
    pub fn set_registers(&self, from: &Registers) -> io::Result<()> {
        // SAFETY: all-zero bytes are a valid user_regs_struct.
        let mut r: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        macro_rules! copy { ($($f:ident)*) => { $(r.$f = from.$f;)* } }
        copy!(rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15
            rip eflags cs ss ds es fs gs fs_base gs_base orig_rax);
        self.ptrace(libc::PTRACE_SETREGS as c_int, 0, (&raw mut r) as usize)
    }

    /// The child's x87 and vector registers.
    pub fn fpu(&self) -> io::Result<XSave> {
        let mut image: XSave = [0; XSAVE];
        if self.xstate == 0 {
            self.ptrace(libc::PTRACE_GETFPREGS as c_int, 0, (&raw mut image) as usize)?;
            return Ok(image);
        }
        let mut part = vector((&raw mut image) as u64, XSAVE);
        self.ptrace(libc::PTRACE_GETREGSET as c_int, XSTATE, (&raw mut part) as usize)?;
        Ok(image)
    }

    /// Sets the child's x87 and vector registers.
    pub fn set_fpu(&self, image: &XSave) -> io::Result<()> {
        if self.xstate == 0 {
            return self.ptrace(libc::PTRACE_SETFPREGS as c_int, 0, image.as_ptr() as usize);
        }
        let mut part = vector(image.as_ptr() as u64, self.xstate);
        self.ptrace(libc::PTRACE_SETREGSET as c_int, XSTATE, (&raw mut part) as usize)
    }

    /// Whether the XSAVE image has upper halves of vector registers.
    pub fn has_upper(&self) -> bool {
        self.xstate >= 576 + 256
    }

    /// Bytes of the kernel's XSAVE image; 0 if it has none.
    fn xstate_size(&self) -> usize {
        let mut image: XSave = [0; XSAVE];
        let mut part = vector((&raw mut image) as u64, XSAVE);
        let got = self.ptrace(libc::PTRACE_GETREGSET as c_int, XSTATE, (&raw mut part) as usize);
        if got.is_ok() { part.iov_len } else { 0 }
    }

    /// Writes byte ranges of the child's memory (which must be writable there).
    pub fn write(&mut self, ranges: &[(u64, &[u8])]) -> io::Result<()> {
        let local = ranges.iter().map(|(_, bytes)| vector(bytes.as_ptr() as u64, bytes.len()));
        let remote = ranges.iter().map(|(address, bytes)| vector(*address, bytes.len()));
        let (local, remote): (Vec<_>, Vec<_>) = (local.collect(), remote.collect());
        let n = local.len() as u64;
        // SAFETY: the local vectors point into live slices, which are only read.
        let done = unsafe { libc::process_vm_writev(self.pid, local.as_ptr(), n, remote.as_ptr(), n, 0) };
        complete(done, ranges.iter().map(|(_, bytes)| bytes.len()).sum())
    }

    /// Reads byte ranges of the child's memory.
    pub fn read(&mut self, ranges: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        let total = ranges.iter().map(|(_, bytes)| bytes.len()).sum();
        let remote: Vec<_> = ranges.iter().map(|(at, bytes)| vector(*at, bytes.len())).collect();
        let local: Vec<_> = ranges.iter_mut().map(|(_, b)| vector(b.as_mut_ptr() as u64, b.len())).collect();
        let n = local.len() as u64;
        // SAFETY: the local vectors point into live, exclusively borrowed slices.
        let done = unsafe { libc::process_vm_readv(self.pid, local.as_ptr(), n, remote.as_ptr(), n, 0) };
        complete(done, total)
    }

    fn ptrace(&self, request: c_int, address: usize, data: usize) -> io::Result<()> {
        // SAFETY: every caller passes as `data` a number or a live buffer of the
        // request's own type.
        let result =
            unsafe { libc::ptrace(request as _, self.pid, address as *mut c_void, data as *mut c_void) };
        if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        // SAFETY: our own child; the status is not wanted.
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            libc::waitpid(self.pid, std::ptr::null_mut(), libc::__WALL);
        }
    }
}

fn vector(base: u64, len: usize) -> libc::iovec {
    libc::iovec { iov_base: base as *mut c_void, iov_len: len }
}

fn complete(done: isize, wanted: usize) -> io::Result<()> {
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    if done as usize != wanted {
        return Err(io::Error::other(format!("moved {done} of {wanted} bytes of child memory")));
    }
    Ok(())
}

/// A memory file holding the stub: an ELF header, one program header, `syscall; int3`.
fn stub_file() -> io::Result<RawFd> {
    // SAFETY: the name is a C string; the result is checked.
    let file = unsafe { libc::memfd_create(c"tawaki-oracle".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    let image = stub_image();
    // SAFETY: writes from a live buffer of that length.
    let written = unsafe { libc::write(file, image.as_ptr().cast(), image.len()) };
    complete(written, image.len())?;
    Ok(file)
}

fn stub_image() -> Vec<u8> {
    let mut image = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    image.resize(16, 0);
    let half = |image: &mut Vec<u8>, value: u16| image.extend(value.to_le_bytes());
    let word = |image: &mut Vec<u8>, value: u32| image.extend(value.to_le_bytes());
    let wide = |image: &mut Vec<u8>, value: u64| image.extend(value.to_le_bytes());
    half(&mut image, 2); // ET_EXEC
    half(&mut image, 62); // EM_X86_64
    word(&mut image, 1);
    wide(&mut image, STUB + STUB_CODE); // entry
    wide(&mut image, 64); // program headers
    wide(&mut image, 0);
    word(&mut image, 0);
    for value in [64, 56, 1, 0, 0, 0] {
        half(&mut image, value);
    }
    word(&mut image, 1); // PT_LOAD
    word(&mut image, 5); // R+X
    for value in [0, STUB, STUB, 0x1000, 0x1000, 0x1000] {
        wide(&mut image, value);
    }
    image.resize(STUB_CODE as usize, 0);
    image.extend([0x0f, 0x05, 0xcc]);
    image.resize(0x1000, 0xcc);
    image
}
