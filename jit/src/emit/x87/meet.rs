//! What is known of the x87 where ways meet.
//!
//! A region is emitted twice. The first time everything is in memory where ways meet, and what was
//! known before each branch is recorded. The second time each such point gets a *form*:
//! registers that are in locals, or are empty. It is made by the first way that arrives, at the start
//! of a loop with what the ways back bring; later ones are brought into it. There ST(0) is place 0,
//! flags of results are in locals, and what is in locals counts as different from memory.

use std::collections::HashMap;

use super::super::{Emitter, STATE, at};
use super::cache::{self, Cache, Pair, Rounded, each};
use super::library::{self, field};

/// What ways to a node bring: sets of places, counted from ST(0).
#[derive(Clone, Copy, Debug)]
pub(in crate::emit) struct Record {
    /// In locals, on all ways, and on all ways back.
    all: u8,
    back: u8,
    /// In use on all ways; on all ways back; on some way back.
    all_used: u8,
    back_used: u8,
    some_used: u8,
    /// Empty on all ways back.
    empty: u8,
    /// There are ways back.
    header: bool,
    /// On one, something between had everything stored.
    flushed: bool,
}

/// Records and forms of nodes.
#[derive(Debug, Default)]
pub(in crate::emit) struct Meets {
    /// From the first time; empty during that.
    pub records: Option<HashMap<usize, Record>>,
    pub recorded: HashMap<usize, Record>,
    forms: HashMap<usize, Option<Cache>>,
    /// Flushes there had been at the start of a node.
    starts: HashMap<usize, u32>,
}

/// A branch to where ways meet.
#[derive(Clone, Copy, Debug)]
pub(in crate::emit) struct Way {
    pub to: usize,
    /// To the start of a loop, from inside.
    pub back: bool,
    /// From where the function is entered.
    pub entry: bool,
    /// Guest address of the node, if it has one.
    pub rip: Option<u64>,
}

/// `set` of places as they are numbered when ST(0) is place 0.
fn rotated(set: u8, depth: u8) -> u8 {
    set.rotate_right(u32::from(depth))
}

/// What is in locals and matters: an empty register has a value too.
fn in_locals(cache: &Cache) -> u8 {
    let set = (0..8).filter(|&k| cache.regs[k].is_some()).fold(0, |set, k| set | 1 << k);
    rotated(set & (cache.valid | cache.dirty), cache.depth)
}

fn record(e: &mut Emitter, way: Way) {
    let here = e.x87.cache;
    let flushed = way.back && e.x87.meets.starts.get(&way.to) != Some(&e.x87.flushes);
    let none = Record {
        all: 0xff,
        back: 0xff,
        all_used: 0xff,
        back_used: 0xff,
        some_used: 0,
        empty: 0xff,
        header: false,
        flushed: false,
    };
    let (locals, used) = (in_locals(&here), rotated(here.valid, here.depth));
    let r = e.x87.meets.recorded.entry(way.to).or_insert(none);
    r.all &= locals;
    r.all_used &= used;
    if way.back {
        r.header = true;
        r.flushed |= flushed;
        r.back &= locals;
        r.back_used &= used;
        r.some_used |= used;
        r.empty &= rotated(here.empty, here.depth);
    }
}

/// Decides what is known at a node, from what is known here.
fn form(e: &mut Emitter, way: Way) -> Option<Cache> {
    let here = e.x87.cache;
    let r = *e.x87.meets.records.as_ref()?.get(&way.to)?;
    way.rip?;
    let mut locals = in_locals(&here);
    let (mut used, mut empty) = (rotated(here.valid, here.depth), rotated(here.empty, here.depth));
    if r.header {
        let (before, contrary) = (used, r.empty | empty);
        if r.flushed {
            (locals, used, empty) = (0, 0, 0);
        }
        locals |= r.back;
        used = (used | r.back_used) & !contrary;
        empty = (empty | r.empty) & !r.some_used & !before;
    } else if way.entry {
        (locals, used, empty) = (r.all, r.all_used, 0);
    }
    used &= locals;
    if locals | empty == 0 {
        return None;
    }
    let mut form = Cache::met(locals, used, empty);
    for k in each(locals) {
        let old = here.regs[usize::from((k + here.depth) & 7)];
        form.regs[usize::from(k)] = Some(old.unwrap_or_else(|| cache::new_pair(e)));
    }
    cache::release(e);
    Some(form)
}

