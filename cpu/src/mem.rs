#![allow(unsafe_code)] // The fence of guest memory: the one place where a guest address becomes a host pointer.
//! Guest memory: a flat 4 GiB address space with exact page permissions.
//!
//! Every guest access goes through [`GuestMemory`]. One permission byte per
//! 4 KiB page is checked on each access; a write that crosses pages checks both
//! before it changes anything. Pages that decoded code was read from carry the
//! `CODE` bit: a write to one takes the slow path, which bumps the page's
//! generation and the global epoch, so that engines notice.
//!
//! Threads of a process share one `GuestMemory`. Their data races are the
//! guest's: plain accesses are plain host accesses, LOCK forms are host atomics.

mod atomic;
mod bulk;

pub use atomic::AtomicFn;
pub use bulk::Partial;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

/// Bytes in a page.
pub const PAGE_SIZE: u64 = 4096;
/// Pages in the address space.
pub const PAGES: usize = 1 << 20;
/// End of the guest address space (exclusive).
pub const ADDRESS_END: u64 = 1 << 32;
/// How far below the guest address its byte lies in wasm linear memory, so that
/// page zero wraps out of range.
pub const WASM_BIAS: u32 = 0x1_0000;

/// Permissions and state of one guest page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Perms(pub u8);

impl Perms {
    /// Not mapped.
    pub const NONE: Perms = Perms(0);
    /// Readable.
    pub const READ: Perms = Perms(1);
    /// Writable.
    pub const WRITE: Perms = Perms(2);
    /// Executable.
    pub const EXEC: Perms = Perms(4);
    /// Part of a mapping (alone: PROT_NONE).
    pub const MAPPED: Perms = Perms(8);
    /// Decoded code is cached from this page; kept by `GuestMemory` itself.
    pub const CODE: Perms = Perms(16);
    /// Mapped past the end of its file: access is a bus error.
    pub const BUS: Perms = Perms(32);
    /// This page and the next can be read; kept by `GuestMemory` itself. May be missing where they can.
    pub const READ_BOTH: Perms = Perms(64);
    /// This page and the next can be written, and no decoded code is cached from either; kept by
    /// `GuestMemory` itself. May be missing where that is so.
    pub const WRITE_BOTH: Perms = Perms(128);

    /// What `GuestMemory` keeps itself.
    const KEPT: u8 = Self::CODE.0 | Self::READ_BOTH.0 | Self::WRITE_BOTH.0;

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Perms) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    pub const fn union(self, other: Perms) -> Perms {
        Perms(self.0 | other.0)
    }
}

impl std::ops::BitOr for Perms {
    type Output = Perms;
    fn bitor(self, other: Perms) -> Perms {
        self.union(other)
    }
}

/// What was attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Data read.
    Read,
    /// Data write.
    Write,
    /// Instruction fetch.
    Exec,
}

/// Why it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No mapping there (`SEGV_MAPERR`).
    Unmapped,
    /// Mapped without that permission (`SEGV_ACCERR`).
    Protection,
    /// Past the end of the mapped file (`SIGBUS`, `BUS_ADRERR`).
    Bus,
}

/// A page fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// First byte that could not be accessed (CR2, `si_addr`).
    pub addr: u64,
    /// Why.
    pub kind: FaultKind,
    /// What was attempted.
    pub access: Access,
}

/// Generations are kept per hash of the page number: a collision only causes a
/// needless revalidation.
const GENERATIONS: usize = 4096;

/// The memory of one guest process.
pub struct GuestMemory {
    #[cfg(not(target_arch = "wasm32"))]
    base: *mut u8,
    perms: &'static [AtomicU8; PAGES],
    _own_perms: Option<OwnPerms>,
    generations: Box<[AtomicU32; GENERATIONS]>,
    // Boxed like the tables: nothing in the structure itself ever changes, so that
    // its pointers can stay in registers across guest stores.
    shared: Box<Shared>,
}

