//! Ways out of a function, each a wasm block around the whole body.
//!
//! A way out stores what its branches bring in locals and leaves. What one stores is often a part of what another
//! stores: the other one stores the rest and goes on there. Chains of them have half the stores.

use wasm_encoder::{BlockType, BranchHint, Encode, Function};

use super::module::{Batch, EXIT};
use super::{CTX, DEPTH, Emitter, Leave, STATE, at};
use crate::analysis::Set;

/// What a way out stores, how it leaves, and which low lanes come from `f64` locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    set: Set,
    leave: Leave,
    lows: u128,
}

impl Way {
    /// Whether this one may go on at `other` when it has stored the rest.
    fn contains(&self, other: &Way) -> bool {
        other.set.without(self.set).is_empty()
            && self.leave == other.leave
            && self.lows & other.set.xmm == other.lows
    }

    /// Number of stores.
    fn stores(&self) -> u32 {
        self.set.slots.count_ones() + self.set.xmm.count_ones() + self.lows.count_ones()
    }

    /// What is left by most comes first. Chromium's baseline code counts at a return how far into the function it is.
    fn rank(&self) -> u8 {
        match self.leave {
            Leave::Return => 0,
            Leave::Onward => 1,
            Leave::For(_) => 2,
        }
    }
}

/// A branch to a way out whose label is not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    /// Where its label belongs in the code.
    pub at: usize,
    /// Which way out.
    way: usize,
    /// Blocks open there, inside the ways out.
    open: u32,
}

/// Stores that going on elsewhere saves at least.
const FEW: u32 = 2;

impl Emitter<'_> {
    /// Branches to the way out that stores `set` and leaves so; if `conditional`, when the i32 on the stack is not zero.
    pub(super) fn leave_by(&mut self, set: Set, leave: impl Into<Leave>, conditional: bool) {
        let set = self.meaningful(set & Set::MACHINE);
        let new = Way { set, leave: leave.into(), lows: self.lows.stale & set.xmm };
        set.each_slot().for_each(|s| _ = self.slot_local(s));
        set.each_xmm().for_each(|x| _ = self.xmm_local(x));
        let way = self.exits.iter().position(|way| *way == new).unwrap_or_else(|| {
            self.exits.push(new);
            self.exits.len() - 1
        });
        self.code.push(if conditional { 0x0d } else { 0x0c });
        self.branches.push(Branch { at: self.code.len(), way, open: self.open });
    }
}

/// The order of the ways out, the innermost first, and which one each goes on at.
fn plan(ways: &[Way]) -> (Vec<usize>, Vec<Option<usize>>) {
    let mut order: Vec<usize> = (0..ways.len()).collect();
    order.sort_by_key(|&n| (ways[n].rank(), std::cmp::Reverse(ways[n].stores())));
    let mut then = vec![None; ways.len()];
    for (place, &n) in order.iter().enumerate() {
        let fitting = order[place + 1..].iter().copied().find(|&m| ways[n].contains(&ways[m]));
        then[n] = fitting.filter(|&m| ways[m].stores() >= FEW);
    }
    (order, then)
}

/// Wraps the body into the ways out.
pub(super) fn wrap(mut e: Emitter) -> (Function, Vec<BranchHint>) {
    let mut f = Function::new_with_locals_types(e.locals.iter().copied());
    let code = std::mem::take(&mut e.code);
    let ways = std::mem::take(&mut e.exits);
    let (order, then) = plan(&ways);
    let mut place = vec![0; ways.len()];
    order.iter().enumerate().for_each(|(at, &n)| place[n] = at as u32);
    for _ in &ways {
        f.instructions().block(BlockType::Empty);
    }
    // The labels come into the code, and what is behind them moves.
    let start = f.byte_len();
    let mut body = Vec::with_capacity(code.len() + 2 * e.branches.len());
    let mut hints = e.hints.iter().peekable();
    let mut moved = Vec::with_capacity(e.hints.len());
    let mut from = 0;
    let mut copy = |to: usize, body: &mut Vec<u8>| {
        while let Some(&(at, taken)) = hints.next_if(|hint| hint.0 < to) {
            moved.push(BranchHint {
                branch_func_offset: (start + body.len() + at - from) as u32,
                branch_hint_value: u32::from(taken),
            });
        }
        body.extend_from_slice(&code[from..to]);
        from = to;
    };
    for branch in &e.branches {
        copy(branch.at, &mut body);
        (branch.open + place[branch.way]).encode(&mut body);
    }
    copy(code.len(), &mut body);
    f.raw(body);
    for &n in &order {
        f.instructions().end();
        let Way { set, leave, lows } = ways[n];
        let rest = then[n].map_or(Set::EMPTY, |m| ways[m].set);
        e.lows.stale = lows;
        e.store_set(set.without(rest));
        match then[n] {
            Some(m) if place[m] == place[n] + 1 => {}
            Some(m) => _ = e.i().br(place[m] - place[n] - 1),
            None => go(&mut e, leave),
        }
        f.raw(std::mem::take(&mut e.code));
    }
    f.instructions().unreachable().end();
    (f, moved)
}

fn go(e: &mut Emitter, leave: Leave) {
    let pc = e.pc;
    let mut i = e.i();
    match leave {
        Leave::Return => _ = i.local_get(pc).return_(),
        Leave::Onward => {
            i.local_get(STATE).local_get(CTX).local_get(DEPTH).local_get(pc).return_call(Batch::ONWARD);
        }
        Leave::For(kind) => {
            i.local_get(CTX).i32_const(kind as i32).i32_store(at(EXIT, 2));
            i.local_get(pc).return_();
        }
    }
}
