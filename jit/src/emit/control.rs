//! Control flow: a region's function around its operations; branches and indirect jumps.

use std::collections::HashMap;

use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::{BlockType, BranchHint, Function, ValType};

use super::aside::aside;
use super::call::{call, ret, return_address, return_to, target_to_pc};
use super::enter::{self, Entry};
use super::hub::Hub;
use super::module::{Batch, Prologue, prologue};
use super::vector::scalar::{self, Lows};
use super::x87::{self, Way};
use super::{CTX, DEPTH, Emitter, Leave, STATE, leave, stack, switch};
use crate::analysis::{self, Analysis, Effects, Set};
use crate::layout::{ExitKind, Layout, Options};
use crate::placement::exposed;
use crate::region::{End, Node, Region, Target};
use crate::structure::Shape;

/// Instructions of a loop between two looks at the attention word, about.
const LOOP_SLICE: i32 = 16384;

/// Most functions of the module that the target of an indirect jump is compared with, the most frequent first; the others
/// are found by the dispatch table.
const MOST_COMPARED: usize = 4;

/// A wasm block or loop a branch can name, with the number of blocks open inside it.
pub(super) struct Frame {
    pub node: usize,
    pub is_loop: bool,
    pub open: u32,
}

/// What emitting one function needs besides the emitter.
pub(super) struct Context<'r> {
    pub(super) region: &'r Region,
    pub(super) shape: Shape,
    analysis: Analysis,
    /// Where low lanes are at the start of each node where ways meet.
    lows: Vec<Lows>,
    pub(super) frames: Vec<Frame>,
    /// Label local of each dispatch node.
    labels: Vec<u32>,
    /// Jumps that share a dispatch node: node `region.nodes.len() + i`.
    groups: Vec<switch::Group>,
    /// The dispatch node that is the way into a loop, if one is.
    pub(super) hub: Option<Hub>,
    spin: u32,
    /// Some operation relies on MXCSR's default control bits.
    pub(super) floats: bool,
    /// It has x87 operations.
    pub(super) x87: bool,
}

/// Successors of the nodes, then of the dispatch nodes of groups of indirect jumps.
fn graph(region: &Region, groups: &[switch::Group]) -> Vec<Vec<usize>> {
    let mut succ: Vec<Vec<usize>> = region.nodes.iter().map(|n| n.end.successors()).collect();
    for (g, group) in groups.iter().enumerate() {
        for &member in &group.members {
            succ[member] = vec![region.nodes.len() + g];
        }
    }
    for group in groups {
        let mut all: Vec<usize> = group.targets.iter().map(|t| t.1).collect();
        all.sort_unstable();
        all.dedup();
        succ.push(all);
    }
    succ
}

/// A function, its hints, and its other entries.
type Emitted = (Function, Vec<BranchHint>, Vec<Entry>);

/// Emits the function of a region.
///
/// Returns also where besides the first node it can be entered.
pub(super) fn function(region: &Region, layout: &Layout, options: &Options, batch: &Batch) -> Emitted {
    let (body, records) = attempt(region, layout, options, batch, None);
    if records.is_empty() {
        return body;
    }
    attempt(region, layout, options, batch, Some(records)).0
}