struct Shared {
    epoch: AtomicU32,
    mappings: AtomicU64,
    split_lock: AtomicBool,
    facts: AtomicU8,
}

/// Code was read from a page that is writable at the same time.
const WRITABLE_CODE: u8 = 1;
/// See [`GuestMemory::require_precise_faults`].
const PRECISE_FAULTS: u8 = 2;
/// See [`GuestMemory::require_exact_floats`].
const EXACT_FLOATS: u8 = 4;
/// See [`GuestMemory::note_threads`].
const THREADS: u8 = 8;

/// See [`GuestMemory::mappings`].
static MAPPINGS: AtomicU64 = AtomicU64::new(1);

fn next_mapping() -> u64 {
    MAPPINGS.fetch_add(1, Relaxed)
}

/// Most pages of an [extent](GuestMemory::extents).
const EXTENT: u32 = 1 << 14;

/// Where an extent begins at most.
const EXTENT_START: u32 = 1 << 16;

// SAFETY: the pointer is only dereferenced for guest pages, whose races are the
// guest's own; everything else is atomic.
unsafe impl Send for GuestMemory {}
// SAFETY: as above.
unsafe impl Sync for GuestMemory {}

impl std::fmt::Debug for GuestMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuestMemory").finish_non_exhaustive()
    }
}

/// What [`GuestMemory`]'s table points to when it is its own.
struct OwnPerms(*mut [AtomicU8; PAGES]);

