//! In checked mode: which accesses are looked at before they happen, and how closely.
//!
//! Three things make most looks shorter or spare them.
//!
//! - *Runs.* Accesses with the same base register in a block, which nothing but constants are
//!   added to between them, are looked at together before the first one. Nothing has happened
//!   there, so that if any of them is not plainly allowed, the interpreter goes on there and
//!   finds out which. Pushes and pops in a row, a structure's fields, a function's frame are such runs.
//! - *Windows.* What a run has looked at is allowed as long as the base keeps its value, or has constants
//!   added to it, on ways that do not call, and where ways meet that all know it. They do not loop, either,
//!   unless the program has one thread.
//! - *The upper half* of a base register (64-bit code): when an access at `register + k` was allowed,
//!   that sum lies in the guest's 4 GiB. What is near it, by at most [`MARGIN`], lies there as well or
//!   among the pages around both ends, which are never mapped; so the low half of the sum says all.
//!   That is a fact about the register and holds on every way, in loops too.
//!
//! A window's pages could lose their permissions to another thread in the meantime. That is as
//! if the accesses had been made earlier: the thread has not called, looped or left in between. In a
//! program of one thread nobody does that before the function is left, and windows hold in loops, too.

use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Op, OpCode, VecOp};
use tawaki_cpu::mem::PAGE_SIZE;
use tawaki_cpu::state::{Slot, slot};

use crate::analysis::{Effects, Set};
use crate::region::Region;
use crate::structure::Shape;

/// At both ends of the address space so many bytes are never mapped (`TOP_PAGE` and
/// `lowest_address` of the processes).
const MARGIN: i64 = 0x1_0000;

/// Most bytes of a run. It lies in two pages then.
const LONGEST: i64 = PAGE_SIZE as i64;

/// Most windows remembered at a time.
const WINDOWS: usize = 12;

/// How an operation's access is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// By itself, as closely as can be.
    #[default]
    Own,
    /// Not at all: that was done before.
    Known,
    /// With others.
    Run {
        /// So far below the operation's own address the run begins.
        below: u32,
        /// Bytes of the run.
        bytes: u32,
        /// Whether it is to be writable.
        write: bool,
        /// Whether the upper half of the address is looked at.
        wide: bool,
    },
}

/// An access to memory.
#[derive(Clone, Copy, Debug)]
struct Reach {
    base: Slot,
    index: Option<(Slot, u8)>,
    disp: i64,
    len: u32,
    write: bool,
}

/// The access of an operation, if it is of the simple sort.
fn reach(op: &Op, bits64: bool) -> Option<Reach> {
    use OpCode::*;
    let at = |first: OpCode| (op.code as usize).wrapping_sub(first as usize);
    let (load, rmw, store) = (at(Ld8), at(LdRmw8), at(St8));
    let stack = |disp, len, write| Reach { base: slot::RSP, index: None, disp, len, write };
    let form = |form: usize, len, write| {
        let index = (form & 1 != 0).then_some((op.b, op.c & 3));
        (form & 2 == 0 || !bits64).then_some(Reach { base: op.a, index, disp: op.imm, len, write })
    };
    let mut r = match op.code {
        Push64 | Call64 | CallInd64 => stack(-8, 8, true),
        Push32 | Call32 | CallInd32 => stack(-4, 4, true),
        Pop64 | Ret64 => stack(0, 8, false),
        Pop32 | Ret32 => stack(0, 4, false),
        _ if load < 36 => form(load % 4, [1, 2, 4, 8, 1, 1, 2, 2, 4][load / 4], false)?,
        _ if rmw < 4 => form(0, 1 << rmw, true)?,
        _ if store < 16 => form(store % 4, 1 << (store / 4), true)?,
        Vector => {
            let (len, write) = match VecOp::from_e(op.e) {
                VecOp::Load32 => (4, false),
                VecOp::Load64 => (8, false),
                VecOp::Load128 | VecOp::Load128A => (16, false),
                VecOp::Store32 => (4, true),
                VecOp::Store64 | VecOp::StoreHigh64 => (8, true),
                VecOp::Store128 | VecOp::Store128A => (16, true),
                _ => return None,
            };
            form(1, len, write)?
        }
        _ => return None,
    };
    r.index = r.index.filter(|&(index, _)| index != slot::ZERO);
    if !bits64 {
        r.disp = i64::from(r.disp as i32);
    }
    Some(r)
}