/// Emits the function, and tells what to know for doing it better.
fn attempt(
    region: &Region,
    layout: &Layout,
    options: &Options,
    batch: &Batch,
    records: Option<HashMap<usize, x87::Record>>,
) -> (Emitted, HashMap<usize, x87::Record>) {
    let mut groups = switch::groups(region);
    let mut succ = graph(region, &groups);
    let (ways, hub) = enter::ways(region, &mut groups, &mut succ, batch);
    let root = if ways.is_empty() && hub.is_none() { 0 } else { succ.len() };
    if root != 0 {
        succ.push(ways.successors(hub.as_ref()));
    }
    let mut shape = Shape::new(succ, root);
    if let Some(hub) = &hub {
        // Both ways of one branch may lead there, each with its own address.
        shape.merge[hub.node] = true;
        shape.brought_little(hub.node, &hub.returns);
    }
    let mmx_locals = super::vector::mmx_in_locals(region) && !options.helpers_only;
    let options = &Options { mmx_locals, ..*options };
    let mut region = region.clone();
    let analysis = analysis::analyse(&mut region, &shape, layout.bits64, options, batch);
    let region = &region;
    let lows = scalar::forms(region, &shape, &analysis, options);
    let mut e = Emitter::new(layout, options, batch);
    e.x87.meets.records = records;
    let labels = shape.dispatch.iter().map(|_| e.local(ValType::I32)).collect();
    let spin = e.local(ValType::I32);
    let loops = shape.header.iter().any(|&h| h);
    let mut ops = region.nodes.iter().flat_map(|n| n.block.ops.iter());
    let floats = ops.any(|op| super::vector::relies_on_mxcsr(op, options));
    let mut c = Context {
        region,
        shape,
        analysis,
        lows,
        frames: Vec::new(),
        labels,
        groups,
        hub,
        spin,
        floats,
        x87: x87::needed(region),
    };

    let pc = e.pc;
    let selector = (root != 0).then(|| e.local(ValType::I32));
    if loops {
        e.i().i32_const(LOOP_SLICE).local_set(spin);
    }
    if c.x87 {
        x87::enter(&mut e);
        x87::begin(&mut e);
    }
    if mmx_locals {
        super::vector::enter_mmx(&mut e);
    }
    match selector {
        Some(selector) => enter::enter(&mut e, &mut c, &ways, root, selector),
        None => {
            settle(&mut e, &c, 0);
            tree(&mut e, &mut c, 0);
        }
    }
    e.i().unreachable();
    // What comes first is known only now.
    let body = std::mem::take(&mut e.code);
    let hints = std::mem::take(&mut e.hints);
    let (nests, floats) = (e.nests, c.floats);
    prologue(&mut e, &Prologue { entry: region.entry, ways: &ways, local: pc, nests, floats });
    e.load_reach();
    let start = e.code.len();
    e.code.extend(body);
    e.hints.extend(hints.into_iter().map(|(at, taken)| (at + start, taken)));
    e.branches.iter_mut().for_each(|branch| branch.at += start);
    let records = std::mem::take(&mut e.x87.meets.recorded);
    let (body, hints) = leave::wrap(e);
    ((body, hints, ways.entries), records)
}

/// Emits node `n` and everything it dominates.
pub(super) fn tree(e: &mut Emitter, c: &mut Context, n: usize) {
    let saved = (e.dirty, e.kind, x87::here(e), e.held, e.lows);
    let is_loop = c.shape.header[n];
    if meets(c, n) {
        e.lows = c.lows[n];
    }
    if c.x87 {
        if is_loop && !c.shape.merge[n] {
            let way = Way { to: n, back: false, entry: false, rip: rip(c, n) };
            x87::meet(e, way);
        }
        if is_loop || c.shape.merge[n] {
            x87::arrive(e, n);
        }
    }
    if is_loop {
        e.i().loop_(BlockType::Empty);
        e.opened();
        c.frames.push(Frame { node: n, is_loop: true, open: e.open });
    }
    // Merge points are placed behind blocks, the last in order outermost.
    let merges: Vec<usize> = c.shape.children[n].iter().copied().filter(|&m| c.shape.merge[m]).collect();
    for &m in merges.iter().rev() {
        e.i().block(BlockType::Empty);
        e.opened();
        c.frames.push(Frame { node: m, is_loop: false, open: e.open });
    }
    e.dirty = c.analysis.nodes[n].dirty;
    e.held = c.analysis.nodes[n].held;
    e.kind = c.analysis.nodes[n].kind;
    if c.shape.polls(n) {
        poll(e, c, n);
    }
    if n < c.region.nodes.len() {
        node(e, c, n);
    } else if n < c.shape.real {
        let targets = std::mem::take(&mut c.groups[n - c.region.nodes.len()].targets);
        many(e, c, n, &targets);
    } else {
        dispatch(e, c, n);
    }
    for &m in &merges {
        c.frames.pop();
        e.close();
        tree(e, c, m);
    }
    if is_loop {
        c.frames.pop();
        e.close();
    }
    (e.dirty, e.kind, e.held, e.lows) = (saved.0, saved.1, saved.3, saved.4);
    x87::restore(e, saved.2);
}