impl Drop for OwnPerms {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw` in `from_raw`; the memory that lent it out is gone.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

fn zeroed_perms() -> Box<[AtomicU8; PAGES]> {
    // SAFETY: AtomicU8 is valid when zero, and `new_zeroed` gives that without
    // touching a megabyte.
    unsafe { Box::<[AtomicU8; PAGES]>::new_zeroed().assume_init() }
}

impl GuestMemory {
    /// Guest memory over host memory.
    ///
    /// On wasm32 `base` is ignored: a guest address is a linear-memory address
    /// plus [`WASM_BIAS`].
    ///
    /// # Safety
    /// For as long as the result lives, `base..base + 4 GiB` must be reserved,
    /// and every page given permissions through [`Self::set_perms`] must be
    /// readable and writable host memory that nothing else in the program uses.
    pub unsafe fn from_raw(base: *mut u8) -> Self {
        let own = OwnPerms(Box::into_raw(zeroed_perms()));
        // SAFETY: lives as long as `self`, which keeps `own` and never lends the table
        // out for longer; the rest is as the caller promises.
        let memory = unsafe { Self::with_perms(base, &*own.0) };
        Self { _own_perms: Some(own), ..memory }
    }

    /// The same over a table of permissions (one byte per page, all zero) that somebody
    /// else keeps: where compiled code can read it.
    ///
    /// # Safety
    /// As [`Self::from_raw`]; and nothing else writes to the table.
    pub unsafe fn with_perms(base: *mut u8, perms: &'static [AtomicU8; PAGES]) -> Self {
        #[cfg(target_arch = "wasm32")]
        let _ = base;
        Self {
            #[cfg(not(target_arch = "wasm32"))]
            base,
            perms,
            _own_perms: None,
            generations: Box::new([const { AtomicU32::new(0) }; GENERATIONS]),
            shared: Box::new(Shared {
                epoch: AtomicU32::new(0),
                mappings: AtomicU64::new(next_mapping()),
                split_lock: AtomicBool::new(false),
                facts: AtomicU8::new(0),
            }),
        }
    }

    /// The table of permissions: one byte per page, with the bits that are kept here.
    pub fn perms_table(&self) -> *const AtomicU8 {
        self.perms.as_ptr()
    }

    /// Whether code was ever read from a page that could be written at that time
    /// (since [`Self::new_program`]): stores may then change code.
    pub fn writable_code(&self) -> bool {
        self.facts() & WRITABLE_CODE != 0
    }

    /// What is known of the program, for a copy of it (fork).
    pub fn facts(&self) -> u8 {
        self.shared.facts.load(Relaxed)
    }

    /// See [`Self::facts`]; whether there are threads is not taken over.
    pub fn set_facts(&self, facts: u8) {
        self.shared.facts.store(facts & !THREADS, Relaxed);
    }

    /// The program gets a second thread: from now on pages can change their permissions at any time, not only
    /// while a thread is outside of compiled code. To be said before that thread begins. Lasts until
    /// [`Self::new_program`].
    pub fn note_threads(&self) {
        self.shared.facts.fetch_or(THREADS, SeqCst);
    }

    /// See [`Self::note_threads`].
    pub fn has_threads(&self) -> bool {
        self.facts() & THREADS != 0
    }

    /// The program handles faults itself and relies on what they report: compiled code
    /// has to check every access. Lasts until [`Self::new_program`].
    pub fn require_precise_faults(&self) {
        self.shared.facts.fetch_or(PRECISE_FAULTS, Relaxed);
    }

    /// See [`Self::require_precise_faults`].
    pub fn precise_faults(&self) -> bool {
        self.facts() & PRECISE_FAULTS != 0
    }

    /// The program looks after MXCSR itself: compiled code has to keep its rounding
    /// modes and exception flags exactly. Lasts until [`Self::new_program`].
    pub fn require_exact_floats(&self) {
        self.shared.facts.fetch_or(EXACT_FLOATS, Relaxed);
    }

    /// See [`Self::require_exact_floats`].
    pub fn exact_floats(&self) -> bool {
        self.facts() & EXACT_FLOATS != 0
    }

    /// A new program: no code has been read yet, and faults are fatal.
    pub fn new_program(&self) {
        self.set_facts(0);
    }

    /// Guest memory for tests: 4 GiB of lazily zeroed pages, leaked. No memory is promised for
    /// them: promises for several add up to more than a machine has, and Linux then refuses
    /// the process its next fork.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn for_tests() -> Self {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping is asked for, which replaces nothing; it is leaked, so it lives
        // as long as the result.
        unsafe {
            let base = mmap_anonymous(std::ptr::null_mut(), ADDRESS_END as usize + 4096, access, flags);
            Self::from_raw(base.expect("address space for a test memory").cast())
        }
    }

    #[inline(always)]
    fn ptr(&self, addr: u32) -> *mut u8 {
        #[cfg(target_arch = "wasm32")]
        {
            addr.wrapping_sub(WASM_BIAS) as usize as *mut u8
        }
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.base.wrapping_add(addr as usize)
        }
    }

    // ---- permissions -------------------------------------------------------

    /// Permissions of the page with number `page` (address >> 12), without what is kept here.
    pub fn perms(&self, page: u32) -> Perms {
        self.perms.get(page as usize).map_or(Perms::NONE, |p| Perms(p.load(Relaxed) & !Perms::KEPT))
    }

    /// What [`Perms::READ_BOTH`] and [`Perms::WRITE_BOTH`] are of a page with the byte `own`.
    fn both(&self, page: u32, own: u8) -> u8 {
        let next = self.perms.get(page as usize + 1).map_or(0, |p| p.load(SeqCst));
        let read = if own & next & Perms::READ.0 != 0 { Perms::READ_BOTH.0 } else { 0 };
        let plain = |bits: u8| bits & (Perms::WRITE.0 | Perms::CODE.0) == Perms::WRITE.0;
        read | if plain(own) && plain(next) { Perms::WRITE_BOTH.0 } else { 0 }
    }

    /// Corrects the bits about a page and the next after a change of one of them.
    ///
    /// They are set before what they say is looked at for the last time: whoever changes one of
    /// the two pages meanwhile does so before that look, or takes them back afterwards.
    fn correct_both(&self, page: u32) {
        const BOTH: u8 = Perms::READ_BOTH.0 | Perms::WRITE_BOTH.0;
        let Some(p) = self.perms.get(page as usize) else { return };
        let set = self.both(page, p.load(SeqCst));
        if set != 0 {
            p.fetch_or(set, SeqCst);
        }
        let wrong = BOTH & !self.both(page, p.load(SeqCst));
        if p.load(SeqCst) & wrong != 0 {
            p.fetch_and(!wrong, SeqCst);
        }
    }

    /// Changes whenever an [extent](Self::extents) may have, and is another in every memory.
    pub fn mappings(&self) -> u64 {
        self.shared.mappings.load(SeqCst)
    }

    /// Pages that lie together and can all be read, and the longest run of those among them that can be written
    /// without a look at the code they hold: the first such of the program, usually its own pages and its heap.
    pub fn extents(&self) -> [Range<u32>; 2] {
        let has = |page: u32, mask: Perms, want: Perms| {
            self.perms.get(page as usize).is_some_and(|p| p.load(SeqCst) & mask.0 == want.0)
        };
        let read = |page: u32| has(page, Perms::READ, Perms::READ);
        let plain = |page: u32| has(page, Perms::WRITE.union(Perms::CODE), Perms::WRITE);
        let Some(start) = (1..EXTENT_START).find(|&page| read(page)) else { return [0..0, 0..0] };
        let (mut end, mut first, mut longest) = (start, start, 0..0);
        while end < start + EXTENT && read(end) {
            if !plain(end) {
                first = end + 1;
            } else if end + 1 - first > longest.len() as u32 {
                longest = first..end + 1;
            }
            end += 1;
        }
        [start..end, longest]
    }

    /// How many pages can be read from the first page on, how many be written without a look at the code they hold from
    /// the second on, and how many of those lie before the third.
    pub fn reach(&self, from: [u32; 3]) -> [u32; 3] {
        let count = |mut pages: &mut dyn Iterator<Item = &AtomicU8>, mask: Perms, want: Perms| {
            let allowed =
                (&mut pages).take(EXTENT as usize).take_while(|p| p.load(SeqCst) & mask.0 == want.0);
            allowed.count() as u32
        };
        let plain = Perms::WRITE.union(Perms::CODE);
        let [read, write, end] = from.map(|page| (page as usize).min(PAGES));
        [
            count(&mut self.perms[read..].iter(), Perms::READ, Perms::READ),
            count(&mut self.perms[write..].iter(), plain, Perms::WRITE),
            count(&mut self.perms[..end].iter().rev(), plain, Perms::WRITE),
        ]
    }

    /// The page behind those that lie together from this one on and can be written without a look at the code they hold.
    pub fn plain_end(&self, page: u32) -> u32 {
        page + self.reach([0, page, 0])[1]
    }

    /// Sets the permissions of a range of page numbers. `WRITE` and `EXEC` imply
    /// `READ` as on x86, and any permission implies `MAPPED`. Code cached from
    /// these pages is revalidated before it runs again.
    pub fn set_perms(&self, pages: Range<u32>, perms: Perms) {
        let mut bits = perms.0 & !Perms::KEPT;
        if bits & (Perms::WRITE.0 | Perms::EXEC.0) != 0 {
            bits |= Perms::READ.0;
        }
        if bits != 0 {
            bits |= Perms::MAPPED.0;
        }
        let end = pages.end.min(PAGES as u32);
        let mut had_code = false;
        let start = pages.start.min(end);
        // From the last: a page's own bits say something about the next.
        for page in (start..end).rev() {
            let p = &self.perms[page as usize];
            let both = self.both(page, bits);
            let old = p.swap(bits | both, SeqCst);
            let now = p.load(SeqCst);
            if self.both(page, now) != both || now & Perms::CODE.0 != 0 {
                self.correct_both(page);
            }
            if old & Perms::CODE.0 != 0 {
                self.bump_generation(page);
                had_code = true;
            }
        }
        if start < end && start > 0 {
            self.correct_both(start - 1);
        }
        self.shared.mappings.store(next_mapping(), SeqCst);
        if had_code {
            self.shared.epoch.fetch_add(1, SeqCst);
        }
    }

    /// How often code read from this page may have changed (see [`Self::mark_code`]).
    pub fn generation(&self, page: u32) -> u32 {
        self.generations[page as usize % GENERATIONS].load(SeqCst)
    }

    fn bump_generation(&self, page: u32) {
        self.generations[page as usize % GENERATIONS].fetch_add(1, SeqCst);
    }

    /// Changes whenever any page's generation does. Relaxed: another thread's
    /// change is seen soon, one's own at once.
    #[inline(always)]
    pub fn code_epoch(&self) -> u32 {
        self.shared.epoch.load(Relaxed)
    }

    /// Notes that code is being decoded from this page and returns its generation.
    /// Call before reading the bytes.
    pub fn mark_code(&self, page: u32) -> u32 {
        if let Some(p) = self.perms.get(page as usize) {
            let before = p.fetch_or(Perms::CODE.0, SeqCst);
            p.fetch_and(!Perms::WRITE_BOTH.0, SeqCst);
            if let Some(previous) = (page as usize).checked_sub(1).and_then(|n| self.perms.get(n)) {
                previous.fetch_and(!Perms::WRITE_BOTH.0, SeqCst);
            }
            if before & Perms::WRITE.0 != 0 {
                self.shared.mappings.store(next_mapping(), SeqCst);
                self.shared.facts.fetch_or(WRITABLE_CODE, Relaxed);
            }
        }
        self.generation(page)
    }

    /// A write to a page that holds decoded code: forget the mark, tell engines.
    #[cold]
    fn code_written(&self, page: u32) {
        self.perms[page as usize].fetch_and(!Perms::CODE.0, SeqCst);
        self.bump_generation(page);
        self.shared.epoch.fetch_add(1, SeqCst);
    }

    /// The fault for byte `addr`, which lacks `access`.
    #[cold]
    fn fault(&self, addr: u64, access: Access) -> Fault {
        let perms = if addr < ADDRESS_END { self.perms((addr >> 12) as u32) } else { Perms::NONE };
        let kind = if perms.contains(Perms::BUS) {
            FaultKind::Bus
        } else if perms.contains(Perms::MAPPED) {
            FaultKind::Protection
        } else {
            FaultKind::Unmapped
        };
        Fault { addr, kind, access }
    }

    /// Whether every page of `addr..addr+len` allows `access`; otherwise the
    /// fault at the first byte that does not.
    pub fn check(&self, addr: u64, len: u64, access: Access) -> Result<(), Fault> {
        let want = match access {
            Access::Read => Perms::READ,
            Access::Write => Perms::WRITE,
            Access::Exec => Perms::EXEC,
        };
        self.check_bits(addr, len, want, access)
    }

    fn check_bits(&self, addr: u64, len: u64, want: Perms, access: Access) -> Result<(), Fault> {
        // `end` saturates: the last address of all needs its own check.
        if len != 0 && addr >= ADDRESS_END {
            return Err(self.fault(addr, access));
        }
        let mut at = addr;
        let end = addr.saturating_add(len);
        while at < end {
            if at >= ADDRESS_END || !self.perms((at >> 12) as u32).contains(want) {
                return Err(self.fault(at, access));
            }
            at = (at | 0xfff) + 1;
        }
        Ok(())
    }

    /// `check(addr, len, Write)`; then accounts for code in the pages.
    fn check_write(&self, addr: u64, len: u64) -> Result<(), Fault> {
        self.check(addr, len, Access::Write)?;
        let mut at = addr;
        while at < addr + len {
            let page = (at >> 12) as u32;
            if self.perms[page as usize].load(Relaxed) & Perms::CODE.0 != 0 {
                self.code_written(page);
            }
            at = (at | 0xfff) + 1;
        }
        Ok(())
    }

    /// One-page fast check: `Some(32-bit address)` if the access lies in one page
    /// whose bits under `mask` equal `want`.
    #[inline(always)]
    fn fast(&self, addr: u64, len: u32, mask: Perms, want: Perms) -> Option<u32> {
        let low = addr as u32;
        let ok = addr < ADDRESS_END
            && (len == 1 || low & 0xfff <= 4096 - len)
            && self.perms[(low >> 12) as usize].load(Relaxed) & mask.0 == want.0;
        if ok { Some(low) } else { None }
    }

    #[inline(always)]
    fn readable(&self, addr: u64, len: u32) -> Option<u32> {
        self.fast(addr, len, Perms::READ, Perms::READ)
    }

    #[inline(always)]
    fn writable(&self, addr: u64, len: u32) -> Option<u32> {
        self.fast(addr, len, Perms(Perms::WRITE.0 | Perms::CODE.0), Perms::WRITE)
    }

    // ---- loads and stores --------------------------------------------------

    #[cold]
    #[inline(never)]
    fn load_slow<const N: usize>(&self, addr: u64) -> Result<[u8; N], Fault> {
        self.check(addr, N as u64, Access::Read)?;
        let mut bytes = [0; N];
        for (i, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: checked readable just above.
            *byte = unsafe { self.ptr(addr as u32 + i as u32).read() };
        }
        Ok(bytes)
    }

    #[cold]
    #[inline(never)]
    fn store_slow<const N: usize>(&self, addr: u64, bytes: [u8; N]) -> Result<(), Fault> {
        self.check_write(addr, N as u64)?;
        for (i, byte) in bytes.into_iter().enumerate() {
            // SAFETY: checked writable just above.
            unsafe { self.ptr(addr as u32 + i as u32).write(byte) };
        }
        Ok(())
    }
}

macro_rules! access {
    ($($load:ident $store:ident $check:ident $ty:ty, $size:literal;)*) => {
        impl GuestMemory {
            $(
                #[doc = concat!("Loads ", stringify!($ty), ", little-endian, any alignment.")]
                #[inline(always)]
                pub fn $load(&self, addr: u64) -> Result<$ty, Fault> {
                    match self.readable(addr, $size) {
                        // SAFETY: the page is readable and holds the whole operand.
                        Some(low) => Ok(unsafe { self.ptr(low).cast::<$ty>().read_unaligned() }),
                        None => self.load_slow(addr).map(<$ty>::from_le_bytes),
                    }
                }

                #[doc = concat!("Stores ", stringify!($ty), ", little-endian, any alignment.")]
                #[inline(always)]
                pub fn $store(&self, addr: u64, value: $ty) -> Result<(), Fault> {
                    match self.writable(addr, $size) {
                        Some(low) => {
                            // SAFETY: the page is writable and holds the whole operand.
                            unsafe { self.ptr(low).cast::<$ty>().write_unaligned(value) };
                            Ok(())
                        }
                        None => self.store_slow(addr, value.to_le_bytes()),
                    }
                }

                #[doc = concat!("Loads ", stringify!($ty), " that a store to the same address will follow: needs write permission.")]
                #[inline(always)]
                pub fn $check(&self, addr: u64) -> Result<$ty, Fault> {
                    if self.writable(addr, $size).is_none() {
                        self.check(addr, $size, Access::Write)?;
                    }
                    self.$load(addr)
                }
            )*
        }
    };
}

access! {
    load8 store8 load_rmw8 u8, 1;
    load16 store16 load_rmw16 u16, 2;
    load32 store32 load_rmw32 u32, 4;
    load64 store64 load_rmw64 u64, 8;
    load128 store128 load_rmw128 u128, 16;
}
