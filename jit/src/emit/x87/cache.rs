//! The x87's registers in locals, from where ways meet to where they meet again.
//!
//! TOP where ways meet is in a local (0..8); from there the depth is static, and
//! *place* k is the register `(TOP there + k) & 7`. A register that was used is a
//! pair of locals from then on: FLD ST, FXCH and pops are renamings. Tags are
//! tested at the first use of a place and static from there on, and C1, the precision flag
//! and the condition codes stay in locals until somebody can look: everything is
//! stored before the next such point, before a helper that may look, and on every way out.

use tawaki_cpu::ir::Op;
use wasm_encoder::ValType;

use super::super::{Emitter, STATE, at};
use super::library::{self, C1, CODES, INEXACT_SHIFT, PENDING, TOP, field};
use super::meet::Meets;

/// Masks of the control word.
pub(super) const ALL_MASKED: i32 = 0x3f;

/// A register's value: significand (i64), and sign and exponent (i32, in the upper half [`library::MARK`] and else
/// anything).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emit) struct Pair {
    pub m: u32,
    pub se: u32,
}

/// Where C1 is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::emit) enum Rounded {
    /// In the status word.
    #[default]
    Memory,
    /// It is 0.
    Zero,
    /// In the local of whether the last result was rounded up.
    Flags,
    /// With the condition codes.
    Codes,
}

/// Static knowledge at a point of a block. The masks have a bit for each place.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::emit) struct Cache {
    /// Nothing is pending and everything masked, and the local of the tags is loaded.
    open: bool,
    /// ST(0) is this place.
    pub depth: u8,
    pub regs: [Option<Pair>; 8],
    /// The pair differs from the state.
    pub dirty: u8,
    /// In use.
    pub valid: u8,
    pub empty: u8,
    /// The tag differs from the local of the tags, or may (then in both).
    retag: u8,
    blind: u8,
    /// The status word in memory lacks something.
    status: bool,
    /// The local of what rounding took away is up to date.
    pub raised: bool,
    pub rounded: Rounded,
    /// The condition codes are in their local.
    pub codes: bool,
    /// The local that says whether the control word is unusual is up to date.
    control: bool,
}

/// Locals of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locals {
    /// TOP at the start of the block.
    pub top: u32,
    /// Tags from there on: bits 2k and 2k+1 are those of place k.
    tags: u32,
    /// All ones (i64) if the control word is the usual one, otherwise zero.
    usual: u32,
    /// What rounding took away from results, all of it or'ed (i64).
    pub raised: u32,
    /// Whether the last result was rounded up.
    pub flags: u32,
    pub codes: u32,
}

/// The x87's part of the emitter.
#[derive(Debug, Default)]
pub(in crate::emit) struct X87 {
    locals: Option<Locals>,
    pairs: Vec<(Pair, bool)>,
    /// The local of TOP is right.
    known: bool,
    pub(super) cache: Cache,
    /// Where everything had to be stored, so far.
    pub(super) flushes: u32,
    pub(in crate::emit) meets: Meets,
}

/// Both bits of the tag of a place.
fn tag_bits(places: u8) -> i32 {
    (0..8).filter(|k| places >> k & 1 != 0).fold(0, |bits, k| bits | 3 << (2 * k))
}

pub(super) fn each(places: u8) -> impl Iterator<Item = u8> {
    (0..8).filter(move |k| places >> k & 1 != 0)
}

impl Cache {
    /// Where ways meet: these places are in locals, which are still to be chosen, these are
    /// in use, and these are empty.
    pub fn met(locals: u8, valid: u8, empty: u8) -> Cache {
        Cache {
            open: true,
            dirty: locals,
            valid,
            empty,
            status: true,
            raised: true,
            rounded: Rounded::Flags,
            codes: true,
            control: true,
            ..Cache::default()
        }
    }

    /// The place of ST(n).
    pub fn place(&self, n: u8) -> u8 {
        self.depth.wrapping_add(n) & 7
    }

    /// ST(0) becomes empty, `count` times.
    pub fn pop(&mut self, count: u8) {
        for _ in 0..count {
            let bit = 1 << self.depth;
            self.retag ^= bit & !self.blind;
            self.empty |= bit;
            self.valid &= !bit;
            self.depth = (self.depth + 1) & 7;
            self.status = true;
        }
    }