/// For operations that make `d = a + constant`, all bits of an address of it: `(d, a, constant)`.
fn sum(op: &Op, bits64: bool) -> Option<(Slot, Slot, i64)> {
    use OpCode::*;
    let plus = match (op.code, bits64) {
        (Mov64, true) | (Mov32 | Mov64, false) => 0,
        (AddI64 | AddFI64, true) | (AddI32 | AddFI32 | AddI64, false) => op.imm,
        (Lea64, true) | (Lea32 | Lea64, false) if op.b == slot::ZERO => op.imm,
        (SubFI64, true) | (SubFI32, false) => op.imm.wrapping_neg(),
        (IncF64, true) | (IncF32, false) => 1,
        (DecF64, true) | (DecF32, false) => -1,
        _ => return None,
    };
    let plus = i32::try_from(if bits64 { plus } else { i64::from(plus as i32) }).ok()?;
    Some((op.d, op.a, plus.into()))
}

/// What an operation adds to `base`; `None` if it gives it another value.
fn moved(op: &Op, e: &Effects, base: Slot, bits64: bool) -> Option<i64> {
    use OpCode::*;
    if base == slot::ZERO || !(e.sync || (e.writes | e.kills).has(base)) {
        return Some(0);
    }
    match op.code {
        Push64 | Push32 if base == slot::RSP => Some(if op.code == Push64 { -8 } else { -4 }),
        Pop64 | Pop32 if base == slot::RSP && op.d != slot::RSP => Some(if op.code == Pop64 { 8 } else { 4 }),
        _ => match sum(op, bits64) {
            Some((d, a, plus)) if d == base && a == base => Some(plus),
            _ => None,
        },
    }
}

/// One more than the largest value that an operation can leave in its destination.
fn limit(op: &Op) -> u64 {
    use OpCode::*;
    match op.code {
        Ld8 | Ld8X | Ld8W | Ld8XW | LdRmw8 | Zx8 | Zx8h => 1 << 8,
        Ld16 | Ld16X | Ld16W | Ld16XW | LdRmw16 | Zx16 => 1 << 16,
        Setcc => 2,
        MovI | AndI32 | AndI64 | AndFI32 | AndFI64 if (0..1 << 32).contains(&op.imm) => op.imm as u64 + 1,
        Ld32 | Ld32X | Ld32W | Ld32XW | LdRmw32 | Mov32 | Lea32 | Add32 | AddI32 | AddF32 | AddFI32
        | Sub32 | SubF32 | SubFI32 | And32 | AndF32 | AndI32 | AndFI32 | ShlI32 | ShrI32 | IncF32
        | DecF32 => 1 << 32,
        _ => u64::MAX,
    }
}

/// What is known of a slot's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fact {
    /// The slot plus some constant of this range lies in the address space; nothing if it is empty.
    near: (i32, i32),
    /// The slot is below this.
    limit: u64,
}

impl Fact {
    const NONE: Fact = Fact { near: (1, 0), limit: u64::MAX };

    /// The slot's value that now is `by` more.
    fn plus(self, by: i64) -> Fact {
        let near = |k: i32| i32::try_from(i64::from(k) - by).ok();
        match (near(self.near.0), near(self.near.1)) {
            _ if by == 0 => self,
            (Some(low), Some(high)) => Fact { near: (low, high), limit: u64::MAX },
            _ => Fact::NONE,
        }
    }

    /// What holds if one of both does.
    fn or(self, other: Fact) -> Fact {
        let none = |f: Fact| f.near.0 > f.near.1;
        let near = if none(self) || none(other) {
            Fact::NONE.near
        } else {
            (self.near.0.min(other.near.0), self.near.1.max(other.near.1))
        };
        Fact { near, limit: self.limit.max(other.limit) }
    }

    /// Whether the low half says all of an address which is by `from` to `to` more than the slot.
    fn covers(self, from: i64, to: i64) -> bool {
        let near = |low: i64, high: i64| {
            low <= high && from.saturating_sub(high) >= -MARGIN && to.saturating_sub(low) <= MARGIN
        };
        near(self.near.0.into(), self.near.1.into()) || (self.limit <= 1 << 32 && near(0, 0))
    }
}

/// Bytes near a base that may be read, or written too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    base: Slot,
    from: i64,
    to: i64,
    write: bool,
}

/// What is known at one point.
#[derive(Clone, Debug, PartialEq)]
struct State {
    facts: Vec<Fact>,
    windows: Vec<Window>,
}

/// Slots that outlive an instruction and are addresses, or parts of one.
const KEPT: usize = slot::GS_BASE as usize + 1;
const SLOTS: usize = (slot::TEMP + slot::TEMPS) as usize;

impl State {
    fn nothing() -> State {
        State { facts: vec![Fact::NONE; SLOTS], windows: Vec::new() }
    }

    fn fact(&self, s: Slot) -> Fact {
        if s == slot::ZERO {
            return Fact { near: (0, 0), limit: 1 };
        }
        self.facts.get(usize::from(s)).copied().unwrap_or(Fact::NONE)
    }

