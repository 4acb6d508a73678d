//! What is live, what is dirty, and what kind the flags have, at every point of a region.
//!
//! A slot is *dirty* where its local may differ from the state in memory; every way out
//! of the function stores the dirty ones, which therefore counts as a use of them. A slot
//! is *live* where its local's value may still be used. Both are sets over the slots of
//! the machine, the temporaries, and the vector registers.

use std::ops::{BitAnd, BitOr, BitOrAssign};

use tawaki_cpu::flags::STATUS;
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::vector::UPPER;
use tawaki_cpu::ir::{Op, OpCode, opt};
use tawaki_cpu::state::{Slot, slot};

use crate::checks::{self, Check};
use crate::emit::flags::{Class, classify, kind_after};
use crate::emit::module::Batch;
use crate::emit::{Kind, string, vector};
use crate::layout::Options;
use crate::placement::Graph;
use crate::region::{End, Node, Region};
use crate::structure::Shape;

/// A set of slots and vector registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set {
    /// Slots by number.
    pub slots: u128,
    /// Vector registers (0..16), vector temporaries, the upper halves of both, and from
    /// [`Set::MMX`] on the MMX registers.
    pub xmm: u128,
}

impl Set {
    /// Number of the first MMX register among the vectors.
    pub const MMX: u8 = 64;
    /// Vectors there are.
    pub const VECTORS: usize = 72;

    /// Nothing.
    pub const EMPTY: Set = Set { slots: 0, xmm: 0 };
    /// What outlives an instruction: no temporaries, neither ZERO nor SINK.
    pub const MACHINE: Set =
        Set { slots: 0x7f_ffff & !(1 << slot::ZERO), xmm: 0xffff | 0xffff << UPPER | 0xff << 64 };
    /// The lazy flags.
    pub const FLAGS: Set = Set { slots: 0xf << slot::FLAG_A, xmm: 0 };

    /// Of the lazy flags, result and kind.
    pub const RESULT: Set = Set { slots: 3 << slot::FLAG_R, xmm: 0 };

    /// One slot; ZERO and SINK are never in a set.
    pub fn slot(s: Slot) -> Set {
        if s == slot::ZERO || s == slot::SINK || s >= 128 {
            return Set::EMPTY;
        }
        Set { slots: 1 << s, xmm: 0 }
    }

    /// One vector register.
    pub fn xmm(register: u8) -> Set {
        Set { slots: 0, xmm: 1 << (register & 63) }
    }