/// At a loop header: counts down, and now and then looks whether to leave.
fn poll(e: &mut Emitter, c: &Context, n: usize) {
    let block = c.region.nodes.get(n).map(|node| &node.block);
    let cost = block.map_or(4, |block| (block.instructions().max(1) * copies(c, n)) as i32);
    e.i().local_get(c.spin).i32_const(4 * cost).i32_sub().local_tee(c.spin).i32_const(0).i32_lt_s();
    e.unlikely();
    e.if_();
    e.i().i32_const(LOOP_SLICE).local_set(c.spin);
    e.i().local_get(CTX).i32_const(LOOP_SLICE).call(Batch::POLL);
    match block {
        Some(block) => e.exit_if(block.rip, ExitKind::Poll),
        None => {
            // At an indirect jump: `pc` is its target.
            e.leave_by(e.dirty, ExitKind::Poll, true);
        }
    }
    e.close();
}

/// The branch on the label of a dispatch node.
fn dispatch(e: &mut Emitter, c: &mut Context, n: usize) {
    let d = n - c.shape.real;
    let targets = c.shape.dispatch[d].clone();
    let label = c.labels[d];
    for _ in &targets {
        e.i().block(BlockType::Empty);
        e.opened();
    }
    e.i().local_get(label).br_table(0..targets.len() as u32 - 1, targets.len() as u32 - 1);
    for &t in &targets {
        e.close();
        branch_to(e, c, n, t);
    }
}

/// How often the body of a loop of one node is repeated between two looks at the counter.
/// In a tight loop counting is a large part of the work.
fn copies(c: &Context, n: usize) -> usize {
    let Some(Node { block, end: End::Branch { taken, fall }, .. }) = c.region.nodes.get(n) else { return 1 };
    let again = |target: &Target| *target == Target::Node(n);
    if again(taken) == again(fall) || !c.shape.header[n] || c.shape.redirect[n].is_some() {
        return 1;
    }
    // An x87 operation is many of the machine's.
    if x87::among(&block.ops) {
        return 1;
    }
    match block.ops.len() {
        0..=12 => 4,
        13..=24 => 2,
        _ => 1,
    }
}

/// Emits the operations of a node and its end.
fn node(e: &mut Emitter, c: &mut Context, n: usize) {
    let region = c.region;
    let Node { block, end, .. } = &region.nodes[n];
    let effects = std::mem::take(&mut c.analysis.effects[n]);
    let after = c.analysis.live_after(region, &c.shape, n, &effects, e.batch);
    let count = block.ops.len() - 1;
    let last = &block.ops[count];
    let missing = exposed(&effects).without(e.held) & Set::MACHINE;
    e.load_set(missing);
    e.held |= missing;
    let copies = copies(c, n);
    if copies > 1
        && let End::Branch { taken, fall } = end
        && let Some(header) = label(e, c, n, n)
    {
        let leaves_taken = *taken != Target::Node(n);
        let start = (e.dirty, e.kind);
        e.i().block(BlockType::Empty);
        e.opened();
        for copy in 1..=copies {
            (e.dirty, e.kind) = (e.dirty | start.0, start.1);
            operations(e, c, n, &effects, &after);
            // The same wherever the loop is left.
            scalar::bring(e, c.lows[n], e.held);
            let end_kind = super::flags::kind_after(last, &effects[count], e.kind);
            e.branch_condition(last);
            e.done(&effects[count], after[count].0);
            e.kind = end_kind;
            let more = copy < copies;
            if more != leaves_taken {
                e.branch_not();
            }
            if more {
                meet_if(e, c, None, 0);
            } else {
                meet_if(e, c, Some((n, n)), header + 1);
            }
        }
        e.close();
        return goto(e, c, n, if leaves_taken { *taken } else { *fall });
    }
    operations(e, c, n, &effects, &after);
    let end_kind = super::flags::kind_after(last, &effects[count], e.kind);
    match end {
        End::Jump(target) => {
            // A block that ends for the run loop to look at TF.
            if last.code == OpCode::Trap {
                e.exit(last.imm as u64, ExitKind::Interpret);
            } else {
                goto(e, c, n, *target);
            }
        }
        End::Branch { taken, fall } => {
            e.branch_condition(last);
            e.done(&effects[count], after[count].0);
            e.kind = end_kind;
            branch(e, c, n, *taken, *fall);
        }
        End::Call { callees, back, next } => call(e, c, n, last, (callees, *back, *next), end),
        End::Return => ret(e, last),
        End::Indirect { known } => indirect(e, c, n, last, known),
        End::Trap => e.exit(e.rip, ExitKind::Interpret),
        End::Aside { of, entry, back } => aside(e, c, n, (*of, *entry), back, end),
    }
}

