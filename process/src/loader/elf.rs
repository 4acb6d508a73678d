//! ELF headers, validated (elf(5); Linux `fs/binfmt_elf.c`). Everything in a
//! file is hostile here: no field is used before it has been checked.

use crate::mm::space::TOP_PAGE;
use goblin::elf::program_header::{
    PF_R, PF_W, PF_X, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_PHDR, ProgramHeader,
};
use goblin::elf::{header, header::Header};
use goblin::{container, elf};
use std::ops::Range;
use tawaki_abi::Errno;
use tawaki_abi::mm::{PAGE, PROT_EXEC, PROT_READ, PROT_WRITE};
use tawaki_cpu::Mode;

/// Most bytes of a program header table (`ELF_MIN_ALIGN` on Linux: 64 KiB).
const MAX_PHDRS: u64 = 65536;

/// The fixed header, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElfHeader {
    /// Word size.
    pub mode: Mode,
    /// Position independent (`ET_DYN`).
    pub dynamic: bool,
    /// Entry point, before the bias.
    pub entry: u64,
    /// Bytes of the program header table in the file.
    pub phdrs: Range<u64>,
    /// Number of program headers.
    pub phnum: u16,
    /// Size of one.
    pub phentsize: u16,
}

/// A `PT_LOAD` segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Address before the bias.
    pub vaddr: u64,
    /// Offset in the file, congruent to `vaddr` modulo a page.
    pub offset: u64,
    /// Bytes in the file.
    pub filesz: u64,
    /// Bytes in memory, at least `filesz`.
    pub memsz: u64,
    /// `PROT_*`.
    pub prot: u32,
}

/// What loading needs to know of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElfImage {
    /// The header.
    pub header: ElfHeader,
    /// Segments, at least one.
    pub segments: Vec<Segment>,
    /// Bytes of the interpreter's path in the file (with NUL).
    pub interp: Option<Range<u64>>,
    /// Address of the program headers in memory, before the bias.
    pub phdr_addr: u64,
    /// The stack is to be executable.
    pub exec_stack: bool,
    /// Largest alignment of a segment, bytes.
    pub align: u64,
    /// Pages from the first segment's to the last one's, before the bias.
    pub span: Range<u64>,
}

/// Checks the first bytes of a file. ENOEXEC: not a program for this machine.
pub fn header(bytes: &[u8]) -> Result<ElfHeader, Errno> {
    let bad = Errno::ENOEXEC;
    let header = elf::Elf::parse_header(bytes).map_err(|_| bad)?;
    if header.e_ident[header::EI_DATA] != header::ELFDATA2LSB {
        return Err(bad);
    }
    let (mode, phentsize) = match (header.e_machine, header.e_ident[header::EI_CLASS]) {
        (header::EM_X86_64, header::ELFCLASS64) => (Mode::Bits64, 56),
        (header::EM_386, header::ELFCLASS32) => (Mode::Bits32, 32),
        _ => return Err(bad),
    };
    let Header { e_type, e_entry, e_phoff, e_phnum, e_phentsize, .. } = header;
    if !matches!(e_type, header::ET_EXEC | header::ET_DYN) || e_phentsize != phentsize || e_phnum == 0 {
        return Err(bad);
    }
    let size = u64::from(e_phnum) * u64::from(phentsize);
    let end = e_phoff.checked_add(size).ok_or(bad)?;
    if size > MAX_PHDRS {
        return Err(bad);
    }
    Ok(ElfHeader {
        mode,
        dynamic: e_type == header::ET_DYN,
        entry: e_entry,
        phdrs: e_phoff..end,
        phnum: e_phnum,
        phentsize,
    })
}

/// Checks the program headers (the bytes at `header.phdrs`).
pub fn image(header: ElfHeader, table: &[u8]) -> Result<ElfImage, Errno> {
    let class = match header.mode {
        Mode::Bits32 => container::Container::Little,
        Mode::Bits64 => container::Container::Big,
    };
    let context = container::Ctx::new(class, goblin::container::Endian::Little);
    let phdrs =
        ProgramHeader::parse(table, 0, usize::from(header.phnum), context).map_err(|_| Errno::ENOEXEC)?;
    let mut segments: Vec<Segment> = Vec::new();
    let (mut interp, mut exec_stack, mut align) = (None, header.mode == Mode::Bits32, PAGE);
    let mut phdr_addr = None;
    for ph in &phdrs {
        match ph.p_type {
            PT_LOAD => {
                let end = ph.p_vaddr.checked_add(ph.p_memsz).ok_or(Errno::ENOMEM)?;
                ph.p_offset.checked_add(ph.p_filesz).ok_or(Errno::ENOEXEC)?;
                if ph.p_filesz > ph.p_memsz || ph.p_vaddr % PAGE != ph.p_offset % PAGE {
                    return Err(Errno::ENOEXEC);
                }
                if end > u64::from(TOP_PAGE) * PAGE {
                    return Err(Errno::ENOMEM);
                }
                // In ascending order, as the ABI demands; overlap would be lost data.
                if segments.last().is_some_and(|last| ph.p_vaddr < last.vaddr + last.memsz) {
                    return Err(Errno::ENOMEM);
                }
                if ph.p_memsz == 0 {
                    continue;
                }
                let table = &header.phdrs;
                if ph.p_offset <= table.start && table.end <= ph.p_offset + ph.p_filesz {
                    phdr_addr.get_or_insert(ph.p_vaddr + (table.start - ph.p_offset));
                }
                if ph.p_align.is_power_of_two() {
                    align = align.max(ph.p_align.min(1 << 22));
                }
                let bit = |flag: u32, prot: u32| if ph.p_flags & flag != 0 { prot } else { 0 };
                segments.push(Segment {
                    vaddr: ph.p_vaddr,
                    offset: ph.p_offset,
                    filesz: ph.p_filesz,
                    memsz: ph.p_memsz,
                    prot: bit(PF_R, PROT_READ) | bit(PF_W, PROT_WRITE) | bit(PF_X, PROT_EXEC),
                });
            }
            PT_INTERP if interp.is_none() => {
                if !(2..=4096).contains(&ph.p_filesz) {
                    return Err(Errno::ENOEXEC);
                }
                let end = ph.p_offset.checked_add(ph.p_filesz).ok_or(Errno::ENOEXEC)?;
                interp = Some(ph.p_offset..end);
            }
            PT_PHDR => phdr_addr = Some(ph.p_vaddr),
            PT_GNU_STACK => exec_stack = ph.p_flags & PF_X != 0,
            _ => {}
        }
    }
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
        return Err(Errno::ENOEXEC);
    };
    let span = first.vaddr & !(PAGE - 1)..(last.vaddr + last.memsz).next_multiple_of(PAGE);
    Ok(ElfImage { phdr_addr: phdr_addr.unwrap_or(0), header, segments, interp, exec_stack, align, span })
}