    /// One MMX register.
    pub fn mmx(register: u8) -> Set {
        Set { slots: 0, xmm: 1 << (Self::MMX + (register & 7)) }
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

    /// Its members, each as a set of one.
    pub fn each(self) -> impl Iterator<Item = Set> {
        let one = |bits: u128| (0..128).map(move |n| bits & 1 << n).filter(|bit| *bit != 0);
        one(self.slots)
            .map(|slots| Set { slots, xmm: 0 })
            .chain(one(self.xmm).map(|xmm| Set { slots: 0, xmm }))
    }

    /// Its slots, ascending.
    pub fn each_slot(self) -> impl Iterator<Item = Slot> {
        let mut left = self.slots;
        std::iter::from_fn(move || {
            let first = left.trailing_zeros() as Slot;
            left &= left.wrapping_sub(1);
            (first < 128).then_some(first)
        })
    }

    /// Its vector registers, ascending, by number of their local.
    pub fn each_xmm(self) -> impl Iterator<Item = u8> {
        let mut left = self.xmm;
        std::iter::from_fn(move || {
            let first = left.trailing_zeros() as u8;
            left &= left.wrapping_sub(1);
            (usize::from(first) < Self::VECTORS).then_some(first)
        })
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
        if !options.helpers_only && op.code == OpCode::String {
            return string::effects(op);
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
        e.writes |= if keeps_operands(op.code) { Set::RESULT } else { Set::FLAGS };
        e.kills |= Set::FLAGS;
    }
    let memory = u & (uses::LOAD | uses::STORE) != 0;
    e.exits = op.code == OpCode::Jcc
        || u & uses::FAULT != 0 && (options.checked || options.helpers_only || !memory)
        || matches!(op.code, OpCode::Atomic | OpCode::AtomicCmpxchg);
    e
}

/// Whether a flag-setting operation leaves FLAG_A and FLAG_B as they are: its kind of
/// flags has no operands.
fn keeps_operands(code: OpCode) -> bool {
    use Class::*;
    match classify(code) {
        Some((class, _)) => !matches!(class, Add | Sub | Adc | Sbb | Inc | Dec | Shl | Shr | Sar | BranchSub),
        None => true,
    }
}

/// What is known at the start of each node.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtNode {
    /// Dirty there.
    pub dirty: Set,
    /// Stored on the edges that lead there, where it is dirty.
    pub clean: Set,
    /// Live there.
    pub live: Set,
    /// The locals that hold their slot there.
    pub held: Set,
    /// Kind of the flags there, where it is the same on every way.
    pub kind: Kind,
}

/// The result.
#[derive(Debug)]
pub struct Analysis {
    /// By node of the shape (dispatch nodes included).
    pub nodes: Vec<AtNode>,
    /// Status flags live at the start of each.
    pub flags: Vec<u32>,
    /// Effects of the operations of each node of the region.
    pub effects: Vec<Vec<Effects>>,
    /// How their accesses are looked at in checked mode; nothing otherwise.
    checks: Vec<Vec<Check>>,
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

/// Whether the flags matter to the callee of a call that ends a node.
fn callee_looks(end: &End, batch: &Batch) -> bool {
    match end {
        End::Call { callees, .. } => !(callees.len() == 1 && batch.kills_flags(callees[0])),
        End::Aside { of, entry, .. } => batch.aside(*of, *entry).is_none_or(|aside| !aside.kills_flags),
        _ => true,
    }
}

/// Whether the code of a region overwrites all status flags before it looks at them or
/// can leave.
pub fn kills_flags_first(region: &Region, options: &Options) -> bool {
    let mut killed = 0;
    let Some(node) = region.nodes.first() else { return false };
    for op in &node.block.ops {
        let e = effects(op, options);
        let (reads, kills) = flag_uses(op, &e);
        if e.sync || e.exits || reads & !killed != 0 {
            return false;
        }
        killed |= kills;
        if killed == STATUS {
            return true;
        }
    }
    false
}

/// Status flags that `op` looks at, and those it surely overwrites.
fn flag_uses(op: &Op, e: &Effects) -> (u32, u32) {
    if op.code.info().uses & uses::ANY == 0 {
        return (opt::reads(op), opt::kills(op));
    }
    let all = |set: Set, s| if set.has(s) { STATUS } else { 0 };
    (all(e.reads, slot::FLAG_R), all(e.kills, slot::FLAG_KIND))
}

/// Status flags live before `op`.
fn flags_before(op: &Op, e: &Effects, after: u32) -> u32 {
    if e.sync || e.exits {
        return STATUS;
    }
    // What an operation merely keeps is live only if it is live behind.
    let (reads, kills) = flag_uses(op, e);
    after & !kills | reads
}

/// Whether a region overwrites all status flags before it or whoever comes behind looks at them.
pub fn ignores_flags(region: &Region, options: &Options, batch: &Batch) -> bool {
    let mut region = region.clone();
    let shape = Shape::new(region.nodes.iter().map(|n| n.end.successors()).collect(), 0);
    let of = |node: &Node| node.block.ops.iter().map(|op| effects(op, options)).collect();
    let mut all: Vec<Vec<Effects>> = region.nodes.iter().map(of).collect();
    dead_flags(&mut region, &mut all, &shape, options, batch)[0] == 0
}

/// Replaces flag-setting operations whose flags nobody in or behind the region can see
/// by plain ones; returns the status flags live at the start of each node.
///
/// `all` are the effects of the operations, which follow.
pub fn dead_flags(
    region: &mut Region,
    all: &mut [Vec<Effects>],
    shape: &Shape,
    options: &Options,
    batch: &Batch,
) -> Vec<u32> {
    let mut live = vec![0; shape.succ.len()];
    let mut order: Vec<usize> = (0..shape.succ.len()).collect();
    order.sort_unstable_by_key(|&n| std::cmp::Reverse(shape.rpo[n]));
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for &n in &order {
            let mut now = flags_at_end(region, shape, &live, n, batch);
            if let Some(node) = region.nodes.get(n) {
                for (op, e) in node.block.ops.iter().zip(&all[n]).rev() {
                    now = flags_before(op, e, now);
                }
            }
            changed |= now != live[n];
            live[n] = now;
        }
    }
    for (n, all) in all.iter_mut().enumerate() {
        let mut now = flags_at_end(region, shape, &live, n, batch);
        for (op, e) in region.nodes[n].block.ops.iter_mut().zip(all).rev() {
            if opt::writes(op) != 0
                && opt::writes(op) & now == 0
                && let Some(plain) = opt::without_flags(*op)
            {
                *op = plain;
                *e = effects(op, options);
            }
            now = flags_before(op, e, now);
        }
    }
    live
}

fn flags_at_end(region: &Region, shape: &Shape, live: &[u32], n: usize, batch: &Batch) -> u32 {
    let inside = shape.succ[n].iter().fold(0, |all, &s| all | live[s]);
    match region.nodes.get(n) {
        Some(node) if node.end.calls() => {
            if callee_looks(&node.end, batch) {
                STATUS
            } else {
                0
            }
        }
        Some(node) if leaves(&node.end) => STATUS,
        None if n < shape.real => STATUS,
        _ => inside,
    }
}

/// Whether the end of a node stores everything on each way on.
fn leaves(end: &End) -> bool {
    use crate::region::Target::Exit;
    match end {
        End::Jump(t) => matches!(t, Exit(_)),
        End::Branch { taken, fall } => matches!(taken, Exit(_)) || matches!(fall, Exit(_)),
        End::Call { .. } | End::Return | End::Indirect { .. } | End::Trap | End::Aside { .. } => true,
    }
}

/// What is stored at the end of node `n`, where `dirty` is dirty.
pub fn stored_at_end(end: &End, dirty: Set, batch: &Batch) -> Set {
    let dirty = dirty & Set::MACHINE;
    if callee_looks(end, batch) { dirty } else { dirty.without(Set::FLAGS) }
}

/// A dispatch node with so many targets is an interpreter's.
const MANY_PLACES: usize = 16;

/// Runs the analysis over a region with the shape's graph.
pub fn analyse(
    region: &mut Region,
    shape: &Shape,
    bits64: bool,
    options: &Options,
    batch: &Batch,
) -> Analysis {
    let mut all: Vec<Vec<Effects>> =
        region.nodes.iter().map(|n| n.block.ops.iter().map(|op| effects(op, options)).collect()).collect();
    let mut checks = Vec::new();
    if options.checked && !options.helpers_only {
        checks = checks::plan(region, shape, &all, bits64, options.alone);
        let trusting = Options { checked: false, ..*options };
        for ((node, all), checks) in region.nodes.iter().zip(&mut all).zip(&checks) {
            let ops = node.block.ops.iter().zip(all).zip(checks);
            for ((op, e), _) in ops.filter(|(_, check)| **check == Check::Known) {
                *e = effects(op, &trusting);
            }
        }
    }
    let flags = dead_flags(region, &mut all, shape, options, batch);
    let kinds = kinds(region, &all, shape);
    let count = shape.succ.len();
    let graph = Graph::new(region, &all, shape, |end| callee_looks(end, batch));
    // An interpreter's operation leaves much behind that no other one looks at; carried along,
    // it would take up registers in all of them.
    let mut clean = vec![Set::EMPTY; count];
    let read_later = graph.read_later();
    let mut carried = vec![Set::MACHINE; count];
    for n in (0..count).filter(|&n| joins(region, shape, n)) {
        let mut needed = read_later[n];
        if !(needed & Set::FLAGS).is_empty() {
            needed |= Set::FLAGS;
        }
        if shape.succ[n].len() >= MANY_PLACES {
            carried[n] = graph.carried(n);
            if !(carried[n] & Set::FLAGS).is_empty() {
                carried[n] |= Set::FLAGS;
            }
            needed = needed & carried[n];
        }
        clean[n] = Set::MACHINE.without(needed);
    }
    for n in (0..count).filter(|&n| shape.little_from(n).is_some()) {
        clean[n] = Set::MACHINE;
    }
    let dirty = graph.settle(&mut clean, &flags);
    let mut nodes: Vec<AtNode> = clean
        .into_iter()
        .zip(&dirty)
        .zip(kinds)
        .map(|((clean, &dirty), kind)| AtNode { dirty, clean, kind, ..AtNode::default() })
        .collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|&n| shape.rpo[n]);
    let mut changed = true;
    // Live: backward.
    while std::mem::take(&mut changed) {
        for &n in order.iter().rev() {
            let mut live = live_at_end(&nodes, &shape.succ[n]);
            if let (Some(ops), Some(node)) = (all.get(n), region.nodes.get(n)) {
                let mut dirty = Vec::with_capacity(ops.len() + 1);
                dirty.push(nodes[n].dirty);
                for e in ops {
                    dirty.push(dirty_after(e, dirty[dirty.len() - 1]));
                }
                let at_end = stored_at_end(&node.end, dirty[ops.len()], batch);
                shape.succ[n].iter().for_each(|&s| live |= dirty[ops.len()] & nodes[s].clean);
                if node.end.calls() {
                    live = at_end;
                } else if leaves(&node.end) {
                    live |= at_end;
                }
                for (e, &dirty) in ops.iter().zip(&dirty).rev() {
                    live = live_before(e, live, dirty);
                }
                live = live & Set::MACHINE;
            }
            if n >= region.nodes.len() && n < shape.real {
                // An indirect jump to an address that is not known.
                live |= nodes[n].dirty;
            }
            if shape.polls(n) {
                // The way out of its poll; flags that are dead may leave as anything.
                live |= if flags[n] == 0 { nodes[n].dirty.without(Set::FLAGS) } else { nodes[n].dirty };
            }
            changed |= live != nodes[n].live;
            nodes[n].live = live;
        }
    }
    let live: Vec<Set> = nodes.iter().map(|node| node.live).collect();
    let mut analysis = Analysis { nodes, flags, effects: Vec::new(), checks };
    let reloaded: Vec<Option<Set>> = (0..count)
        .map(|n| {
            let last = all.get(n)?.iter().rposition(|e| e.sync)?;
            Some(analysis.live_after(region, shape, n, &all[n], batch)[last].0)
        })
        .collect();
    let held = graph.held(&dirty, &carried, &live, &reloaded, &all);
    analysis.nodes.iter_mut().zip(held).for_each(|(node, held)| node.held = held);
    analysis.effects = all;
    analysis
}

