//! Program loading: from a path to registers that can run (execve(2)).
//!
//! [`prepare`] opens and checks everything and can still fail politely;
//! [`load`] runs past the point of no return.
//!
//! Where things go (bytes; everything lives low so that memory stays small):
//!
//! | what | where |
//! |---|---|
//! | fixed programs | where they say |
//! | position-independent programs | 0x0100_0000 |
//! | heap | after the program, 16 MiB kept for it |
//! | stack | below 0x0C00_0000, or below a fixed program that lies there; after its heap where there is no room, or if it may be larger than 128 MiB |
//! | libraries | each at a place of its own from 0x0C00_0000 up, if that is free |
//! | other mappings | from 0x0280_0000 up, first fit |

pub mod elf;
pub mod script;
pub mod stack;

use crate::mm::space::{Limits, STACK_GAP as GAP_PAGES, TOP_PAGE};
use crate::mm::{Kind, Layout, MappedFile, Vma};
use crate::signal::{fpu, frame32};
use crate::syscall::mm::fill_from_file;
use crate::thread::{AltStack, Thread, lock};
use elf::{ElfImage, Segment};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;
use tawaki_abi::Errno;
use tawaki_abi::auxv::*;
use tawaki_abi::fs::AT_FDCWD;
use tawaki_abi::mm::{PAGE, PROT_EXEC, PROT_READ, PROT_WRITE};
use tawaki_abi::wire::{Body, Call, ExecStarted, FileId, MapSource};
use tawaki_cpu::state::Segment as SegmentRegister;
use tawaki_cpu::{CpuState, Mode};

/// Base of position-independent programs.
const PIE_BASE: u64 = 0x0100_0000;
/// Where mappings begin, at the lowest.
const MMAP_BASE: u64 = 0x0280_0000;
/// End of a main stack: below the libraries. Other mappings come from far below, so that it may grow
/// to more than it was given when its limit is raised while the program runs.
const STACK_TOP: u64 = 0x0c00_0000 - GUARD;
/// Where one that ends below its program may begin.
const STACK_LOWEST: u64 = 0x0080_0000;
/// Most room of a main stack at these places.
const STACK_MOST: u64 = 128 << 20;
/// Least and most room of a main stack, whatever RLIMIT_STACK says.
const STACK_ROOM: std::ops::RangeInclusive<u64> = 256 << 10..=256 << 20;
/// Room where RLIMIT_STACK is infinite.
const STACK_UNLIMITED: u64 = 64 << 20;
/// Stack mapped at the start; more comes by faults.
const STACK_FIRST: u64 = 128 << 10;
/// Room kept for the heap.
const HEAP_ROOM: u64 = 16 << 20;
/// Empty pages above a stack, and below one.
const GUARD: u64 = 64 << 10;
const STACK_GAP: u64 = GAP_PAGES as u64 * PAGE;

/// `AT_HWCAP`: CPUID leaf 1 EDX of what the interpreter implements: FPU, TSC,
/// CX8, CMOV, MMX, FXSR, SSE, SSE2.
const HWCAP: u64 = 1 | 1 << 4 | 1 << 8 | 1 << 15 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;

/// An open, checked ELF file.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The kernel's handle.
    pub handle: u32,
    /// Identity.
    pub id: FileId,
    /// Headers.
    pub image: ElfImage,
}

/// A program ready to replace the present one.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its file.
    pub program: Opened,
    /// Its interpreter (`ld.so`).
    pub interpreter: Option<Opened>,
    /// Path as given to execve.
    pub path: ByteBuf,
    /// Arguments, `#!` lines resolved.
    pub argv: Vec<ByteBuf>,
    /// Environment.
    pub envp: Vec<ByteBuf>,
}

/// What is to be executed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Directory descriptor for a relative path.
    pub dirfd: i32,
    /// `AT_*` flags of execveat(2).
    pub flags: u32,
    /// Path.
    pub path: ByteBuf,
    /// Arguments.
    pub argv: Vec<ByteBuf>,
    /// Environment.
    pub envp: Vec<ByteBuf>,
    /// Already opened and resolved.
    pub handle: Option<(u32, FileId)>,
}