    fn set(&mut self, s: Slot, fact: Fact) {
        if s != slot::ZERO
            && s != slot::SINK
            && let Some(place) = self.facts.get_mut(usize::from(s))
        {
            *place = fact;
        }
    }

    fn forget(&mut self, which: impl Fn(Slot) -> bool) {
        for (s, fact) in self.facts.iter_mut().enumerate() {
            if which(s as Slot) {
                *fact = Fact::NONE;
            }
        }
        self.windows.retain(|w| !which(w.base));
    }

    /// How the access `r` is looked at; with it `run`, the whole of its run.
    fn check(&mut self, r: &Reach, run: impl FnOnce() -> (i64, i64, bool), bits64: bool) -> Check {
        let fact = self.fact(r.base);
        if let Some((index, scale)) = r.index {
            let wide = bits64 && !self.covers_indexed(r, index, scale);
            return Check::Run { below: 0, bytes: r.len, write: r.write, wide };
        }
        let end = r.disp.wrapping_add(r.len.into());
        let known = |w: &Window| w.base == r.base && w.from <= r.disp && end <= w.to && (w.write || !r.write);
        if self.windows.iter().any(known) {
            return Check::Known;
        }
        let (from, to, write) = run();
        let inside =
            if r.base == slot::ZERO { (0..1 << 32).contains(&from) } else { fact.covers(from, from) };
        if self.windows.len() == WINDOWS {
            self.windows.remove(0);
        }
        self.windows.push(Window { base: r.base, from, to, write });
        if let Ok(k) = i32::try_from(from) {
            self.set(r.base, Fact { near: (k, k), ..fact });
        }
        Check::Run {
            below: r.disp.wrapping_sub(from) as u32,
            bytes: to.wrapping_sub(from) as u32,
            write,
            wide: bits64 && !inside,
        }
    }

    fn covers_indexed(&self, r: &Reach, index: Slot, scale: u8) -> bool {
        let small = |s: Slot, scale: u8| {
            let limit = self.fact(s).limit;
            (limit <= 1 << 16).then(|| ((limit.max(1) - 1) << scale) as i64)
        };
        let near = |s: Slot, more: i64| {
            let to = r.disp.saturating_add(more);
            if s == slot::ZERO { r.disp >= 0 && to < 1 << 32 } else { self.fact(s).covers(r.disp, to) }
        };
        small(index, scale).is_some_and(|more| near(r.base, more))
            || (scale == 0 && small(r.base, 0).is_some_and(|more| near(index, more)))
    }

    /// Behind an operation.
    fn pass(&mut self, op: &Op, e: &Effects, bits64: bool) {
        if e.sync {
            return *self = State::nothing();
        }
        if op.code.info().uses & uses::ANY != 0 {
            self.forget(|s| s >= slot::TEMP);
        }
        let changed = e.writes | e.kills;
        // `d` is what `a` was, and more.
        let shift = |state: &mut State, d: Slot, a: Slot, plus: i64| {
            let fact = state.fact(a).plus(plus);
            let moved = |w: &Window| Window {
                base: d,
                from: w.from.wrapping_sub(plus),
                to: w.to.wrapping_sub(plus),
                ..*w
            };
            let windows: Vec<Window> = state.windows.iter().filter(|w| w.base == a).map(moved).collect();
            state.forget(|s| s == d);
            state.set(d, fact);
            let room = WINDOWS - state.windows.len();
            state.windows.extend(windows.into_iter().take(room));
        };
        if changed.has(slot::RSP)
            && op.code.info().uses & uses::SP != 0
            && let Some(plus) = moved(op, e, slot::RSP, bits64)
        {
            shift(self, slot::RSP, slot::RSP, plus);
            let others = changed.without(Set::slot(slot::RSP));
            self.forget(|s| others.has(s));
        } else if let Some((d, a, plus)) = sum(op, bits64)
            && d != slot::SINK
            && a != slot::ZERO
        {
            let others = changed.without(Set::slot(d));
            shift(self, d, a, plus);
            self.forget(|s| others.has(s));
        } else if changed != Set::EMPTY {
            self.forget(|s| s < 128 && changed.has(s));
        }
        if bits64 && op.code.info().uses & uses::D != 0 && limit(op) < u64::MAX {
            let old = self.fact(op.d);
            self.set(op.d, Fact { limit: limit(op).min(old.limit), ..old });
        }
    }
}