/// Emits the operations of a node but the last.
fn operations(e: &mut Emitter, c: &Context, n: usize, effects: &[Effects], after: &[(Set, u32)]) {
    let Node { block, end, .. } = &c.region.nodes[n];
    let count = block.ops.len() - 1;
    // An instruction that ends in a trap is left to the interpreter as a whole.
    let last_start = block.start_of(block.instructions().saturating_sub(1)).map_or(0, |(at, _)| at);
    let trap_from = if *end == End::Trap { last_start } else { block.ops.len() };
    let mut instruction = 0;
    e.mmx.begin();
    e.forget_widths();
    for (at, op) in block.ops.iter().enumerate() {
        while let Some((start, rip)) = block.start_of(instruction) {
            if start > at {
                break;
            }
            if start == at {
                if at > 0 {
                    e.end_instruction();
                }
                e.rip = rip;
                e.next_rip = block.start_of(instruction + 1).map_or(block.end, |(_, rip)| rip);
            }
            instruction += 1;
        }
        e.live_after = after[at].0;
        e.flags_live = after[at].1;
        e.wants_low =
            scalar::chooses(op) && scalar::wanted(op.d, &block.ops[at + 1..], &effects[at + 1..], e.options);
        if at < trap_from && at != count {
            stack::settle_for(e, op, &effects[at]);
        }
        if at == count || at >= trap_from {
            break;
        }
        if op.code == OpCode::Jcc {
            // INTO, whose trap follows.
            e.condition(op.c);
            e.exit_if(op.imm as u64, ExitKind::Next);
            continue;
        }
        let e_kind = super::flags::kind_after(op, &effects[at], e.kind);
        e.check = c.analysis.check(n, at);
        e.op(op);
        e.done(&effects[at], after[at].0);
        e.kind = e_kind;
    }
    e.free_scratch();
    let last = &block.ops[count];
    // A call or return goes on where the pushes and pops before it have left RSP.
    let folds = matches!(last.code, OpCode::Call64 | OpCode::Call32 | OpCode::Ret64 | OpCode::Ret32);
    if !folds || effects[count].exits || c.x87 || *end == End::Trap {
        stack::settle(e);
    }
    e.check = c.analysis.check(n, count);
    // An end of its own (the Jmp that completes a block) is no instruction.
    if matches!(last.code, OpCode::Jmp) {
        e.end_instruction();
    }
    if c.x87 && !matches!(end, End::Jump(_) | End::Branch { .. }) {
        x87::finish(e);
    }
}

impl Emitter<'_> {
    /// Behind an operation with these effects, where `live` are live.
    fn done(&mut self, effects: &Effects, live: Set) {
        self.dirty = analysis::dirty_after(effects, self.dirty);
        self.held =
            if effects.sync { live } else { self.held | effects.reads | effects.writes | effects.kills };
    }

    fn end_instruction(&mut self) {
        if self.changed.is_some() {
            stack::settle(self);
        }
        self.leave_if_changed();
        self.checked_store = None;
        self.dirty = self.dirty & Set::MACHINE;
    }
}

/// The label of a branch from `from` to `to`, if it is a branch and not code placed here.
fn label(e: &Emitter, c: &Context, from: usize, to: usize) -> Option<u32> {
    let back = c.shape.rpo[to] <= c.shape.rpo[from];
    if !back && !c.shape.merge[to] {
        return None;
    }
    let frame = c.frames.iter().rev().find(|f| f.node == to && f.is_loop == back)?;
    Some(e.open - frame.open)
}

/// What is to be stored and loaded on the way to node `to`.
fn unsettled(e: &Emitter, c: &Context, to: usize) -> (Set, Set) {
    let at = &c.analysis.nodes[to];
    (e.meaningful(e.dirty & at.clean), at.held.without(e.held))
}

/// Whether RSP's local is expected to be right behind the call that ends node `n`.
pub(super) fn holds_stack(c: &Context, n: usize, next: Target) -> bool {
    match next {
        Target::Node(t) => c.analysis.nodes[c.shape.resolve(n, t).0].held.has(slot::RSP),
        Target::Exit(_) => false,
    }
}

/// Stores and loads what node `to` expects. The state of the emitter stays that before.
///
/// But for where low lanes are.
fn settle(e: &mut Emitter, c: &Context, to: usize) {
    let (stored, loaded) = unsettled(e, c, to);
    e.store_set(stored);
    e.load_set(loaded);
    if meets(c, to) {
        scalar::bring(e, c.lows[to], c.analysis.nodes[to].held);
    }
}