/// Reads `len` bytes of an opened program; fewer at the end of the file.
fn read_at(thread: &mut Thread<'_>, handle: u32, offset: u64, len: u64) -> Result<Vec<u8>, Errno> {
    let len = u32::try_from(len).map_err(|_| Errno::EIO)?;
    let call = Call::MapRead { source: MapSource::Handle(handle), offset, len, ahead: 0 };
    match thread.request(&call)?.1 {
        Body::Bytes(bytes) => Ok(bytes.into_vec()),
        _ => Err(Errno::EIO),
    }
}

fn open(thread: &mut Thread<'_>, dirfd: i32, path: &[u8], flags: u32) -> Result<(u32, FileId), Errno> {
    let call = Call::ExecOpen { dirfd, path: ByteBuf::from(path), flags };
    match thread.request(&call)? {
        (handle, Body::Exec(id, _)) => Ok((handle as u32, id)),
        _ => Err(Errno::EIO),
    }
}

/// Releases a handle of `ExecOpen`.
fn drop_handle(thread: &mut Thread<'_>, handle: u32) {
    thread.call(&Call::MapDrop { handle });
}

/// Reads and checks the headers of an ELF file whose first bytes are `start`.
fn image(thread: &mut Thread<'_>, handle: u32, start: &[u8]) -> Result<ElfImage, Errno> {
    let header = elf::header(start)?;
    let range = header.phdrs.clone();
    let size = range.end - range.start;
    let table = match start.get(range.start as usize..range.end.min(u64::from(u32::MAX)) as usize) {
        Some(table) if range.end <= start.len() as u64 => table.to_vec(),
        _ => read_at(thread, handle, range.start, size)?,
    };
    if (table.len() as u64) < size {
        return Err(Errno::ENOEXEC);
    }
    elf::image(header, &table)
}

/// Opens and checks a program, through `#!` lines, and its interpreter.
pub fn prepare(thread: &mut Thread<'_>, request: Request) -> Result<Prepared, Errno> {
    let Request { dirfd, flags, path, mut argv, envp, handle } = request;
    let (mut handle, mut id) = match handle {
        Some(opened) => opened,
        None => open(thread, dirfd, &path, flags)?,
    };
    // The name that a script's interpreter is given.
    let mut name = match (dirfd, path.first()) {
        (AT_FDCWD, _) | (_, Some(b'/')) => path.to_vec(),
        (_, None) => format!("/dev/fd/{dirfd}").into_bytes(),
        (_, Some(_)) => [format!("/dev/fd/{dirfd}/").as_bytes(), &path].concat(),
    };
    for depth in 0.. {
        let start = match read_at(thread, handle, 0, 4096) {
            Ok(start) => start,
            Err(errno) => {
                drop_handle(thread, handle);
                return Err(errno);
            }
        };
        let Some(script) = script::parse(&start) else {
            let opened = image(thread, handle, &start)
                .and_then(|image| find_interpreter(thread, handle, &image).map(|interp| (image, interp)));
            return match opened {
                Ok((image, interpreter)) => Ok(Prepared {
                    program: Opened { handle, id, image },
                    interpreter,
                    path: ByteBuf::from(if path.is_empty() { name } else { path.into_vec() }),
                    argv,
                    envp,
                }),
                Err(errno) => {
                    drop_handle(thread, handle);
                    Err(errno)
                }
            };
        };
        drop_handle(thread, handle);
        if depth >= script::MAX_DEPTH {
            return Err(Errno::ELOOP);
        }
        let script = script?;
        let mut front = vec![ByteBuf::from(script.interpreter.clone())];
        front.extend(script.argument.map(ByteBuf::from));
        front.push(ByteBuf::from(name));
        argv.splice(..argv.len().min(1), front);
        (handle, id) = open(thread, AT_FDCWD, &script.interpreter, 0)?;
        name = script.interpreter;
    }
    Err(Errno::ELOOP)
}

