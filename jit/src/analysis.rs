//! What is live, what is dirty, and what kind the flags have, at every point of a region.
//!
//! A slot is *dirty* where its local may differ from the state in memory; every way out
//! of the function stores the dirty ones, which therefore counts as a use of them. A slot
//! is *live* where its local's value may still be used. Both are sets over the slots of
//! the machine, the temporaries, and the vector registers.

use std::ops::{BitAnd, BitOr, BitOrAssign};

use tawaki_cpu::flags::STATUS;
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::{Slot, slot};

use crate::emit::{Kind, vector};
use crate::layout::Options;
use crate::region::{End, Region};
use crate::structure::Shape;

/// A set of slots and vector registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set {
    /// Slots by number.
    pub slots: u128,
    /// Vector registers (0..16) and vector temporaries.
    pub xmm: u32,
}

impl Set {
    /// Nothing.
    pub const EMPTY: Set = Set { slots: 0, xmm: 0 };
    /// What outlives an instruction: no temporaries, neither ZERO nor SINK.
    pub const MACHINE: Set = Set { slots: 0x7f_ffff & !(1 << slot::ZERO), xmm: 0xffff };
    /// The lazy flags.
    pub const FLAGS: Set = Set { slots: 0xf << slot::FLAG_A, xmm: 0 };

    /// One slot; ZERO and SINK are never in a set.
    pub fn slot(s: Slot) -> Set {
        if s == slot::ZERO || s == slot::SINK || s >= 128 {
            return Set::EMPTY;
        }
        Set { slots: 1 << s, xmm: 0 }
    }

    /// One vector register.
    pub fn xmm(register: u8) -> Set {
        Set { slots: 0, xmm: 1 << (register & 31) }
    }

    /// Without the members of `other`.
    #[must_use]
    pub fn without(self, other: Set) -> Set {
        Set { slots: self.slots & !other.slots, xmm: self.xmm & !other.xmm }
    }

    /// Whether it has the slot.
    pub fn has(self, s: Slot) -> bool {
        self.slots >> (s & 127) & 1 != 0
    }

    /// Whether it has no members.
    pub fn is_empty(self) -> bool {
        self == Set::EMPTY
    }

    /// Its slots, ascending.
    pub fn each_slot(self) -> impl Iterator<Item = Slot> {
        (0..128u8).filter(move |&s| self.slots >> s & 1 != 0)
    }

    /// Its vector registers, ascending.
    pub fn each_xmm(self) -> impl Iterator<Item = u8> {
        (0..32u8).filter(move |&x| self.xmm >> x & 1 != 0)
    }
}

impl BitOr for Set {
    type Output = Set;
    fn bitor(self, o: Set) -> Set {
        Set { slots: self.slots | o.slots, xmm: self.xmm | o.xmm }
    }
}

impl BitOrAssign for Set {
    fn bitor_assign(&mut self, o: Set) {
        *self = *self | o;
    }
}

impl BitAnd for Set {
    type Output = Set;
    fn bitand(self, o: Set) -> Set {
        Set { slots: self.slots & o.slots, xmm: self.xmm & o.xmm }
    }
}

/// What an operation does to the locals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Locals it reads.
    pub reads: Set,
    /// Locals it writes, or may write.
    pub writes: Set,
    /// Locals whose value before does not matter after it; contains those it surely writes.
    pub kills: Set,
    /// Whether everything is stored before it and nothing in locals is valid after it.
    pub sync: bool,
    /// Whether it can leave the function at the start of its instruction.
    pub exits: bool,
}

/// The effects of an operation.
pub fn effects(op: &Op, options: &Options) -> Effects {
    let u = op.code.info().uses;
    if u & uses::ANY != 0 {
        if !options.helpers_only
            && op.code == OpCode::Vector
            && let Some(effects) = vector::effects(op, options)
        {
            return effects;
        }
        return Effects { sync: true, exits: true, ..Effects::default() };
    }
    let mut e = Effects::default();
    let reads = [(uses::RD, op.d), (uses::A, op.a), (uses::B, op.b), (uses::C, op.c)];
    for (bit, s) in reads {
        if u & bit != 0 {
            e.reads |= Set::slot(s);
        }
    }
    if u & uses::D != 0 {
        e.writes |= Set::slot(op.d);
    }
    if u & uses::AXDX != 0 {
        let both = Set::slot(slot::RAX) | Set::slot(slot::RDX);
        e.reads |= both;
        e.writes |= both;
    }
    if u & uses::SP != 0 {
        e.reads |= Set::slot(slot::RSP);
        e.writes |= Set::slot(slot::RSP);
    }
    if op.code == OpCode::AtomicCmpxchg {
        e.reads |= Set::slot(op.imm as u8);
    }
    // A fused compare and branch reads its own flags, not those before it.
    let sets = u & uses::SF != 0;
    if u & (uses::RF | uses::PF) != 0 || (u & uses::COND != 0 && !sets) {
        e.reads |= Set::FLAGS;
    }
    e.kills = e.writes;
    if u & (uses::SF | uses::PF) != 0 {
        e.writes |= Set::FLAGS;
        e.kills |= Set::FLAGS;
    }
    let memory = u & (uses::LOAD | uses::STORE) != 0;
    e.exits = u & uses::FAULT != 0 && (options.checked || options.helpers_only || !memory)
        || matches!(op.code, OpCode::Atomic | OpCode::AtomicCmpxchg);
    e
}

