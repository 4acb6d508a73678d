//! What compiled code knows of its surroundings: the words it shares with the
//! engine, where they lie in linear memory, and the functions it imports.
//!
//! Invariant: compiled code is position independent. The linear addresses of
//! [`CpuState`] and [`JitContext`] are parameters of every compiled function; only
//! the offsets inside them and the facts in [`Layout`] are baked in.

use std::mem::offset_of;

use tawaki_cpu::mem::{PAGE_SIZE, WASM_BIAS};
use tawaki_cpu::state::{CpuState, Mode, Slot};
use tawaki_cpu::x87::{F80, X87State};
use wasm_encoder::ValType;

use crate::analysis::Set;

/// Words shared between the engine and compiled code, one per guest thread, in
/// linear memory, 4-byte aligned.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct JitContext {
    /// Linear address of the attention word; non-zero there asks to come back.
    pub attention: u32,
    /// Guest instructions until the next look at `attention` and `budget`, about;
    /// taken down by compiled code, refilled with [`SLICE`] by its poll.
    pub fuel: i32,
    /// Guest instructions compiled code may still run, about. The engine sets it
    /// before a run; below zero the poll leaves.
    pub budget: i32,
    /// Why compiled code came back, an [`ExitKind`]. The engine sets 0 before a run.
    pub exit: u32,
    /// Linear address of the dispatch table: [`DISPATCH_ENTRIES`] [`DispatchEntry`]s.
    pub dispatch: u32,
    /// Linear address of the page permission table plus 1, or 0. With it a function
    /// leaves at its entry when the guest's stack is not writable: code that trusts the
    /// layout would not notice a recursion without end before it has overwritten everything.
    pub stack_check: u32,
    /// Guest address at which a function is to be entered that can be at many: compiled code's own, from
    /// the function that stands for such an entry to the one with the code.
    pub way_in: u32,
    /// In code for a program [alone](Options::alone): at how many addresses from each of the first two
    /// [marks](Options::marks) on, and up to the third, an access of up to [`SPARE`] bytes may begin. The engine sets
    /// them before a run.
    pub reach: [u32; 3],
}

/// Most bytes of an access that [`JitContext::reach`] is about.
pub const SPARE: u32 = PAGE_SIZE as u32;

/// What [`JitContext::reach`] is for so many pages.
pub fn reach(pages: u32) -> u32 {
    pages.saturating_mul(PAGE_SIZE as u32).saturating_sub(SPARE - 1)
}

/// One line of the direct-mapped table from guest addresses to functions; the line
/// of `rip` is [`dispatch_index`]. An empty line has `index` 0, `rip` [`NO_RIP`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DispatchEntry {
    /// Guest address of a region's entry.
    pub rip: u32,
    /// Index of its function in the table `env.table`.
    pub index: u32,
}

/// An address no region starts at (its page cannot hold an instruction and its successor).
pub const NO_RIP: u32 = u32::MAX;

/// Width of an index of the dispatch table, bits. A compiler has tens of thousands of ways into code.
pub const DISPATCH_BITS: u32 = 14;

/// Lines of the dispatch table.
pub const DISPATCH_ENTRIES: u32 = 1 << DISPATCH_BITS;

/// The line of the dispatch table for `rip`.
pub const fn dispatch_index(rip: u32) -> u32 {
    (rip ^ rip >> DISPATCH_BITS) % DISPATCH_ENTRIES
}

/// An address that belongs to another line than [`NO_RIP`].
const ELSEWHERE: u32 = 1;

const _: () = assert!(dispatch_index(ELSEWHERE) != dispatch_index(NO_RIP));

/// Empties a dispatch table: no address is found in it, [`NO_RIP`] neither.
pub fn clear_dispatch(lines: &mut [DispatchEntry]) {
    lines.fill(DispatchEntry { rip: NO_RIP, index: 0 });
    if let Some(line) = lines.get_mut(dispatch_index(NO_RIP) as usize) {
        line.rip = ELSEWHERE;
    }
}

/// Fuel a poll hands out: about 20 µs of compiled code.
pub const SLICE: i32 = 1 << 16;

/// Why compiled code came back; the value of [`JitContext::exit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ExitKind {
    /// Nothing special: go on at the returned address, compiled or not.
    Next = 0,
    /// The instruction at the returned address must be interpreted (it traps, or
    /// takes a path that is not compiled).
    Interpret = 1,
    /// The attention word was set or the budget used up.
    Poll = 2,
    /// Too many nested calls: go on at the returned address with a fresh stack.
    Depth = 3,
}

impl ExitKind {
    /// The kind with this number; [`ExitKind::Next`] for numbers it does not have.
    pub fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Interpret,
            2 => Self::Poll,
            3 => Self::Depth,
            _ => Self::Next,
        }
    }
}

/// The facts compiled code is specialised on. Modules compiled for equal layouts
/// and options can be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Word size of the guest.
    pub bits64: bool,
    /// Whether `env.memory` is shared.
    pub shared: bool,
    /// Minimum of `env.memory` in 64 KiB pages, for its import type.
    pub memory_min: u32,
    /// Maximum of `env.memory` in 64 KiB pages; a shared memory must have one.
    pub memory_max: u32,
    /// Linear address of the page permission table, one byte per guest page
    /// (`GuestMemory`'s own). Used in checked mode only.
    pub perms: u32,
}

impl Layout {
    /// In browsers, where compiled code runs over the emulator's own shared memory; `perms` as in
    /// [`Layout::perms`].
    pub fn browser(mode: Mode, perms: u32) -> Self {
        Layout { bits64: mode == Mode::Bits64, shared: true, memory_min: 1, memory_max: 0x1_0000, perms }
    }

    /// Word size.
    pub fn mode(&self) -> Mode {
        if self.bits64 { Mode::Bits64 } else { Mode::Bits32 }
    }