fn find_interpreter(
    thread: &mut Thread<'_>,
    handle: u32,
    program: &ElfImage,
) -> Result<Option<Opened>, Errno> {
    let Some(range) = program.interp.clone() else { return Ok(None) };
    let path = read_at(thread, handle, range.start, range.end - range.start)?;
    if (path.len() as u64) < range.end - range.start {
        return Err(Errno::EIO);
    }
    let Some((0, path)) = path.split_last() else { return Err(Errno::ENOEXEC) };
    let (handle, id) = open(thread, AT_FDCWD, path, 0)?;
    let checked = read_at(thread, handle, 0, 4096).and_then(|start| image(thread, handle, &start));
    match checked {
        Ok(image) if image.header.mode == program.header.mode => Ok(Some(Opened { handle, id, image })),
        Err(Errno::EIO) => {
            drop_handle(thread, handle);
            Err(Errno::EIO)
        }
        _ => {
            drop_handle(thread, handle);
            Err(Errno::ELIBBAD)
        }
    }
}

/// Chooses the layout for a program at `program` (bytes), whose stack may have
/// `stack_limit` bytes (RLIMIT_STACK).
fn layout(program: &std::ops::Range<u64>, stack_limit: u64) -> Layout {
    let wanted = if stack_limit == u64::MAX { STACK_UNLIMITED } else { stack_limit };
    let room = wanted.clamp(*STACK_ROOM.start(), *STACK_ROOM.end()) / PAGE * PAGE;
    let heap_end = program.end + HEAP_ROOM;
    let low = (heap_end + STACK_GAP).next_multiple_of(1 << 20);
    // Below the libraries, or below a program that lies high, whichever is more.
    let above = STACK_TOP.saturating_sub(heap_end.max(MMAP_BASE));
    let below = program.start.saturating_sub(GUARD + STACK_LOWEST);
    let (stack_low, stack_high, mut base) = if room > STACK_MOST || room + STACK_GAP > above.max(below) {
        (low, low + room, MMAP_BASE)
    } else if above >= below {
        (STACK_TOP - room, STACK_TOP, MMAP_BASE)
    } else {
        let top = (program.start - GUARD) / PAGE * PAGE;
        (top - room, top, low)
    };
    if program.start < base && base < heap_end {
        base = heap_end.next_multiple_of(1 << 20);
    }
    let page = |addr: u64| (addr / PAGE).min(u64::from(TOP_PAGE)) as u32;
    Layout {
        mmap_base: page(base),
        stack_low: page(stack_low),
        stack_high: page(stack_high),
        stack_limit: page(stack_limit),
        brk_start: program.end,
        brk: program.end,
        brk_room: (HEAP_ROOM / PAGE) as u32,
        trampolines: 0,
        auxv: Vec::new(),
    }
}