    /// A register is in use now, with this value.
    pub fn write(&mut self, place: u8, value: Pair) {
        let bit = 1 << place;
        self.regs[usize::from(place)] = Some(value);
        self.dirty |= bit;
        if self.valid & bit == 0 {
            if self.empty & bit == 0 {
                self.blind |= bit;
                self.retag |= bit;
            }
            self.retag ^= bit & !self.blind;
        }
        self.valid |= bit;
        self.empty &= !bit;
    }

    /// TOP moves down, and what is ST(0) then gets the value.
    pub fn push(&mut self, value: Pair) {
        self.depth = self.depth.wrapping_sub(1) & 7;
        self.write(self.depth, value);
    }

    /// C1 is cleared.
    pub fn exact(&mut self) {
        (self.rounded, self.status) = (Rounded::Zero, true);
    }

    /// C1 and the precision flag come with the flags of a result.
    pub fn inexact(&mut self) {
        (self.rounded, self.raised, self.status) = (Rounded::Flags, true, true);
    }

    /// The condition codes, C1 among them, are in their local.
    pub fn compared(&mut self) {
        (self.rounded, self.codes, self.status) = (Rounded::Codes, true, true);
    }

    /// Whether the state in memory is not right.
    fn unsaved(&self) -> bool {
        self.dirty | self.retag != 0 || self.status
    }
}

// ---- blocks ----------------------------------------------------------------------

pub(super) fn locals(e: &mut Emitter) -> Locals {
    if let Some(locals) = e.x87.locals {
        return locals;
    }
    let [top, tags, flags, codes] = [(); 4].map(|()| e.local(ValType::I32));
    let [usual, raised] = [(); 2].map(|()| e.local(ValType::I64));
    *e.x87.locals.insert(Locals { top, tags, usual, raised, flags, codes })
}

/// Where a region with x87 operations is entered, and where it goes on after a call: loads
/// TOP. From there it is followed, because in memory it lies with what operations raise:
/// each round of a loop would wait for the last rounding of the one before.
pub(in crate::emit) fn enter(e: &mut Emitter) {
    let top = locals(e).top;
    e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(11).i32_shr_u();
    e.i().i32_const(7).i32_and().local_set(top);
}

/// Where ways meet: the state in memory and the local of TOP are right, and nothing else is known.
pub(in crate::emit) fn begin(e: &mut Emitter) {
    e.x87.known = true;
    e.x87.cache = Cache::default();
}

/// Whether there is anything to do before [`begin`].
pub(super) fn unfinished(e: &Emitter) -> bool {
    e.x87.locals.is_some() && (!e.x87.known || e.x87.cache.unsaved() || e.x87.cache.depth != 0)
}

/// What is known here, for [`restore`] on another way from here.
pub(in crate::emit) fn here(e: &Emitter) -> (bool, Cache) {
    (e.x87.known, e.x87.cache)
}

/// Code that follows belongs to another way from the point where [`here`] was called.
pub(in crate::emit) fn restore(e: &mut Emitter, there: (bool, Cache)) {
    (e.x87.known, e.x87.cache) = there;
}

/// Before a branch to where ways meet and everything is in memory: see [`begin`].
pub(in crate::emit) fn finish(e: &mut Emitter) {
    if !e.x87.known {
        enter(e);
        e.x87.known = true;
    }
    store(e, true);
    let (top, depth) = (locals(e).top, e.x87.cache.depth);
    if depth != 0 {
        e.i().local_get(top).i32_const(i32::from(depth)).i32_add().i32_const(7).i32_and().local_set(top);
    }
    begin(e);
}

/// Before an operation that looks at the state in memory or changes it.
pub(in crate::emit) fn flush(e: &mut Emitter) {
    if e.x87.locals.is_none() {
        return;
    }
    store(e, true);
    e.x87.known = false;
    e.x87.cache = Cache::default();
    e.x87.flushes += 1;
}

/// Whether a way out from here has to store registers.
pub(in crate::emit) fn unsaved(e: &Emitter) -> bool {
    e.x87.cache.unsaved()
}

/// On a way out: the state in memory becomes right; what is known here stays.
pub(in crate::emit) fn save(e: &mut Emitter) {
    store(e, false);
}

