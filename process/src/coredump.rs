//! Core files (core(5)): what a process was when a signal ended it, as an ELF file that
//! debuggers read.
//!
//! The kernel offers the dump and decides whether it counts; this side writes the file
//! through ordinary calls and then dies. Notes are those of Linux's `fs/binfmt_elf.c`, of
//! the thread that the signal hit first; what nothing was ever written to is a hole.

use crate::mm::Kind;
use crate::mm::vma::marks;
use crate::signal::fpu::{self, FXSAVE};
use crate::signal::siginfo;
use crate::syscall::ptrace::encode;
use crate::thread::Thread;
use tawaki_abi::fs::{AT_FDCWD, OpenFlags};
use tawaki_abi::mm::PAGE;
use tawaki_abi::wire::{Body, Call, CoreDump, DumpThread, Path, TRACE_REGS, TraceOp};
use tawaki_cpu::Mode;

/// The name, in the working directory (`/proc/sys/kernel/core_pattern`).
const NAME: &[u8] = b"core";
/// Bytes written at once.
const PIECE: u64 = 64 << 10;
/// Segments that an ELF file can count without a section header.
const MAX_SEGMENTS: usize = 0xfffe;

/// Kinds of notes (`linux/elf.h`).
const NT_PRSTATUS: u32 = 1;
const NT_PRFPREG: u32 = 2;
const NT_PRPSINFO: u32 = 3;
const NT_AUXV: u32 = 6;
const NT_X86_XSTATE: u32 = 0x202;
const NT_PRXFPREG: u32 = 0x46e6_2b7f;
const NT_FILE: u32 = 0x4649_4c45;
const NT_SIGINFO: u32 = 0x5349_4749;

/// A mapping as the core shows it.
struct Segment {
    start: u64,
    size: u64,
    /// Bytes of it in the file.
    kept: u64,
    prot: u32,
    /// The file it shows: its name and the first page shown.
    file: Option<(Vec<u8>, u64)>,
}

/// Little-endian fields, words of the program's width.
struct Out {
    bytes: Vec<u8>,
    wide: bool,
}

impl Out {
    fn half(&mut self, value: u16) -> &mut Out {
        self.bytes.extend(value.to_le_bytes());
        self
    }
    fn int(&mut self, value: u32) -> &mut Out {
        self.bytes.extend(value.to_le_bytes());
        self
    }
    fn word(&mut self, value: u64) -> &mut Out {
        let size = if self.wide { 8 } else { 4 };
        self.bytes.extend(&value.to_le_bytes()[..size]);
        self
    }
    fn text(&mut self, text: &[u8], room: usize) -> &mut Out {
        let len = text.len().min(room - 1);
        self.bytes.extend(&text[..len]);
        self.bytes.resize(self.bytes.len() + room - len, 0);
        self
    }
}

/// Writes the core file; whether it is there now.
pub fn dump(t: &mut Thread<'_>, dump: &CoreDump) -> bool {
    let path = Path::from(NAME);
    // Nobody else may have a hand on what will hold the process's memory: a file of our own.
    t.call(&Call::Unlink { dirfd: AT_FDCWD, path: path.clone(), flags: 0 });
    let flags =
        OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::RDWR | OpenFlags::NOFOLLOW | OpenFlags::CLOEXEC;
    let Ok(fd) = t.call(&Call::Open { dirfd: AT_FDCWD, path, flags, mode: 0o600 }).result else {
        return false;
    };
    let fd = fd as i32;
    let written = write(t, fd, dump);
    t.call(&Call::Close { fd });
    written
}

fn put(t: &mut Thread<'_>, fd: i32, mut at: u64, mut data: &[u8]) -> bool {
    while !data.is_empty() {
        let call = Call::Write { fd, data: data.to_vec().into(), offset: Some(at) };
        match t.call(&call).result {
            Ok(n @ 1..) => {
                let n = (n as usize).min(data.len());
                data = &data[n..];
                at += n as u64;
            }
            _ => return false,
        }
    }
    true
}