/// Live at the end of a node with these successors, not counting what is stored there.
fn live_at_end(nodes: &[AtNode], succ: &[usize]) -> Set {
    succ.iter().fold(Set::EMPTY, |all, &s| all | nodes[s].live)
}

/// Whether a node is the dispatch node of several indirect jumps.
fn joins(region: &Region, shape: &Shape, n: usize) -> bool {
    n >= region.nodes.len() && n < shape.real && n != shape.root
}

/// The static kind of the flags at the start of each node.
fn kinds(region: &Region, all: &[Vec<Effects>], shape: &Shape) -> Vec<Kind> {
    let count = shape.succ.len();
    // None: not reached yet.
    let mut at: Vec<Option<Kind>> = vec![None; count];
    at[shape.root] = Some(None);
    let mut work = vec![shape.root];
    while let Some(n) = work.pop() {
        let mut kind = at[n].unwrap_or(None);
        if let Some(node) = region.nodes.get(n) {
            kind = node.block.ops.iter().zip(&all[n]).fold(kind, |kind, (op, e)| kind_after(op, e, kind));
            if node.end.calls() {
                kind = None;
            }
        }
        for &s in &shape.succ[n] {
            let new = match at[s] {
                Some(old) if old != kind => None,
                _ => kind,
            };
            if at[s] != Some(new) {
                at[s] = Some(new);
                work.push(s);
            }
        }
    }
    at.into_iter().map(|kind| kind.unwrap_or(None)).collect()
}