    /// Offset of a slot in [`CpuState`].
    pub fn slot(slot: Slot) -> u32 {
        (offset_of!(CpuState, slots) + 8 * slot as usize) as u32
    }

    /// Offset of a vector register or temporary in [`CpuState`], or of the MMX register with
    /// this number from [`Set::MMX`](crate::analysis::Set::MMX) on.
    pub fn xmm(register: u8) -> u32 {
        if let Some(mmx) = register.checked_sub(Set::MMX) {
            return Self::x87() + (offset_of!(X87State, regs) + size_of::<F80>() * (mmx & 7) as usize) as u32;
        }
        (offset_of!(CpuState, xmm) + 16 * (register & 63) as usize) as u32
    }

    /// Offset of MXCSR in [`CpuState`].
    pub fn mxcsr() -> u32 {
        offset_of!(CpuState, mxcsr) as u32
    }

    /// Offset of the flags that are not in slots, in [`CpuState`].
    pub fn other_flags() -> u32 {
        offset_of!(CpuState, other_flags) as u32
    }

    /// Offset of the direction flag in [`CpuState`].
    pub fn df() -> u32 {
        offset_of!(CpuState, df) as u32
    }

    /// Offset of the x87 state in [`CpuState`].
    pub fn x87() -> u32 {
        offset_of!(CpuState, x87) as u32
    }

    /// What to add to a guest address, modulo 2^32, to get the linear one.
    pub const BIAS: i32 = -(WASM_BIAS as i32);
}

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// Test the page permissions on every access, and leave before one that the
    /// interpreter would refuse or that touches code; otherwise trust the layout.
    pub checked: bool,
    /// In checked mode: no other thread changes the program's pages while compiled code runs, and none of its own calls
    /// comes back to compiled code that was left. What was looked at stays true as long as a function is not left.
    pub alone: bool,
    /// In code for a program alone: addresses from which on much of its memory can be read, and written, and where its
    /// stack ends. Code is right wherever they are.
    pub marks: [u32; 3],
    /// SSE arithmetic through helpers: exact rounding modes and sticky flags.
    pub exact_float: bool,
    /// All operations but moves and branches through helpers: to find out whether a
    /// bug is in native emission.
    pub helpers_only: bool,
    /// The host's NaNs differ from x86's: results that are NaNs are corrected.
    pub mend_nans: bool,
    /// MMX registers are locals. Chosen for each region.
    pub mmx_locals: bool,
}

/// Whether this host's float instructions, which compiled code becomes, make x86's own
/// NaNs: the default one is negative, and an operand's payload is kept.
pub fn host_nans_are_x86() -> bool {
    let [zero, other] = std::hint::black_box([0.0f64; 2]);
    let nan = std::hint::black_box(f64::from_bits(0x7ff4_0000_0000_1234));
    (zero / other).to_bits() == 0xfff8_0000_0000_0000 && (nan + 1.0).to_bits() == 0x7ffc_0000_0000_1234
}

impl Default for Options {
    fn default() -> Self {
        Self {
            checked: true,
            alone: false,
            marks: [0; 3],
            exact_float: false,
            helpers_only: false,
            mend_nans: !host_nans_are_x86(),
            mmx_locals: false,
        }
    }
}

/// Limits of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most blocks.
    pub blocks: usize,
    /// Most IR operations; the block that passes it is the last.
    pub ops: usize,
}

impl Limits {
    /// The stricter of both.
    pub fn smaller(&self, other: &Limits) -> Self {
        Limits { blocks: self.blocks.min(other.blocks), ops: self.ops.min(other.ops) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { blocks: 256, ops: 6000 }
    }
}

/// An imported function of module `helper`.
#[derive(Clone, Copy, Debug)]
pub struct HelperRow {
    /// Its name.
    pub name: &'static str,
    /// Parameter types.
    pub params: &'static [ValType],
    /// Result types.
    pub results: &'static [ValType],
    /// What it does.
    pub doc: &'static str,
}

/// Numbers of the imported functions: indices into [`HELPERS`], which are their
/// function indices in the module too.
pub mod helper {
    #![allow(missing_docs)]
    pub const OP: u32 = 0;
    pub const STATUS: u32 = 1;
}

/// Results of the imported function `op`.
pub mod op_result {
    /// It ran.
    pub const DONE: i32 = 0;
    /// It raised a trap and changed nothing: compiled code leaves at the start of the
    /// instruction with [`super::ExitKind::Interpret`].
    pub const TRAP: i32 = 1;
    /// A repeated string instruction wants to be started again after a look at the
    /// attention word: compiled code leaves at its start.
    pub const AGAIN: i32 = 2;
    /// It ran and changed code: compiled code finishes the instruction and leaves.
    pub const CODE_CHANGED: i32 = 3;
}

use ValType::{I32, I64};

/// The imported functions, in order.
///
/// `op` executes one IR operation, given as its 16 bytes (two little-endian words),
/// on the state, and returns an [`op_result`]. What it reads has been stored to the
/// state before, what it may write is loaded after.
pub static HELPERS: &[HelperRow] = &[
    HelperRow {
        name: "op",
        params: &[I32, I32, I64, I64],
        results: &[I32],
        doc: "(state, ctx, low, high): executes an IR operation, see `op_result`",
    },
    HelperRow {
        name: "status",
        params: &[I64, I64, I64, I32],
        results: &[I32],
        doc: "(a, b, r, kind): the six status flags of a lazy state",
    },
];

/// Names of the other imports, all of module `env`: the memory, the function table
/// (at least as long as the module's functions need), and the table index at which
/// the module's functions are put by its element segment (an immutable i32).
pub const ENV: [&str; 3] = ["memory", "table", "base"];