fn write(t: &mut Thread<'_>, fd: i32, dump: &CoreDump) -> bool {
    // The others are as they ended, and change nothing any more.
    let others = match t.call(&Call::DumpThreads).body {
        Body::DumpThreads(threads) => threads,
        _ => Vec::new(),
    };
    let segments = segments(t);
    let notes = notes(t, dump, &others, &segments);
    let wide = t.cpu.mode == Mode::Bits64;
    let (header, entry) = if wide { (64, 56) } else { (52, 32) };
    let notes_at = header + entry * (segments.len() as u64 + 1);
    let data_at = (notes_at + notes.len() as u64).next_multiple_of(PAGE);
    let mut out = Out { bytes: vec![0x7f, b'E', b'L', b'F', 1 + u8::from(wide), 1, 1], wide };
    out.bytes.resize(16, 0);
    out.half(4).half(if wide { 62 } else { 3 }).int(1).word(0).word(header).word(0).int(0);
    out.half(header as u16).half(entry as u16).half(segments.len() as u16 + 1).half(0).half(0).half(0);
    let mut program = |kind: u32, flags: u32, at: u64, addr: u64, kept: u64, size: u64, align: u64| {
        out.int(kind);
        if wide {
            out.int(flags).word(at).word(addr).word(0).word(kept).word(size).word(align);
        } else {
            out.word(at).word(addr).word(0).word(kept).word(size).int(flags).word(align);
        }
    };
    program(4, 0, notes_at, 0, notes.len() as u64, 0, 4);
    let mut at = data_at;
    for segment in &segments {
        // PROT_READ and PROT_EXEC are PF_X and PF_R the other way round.
        let flags = segment.prot & 2 | (segment.prot & 1) << 2 | segment.prot >> 2 & 1;
        program(1, flags, at, segment.start, segment.kept, segment.size, PAGE);
        at += segment.kept;
    }
    let end = at;
    out.bytes.extend(notes);
    // What is written counts, holes do not. A core that is cut short is one, too.
    let mut room = dump.limit;
    out.bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
    room -= out.bytes.len() as u64;
    if !put(t, fd, 0, &out.bytes) {
        return false;
    }
    let mut at = data_at;
    for segment in &segments {
        for offset in (0..segment.kept).step_by(PIECE as usize) {
            let len = PIECE.min(segment.kept - offset);
            let mut piece = vec![0; len as usize];
            let first = segment.start + offset;
            for (n, page) in piece.chunks_mut(PAGE as usize).enumerate() {
                // What waits for its first touch is zeros.
                t.mm().peek(first + n as u64 * PAGE, page);
            }
            // Zeros are holes; pages count.
            let used = piece.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1);
            let used = used.next_multiple_of(PAGE).min(len);
            let fits = if used <= room { used } else { room / PAGE * PAGE };
            if !put(t, fd, at + offset, &piece[..fits as usize]) {
                return false;
            }
            if fits < used {
                return true;
            }
            room -= fits;
        }
        at += segment.kept;
    }
    t.call(&Call::Ftruncate { fd, len: end }).result.is_ok()
}

/// All mappings; contents are kept of what Linux keeps by default
/// (`/proc/PID/coredump_filter`): private memory, shared memory that no file has, and the
/// first page of ELF files.
fn segments(t: &mut Thread<'_>) -> Vec<Segment> {
    let mm = t.mm();
    let mut out = Vec::new();
    for (area, vma) in mm.vmas().iter().take(MAX_SEGMENTS) {
        let (start, size) = (u64::from(area.start) * PAGE, u64::from(area.end - area.start) * PAGE);
        let mut magic = [0; 4];
        let file = mm.shown(area.start).map(|(file, page)| (file.id.path.to_vec(), page));
        let nameless = file.as_ref().is_some_and(|(name, _)| name.ends_with(b" (deleted)"));
        let kept = match vma.kind {
            _ if vma.prot == 0 => 0,
            Kind::File { .. } if vma.shared && !nameless => 0,
            Kind::File { page, .. } if vma.marks & marks::AS_READ != 0 => {
                let elf = page == 0 && mm.peek(start, &mut magic) && magic == *b"\x7fELF";
                if elf { PAGE } else { 0 }
            }
            _ => size,
        };
        out.push(Segment { start, size, kept, prot: vma.prot, file });
    }
    out
}