impl Analysis {
    /// How the access of an operation is looked at.
    pub fn check(&self, n: usize, at: usize) -> Check {
        self.checks.get(n).and_then(|checks| checks.get(at)).copied().unwrap_or_default()
    }

    /// For each operation of node `n`: what is live behind it, and which status flags.
    pub fn live_after(
        &self,
        region: &Region,
        shape: &Shape,
        n: usize,
        effects: &[Effects],
        batch: &Batch,
    ) -> Vec<(Set, u32)> {
        let node = &region.nodes[n];
        let mut dirty = vec![self.nodes[n].dirty];
        for e in effects {
            dirty.push(dirty_after(e, dirty[dirty.len() - 1]));
        }
        let at_end = stored_at_end(&node.end, dirty[effects.len()], batch);
        let mut live = live_at_end(&self.nodes, &shape.succ[n]);
        shape.succ[n].iter().for_each(|&s| live |= dirty[effects.len()] & self.nodes[s].clean);
        if node.end.calls() {
            live = at_end;
        } else if leaves(&node.end) {
            live |= at_end;
        }
        let mut flags = flags_at_end(region, shape, &self.flags, n, batch);
        let mut after = vec![(live, flags); effects.len()];
        for (i, e) in effects.iter().enumerate().rev() {
            after[i] = (live, flags);
            live = live_before(e, live, dirty[i]);
            flags = flags_before(&node.block.ops[i], e, flags);
        }
        after
    }
}