/// Before the first operation of a block, and after a flush: leaves when an exception is
/// pending or not masked; loads the tags.
pub(super) fn open(e: &mut Emitter) {
    if e.x87.cache.open {
        return;
    }
    if !e.x87.known {
        enter(e);
        e.x87.known = true;
    }
    e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(PENDING).i32_and();
    e.i().local_get(STATE).i32_load16_u(at(field!(cw), 1)).i32_const(ALL_MASKED).i32_and();
    e.i().i32_const(ALL_MASKED).i32_ne().i32_or();
    e.side_exit_if();
    let Locals { top, tags, .. } = locals(e);
    e.i().local_get(STATE).i32_load16_u(at(field!(tw), 1)).local_tee(tags);
    e.i().local_get(tags).i32_const(16).i32_shl().i32_or();
    e.i().local_get(top).i32_const(1).i32_shl().i32_shr_u().local_set(tags);
    e.x87.cache.open = true;
}

/// After FLDCW.
pub(super) fn control_changed(e: &mut Emitter) {
    e.x87.cache.control = false;
}

/// The local (i64) that is all ones if the control word is the usual one, all masked, full precision, to nearest,
/// and otherwise zero.
pub(super) fn usual(e: &mut Emitter) -> u32 {
    let usual = locals(e).usual;
    if !std::mem::replace(&mut e.x87.cache.control, true) {
        let mut i = e.i();
        library::control(&mut i, library::USUAL_MASK, library::USUAL);
        i.i64_extend_i32_u().i64_const(1).i64_sub().local_set(usual);
    }
    usual
}

// ---- registers ----------------------------------------------------------------------

/// A pair that holds nothing, taken until the operation ends.
pub(super) fn new_pair(e: &mut Emitter) -> Pair {
    let regs = e.x87.cache.regs;
    let free = |p: &&mut (Pair, bool)| !p.1 && !regs.contains(&Some(p.0));
    if let Some((pair, busy)) = e.x87.pairs.iter_mut().find(free) {
        *busy = true;
        return *pair;
    }
    let pair = Pair { m: e.local(ValType::I64), se: e.local(ValType::I32) };
    e.x87.pairs.push((pair, true));
    pair
}

/// Pushes the linear address whose field `regs` is the place's register.
fn address(e: &mut Emitter, place: u8) {
    let top = locals(e).top;
    e.i().local_get(top);
    if place != 0 {
        e.i().i32_const(i32::from(place)).i32_add().i32_const(7).i32_and();
    }
    e.i().i32_const(4).i32_shl().local_get(STATE).i32_add();
}

/// The value of a place.
pub(super) fn value(e: &mut Emitter, place: u8) -> Pair {
    if let Some(pair) = e.x87.cache.regs[usize::from(place)] {
        return pair;
    }
    let pair = new_pair(e);
    address(e, place);
    e.i().local_tee(pair.se).i64_load(at(field!(regs), 3)).local_set(pair.m);
    e.i().local_get(pair.se).i32_load16_u(at(field!(regs) + 8, 1)).local_set(pair.se);
    library::mark(&mut e.i(), pair.m, pair.se);
    e.i().local_set(pair.se);
    e.x87.cache.regs[usize::from(place)] = Some(pair);
    pair
}

/// ST(n) has to be in use: leaves if it is not. `false` if it surely is not.
pub(super) fn used(e: &mut Emitter, n: u8) -> bool {
    let bit = 1 << e.x87.cache.place(n);
    if e.x87.cache.valid & bit == 0 {
        let (tags, mask) = (locals(e).tags, tag_bits(bit));
        if e.x87.cache.empty & bit != 0 {
            return false;
        }
        e.i().local_get(tags).i32_const(mask).i32_and().i32_const(mask).i32_eq();
        e.side_exit_if();
        e.x87.cache.valid |= bit;
    }
    true
}

/// ST(n) has to be empty: leaves if it is not. `false` if it surely is not.
pub(super) fn unused(e: &mut Emitter, n: u8) -> bool {
    let bit = 1 << e.x87.cache.place(n);
    if e.x87.cache.empty & bit == 0 {
        let (tags, mask) = (locals(e).tags, tag_bits(bit));
        if e.x87.cache.valid & bit != 0 {
            return false;
        }
        e.i().local_get(tags).i32_const(mask).i32_and().i32_const(mask).i32_ne();
        e.side_exit_if();
        e.x87.cache.empty |= bit;
    }
    true
}