/// Replaces the present program. On an error the process has nothing left to
/// return to and must be killed.
pub fn load(thread: &mut Thread<'_>, prepared: &Prepared, started: &ExecStarted) -> Result<(), Errno> {
    let program = &prepared.program;
    let mode = program.image.header.mode;
    thread.engine.program_ended(&thread.memory);
    // The kernel has dropped all handles of the program before.
    thread.mm().reset();
    thread.engine.invalidate(0..tawaki_cpu::mem::ADDRESS_END);
    thread.memory.new_program();

    let span = &program.image.span;
    let bias = if program.image.header.dynamic {
        (PIE_BASE.next_multiple_of(program.image.align)).wrapping_sub(span.start)
    } else {
        0
    };
    let placed = span.start.wrapping_add(bias)..span.end.wrapping_add(bias);
    {
        let (mut mm, host) = thread.mm_and_host();
        if placed.start / PAGE < u64::from(mm.lowest()) || placed.end / PAGE > u64::from(TOP_PAGE) {
            return Err(Errno::ENOMEM);
        }
        mm.layout = layout(&placed, started.stack_limit);
        mm.limits = Limits::new(started.space_limit, started.data_limit);
        mm.back_stack(host)?;
    }
    map_image(thread, program, bias)?;

    let mut entry = program.image.header.entry.wrapping_add(bias);
    let program_entry = entry;
    let mut base = 0;
    if let Some(interpreter) = &prepared.interpreter {
        let span = &interpreter.image.span;
        let bias = if interpreter.image.header.dynamic {
            let count = ((span.end - span.start) / PAGE) as u32;
            let (mut mm, host) = thread.mm_and_host();
            let start = mm.place_file(host, count, &interpreter.id)?;
            (u64::from(start) * PAGE).wrapping_sub(span.start)
        } else {
            0
        };
        map_image(thread, interpreter, bias)?;
        base = span.start.wrapping_add(bias);
        entry = interpreter.image.header.entry.wrapping_add(bias);
    }

    let auxv = vec![
        (AT_HWCAP, HWCAP),
        (AT_PAGESZ, PAGE),
        (AT_CLKTCK, 100),
        (AT_PHDR, program.image.phdr_addr.wrapping_add(bias)),
        (AT_PHENT, program.image.header.phentsize.into()),
        (AT_PHNUM, program.image.header.phnum.into()),
        (AT_BASE, base),
        (AT_FLAGS, 0),
        (AT_ENTRY, program_entry),
        (AT_UID, started.uid.into()),
        (AT_EUID, started.euid.into()),
        (AT_GID, started.gid.into()),
        (AT_EGID, started.egid.into()),
        (AT_SECURE, started.secure.into()),
        (AT_MINSIGSTKSZ, 2048),
    ];
    let contents = stack::Contents {
        mode,
        execfn: &prepared.path,
        argv: prepared.argv.iter().map(|s| s.as_slice()).collect(),
        envp: prepared.envp.iter().map(|s| s.as_slice()).collect(),
        platform: if mode == Mode::Bits64 { b"x86_64" } else { b"i686" },
        random: started.random,
        auxv,
    };
    let sp = place_stack(thread, &contents, program.image.exec_stack)?;
    start_state(thread, mode, entry, sp);
    let name = prepared.path.rsplit(|&b| b == b'/').next().unwrap_or(b"");
    *lock(&thread.shared.name) = String::from_utf8_lossy(name).into_owned();
    Ok(())
}

/// Maps the stack and writes `contents` to it; returns the stack pointer.
fn place_stack(
    thread: &mut Thread<'_>,
    contents: &stack::Contents<'_>,
    executable: bool,
) -> Result<u64, Errno> {
    let (mut mm, host) = thread.mm_and_host();
    let high = mm.layout.stack_high;
    let top = u64::from(high) * PAGE;
    let (sp, bytes) = stack::build(top, contents);
    let low = sp.saturating_sub(STACK_FIRST) / PAGE;
    if low <= u64::from(mm.layout.stack_low) {
        return Err(Errno::E2BIG);
    }
    let prot = PROT_READ | PROT_WRITE | if executable { PROT_EXEC } else { 0 };
    let vma = Vma { end: 0, prot, shared: false, may_write: true, marks: 0, kind: Kind::Stack };
    mm.map(host, low as u32..high, vma)?;
    mm.load(sp, &bytes);
    mm.layout.auxv = bytes[stack::auxv(contents)].to_vec();
    if contents.mode == Mode::Bits32 {
        // One page that returns from signal handlers, where Linux has its vdso.
        let vma = Vma {
            end: 0,
            prot: PROT_READ | PROT_EXEC,
            shared: false,
            may_write: false,
            marks: 0,
            kind: Kind::Anon,
        };
        let page = mm.place(host, 1, high, true)?;
        mm.map(host, page..page + 1, vma)?;
        let code = [frame32::SIGRETURN, frame32::RT_SIGRETURN].concat();
        mm.load(u64::from(page) * PAGE, &code);
        mm.layout.trampolines = page;
    }
    Ok(sp)
}

/// Registers of a new program (System V ABI: all but the stack pointer unspecified; Linux: zero).
fn start_state(thread: &mut Thread<'_>, mode: Mode, entry: u64, sp: u64) {
    let (icount, tsc) = (thread.cpu.icount, thread.cpu.tsc);
    thread.cpu = CpuState::new(mode);
    thread.cpu.icount = icount;
    thread.cpu.tsc = tsc;
    thread.cpu.rip = entry;
    thread.cpu.set_gpr(4, sp);
    if mode == Mode::Bits32 {
        thread.cpu.load_segment(SegmentRegister::Gs, 0);
    }
    fpu::reset(&mut thread.cpu);
    thread.altstack = AltStack::NONE;
    thread.clear_tid = 0;
    thread.robust = (0, 0);
    thread.pending = None;
}

