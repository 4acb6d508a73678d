//! Control flow: a region's function around its operations; branches, calls, returns
//! and indirect jumps.

use std::mem::offset_of;

use tawaki_cpu::ir::{Op, OpCode};
use tawaki_cpu::state::slot;
use wasm_encoder::{BlockType, Function, ValType};

use super::memory::{Access, Address, GUEST};
use super::module::{Batch, DISPATCH, DISPATCH_SHIFT, EXIT, Prologue, REGION_TYPE, mxcsr_differs, prologue};
use super::{CTX, DEPTH, Emitter, STATE, at, switch, x87};
use crate::analysis::{self, Analysis, Effects, Set};
use crate::layout::{DISPATCH_ENTRIES, DispatchEntry, ExitKind, Layout, Options, dispatch_index};
use crate::region::{End, Node, Region, Target};
use crate::structure::{Shape, cyclic, enterable};

/// Instructions of a loop between two looks at the attention word, about.
const LOOP_SLICE: i32 = 16384;

/// A wasm block or loop a branch can name, with the number of blocks open inside it.
struct Frame {
    node: usize,
    is_loop: bool,
    open: u32,
}

/// What emitting one function needs besides the emitter.
struct Context<'r> {
    region: &'r Region,
    shape: Shape,
    analysis: Analysis,
    frames: Vec<Frame>,
    /// Label local of each dispatch node.
    labels: Vec<u32>,
    /// Jumps that share a dispatch node: node `region.nodes.len() + i`.
    groups: Vec<switch::Group>,
    /// Nodes besides 0 at which the function can be entered.
    entries: Vec<usize>,
    spin: u32,
    /// Some operation relies on MXCSR's default control bits.
    floats: bool,
    /// It has x87 operations.
    x87: bool,
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

/// Emits the function of a region.
///
/// Returns also the nodes besides the first at which it can be entered: entry number `i`,
/// from 1 on, is passed in the upper half of the depth ([`stub`]).
pub(super) fn function(
    region: &Region,
    layout: &Layout,
    options: &Options,
    batch: &Batch,
) -> (Function, Vec<u64>) {
    let groups = switch::groups(region);
    let mut succ = graph(region, &groups);
    let entries = entries(region, &succ, batch);
    let rips: Vec<u64> = entries.iter().map(|&n| region.nodes[n].block.rip).collect();
    let root = if entries.is_empty() { 0 } else { succ.len() };
    if root != 0 {
        succ.push(std::iter::once(0).chain(entries.iter().copied()).collect());
    }
    let shape = Shape::new(succ, root);
    let mmx_locals = super::vector::mmx_in_locals(region) && !options.helpers_only;
    let options = &Options { mmx_locals, ..*options };
    let mut region = region.clone();
    let analysis = analysis::analyse(&mut region, &shape, options, batch);
    let region = &region;
    let mut e = Emitter::new(layout, options, batch);
    let labels = shape.dispatch.iter().map(|_| e.local(ValType::I32)).collect();
    let spin = e.local(ValType::I32);
    let loops = shape.header.iter().any(|&h| h);
    let mut ops = region.nodes.iter().flat_map(|n| n.block.ops.iter());
    let floats = ops.any(|op| super::vector::relies_on_mxcsr(op, options));
    let mut c = Context {
        region,
        shape,
        analysis,
        frames: Vec::new(),
        labels,
        groups,
        entries,
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
        Some(selector) => enter(&mut e, &mut c, root, selector),
        None => {
            let live = c.analysis.nodes[0].live;
            e.load_set(live);
            tree(&mut e, &mut c, 0);
        }
    }
    e.i().unreachable();
    // What comes first is known only now.
    let body = std::mem::take(&mut e.code);
    if let Some(selector) = selector {
        // Which entry, and its address for the ways out of the prologue.
        e.i().local_get(DEPTH).i32_const(16).i32_shr_u().local_set(selector);
        e.i().local_get(DEPTH).i32_const(0xffff).i32_and().local_set(DEPTH);
    }
    let others = selector.map(|s| (s, &rips[..]));
    let (nests, floats) = (e.nests, c.floats);
    prologue(&mut e.i(), &Prologue { entry: region.entry, others, local: pc, nests, floats });
    e.code.extend(body);
    (finish(e), rips)
}