/// Pushes whether a value is uncommon.
pub(super) fn uncommon(e: &mut Emitter, se: u32) {
    e.i().local_get(se).i32_const(0x7fff).i32_and().i32_const(0x7fff).i32_eq();
}

/// Pushes whether the interpreter's function has to make a result: it is uncommon, or rounding is.
pub(super) fn unusual(e: &mut Emitter, se: u32, usual: u32) {
    uncommon(e, se);
    e.i().local_get(usual).i64_eqz().i32_or();
}

// ---- the state in memory ---------------------------------------------------------------

/// Stores the value of a place.
pub(super) fn put(e: &mut Emitter, place: u8, pair: Pair) {
    address(e, place);
    e.i().local_get(pair.m).i64_store(at(field!(regs), 3));
    address(e, place);
    e.i().local_get(pair.se).i32_store16(at(field!(regs) + 8, 1));
}

/// Pushes the tags as they are now, place 0 first, above 16 bits anything.
fn push_tags(e: &mut Emitter, cache: &Cache) {
    let tags = locals(e).tags;
    e.i().local_get(tags);
    if cache.retag != 0 {
        e.i().i32_const(!tag_bits(cache.retag)).i32_and();
        e.i().i32_const(tag_bits(cache.retag & cache.empty)).i32_or();
    }
}

/// Stores the tags in memory, and in their local.
fn store_tags(e: &mut Emitter, cache: &Cache) {
    let l = locals(e);
    e.i().local_get(STATE);
    push_tags(e, cache);
    e.i().i32_const(0xffff).i32_and().local_tee(l.tags);
    e.i().local_get(l.tags).i32_const(16).i32_shl().i32_or();
    e.i().i32_const(16).local_get(l.top).i32_const(1).i32_shl().i32_sub().i32_shr_u();
    e.i().i32_store16(at(field!(tw), 1));
}

/// Before a branch: tags in memory are right, and ST(0) is place 0.
pub(super) fn settle_tags(e: &mut Emitter) {
    let (cache, l) = (e.x87.cache, locals(e));
    if cache.retag != 0 {
        store_tags(e, &cache);
    }
    if cache.depth != 0 {
        let depth = i32::from(cache.depth);
        e.i().local_get(l.tags).i32_const(0xffff).i32_and().local_tee(l.tags);
        e.i().local_get(l.tags).i32_const(16).i32_shl().i32_or().i32_const(2 * depth).i32_shr_u();
        e.i().local_set(l.tags);
        e.i().local_get(l.top).i32_const(depth).i32_add().i32_const(7).i32_and().local_set(l.top);
    }
}

/// Writes what [`Cache::unsaved`] tells of; `inline` or by calls.
fn store(e: &mut Emitter, inline: bool) {
    let cache = e.x87.cache;
    if !cache.unsaved() {
        return;
    }
    let l = locals(e);
    for place in each(cache.dirty) {
        let Some(pair) = cache.regs[usize::from(place)] else { continue };
        if inline {
            put(e, place, pair);
        } else {
            e.i().local_get(STATE).local_get(l.top).i32_const(i32::from(place)).i32_add();
            e.i().local_get(pair.m).local_get(pair.se);
            let put = e.x87_function(library::PUT);
            e.i().call(put);
        }
    }
    if !cache.status && cache.retag == 0 {
        return;
    }
    if inline {
        e.i().local_get(STATE).local_get(STATE).i32_load16_u(at(field!(sw), 1));
    } else {
        e.i().local_get(STATE);
    }
    let mut replaced = TOP;
    if cache.rounded != Rounded::Memory {
        replaced |= C1;
    }
    if cache.codes {
        replaced |= CODES & !C1;
    }
    e.i().i32_const(!replaced);
    if inline {
        e.i().i32_and();
    }
    // What comes in its place.
    e.i().local_get(l.top).i32_const(i32::from(cache.depth)).i32_add().i32_const(7).i32_and();
    e.i().i32_const(11).i32_shl();
    if cache.raised {
        e.i().local_get(l.raised).i64_const(0).i64_ne().i32_const(INEXACT_SHIFT).i32_shl().i32_or();
    }
    if cache.rounded == Rounded::Flags {
        e.i().local_get(l.flags).i32_const(library::C1_SHIFT).i32_shl();
        e.i().i32_const(C1).i32_and().i32_or();
    }
    if cache.codes {
        let mask = if cache.rounded == Rounded::Codes { CODES } else { CODES & !C1 };
        e.i().local_get(l.codes).i32_const(mask).i32_and().i32_or();
    }
    if !inline {
        e.i().local_get(l.top);
        push_tags(e, &cache);
        let put = e.x87_function(library::PUT_STATUS);
        e.i().call(put);
        return;
    }
    e.i().i32_or().i32_store16(at(field!(sw), 1));
    if cache.retag != 0 {
        store_tags(e, &cache);
    }
}

