//! Where locals are loaded from the state, and where they are stored before they must be.
//!
//! A local *holds* its slot where its value is that of the guest's register. It is loaded as
//! late as this costs nothing: at the start of the node that reads it, or on an edge to a node
//! to which another edge comes with it held. A function that mostly returns at once, and the
//! code behind a call, so load little.
//!
//! At a node where edges meet and a slot is dirty on some of them only, either it is dirty there
//! (and loaded on the other edges, to be stored at some way out), or it is *clean*: stored on
//! the edges where it is dirty. Clean costs no more where every way on stores the slot before
//! it is written again; else it depends on how often each edge is taken.

use std::cmp::Reverse;

use tawaki_cpu::state::slot;

use crate::analysis::{Effects, Set};
use crate::region::{End, Region};
use crate::structure::Shape;

/// What a node as a whole does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Read, or perhaps written, before it surely wrote or stored them.
    pub exposed: Set,
    /// Written, or perhaps written, before everything is stored.
    changes: Set,
    /// Stored with everything, and not written before.
    stores: Set,
    /// Whether nothing is dirty after some point of it.
    cleans: bool,
    /// Dirty at its end whatever was before.
    dirties: Set,
    /// Whether it ends in a call: nothing but RSP is held behind it.
    calls: bool,
}

impl Summary {
    fn of(effects: &[Effects], end: &End, flags_pass: bool) -> Summary {
        let mut s = Summary { calls: end.calls(), ..Summary::default() };
        for e in effects {
            if e.sync {
                (s.cleans, s.dirties) = (true, Set::EMPTY);
            } else {
                s.dirties |= e.writes;
            }
        }
        s.dirties = s.dirties & Set::MACHINE;
        s.exposed = exposed(effects);
        // Before any store of them: written. Stored by the first that stores everything.
        for e in effects {
            if e.sync {
                s.stores = Set::MACHINE.without(s.changes);
                break;
            }
            s.changes |= e.writes | e.kills;
        }
        if s.calls {
            if !effects.iter().any(|e| e.sync) {
                if !flags_pass {
                    s.changes |= Set::FLAGS;
                }
                s.stores = Set::MACHINE.without(s.changes);
            }
            (s.cleans, s.dirties) = (true, Set::EMPTY);
        }
        s
    }
}

/// Slots that these operations read, or perhaps write, before they surely wrote them, and
/// before the first operation that loads everything anew.
pub fn exposed(effects: &[Effects]) -> Set {
    effects.iter().rev().fold(Set::EMPTY, |later, e| {
        if e.sync { Set::EMPTY } else { later.without(e.kills) | e.reads | e.writes.without(e.kills) }
    })
}