/// Whether what is known at the start of a node is more than what the only way there brings.
fn meets(c: &Context, n: usize) -> bool {
    c.shape.header[n] || c.shape.merge[n]
}

fn branch_to(e: &mut Emitter, c: &mut Context, from: usize, to: usize) {
    let lows = e.lows;
    settle(e, c, to);
    match label(e, c, from, to) {
        Some(l) => {
            let here = x87::here(e);
            if c.x87 {
                x87::meet(e, way(c, from, to));
            }
            e.i().br(l);
            x87::restore(e, here);
        }
        None => tree(e, c, to),
    }
    e.lows = lows;
}

/// Goes on at `target`; what is emitted behind is unreachable.
pub(super) fn goto(e: &mut Emitter, c: &mut Context, from: usize, target: Target) {
    match target {
        Target::Exit(rip) => leave_to(e, c, rip),
        Target::Node(t) => {
            if let Some(hub) = c.hub.as_ref().filter(|hub| hub.between(from, t)) {
                let (pc, to) = (e.pc, hub.node);
                e.i().i32_const(c.region.nodes[t].block.rip as i32).local_set(pc);
                return goto(e, c, from, Target::Node(to));
            }
            let (to, entry) = c.shape.resolve(from, t);
            if let Some(entry) = entry {
                let label = c.labels[to - c.shape.real];
                e.i().i32_const(entry as i32).local_set(label);
            }
            branch_to(e, c, from, to);
        }
    }
}

/// Guest address of a node.
fn rip(c: &Context, n: usize) -> Option<u64> {
    c.region.nodes.get(n).map(|node| node.block.rip)
}

fn way(c: &Context, from: usize, to: usize) -> Way {
    let back = c.shape.rpo[to] <= c.shape.rpo[from];
    let entry = from == c.shape.root && from >= c.region.nodes.len() + c.groups.len();
    Way { to, back, entry, rip: rip(c, to) }
}

/// Pops an i32; if it is not zero, branches to where ways meet, which is the start of a node,
/// the second of `ends`, if there is one.
fn meet_if(e: &mut Emitter, c: &Context, ends: Option<(usize, usize)>, label: u32) {
    let settled = ends.is_none_or(|(_, to)| {
        let lanes = meets(c, to) && scalar::differs(e, c.lows[to], c.analysis.nodes[to].held);
        unsettled(e, c, to) == (Set::EMPTY, Set::EMPTY) && !lanes
    });
    if settled && (!c.x87 || ends.is_none_or(|(_, to)| x87::met(e, to))) {
        e.i().br_if(label);
        return;
    }
    let (here, lows) = (x87::here(e), e.lows);
    e.if_();
    if let Some((from, to)) = ends {
        settle(e, c, to);
        if c.x87 {
            x87::meet(e, way(c, from, to));
        }
    }
    e.i().br(label + 1);
    e.close();
    e.lows = lows;
    x87::restore(e, here);
}

/// Pushes the arguments of a nested call.
pub(super) fn arguments(e: &mut Emitter) {
    e.nests = true;
    e.i().local_get(STATE).local_get(CTX).local_get(DEPTH).i32_const(1).i32_sub();
}

/// How the region is left for `rip`: an aside returns to where it was called.
fn way_out(c: &Context, rip: u64) -> Leave {
    match &c.region.aside {
        Some(aside) if aside.back.contains(&rip) => Leave::Return,
        _ => ExitKind::Next.into(),
    }
}

/// Leaves the region for `rip`: through a sibling if there is one.
fn leave_to(e: &mut Emitter, c: &Context, rip: u64) {
    let leave = way_out(c, rip);
    match e.batch.sibling(rip) {
        Some(function) if leave != Leave::Return => {
            let dirty = e.meaningful(e.dirty & Set::MACHINE);
            e.store_set(dirty);
            x87::save(e);
            arguments(e);
            e.i().call(function).return_();
        }
        _ => e.exit(rip, leave),
    }
}