/// Has the interpreter's function do an operation in the place of code that leaves `after`:
/// the locals become as that code makes them. With everything masked and the right registers
/// in use it moves TOP and changes tags in the same way.
fn slowly(e: &mut Emitter, op: &Op, after: &Cache) {
    save(e);
    let before = std::mem::take(&mut e.x87.cache);
    e.fallback(op);
    // Not at the end of the instruction, where nobody knows which way was taken.
    e.leave_if_changed();
    let l = locals(e);
    // Tags in memory are those of the local, whatever is known of changes.
    e.i().local_get(STATE).i32_const(-1).i32_const(0).local_get(l.top).local_get(l.tags);
    let put = e.x87_function(library::PUT_STATUS);
    e.i().call(put);
    for (place, pair) in after.regs.iter().enumerate() {
        let Some(pair) = pair.filter(|_| before.regs[place] != *pair) else { continue };
        e.i().local_get(STATE).local_get(l.top).i32_const(place as i32).i32_add();
        let get = e.x87_function(library::GET);
        e.i().call(get).local_set(pair.se).local_set(pair.m);
    }
    if after.rounded == Rounded::Flags {
        e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1));
        e.i().i32_const(library::C1_SHIFT).i32_shr_u().local_set(l.flags);
    }
    if after.raised {
        e.i().i64_const(0).local_set(l.raised);
    }
    if after.codes {
        e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).local_set(l.codes);
    }
    e.x87.cache = before;
}

/// Pops an i32: if it is not zero the interpreter's function does the operation, otherwise
/// `rest`. Either way `after` holds behind.
pub(super) fn unless(e: &mut Emitter, op: &Op, after: Cache, rest: impl FnOnce(&mut Emitter)) {
    slowly_if(e, op, &after, rest);
    end(e, after);
}

/// The same, and the operation has not ended.
pub(super) fn slowly_if(e: &mut Emitter, op: &Op, after: &Cache, rest: impl FnOnce(&mut Emitter)) {
    e.unlikely();
    e.if_();
    slowly(e, op, after);
    e.else_();
    rest(e);
    e.close();
}

/// Ends an operation.
pub(super) fn end(e: &mut Emitter, after: Cache) {
    e.x87.cache = after;
    release(e);
}

/// Pairs that hold no register are free.
pub(super) fn release(e: &mut Emitter) {
    e.x87.pairs.iter_mut().for_each(|p| p.1 = false);
}

/// Notes whether a result was rounded up (i32) and what rounding took away (i64).
pub(super) fn note(e: &mut Emitter, up: u32, rest: u32) {
    let l = locals(e);
    e.i().local_get(up).local_set(l.flags);
    e.i().local_get(rest);
    raise(e);
}

/// Notes the flags of a result of the library.
pub(super) fn note_flags(e: &mut Emitter, flags: u32) {
    let l = locals(e);
    e.i().local_get(flags).i32_const(library::UP_FLAG).i32_shr_u().local_set(l.flags);
    e.i().local_get(flags).i32_const(1 << library::INEXACT_FLAG).i32_and().i64_extend_i32_u();
    raise(e);
}

/// Pops what is not zero if a result was inexact.
fn raise(e: &mut Emitter) {
    let raised = locals(e).raised;
    if e.x87.cache.raised {
        e.i().local_get(raised).i64_or();
    }
    e.i().local_set(raised);
}

/// Pops an i32: the condition codes.
pub(super) fn note_codes(e: &mut Emitter) {
    let codes = locals(e).codes;
    e.i().local_set(codes);
}

/// Pushes the status word.
pub(super) fn status_word(e: &mut Emitter) {
    store(e, true);
    // All of it is in memory now, and the local of the tags is right.
    let c = &mut e.x87.cache;
    (c.status, c.raised, c.rounded, c.codes) = (false, false, Rounded::Memory, false);
    (c.dirty, c.retag, c.blind) = (0, 0, 0);
    e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1));
}