fn notes(t: &mut Thread<'_>, dump: &CoreDump, others: &[DumpThread], segments: &[Segment]) -> Vec<u8> {
    let wide = t.cpu.mode == Mode::Bits64;
    let mut all = Notes::default();
    let out = || Out { bytes: Vec::new(), wide };

    let info = &dump.info;
    let status = |tid: i32, mask: u64, state: &State| {
        let mut status = out();
        status.int(info.signo).int(info.code as u32).int(info.errno as u32).half(info.signo as u16).half(0);
        status.word(0).word(mask);
        for id in [tid, dump.ppid, dump.pgrp, dump.sid] {
            status.int(id as u32);
        }
        for _ in 0..8 {
            status.word(0); // times
        }
        status.bytes.extend(encode(&state.regs, wide));
        status.int(1);
        if wide {
            status.int(0);
        }
        status.bytes
    };
    let own = t.trace_op(TraceOp::GetState).ok().and_then(|bytes| State::new(&bytes)).unwrap_or_default();
    all.add(b"CORE", NT_PRSTATUS, &status(dump.tid, dump.mask, &own));

    let mut process = out();
    process.bytes.extend([0, b'R', 0, 0]);
    if wide {
        process.int(0);
    }
    process.word(0x40_0600);
    if wide {
        process.int(dump.uid).int(dump.gid);
    } else {
        process.half(dump.uid as u16).half(dump.gid as u16);
    }
    for id in [dump.pid, dump.ppid, dump.pgrp, dump.sid] {
        process.int(id as u32);
    }
    let arguments: Vec<u8> = dump.cmdline.iter().map(|&byte| if byte == 0 { b' ' } else { byte }).collect();
    process.text(&dump.comm, 16).text(&arguments, 80);
    all.add(b"CORE", NT_PRPSINFO, &process.bytes);

    all.add(b"CORE", NT_SIGINFO, &siginfo::encode(info, t.width));
    let auxv = t.mm().layout.auxv.clone();
    all.add(b"CORE", NT_AUXV, &auxv);

    let files: Vec<_> = segments.iter().filter_map(|s| s.file.as_ref().map(|file| (s, file))).collect();
    let mut list = out();
    list.word(files.len() as u64).word(PAGE);
    for (segment, (_, page)) in &files {
        list.word(segment.start).word(segment.start + segment.size).word(*page);
    }
    for (_, (name, _)) in &files {
        list.bytes.extend(name);
        list.bytes.push(0);
    }
    all.add(b"CORE", NT_FILE, &list.bytes);

    all.floats(&own, wide);
    for thread in others {
        if let Some(state) = State::new(&thread.state) {
            all.add(b"CORE", NT_PRSTATUS, &status(thread.tid, thread.mask, &state));
            all.floats(&state, wide);
        }
    }
    all.0
}

/// Notes, one behind the other.
#[derive(Default)]
struct Notes(Vec<u8>);

impl Notes {
    fn add(&mut self, name: &[u8], kind: u32, bytes: &[u8]) {
        let all = &mut self.0;
        let name = [name, b"\0"].concat();
        for word in [name.len() as u32, bytes.len() as u32, kind] {
            all.extend(word.to_le_bytes());
        }
        for part in [name.as_slice(), bytes] {
            all.extend(part);
            all.resize(all.len() + part.len().next_multiple_of(4) - part.len(), 0);
        }
    }

    /// Those of the registers of the FPU.
    fn floats(&mut self, state: &State, wide: bool) {
        if wide {
            self.add(b"CORE", NT_PRFPREG, &state.fxsave);
        } else {
            // `struct user_i387_struct` has no status behind it.
            self.add(b"CORE", NT_PRFPREG, &state.fsave[..fpu::FSAVE - 4]);
            self.add(b"LINUX", NT_PRXFPREG, &state.fxsave);
        }
        if !state.xstate.is_empty() {
            self.add(b"LINUX", NT_X86_XSTATE, &state.xstate);
        }
    }
}

/// Registers of a thread.
struct State {
    regs: [u64; TRACE_REGS],
    fxsave: [u8; FXSAVE],
    fsave: [u8; fpu::FSAVE],
    /// Empty where there is nothing that `fxsave` does not have.
    xstate: Vec<u8>,
}

impl Default for State {
    fn default() -> State {
        State { regs: [0; TRACE_REGS], fxsave: [0; FXSAVE], fsave: [0; fpu::FSAVE], xstate: Vec::new() }
    }
}

impl State {
    /// From what [`TraceOp::GetState`] answers.
    fn new(bytes: &[u8]) -> Option<State> {
        let (_width, bytes) = bytes.split_first()?;
        let (regs, bytes) = bytes.split_at_checked(TRACE_REGS * 8)?;
        let (fxsave, bytes) = bytes.split_at_checked(FXSAVE)?;
        let (fsave, xstate) = bytes.split_at_checked(fpu::FSAVE)?;
        let mut state = State {
            fxsave: fxsave.try_into().ok()?,
            fsave: fsave.try_into().ok()?,
            xstate: xstate.to_vec(),
            ..State::default()
        };
        for (register, bytes) in state.regs.iter_mut().zip(regs.as_chunks().0) {
            *register = u64::from_le_bytes(*bytes);
        }
        Some(state)
    }
}