/// Maps all segments of a file at `bias`.
fn map_image(thread: &mut Thread<'_>, file: &Opened, bias: u64) -> Result<(), Errno> {
    for segment in &file.image.segments {
        // The same key each time, unless nothing showed the file in between.
        let id = file.id.clone();
        let keep = Some(file.handle);
        let key = thread.mm().add_file(MappedFile { id, handle: None, keep, hashes: BTreeMap::new() });
        map_segment(thread, file.handle, key, segment, bias)?;
    }
    Ok(())
}

fn map_segment(
    thread: &mut Thread<'_>,
    handle: u32,
    key: u32,
    segment: &Segment,
    bias: u64,
) -> Result<(), Errno> {
    let start = segment.vaddr.wrapping_add(bias);
    let first = (start / PAGE) as u32;
    let file_end = start + segment.filesz;
    let memory_end = start + segment.memsz;
    let file_pages = if segment.filesz == 0 { first..first } else { first..file_end.div_ceil(PAGE) as u32 };
    let all_end = memory_end.div_ceil(PAGE) as u32;
    let area = |kind| Vma { end: 0, prot: segment.prot, shared: false, may_write: true, marks: 0, kind };
    if !file_pages.is_empty() {
        let page = segment.offset / PAGE;
        {
            let (mut mm, host) = thread.mm_and_host();
            mm.map(host, file_pages.clone(), area(Kind::File { file: key, page }))?;
        }
        let bytes = u64::from(file_pages.end - file_pages.start) * PAGE;
        let at = u64::from(first) * PAGE;
        fill_from_file(thread, MapSource::Handle(handle), at, page * PAGE, bytes)?;
        if segment.memsz > segment.filesz && !file_end.is_multiple_of(PAGE) {
            // The rest of the last page is bss, whatever the file has there.
            let zeros = vec![0; (PAGE - file_end % PAGE) as usize];
            thread.mm().load(file_end, &zeros);
        }
    }
    let bss = file_pages.end.max(first)..all_end;
    if !bss.is_empty() {
        let (mut mm, host) = thread.mm_and_host();
        mm.map(host, bss, area(Kind::Anon))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_have_the_room_of_their_limit() {
        let (movable, fixed, i386) =
            (PIE_BASE..PIE_BASE + 0x5000, 0x40_0000..0x50_0000, 0x0804_8000..0x0810_0000);
        let large = 0x40_0000..0x0900_0000;
        for (limit, room) in [
            (8 << 20, 8 << 20),
            (1 << 20, 1 << 20),
            (128 << 20, 128 << 20),
            (0, 256 << 10),
            (65532 << 10, 65532 << 10),
            (u64::MAX - 1, 256 << 20),
            (u64::MAX, 64 << 20),
        ] {
            for program in [&movable, &fixed, &i386, &large] {
                let layout = layout(program, limit);
                let got = u64::from(layout.stack_high - layout.stack_low) * PAGE;
                assert_eq!(got, room, "{limit:#x}");
                let (low, high) = (u64::from(layout.stack_low) * PAGE, u64::from(layout.stack_high) * PAGE);
                assert!(high <= program.start || low >= program.end + HEAP_ROOM, "{limit:#x}");
                assert!(low >= STACK_LOWEST, "{limit:#x}");
                // Where nothing is in the way a stack may come to be as large as anywhere on Linux.
                let base = u64::from(layout.mmap_base) * PAGE;
                assert!(base >= program.end + HEAP_ROOM || base < program.start, "{limit:#x}");
                assert!(
                    program.end > 0x0200_0000 || limit > 128 << 20 || base + (128 << 20) <= high,
                    "{limit:#x}"
                );
            }
        }
    }
}