/// A region's graph with what its nodes do.
pub struct Graph<'a> {
    region: &'a Region,
    shape: &'a Shape,
    nodes: Vec<Summary>,
    pred: Vec<Vec<usize>>,
    /// All nodes in reverse postorder.
    order: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// Of the effects `all` of the operations; `flags_pass` tells whether the flags are stored
    /// at the end of a node.
    pub fn new(
        region: &'a Region,
        all: &[Vec<Effects>],
        shape: &'a Shape,
        flags_pass: impl Fn(&End) -> bool,
    ) -> Self {
        let count = shape.succ.len();
        let mut nodes = vec![Summary::default(); count];
        for (n, node) in region.nodes.iter().enumerate() {
            nodes[n] = Summary::of(&all[n], &node.end, flags_pass(&node.end));
        }
        let mut pred = vec![Vec::new(); count];
        for (n, next) in shape.succ.iter().enumerate() {
            next.iter().for_each(|&s| pred[s].push(n));
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_unstable_by_key(|&n| shape.rpo[n]);
        Graph { region, shape, nodes, pred, order }
    }

    /// Dirty at the start of each node, when `clean` are stored before it.
    fn dirty(&self, clean: &[Set]) -> Vec<Set> {
        let mut dirty = vec![Set::EMPTY; self.nodes.len()];
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in &self.order {
                let out = self.dirty_out(n, dirty[n]);
                for &s in &self.shape.succ[n] {
                    let new = dirty[s] | out.without(clean[s]);
                    changed |= new != dirty[s];
                    dirty[s] = new;
                }
            }
        }
        dirty
    }

    /// Dirty at the end of node `n` when `before` is at its start.
    fn dirty_out(&self, n: usize, before: Set) -> Set {
        let s = &self.nodes[n];
        if s.cleans { s.dirties } else { before | s.dirties }
    }

    /// For each node the slots that are stored on every way on before they are written.
    fn stored_later(&self) -> Vec<Set> {
        let mut later = vec![Set::MACHINE; self.nodes.len()];
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in self.order.iter().rev() {
                let s = &self.nodes[n];
                let behind = self.shape.succ[n].iter().fold(Set::MACHINE, |all, &t| all & later[t]);
                let now = if s.cleans { s.stores } else { s.stores | behind.without(s.changes) };
                changed |= now != later[n];
                later[n] = now;
            }
        }
        later
    }

    /// How often the edge from `p` to `n` was taken, about.
    fn heat(&self, p: usize, n: usize) -> u64 {
        let of = |n: usize| self.region.nodes.get(n).map_or(0, |node| node.heat);
        if self.shape.succ[p].len() == 1 { of(p) } else { of(p).min(of(n)) }
    }

    /// Adds to `clean` what is dirty on some edges only, and better stored there.
    /// Returns whether that was anything.
    fn add_clean(&self, clean: &mut [Set], dirty: &[Set], later: &[Set], flags: &[u32]) -> bool {
        let mut any = false;
        for &n in &self.order {
            if self.pred[n].len() + usize::from(n == self.shape.root) < 2 {
                continue;
            }
            let start = if n == self.shape.root { Set::EMPTY } else { Set::MACHINE };
            let (mut some, mut everywhere) = (Set::EMPTY, start);
            for &p in &self.pred[n] {
                let out = self.dirty_out(p, dirty[p]);
                some |= out;
                everywhere = everywhere & out;
            }
            let mixed = some.without(everywhere).without(clean[n]);
            if mixed.is_empty() {
                continue;
            }
            // Flags nobody will look at are not worth a store.
            let mixed = if flags[n] == 0 { mixed.without(Set::FLAGS) } else { mixed };
            let more = mixed & later[n] | self.seldom_dirty(n, mixed.without(later[n]), dirty);
            any |= !more.is_empty();
            clean[n] |= more;
        }
        any
    }

    /// Of `mixed`, what is dirty on the edges to `n` that are taken less often.
    fn seldom_dirty(&self, n: usize, mixed: Set, dirty: &[Set]) -> Set {
        let back = |p: usize| self.shape.rpo[p] >= self.shape.rpo[n];
        let whole = self.region.nodes.get(n).map_or(0, |node| node.heat);
        let forward: u64 = self.pred[n].iter().filter(|&&p| !back(p)).map(|&p| self.heat(p, n)).sum();
        // What did not come from before came from the loop.
        let around = whole.saturating_sub(forward);
        let mut seldom = Set::EMPTY;
        for slot in mixed.each() {
            let (mut stored, mut loaded) = (0, 0);
            for &p in &self.pred[n] {
                let heat = if back(p) { self.heat(p, n).min(around) } else { self.heat(p, n) };
                let dirty = !(self.dirty_out(p, dirty[p]) & slot).is_empty();
                *(if dirty { &mut stored } else { &mut loaded }) += heat;
            }
            if stored < loaded {
                seldom |= slot;
            }
        }
        seldom
    }

    /// Completes `clean` (what is stored on the edges to each node, where it is dirty) and
    /// returns what is dirty at the start of each node then. `flags` are the status flags live
    /// there.
    pub fn settle(&self, clean: &mut [Set], flags: &[u32]) -> Vec<Set> {
        let later = self.stored_later();
        let mut dirty = self.dirty(clean);
        for _ in 0..ROUNDS {
            if !self.add_clean(clean, &dirty, &later, flags) {
                break;
            }
            dirty = self.dirty(clean);
        }
        dirty
    }

    /// For each node what may be read behind its start before it is written or loaded anew.
    pub fn read_later(&self) -> Vec<Set> {
        let mut later = vec![Set::EMPTY; self.nodes.len()];
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in self.order.iter().rev() {
                let s = &self.nodes[n];
                let mut behind = Set::EMPTY;
                if !s.cleans {
                    self.shape.succ[n].iter().for_each(|&t| behind |= later[t]);
                }
                let now = (s.exposed | behind.without(s.changes)) & Set::MACHINE;
                changed |= now != later[n];
                later[n] = now;
            }
        }
        later
    }

    /// What the operation that begins at each node of an interpreter's loop reads before anything is loaded anew, up to
    /// the dispatch node `hub`.
    fn read_before(&self, hub: usize) -> Vec<Set> {
        let mut before = vec![Set::EMPTY; self.nodes.len()];
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in self.order.iter().rev().filter(|&&n| n != hub) {
                let s = &self.nodes[n];
                let mut behind = Set::EMPTY;
                if !s.cleans {
                    self.shape.succ[n].iter().for_each(|&t| behind |= before[t]);
                }
                let now = (s.exposed | behind.without(s.changes)) & Set::MACHINE;
                changed |= now != before[n];
                before[n] = now;
            }
        }
        before
    }

    /// What is worth carrying in locals through the dispatch node `hub` of an interpreter's loop: what its operations read
    /// before their first call more often than it has to be loaded for that. All others are loaded where they are read:
    /// a compiler that keeps a register for each in all operations has none left.
    pub fn carried(&self, hub: usize) -> Set {
        let before = self.read_before(hub);
        // Held at the end of each node if the dispatch node holds everything.
        let mut held = vec![Set::EMPTY; self.nodes.len()];
        held[hub] = Set::MACHINE;
        let out = |held: &[Set], n: usize| {
            let s = &self.nodes[n];
            if s.cleans { Set::slot(slot::RSP) } else { held[n] | s.exposed | s.dirties }
        };
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in self.order.iter().filter(|&&n| n != hub) {
                let now = self.pred[n].iter().fold(held[n], |all, &p| all | out(&held, p));
                changed |= now != held[n];
                held[n] = now;
            }
        }
        let heat = |n: usize| self.region.nodes.get(n).map_or(0, |node| node.heat);
        let gain = |one: Set| -> u64 {
            let reading = self.shape.succ[hub].iter().filter(|&&t| !(before[t] & one).is_empty());
            let loading = self.pred[hub].iter().filter(|&&p| (out(&held, p) & one).is_empty());
            let (read, loaded): (u64, u64) =
                (reading.map(|&t| heat(t)).sum(), loading.map(|&p| heat(p)).sum());
            read.saturating_sub(loaded)
        };
        let mut gains: Vec<(u64, Set)> = Set::MACHINE.each().map(|one| (gain(one), one)).collect();
        gains.retain(|&(gain, _)| gain > 0);
        gains.sort_by_key(|&(gain, _)| Reverse(gain));
        gains.iter().take(MOST_CARRIED).fold(Set::EMPTY, |all, &(_, one)| all | one)
    }

    /// What is held at the start of each node, at most what is `carried` there. `reloaded` tells what a node loads at the
    /// last operation that stores everything, if it has one.
    pub fn held(
        &self,
        dirty: &[Set],
        carried: &[Set],
        live: &[Set],
        reloaded: &[Option<Set>],
        effects: &[Vec<Effects>],
    ) -> Vec<Set> {
        let read = self.read_later();
        let mut held = vec![Set::EMPTY; self.nodes.len()];
        let made: Vec<Set> =
            (0..self.nodes.len()).map(|n| effects.get(n).map_or(Set::EMPTY, |all| touched(all))).collect();
        let out = |held: &[Set], n: usize| {
            if self.nodes[n].calls {
                return Set::slot(slot::RSP);
            }
            reloaded[n].unwrap_or(held[n] | self.nodes[n].exposed) | made[n]
        };
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &n in &self.order {
                let mut some = Set::EMPTY;
                // A loop is entered less often than it goes round.
                let header = self.shape.header[n];
                for &p in &self.pred[n] {
                    let around = !header || self.shape.rpo[p] >= self.shape.rpo[n];
                    if around && self.shape.little_from(n) != Some(p) {
                        some |= out(&held, p);
                    }
                }
                let now = live[n] & (dirty[n] | (read[n] & some & carried[n])) & Set::MACHINE | held[n];
                changed |= now != held[n];
                held[n] = now;
            }
        }
        held
    }
}

/// What is held after these operations because of them: after the last that loads anew.
fn touched(effects: &[Effects]) -> Set {
    let all = effects
        .iter()
        .fold(Set::EMPTY, |all, e| if e.sync { Set::EMPTY } else { all | e.reads | e.writes | e.kills });
    all & Set::MACHINE
}

/// Most slots carried through the dispatch node of an interpreter's loop, flags aside.
const MOST_CARRIED: usize = 5;

/// How often the clean slots are looked for: more of them make others mixed.
const ROUNDS: usize = 3;