/// What is known at the start of each node.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtNode {
    /// Dirty there.
    pub dirty: Set,
    /// Live there.
    pub live: Set,
    /// Kind of the flags there, where it is the same on every way.
    pub kind: Kind,
}

/// The result.
#[derive(Debug)]
pub struct Analysis {
    /// By node of the shape (dispatch nodes included).
    pub nodes: Vec<AtNode>,
}

/// Dirty after `op` when `before` was dirty before it.
pub fn dirty_after(e: &Effects, before: Set) -> Set {
    if e.sync { Set::EMPTY } else { before | e.writes }
}

/// Live before `op`, when `after` is live after it and `dirty` is dirty before it.
pub fn live_before(e: &Effects, after: Set, dirty: Set) -> Set {
    if e.sync {
        return dirty;
    }
    let exit = if e.exits { dirty & Set::MACHINE } else { Set::EMPTY };
    after.without(e.kills) | e.reads | exit
}

/// Whether the end of a node stores everything on each way on.
fn leaves(end: &End) -> bool {
    use crate::region::Target::Exit;
    match end {
        End::Jump(t) => matches!(t, Exit(_)),
        End::Branch { taken, fall } => matches!(taken, Exit(_)) || matches!(fall, Exit(_)),
        End::Call { .. } | End::Return | End::Indirect { .. } | End::Trap => true,
    }
}

/// Runs the analysis over a region with the shape's graph.
pub fn analyse(region: &Region, shape: &Shape, options: &Options) -> Analysis {
    let count = shape.succ.len();
    let mut nodes = vec![AtNode::default(); count];
    let all: Vec<Vec<Effects>> =
        region.nodes.iter().map(|n| n.block.ops.iter().map(|op| effects(op, options)).collect()).collect();
    // Dirty: forward, to a fixed point (sets only grow).
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|&n| shape.rpo[n]);
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for &n in &order {
            let mut dirty = nodes[n].dirty;
            if let Some(ops) = all.get(n) {
                dirty = ops.iter().fold(dirty, |d, e| dirty_after(e, d)) & Set::MACHINE;
                if matches!(region.nodes[n].end, End::Call { .. }) {
                    dirty = Set::EMPTY;
                }
            }
            for &s in &shape.succ[n] {
                let new = nodes[s].dirty | dirty;
                changed |= new != nodes[s].dirty;
                nodes[s].dirty = new;
            }
        }
    }
    // Live: backward.
    changed = true;
    while std::mem::take(&mut changed) {
        for &n in order.iter().rev() {
            let mut live = Set::EMPTY;
            for &s in &shape.succ[n] {
                live |= nodes[s].live;
            }
            if let (Some(ops), Some(node)) = (all.get(n), region.nodes.get(n)) {
                let mut dirty = Vec::with_capacity(ops.len() + 1);
                dirty.push(nodes[n].dirty);
                for e in ops {
                    dirty.push(dirty_after(e, dirty[dirty.len() - 1]));
                }
                let at_end = dirty[ops.len()] & Set::MACHINE;
                if matches!(node.end, End::Call { .. }) {
                    live = at_end;
                } else if leaves(&node.end) {
                    live |= at_end;
                }
                for (e, &dirty) in ops.iter().zip(&dirty).rev() {
                    live = live_before(e, live, dirty);
                }
                live = live & Set::MACHINE;
            }
            if shape.header[n] {
                live |= nodes[n].dirty;
            }
            changed |= live != nodes[n].live;
            nodes[n].live = live;
        }
    }
    Analysis { nodes }
}

impl Analysis {
    /// For each operation of node `n`: what is live behind it, and which status flags.
    pub fn live_after(
        &self,
        region: &Region,
        shape: &Shape,
        n: usize,
        effects: &[Effects],
    ) -> Vec<(Set, u32)> {
        let node = &region.nodes[n];
        let mut dirty = vec![self.nodes[n].dirty];
        for e in effects {
            dirty.push(dirty_after(e, dirty[dirty.len() - 1]));
        }
        let at_end = dirty[effects.len()] & Set::MACHINE;
        let mut live = Set::EMPTY;
        shape.succ[n].iter().for_each(|&s| live |= self.nodes[s].live);
        if matches!(node.end, End::Call { .. }) {
            live = at_end;
        } else if leaves(&node.end) {
            live |= at_end;
        }
        let mut after = vec![(live, STATUS); effects.len()];
        for (i, e) in effects.iter().enumerate().rev() {
            after[i].0 = live;
            live = live_before(e, live, dirty[i]);
        }
        after
    }
}