/// Before a branch to where ways meet.
pub(in crate::emit) fn meet(e: &mut Emitter, way: Way) {
    if e.x87.meets.records.is_none() {
        if !way.entry {
            record(e, way);
        }
        return cache::finish(e);
    }
    if !e.x87.meets.forms.contains_key(&way.to) {
        let form = form(e, way);
        e.x87.meets.forms.insert(way.to, form);
    }
    match (e.x87.meets.forms[&way.to], way.rip) {
        (Some(form), Some(rip)) => bring(e, &form, rip),
        _ => cache::finish(e),
    }
}

/// At the start of a node where ways meet, or a loop begins.
pub(in crate::emit) fn arrive(e: &mut Emitter, node: usize) {
    cache::begin(e);
    if let Some(Some(form)) = e.x87.meets.forms.get(&node) {
        e.x87.cache = *form;
    }
    let flushes = e.x87.flushes;
    e.x87.meets.starts.insert(node, flushes);
}

/// Whether there is nothing to do before a branch to a node.
pub(in crate::emit) fn met(e: &Emitter, to: usize) -> bool {
    e.x87.meets.records.is_some() && matches!(e.x87.meets.forms.get(&to), Some(None)) && !cache::unfinished(e)
}

/// Makes what is known here what is known in `form`, or leaves for `rip`.
fn bring(e: &mut Emitter, form: &Cache, rip: u64) {
    let back = std::mem::replace(&mut e.rip, rip);
    cache::open(e);
    let depth = e.x87.cache.depth;
    let place = |k: u8| (k + depth) & 7;
    // Tags.
    for k in each(form.valid | form.empty) {
        let as_it_is = if form.valid >> k & 1 != 0 { cache::used(e, k) } else { cache::unused(e, k) };
        if !as_it_is {
            e.i().i32_const(1);
            e.side_exit_if();
        }
    }
    // Values.
    for p in each(e.x87.cache.dirty) {
        if form.dirty >> (p.wrapping_sub(depth) & 7) & 1 == 0 {
            let pair = cache::value(e, p);
            cache::put(e, p, pair);
        }
    }
    let mut moves: Vec<(Pair, Pair)> = Vec::new();
    for k in each(form.dirty) {
        let from = cache::value(e, place(k));
        if let Some(to) = form.regs[usize::from(k)].filter(|&to| to != from) {
            moves.push((from, to));
        }
    }
    for &(from, _) in &moves {
        e.i().local_get(from.m).local_get(from.se);
    }
    for (_, to) in moves.iter().rev() {
        super::take(e, *to);
    }
    status(e, form);
    cache::settle_tags(e);
    e.rip = back;
    e.x87.cache = *form;
    cache::release(e);
}

/// What waits for the status word comes into the locals of `form`.
fn status(e: &mut Emitter, form: &Cache) {
    let here = e.x87.cache;
    let l = cache::locals(e);
    match here.rounded {
        Rounded::Flags => {}
        Rounded::Zero => _ = e.i().i32_const(0).local_set(l.flags),
        Rounded::Memory | Rounded::Codes => {
            if here.rounded == Rounded::Codes {
                e.i().local_get(l.codes);
            } else {
                e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1));
            }
            e.i().i32_const(library::C1_SHIFT).i32_shr_u().local_set(l.flags);
        }
    }
    if !here.raised {
        e.i().i64_const(0).local_set(l.raised);
    }
    if form.codes && !here.codes {
        e.i().local_get(STATE).i32_load16_u(at(field!(sw), 1)).i32_const(library::CODES).i32_and();
        e.i().local_set(l.codes);
    }
    cache::usual(e);
}