/// Most entries besides the first.
const MAX_ENTRIES: usize = 24;

/// Where a region can be entered besides its start: where its calls return and at its
/// loops, as long as that makes no loop irreducible. Whoever finds itself there without
/// the frame of this function (after an exit to the interpreter, a system call, the end
/// of a time slice) goes on compiled.
fn entries(region: &Region, succ: &[Vec<usize>], batch: &Batch) -> Vec<usize> {
    let able = enterable(succ);
    let cyclic = cyclic(succ);
    let mut wanted = vec![false; succ.len()];
    for (n, node) in region.nodes.iter().enumerate() {
        if let End::Call { next: Target::Node(t), .. } = node.end {
            wanted[t] = true;
        }
        // A loop: where an edge leads back to, or rather into a component from outside.
        for &s in &succ[n] {
            wanted[s] |= able[s] && cyclic[s];
        }
    }
    let fits = |n: &usize| wanted[*n] && able[*n] && batch.sibling(region.nodes[*n].block.rip).is_none();
    (1..region.nodes.len()).filter(fits).take(MAX_ENTRIES).collect()
}

/// The root of a region with several entries: loads what is live at the chosen one.
fn enter(e: &mut Emitter, c: &mut Context, root: usize, selector: u32) {
    let merges: Vec<usize> = c.shape.children[root].iter().copied().filter(|&m| c.shape.merge[m]).collect();
    for &m in merges.iter().rev() {
        e.i().block(BlockType::Empty);
        e.opened();
        c.frames.push(Frame { node: m, is_loop: false, open: e.open });
    }
    // Calls come by number 0.
    let targets: Vec<usize> = std::iter::once(0).chain(c.entries.iter().copied()).collect();
    for (i, &t) in targets.iter().enumerate() {
        if i + 1 < targets.len() {
            e.i().local_get(selector).i32_const(i as i32).i32_eq();
            e.if_();
        }
        let live = c.analysis.nodes[t].live;
        e.load_set(live);
        goto(e, c, root, Target::Node(t));
        if i + 1 < targets.len() {
            e.close();
        }
    }
    for &m in &merges {
        c.frames.pop();
        e.close();
        tree(e, c, m);
    }
}

/// The function through which entry number `entry` of another one is reached.
pub(super) fn stub(function: u32, entry: usize) -> Function {
    let mut f = Function::new([]);
    let mut i = f.instructions();
    i.local_get(STATE).local_get(CTX).local_get(DEPTH).i32_const((entry as i32) << 16).i32_or();
    i.call(function).end();
    f
}

/// Wraps the body into the exit blocks.
fn finish(e: Emitter) -> Function {
    let narrow = !e.layout.bits64;
    let Emitter { code, locals, exits, pc, slots, xmm, .. } = e;
    let mut f = Function::new_with_locals_types(locals);
    for _ in &exits {
        f.instructions().block(BlockType::Empty);
    }
    f.raw(code);
    for (set, kind) in exits {
        let mut i = f.instructions();
        i.end();
        for s in set.each_slot() {
            i.local_get(STATE).local_get(slots[s as usize]);
            if narrow {
                i.i64_extend_i32_u();
            }
            i.i64_store(at(Layout::slot(s), 3));
        }
        for x in set.each_xmm() {
            i.local_get(STATE).local_get(xmm[x as usize]).v128_store(at(Layout::xmm(x), 3));
        }
        if kind != ExitKind::Next {
            i.local_get(CTX).i32_const(kind as i32).i32_store(at(EXIT, 2));
        }
        i.local_get(pc).return_();
    }
    f.instructions().unreachable().end();
    f
}