/// A two-way branch on the i32 on the stack.
fn branch(e: &mut Emitter, c: &mut Context, n: usize, taken: Target, fall: Target) {
    if taken == fall {
        e.i().drop();
        return goto(e, c, n, fall);
    }
    // Where one side is a plain wasm branch, use it.
    let plain = |e: &Emitter, c: &Context, t: Target| match t {
        Target::Node(t) if c.hub.as_ref().is_some_and(|hub| hub.between(n, t)) => None,
        Target::Node(t) => match c.shape.resolve(n, t) {
            (to, None) => label(e, c, n, to).map(|l| (to, l)),
            _ => None,
        },
        Target::Exit(_) => None,
    };
    if let Some((to, l)) = plain(e, c, taken) {
        meet_if(e, c, Some((n, to)), l);
        goto(e, c, n, fall);
        return;
    }
    if let Some((to, l)) = plain(e, c, fall) {
        e.branch_not();
        meet_if(e, c, Some((n, to)), l);
        goto(e, c, n, taken);
        return;
    }
    match (taken, fall) {
        (Target::Exit(rip), _) if e.batch.sibling(rip).is_none() => {
            e.exit_if(rip, way_out(c, rip));
            goto(e, c, n, fall);
        }
        (_, Target::Exit(rip)) if e.batch.sibling(rip).is_none() => {
            e.branch_not();
            e.exit_if(rip, way_out(c, rip));
            goto(e, c, n, taken);
        }
        _ => {
            e.if_();
            goto(e, c, n, taken);
            e.close();
            goto(e, c, n, fall);
        }
    }
}

fn indirect(e: &mut Emitter, c: &mut Context, n: usize, op: &Op, known: &[(u64, Target)]) {
    if matches!(op.code, OpCode::Ret64 | OpCode::Ret32) {
        // Of a copy of a function that was called here.
        if let [(back, target @ Target::Node(_))] = *known
            && !c.groups.iter().any(|g| g.members.contains(&n))
        {
            return_to(e, op, back);
            return goto(e, c, n, target);
        }
        return_address(e, op);
    } else {
        let value = e.scratch(ValType::I64);
        e.get(op.a);
        e.i().local_set(value);
        let wide = e.layout.bits64;
        target_to_pc(e, wide, value);
    }
    let pc = e.pc;
    if let Some(group) = c.groups.iter().position(|g| g.members.contains(&n)) {
        let to = c.region.nodes.len() + group;
        return goto(e, c, n, Target::Node(to));
    }
    let inside = known.iter().filter_map(|&(rip, t)| match t {
        Target::Node(t) => Some((rip as u32, t)),
        Target::Exit(_) => None,
    });
    let inside: Vec<(u32, usize)> = inside.collect();
    if inside.len() >= switch::MANY {
        return many(e, c, n, &inside);
    }
    let mut left = MOST_COMPARED;
    for &(rip, target) in known {
        let sibling = matches!(target, Target::Exit(_)) && e.batch.sibling(rip).is_some() && left > 0;
        left -= usize::from(sibling);
        if sibling || matches!(target, Target::Node(_)) {
            e.i().local_get(pc).i32_const(rip as i32).i32_eq();
            e.if_();
            goto(e, c, n, target);
            e.close();
        }
    }
    e.leave_by(e.dirty, ExitKind::Next, false);
}

/// Branches on the address in `pc` to one of many targets, or leaves.
fn many(e: &mut Emitter, c: &mut Context, n: usize, targets: &[(u32, usize)]) {
    let pc = e.pc;
    let keys: Vec<u32> = targets.iter().map(|t| t.0).collect();
    let hash = switch::hash(&keys);
    let default = hash.buckets.len() as u32;
    for _ in 0..=default {
        e.i().block(BlockType::Empty);
        e.opened();
    }
    e.i().local_get(pc).i32_const(hash.multiplier as i32).i32_mul();
    e.i().i32_const(hash.shift as i32).i32_shr_u();
    let table: Vec<u32> = hash.table.iter().map(|bucket| bucket.map_or(default, |b| b as u32)).collect();
    e.i().br_table(table, default);
    for (b, bucket) in hash.buckets.iter().enumerate() {
        e.close();
        let (&last, before) = bucket.split_last().expect("no bucket is empty");
        for &i in before {
            let (rip, target) = targets[i];
            e.i().local_get(pc).i32_const(rip as i32).i32_eq();
            e.if_();
            goto(e, c, n, Target::Node(target));
            e.close();
        }
        let (rip, target) = targets[last];
        e.i().local_get(pc).i32_const(rip as i32).i32_ne().br_if(default - 1 - b as u32);
        goto(e, c, n, Target::Node(target));
    }
    e.close();
    e.leave_by(e.dirty, ExitKind::Next, false);
}