/// The run that the access `r` of operation `at` begins: from where to where, and whether it is written.
fn run_of(ops: &[Op], effects: &[Effects], at: usize, r: &Reach, bits64: bool) -> (i64, i64, bool) {
    let (mut from, mut to, mut write) = (r.disp, r.disp.wrapping_add(r.len.into()), r.write);
    let mut shift = 0i64;
    for next in at + 1..ops.len() {
        match moved(&ops[next - 1], &effects[next - 1], r.base, bits64) {
            Some(plus) => shift = shift.wrapping_add(plus),
            None => break,
        }
        let Some(other) = reach(&ops[next], bits64).filter(|o| o.base == r.base && o.index.is_none()) else {
            continue;
        };
        // What lies at constant addresses need not have to do with each other.
        if r.base == slot::ZERO && other.write != r.write {
            continue;
        }
        let low = other.disp.wrapping_add(shift);
        let high = low.wrapping_add(other.len.into());
        if high.max(to).wrapping_sub(low.min(from)) <= LONGEST {
            (from, to, write) = (low.min(from), high.max(to), write | other.write);
        }
    }
    (from, to, write)
}

/// How the accesses of each operation of each node are looked at; `effects` are what the operations do.
///
/// `alone`: nothing changes permissions while the function runs (see [`Options::alone`](crate::layout::Options)).
pub fn plan(
    region: &Region,
    shape: &Shape,
    effects: &[Vec<Effects>],
    bits64: bool,
    alone: bool,
) -> Vec<Vec<Check>> {
    let count = shape.succ.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|&n| shape.rpo[n]);
    let mut at: Vec<Option<State>> = vec![None; count];
    at[shape.root] = Some(State { facts: vec![Fact::NONE; KEPT], windows: Vec::new() });
    let mut rounds = 0;
    let mut changed = true;
    while std::mem::take(&mut changed) {
        rounds += 1;
        for &n in &order {
            let Some(start) = &at[n] else { continue };
            let mut state = behind(region, effects, n, start, bits64, &mut Vec::new());
            state.facts.truncate(KEPT);
            for &s in &shape.succ[n] {
                let kept = s != shape.root && (alone || !shape.header[s]);
                let windows = match &at[s] {
                    _ if !kept => Vec::new(),
                    None => state.windows.clone(),
                    Some(old) => both(&old.windows, &state.windows, rounds > 3),
                };
                let facts = match &at[s] {
                    None => state.facts.clone(),
                    Some(old) => {
                        let meet = |(&a, &b): (&Fact, &Fact)| {
                            let both = a.or(b);
                            // A range that grows from round to round would do so for long.
                            if rounds > 3 && both != a { Fact::NONE } else { both }
                        };
                        old.facts.iter().zip(&state.facts).map(meet).collect()
                    }
                };
                let new = Some(State { facts, windows });
                if at[s] != new {
                    at[s] = new;
                    changed = true;
                }
            }
        }
    }
    let mut all = Vec::with_capacity(region.nodes.len());
    for (n, node) in region.nodes.iter().enumerate() {
        let mut checks = Vec::with_capacity(node.block.ops.len());
        if let Some(start) = &at[n] {
            behind(region, effects, n, start, bits64, &mut checks);
        }
        checks.resize(node.block.ops.len(), Check::Own);
        all.push(checks);
    }
    all
}

/// The windows that are allowed by both; if `whole`, only those of the first that stay as they are.
fn both(first: &[Window], second: &[Window], whole: bool) -> Vec<Window> {
    let common = |a: &Window| {
        let with = |b: &Window| Window {
            base: a.base,
            from: a.from.max(b.from),
            to: a.to.min(b.to),
            write: a.write && b.write,
        };
        let all = second.iter().filter(|b| b.base == a.base).map(with);
        let largest = all.max_by_key(|w| (w.to.saturating_sub(w.from), w.write))?;
        (largest.from < largest.to && (!whole || largest == *a)).then_some(largest)
    };
    first.iter().filter_map(common).collect()
}

/// What is known behind node `n`; writes down how its accesses are looked at.
fn behind(
    region: &Region,
    effects: &[Vec<Effects>],
    n: usize,
    start: &State,
    bits64: bool,
    checks: &mut Vec<Check>,
) -> State {
    let mut state = start.clone();
    let Some(node) = region.nodes.get(n) else { return state };
    state.facts.resize(SLOTS, Fact::NONE);
    let ops = &node.block.ops;
    for (at, (op, e)) in ops.iter().zip(&effects[n]).enumerate() {
        let check = reach(op, bits64)
            .map_or(Check::Own, |r| state.check(&r, || run_of(ops, &effects[n], at, &r, bits64), bits64));
        checks.push(check);
        state.pass(op, e, bits64);
    }
    if node.end.calls() {
        return State::nothing();
    }
    state.windows.retain(|w| usize::from(w.base) < KEPT);
    state
}