/// Emits node `n` and everything it dominates.
fn tree(e: &mut Emitter, c: &mut Context, n: usize) {
    let saved = (e.dirty, e.kind, x87::here(e));
    let is_loop = c.shape.header[n];
    if c.x87 {
        if c.shape.merge[n] {
            x87::begin(e);
        } else if is_loop {
            x87::finish(e);
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
    (e.dirty, e.kind) = (saved.0, saved.1);
    x87::restore(e, saved.2);
}

/// At a loop header: counts down, and now and then looks whether to leave.
fn poll(e: &mut Emitter, c: &Context, n: usize) {
    let block = c.region.nodes.get(n).map(|node| &node.block);
    let cost = block.map_or(4, |block| (block.instructions().max(1) * copies(c, n)) as i32);
    e.i().local_get(c.spin).i32_const(4 * cost).i32_sub().local_tee(c.spin).i32_const(0).i32_lt_s();
    e.if_();
    e.i().i32_const(LOOP_SLICE).local_set(c.spin);
    e.i().local_get(CTX).i32_const(LOOP_SLICE).call(Batch::POLL);
    match block {
        Some(block) => e.exit_if(block.rip, ExitKind::Poll),
        None => {
            // At an indirect jump: `pc` is its target.
            let label = e.exit_label(e.dirty, ExitKind::Poll);
            e.i().br_if(label);
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
    let Some(Node { block, end: End::Branch { taken, fall } }) = c.region.nodes.get(n) else { return 1 };
    let again = |target: &Target| *target == Target::Node(n);
    if again(taken) == again(fall) || !c.shape.header[n] || c.shape.redirect[n].is_some() {
        return 1;
    }
    // The x87's registers are in memory at each end of the loop, but not in between.
    let half = if c.x87 { 2 } else { 1 };
    match block.ops.len() / half {
        0..=12 => 4,
        13..=24 => 2,
        _ => 1,
    }
}

/// Emits the operations of a node and its end.
fn node(e: &mut Emitter, c: &mut Context, n: usize) {
    let region = c.region;
    let Node { block, end } = &region.nodes[n];
    let effects = std::mem::take(&mut c.analysis.effects[n]);
    let after = c.analysis.live_after(region, &c.shape, n, &effects, e.batch);
    let count = block.ops.len() - 1;
    let last = &block.ops[count];
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
            (e.dirty, e.kind) = start;
            operations(e, c, n, &effects, &after);
            let end_kind = super::flags::kind_after(last, &effects[count], e.kind);
            e.branch_condition(last);
            e.dirty = analysis::dirty_after(&effects[count], e.dirty);
            e.kind = end_kind;
            let more = copy < copies;
            if more != leaves_taken {
                e.i().i32_eqz();
            }
            meet_if(e, if more { 0 } else { header + 1 });
        }
        if c.x87 {
            x87::finish(e);
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
            e.dirty = analysis::dirty_after(&effects[count], e.dirty);
            e.kind = end_kind;
            branch(e, c, n, *taken, *fall);
        }
        End::Call { callees, back, next } => call(e, c, n, last, (callees, *back, *next), end),
        End::Return => ret(e, last),
        End::Indirect { known } => indirect(e, c, n, last, known),
        End::Trap => e.exit(e.rip, ExitKind::Interpret),
    }
}

/// Emits the operations of a node but the last.
fn operations(e: &mut Emitter, c: &Context, n: usize, effects: &[Effects], after: &[(Set, u32)]) {
    let Node { block, end } = &c.region.nodes[n];
    let count = block.ops.len() - 1;
    // An instruction that ends in a trap is left to the interpreter as a whole.
    let last_start = block.start_of(block.instructions().saturating_sub(1)).map_or(0, |(at, _)| at);
    let trap_from = if *end == End::Trap { last_start } else { block.ops.len() };
    let mut instruction = 0;
    e.mmx.begin();
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
        e.op(op);
        e.dirty = analysis::dirty_after(&effects[at], e.dirty);
        e.kind = e_kind;
    }
    e.free_scratch();
    let last = &block.ops[count];
    // An end of its own (the Jmp that completes a block) is no instruction.
    if matches!(last.code, OpCode::Jmp) {
        e.end_instruction();
    }
    if c.x87 && !matches!(end, End::Jump(_) | End::Branch { .. }) {
        x87::finish(e);
    }
}

impl Emitter<'_> {
    fn end_instruction(&mut self) {
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

fn branch_to(e: &mut Emitter, c: &mut Context, from: usize, to: usize) {
    match label(e, c, from, to) {
        Some(l) => {
            let here = x87::here(e);
            if c.x87 {
                x87::finish(e);
            }
            e.i().br(l);
            x87::restore(e, here);
        }
        None => tree(e, c, to),
    }
}

/// Goes on at `target`; what is emitted behind is unreachable.
fn goto(e: &mut Emitter, c: &mut Context, from: usize, target: Target) {
    match target {
        Target::Exit(rip) => leave_to(e, rip),
        Target::Node(t) => {
            let (to, entry) = c.shape.resolve(from, t);
            if let Some(entry) = entry {
                let label = c.labels[to - c.shape.real];
                e.i().i32_const(entry as i32).local_set(label);
            }
            branch_to(e, c, from, to);
        }
    }
}

/// Pops an i32; if it is not zero, branches to where ways meet.
fn meet_if(e: &mut Emitter, label: u32) {
    if !x87::unfinished(e) {
        e.i().br_if(label);
        return;
    }
    let here = x87::here(e);
    e.if_();
    x87::finish(e);
    e.i().br(label + 1);
    e.close();
    x87::restore(e, here);
}

/// Pushes the arguments of a nested call.
fn arguments(e: &mut Emitter) {
    e.nests = true;
    e.i().local_get(STATE).local_get(CTX).local_get(DEPTH).i32_const(1).i32_sub();
}

/// Leaves the region for `rip`: through a sibling if there is one.
fn leave_to(e: &mut Emitter, rip: u64) {
    match e.batch.sibling(rip) {
        Some(function) => {
            let dirty = e.meaningful(e.dirty & Set::MACHINE);
            e.store_set(dirty);
            x87::save(e);
            arguments(e);
            e.i().call(function).return_();
        }
        None => e.exit(rip, ExitKind::Next),
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
        Target::Node(t) => match c.shape.resolve(n, t) {
            (to, None) => label(e, c, n, to),
            _ => None,
        },
        Target::Exit(_) => None,
    };
    if let Some(l) = plain(e, c, taken) {
        meet_if(e, l);
        goto(e, c, n, fall);
        return;
    }
    if let Some(l) = plain(e, c, fall) {
        e.i().i32_eqz();
        meet_if(e, l);
        goto(e, c, n, taken);
        return;
    }
    match (taken, fall) {
        (Target::Exit(rip), _) if e.batch.sibling(rip).is_none() => {
            e.exit_if(rip, ExitKind::Next);
            goto(e, c, n, fall);
        }
        (_, Target::Exit(rip)) if e.batch.sibling(rip).is_none() => {
            e.i().i32_eqz();
            e.exit_if(rip, ExitKind::Next);
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

/// Pushes on the guest stack: `value` is called to push the i64 value.
pub(super) fn push(e: &mut Emitter, wide: bool, value: impl FnOnce(&mut Emitter)) {
    let bytes = if wide { 8 } else { 4 };
    let a = Address::slot(slot::RSP, -bytes, !e.layout.bits64);
    e.address(&a, bytes as u32, Access::Write);
    value(e);
    if wide {
        e.i().i64_store(GUEST);
        e.get(slot::RSP);
        e.i().i64_const(8).i64_sub();
        e.set(slot::RSP);
    } else {
        e.i().i64_store32(GUEST);
        e.get32(slot::RSP);
        e.i().i32_const(4).i32_sub();
        e.set32(slot::RSP);
    }
}

/// Moves an indirect target into the `pc` local; what is not a 32-bit address leaves
/// before the instruction.
fn target_to_pc(e: &mut Emitter, wide: bool, value: u32) {
    let pc = e.pc;
    if wide {
        e.i().local_get(value).i64_const(32).i64_shr_u().i64_eqz().i32_eqz();
        e.side_exit_if();
    }
    e.i().local_get(value).i32_wrap_i64().local_set(pc);
}

/// Calls the function that the dispatch table has for the address in `target`, or for the one
/// that is known, and pushes where it came back to; the address itself if there is none.
fn call_by_table(e: &mut Emitter, target: u32, known: Option<u32>) {
    let line = e.scratch(ValType::I32);
    e.i().local_get(CTX).i32_load(at(DISPATCH, 2));
    match known {
        Some(rip) => _ = e.i().i32_const((dispatch_index(rip) << DISPATCH_SHIFT) as i32),
        None => {
            let mut i = e.i();
            i.local_get(target).local_get(target).i32_const(13).i32_shr_u().i32_xor();
            i.i32_const(DISPATCH_ENTRIES as i32 - 1).i32_and().i32_const(DISPATCH_SHIFT).i32_shl();
        }
    }
    e.i().i32_add().local_tee(line).i32_load(at(offset_of!(DispatchEntry, rip) as u32, 2));
    let push = |e: &mut Emitter| match known {
        Some(rip) => _ = e.i().i32_const(rip as i32),
        None => _ = e.i().local_get(target),
    };
    push(e);
    e.i().i32_eq().if_(BlockType::Result(ValType::I32));
    arguments(e);
    e.i().local_get(line).i32_load(at(offset_of!(DispatchEntry, index) as u32, 2));
    e.i().call_indirect(0, REGION_TYPE).else_();
    push(e);
    e.i().end();
}

fn call(e: &mut Emitter, c: &mut Context, n: usize, op: &Op, to: (&[u64], u64, Target), end: &End) {
    let (callees, back, next) = to;
    let wide = matches!(op.code, OpCode::Call64 | OpCode::CallInd64);
    let direct = matches!(op.code, OpCode::Call64 | OpCode::Call32);
    let target = e.scratch(ValType::I32);
    if !direct {
        let value = e.scratch(ValType::I64);
        e.get(op.a);
        e.i().local_set(value);
        target_to_pc(e, wide, value);
        let pc = e.pc;
        e.i().local_get(pc).local_set(target);
    }
    push(e, wide, |e| {
        e.i().i64_const(back as i64);
    });
    let dirty = e.meaningful(analysis::stored_at_end(end, e.dirty | Set::slot(slot::RSP), e.batch));
    e.store_set(dirty);
    e.dirty = Set::EMPTY;
    e.kind = None;
    let pc = e.pc;
    let sibling = callees.iter().find_map(|&t| e.batch.sibling(t).map(|f| (t, f)));
    match sibling {
        Some((_, function)) if direct => {
            arguments(e);
            e.i().call(function).local_set(pc);
        }
        Some((guess, function)) => {
            e.i().local_get(target).i32_const(guess as i32).i32_eq();
            e.i().if_(BlockType::Result(ValType::I32));
            arguments(e);
            e.i().call(function).else_();
            call_by_table(e, target, None);
            e.i().end().local_set(pc);
        }
        None => {
            let known = direct.then(|| callees.first().copied().unwrap_or_default() as u32);
            call_by_table(e, target, known);
            e.i().local_set(pc);
        }
    }
    e.i().local_get(pc).i32_const(back as i32).i32_ne();
    e.if_();
    arguments(e);
    e.i().local_get(pc).i32_const(back as i32).call(Batch::RESUME).local_tee(pc);
    e.i().i32_const(back as i32).i32_ne();
    e.if_();
    e.i().local_get(pc).return_();
    e.close();
    e.close();
    if c.floats {
        mxcsr_differs(&mut e.i());
        e.exit_if(back, ExitKind::Next);
    }
    if c.x87 {
        x87::enter(e);
        x87::begin(e);
    }
    if let Target::Node(t) = next {
        let live = c.analysis.nodes[t].live;
        e.load_set(live);
    }
    goto(e, c, n, next);
}

fn ret(e: &mut Emitter, op: &Op) {
    let wide = op.code == OpCode::Ret64;
    let bytes = if wide { 8 } else { 4 };
    let value = e.scratch(ValType::I64);
    e.address(&Address::slot(slot::RSP, 0, !e.layout.bits64), bytes, Access::Read);
    if wide {
        e.i().i64_load(GUEST).local_set(value);
    } else {
        e.i().i64_load32_u(GUEST).local_set(value);
    }
    target_to_pc(e, wide, value);
    e.get(slot::RSP);
    e.i().i64_const(i64::from(bytes) + op.imm).i64_add();
    if !wide {
        e.i().i64_const(0xffff_ffff).i64_and();
    }
    e.set(slot::RSP);
    e.dirty |= Set::slot(slot::RSP);
    let label = e.exit_label(e.dirty, ExitKind::Next);
    e.i().br(label);
}

fn indirect(e: &mut Emitter, c: &mut Context, n: usize, op: &Op, known: &[(u64, Target)]) {
    let value = e.scratch(ValType::I64);
    e.get(op.a);
    e.i().local_set(value);
    let wide = e.layout.bits64;
    target_to_pc(e, wide, value);
    let pc = e.pc;
    if let Some(group) = c.groups.iter().position(|g| g.members.contains(&n)) {
        let to = c.region.nodes.len() + group;
        let stored = c.analysis.stored_before(to, e.dirty);
        let meaningful = e.meaningful(stored);
        e.store_set(meaningful);
        e.dirty = e.dirty.without(stored);
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
    for &(rip, target) in known {
        if matches!(target, Target::Node(_)) || e.batch.sibling(rip).is_some() {
            e.i().local_get(pc).i32_const(rip as i32).i32_eq();
            e.if_();
            goto(e, c, n, target);
            e.close();
        }
    }
    let label = e.exit_label(e.dirty, ExitKind::Next);
    e.i().br(label);
}

/// Branches on the address in `pc` to one of many targets, or leaves.
fn many(e: &mut Emitter, c: &mut Context, n: usize, targets: &[(u32, usize)]) {
    let pc = e.pc;
    let keys: Vec<u32> = targets.iter().map(|t| t.0).collect();
    let hash = switch::perfect(&keys);
    let default = targets.len() as u32;
    if let Some(hash) = hash {
        for _ in 0..=targets.len() {
            e.i().block(BlockType::Empty);
            e.opened();
        }
        e.i().local_get(pc).i32_const(hash.multiplier as i32).i32_mul();
        e.i().i32_const(hash.shift as i32).i32_shr_u();
        let table: Vec<u32> = hash.table.iter().map(|case| case.map_or(default, |i| i as u32)).collect();
        e.i().br_table(table, default);
        for (i, &(rip, target)) in targets.iter().enumerate() {
            e.close();
            e.i().local_get(pc).i32_const(rip as i32).i32_ne().br_if(default - 1 - i as u32);
            goto(e, c, n, Target::Node(target));
        }
        e.close();
    } else {
        for &(rip, target) in targets {
            e.i().local_get(pc).i32_const(rip as i32).i32_eq();
            e.if_();
            goto(e, c, n, Target::Node(target));
            e.close();
        }
    }
    let label = e.exit_label(e.dirty, ExitKind::Next);
    e.i().br(label);
}
