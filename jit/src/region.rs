//! Regions: the piece of guest code that becomes one wasm function, as a graph of
//! IR blocks.
//!
//! Invariants: node 0 is the entry; every edge leads to a node of the region or out
//! of it to an address; a node's operations are those of whole guest instructions;
//! blocks that run into the start of another node are cut there, so that no
//! instruction is compiled twice for falling into it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};
use tawaki_cpu::ir::{Block, Op, OpCode, TrapCode};
use tawaki_cpu::state::slot;

use crate::inline::inline;
use crate::layout::Limits;

/// Where a region gets its blocks and what is known of them.
pub trait BlockSource {
    /// The decoded block at `rip`; `None` when it is not known, cannot be decoded, or
    /// should stay out of the region (never executed). The region then leaves there.
    fn block(&mut self, rip: u64) -> Option<Block>;

    /// Where the indirect jump or call at the end of the block at `rip` has been seen
    /// to go, hottest first.
    fn targets(&mut self, rip: u64) -> Vec<u64>;

    /// How often the block at `rip` ran, about: what ran most goes into a region first.
    fn heat(&mut self, _rip: u64) -> u64 {
        0
    }
}

/// Blocks that wait to go into a region: how often each ran, how many waited before it, its address.
/// The hottest goes first, of equally hot ones the first.
type Waiting = BinaryHeap<(u64, Reverse<usize>, u64)>;

/// Where control goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// To the node with this number.
    Node(usize),
    /// Out of the region, to this guest address.
    Exit(u64),
}

/// How a node ends. The condition, the pushed address and so on are in its last operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Goes on there.
    Jump(Target),
    /// The last operation is a conditional branch.
    Branch {
        /// When it is taken.
        taken: Target,
        /// When not.
        fall: Target,
    },
    /// The last operation is a call.
    Call {
        /// The callees, as far as known: the one of a direct call, or those seen of an
        /// indirect one.
        callees: Vec<u64>,
        /// Return address.
        back: u64,
        /// Where to go on when it returned there.
        next: Target,
    },
    /// The last operation is a return.
    Return,
    /// The last operation is an indirect jump, or the return of a copied callee. `known` are the
    /// targets seen, hottest first; others leave the region.
    Indirect {
        /// Address and place of each.
        known: Vec<(u64, Target)>,
    },
    /// The last operation is a trap: leaves before its instruction.
    Trap,
    /// Calls an aside and goes on where it came back to.
    Aside {
        /// Entry of the region that the aside was taken from: of this one.
        of: u64,
        /// Entry of the aside.
        entry: u64,
        /// Address and place of each; at others the region is left.
        back: Vec<(u64, Target)>,
    },
}

impl End {
    /// Targets inside the region.
    pub fn successors(&self) -> Vec<usize> {
        let mut all = Vec::new();
        let mut add = |t: &Target| {
            if let Target::Node(n) = t
                && !all.contains(n)
            {
                all.push(*n);
            }
        };
        match self {
            End::Jump(t) | End::Call { next: t, .. } => add(t),
            End::Branch { taken, fall } => {
                add(taken);
                add(fall);
            }
            End::Indirect { known } | End::Aside { back: known, .. } => {
                known.iter().for_each(|(_, t)| add(t))
            }
            End::Return | End::Trap => {}
        }
        all
    }

    /// Whether another function runs before control goes on: everything is stored, and anything may have changed.
    pub fn calls(&self) -> bool {
        matches!(self, End::Call { .. } | End::Aside { .. })
    }

    /// Gives `change` each target.
    pub fn each_target(&mut self, mut change: impl FnMut(&mut Target)) {
        match self {
            End::Jump(t) | End::Call { next: t, .. } => change(t),
            End::Branch { taken, fall } => {
                change(taken);
                change(fall);
            }
            End::Indirect { known } | End::Aside { back: known, .. } => {
                known.iter_mut().for_each(|(_, t)| change(t));
            }
            End::Return | End::Trap => {}
        }
    }
}

/// A node: a block, perhaps cut short.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operations. The last ends the block; it is a `Jmp` where the end is a
    /// plain [`End::Jump`].
    pub block: Block,
    /// What follows.
    pub end: End,
    /// How often it ran before it was compiled, about; 0 where nobody counted.
    pub heat: u64,
    /// It is part of a callee, copied for one call: the region is not entered here.
    pub copy: bool,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Guest address of its entry, also that of node 0.
    pub entry: u64,
    /// The nodes; all are reachable from node 0.
    pub nodes: Vec<Node>,
    /// Stubs of a procedure linkage table that became part of the calls of them, as ranges
    /// of guest addresses (start, end).
    pub stubs: Vec<(u64, u64)>,
    /// What it is if it was part of another one.
    pub aside: Option<Aside>,
}

/// A part of a region that has become a function of its own, see [`crate::outline`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Entry of the region that it was taken from.
    pub of: u64,
    /// Where it returns, with the address, for that one to go on.
    pub back: Vec<u64>,
}

impl Region {
    /// Callees of its calls, and where it leaves for by direct jumps: what a batch
    /// would like to have as siblings.
    pub fn callees(&self) -> Vec<u64> {
        let mut all = Vec::new();
        let mut add = |rip: u64| {
            if rip != self.entry && !all.contains(&rip) {
                all.push(rip);
            }
        };
        for node in &self.nodes {
            match &node.end {
                End::Call { callees, .. } => callees.iter().copied().for_each(&mut add),
                End::Jump(Target::Exit(rip)) => add(*rip),
                End::Indirect { known } => {
                    for (rip, target) in known {
                        if let Target::Exit(_) = target {
                            add(*rip);
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Ranges of guest addresses (start, end) it was compiled from, each within one block.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        let whole = self.nodes.iter().map(|n| (n.block.rip, n.block.end));
        whole.chain(self.stubs.iter().copied()).filter(|(start, end)| start < end)
    }

    /// Number of guest instructions.
    pub fn instructions(&self) -> usize {
        self.nodes.iter().map(|n| n.block.instructions()).sum()
    }
}

/// Targets of the end of a block, before they are known to be nodes.
struct RawEnd {
    end: End,
    follow: Vec<u64>,
}

/// Most targets of one indirect jump that are followed.
const MAX_INDIRECT: usize = 512;

fn raw_end(block: &Block, source: &mut dyn BlockSource) -> RawEnd {
    use OpCode::*;
    let out = Target::Exit;
    let Some(op) = block.ops.last() else { return RawEnd { end: End::Trap, follow: Vec::new() } };
    let known = follow(block);
    let follow = known.unwrap_or_else(|| {
        let mut targets = source.targets(block.rip);
        targets.truncate(MAX_INDIRECT);
        targets
    });
    let end = match op.code {
        Jmp => End::Jump(out(op.imm as u64)),
        Call64 | Call32 => {
            let (callee, back) = (op.imm as u64 & 0xffff_ffff, op.imm as u64 >> 32);
            End::Call { callees: vec![callee], back, next: out(back) }
        }
        CallInd64 | CallInd32 => {
            let back = op.imm as u64;
            End::Call { callees: source.targets(block.rip), back, next: out(back) }
        }
        Ret64 | Ret32 => End::Return,
        JmpInd => End::Indirect { known: follow.iter().map(|&t| (t, out(t))).collect() },
        OpCode::Trap if op.e == TrapCode::Resume as u16 => End::Jump(out(op.imm as u64)),
        OpCode::Trap => End::Trap,
        _ => End::Branch { taken: out(branch_target(op)), fall: out(block.end) },
    };
    RawEnd { end, follow }
}

/// Addresses that a region with `block` goes on at. `None`: wherever the indirect jump at its end was seen to lead.
pub fn follow(block: &Block) -> Option<Vec<u64>> {
    use OpCode::*;
    let Some(op) = block.ops.last() else { return Some(Vec::new()) };
    Some(match op.code {
        Jmp => vec![op.imm as u64],
        Call64 | Call32 => vec![op.imm as u64 >> 32],
        CallInd64 | CallInd32 => vec![op.imm as u64],
        Ret64 | Ret32 | OpCode::Trap => Vec::new(),
        JmpInd => return None,
        _ => vec![block.end, branch_target(op)],
    })
}

/// Makes a call of a stub that only jumps through a pointer a call through that pointer,
/// with the stub's operations before it. Returns the stub's block.
fn through_stub(block: &mut Block, source: &mut dyn BlockSource) -> Option<Block> {
    use OpCode::*;
    let call = *block.ops.last()?;
    let indirect = match call.code {
        Call64 => CallInd64,
        Call32 => CallInd32,
        _ => return None,
    };
    let stub = source.block(call.imm as u64 & 0xffff_ffff)?;
    let (jump, before) = stub.ops.split_last()?;
    let load = |op: &Op| {
        let form = (op.code as usize).checked_sub(Ld8 as usize);
        form.is_some_and(|n| n < 16) && op.d >= slot::TEMP && ![op.a, op.b].contains(&slot::RSP)
    };
    // The call's push comes after all this now.
    let fits =
        jump.code == JmpInd && jump.a != slot::RSP && before.iter().all(|op| op.code == Nop || load(op));
    if !fits {
        return None;
    }
    let back = (call.imm as u64 >> 32) as i64;
    let mut ops = block.ops[..block.ops.len() - 1].to_vec();
    ops.extend_from_slice(before);
    ops.push(Op::new(indirect).a(jump.a).imm(back));
    block.ops = ops.into();
    Some(stub)
}

/// Target of a conditional branch that ends a block.
pub fn branch_target(op: &Op) -> u64 {
    use OpCode::*;
    match op.code {
        JSubI8 | JSubI16 | JSubI32 | JSubI64 | JAndI8 | JAndI16 | JAndI32 | JAndI64 => {
            op.imm as u64 & 0xffff_ffff
        }
        _ => op.imm as u64,
    }
}

/// Cuts `block` at instruction number `n` (not 0): what follows is reached by a jump.
fn cut(block: &mut Block, n: usize) {
    let Some((at, rip)) = block.start_of(n) else { return };
    let mut ops = block.ops[..at].to_vec();
    ops.push(Op::new(OpCode::Jmp).imm(rip as i64));
    block.ops = ops.into();
    block.starts = block.starts[..n].into();
    block.end = rip;
}

/// The region at `entry`: everything `source` knows that is reachable from there by
/// direct jumps, returns of calls and the indirect jumps seen, within the limits.
/// `None` when the entry itself has no block, or lies above 4 GiB.
pub fn form_region(source: &mut dyn BlockSource, entry: u64, limits: &Limits) -> Option<Region> {
    let mut region = grow(source, entry, limits)?;
    inline(&mut region, source);
    region.stubs.sort_unstable();
    region.stubs.dedup();
    Some(region)
}

/// The region at `entry`, with calls as calls.
pub(crate) fn grow(source: &mut dyn BlockSource, entry: u64, limits: &Limits) -> Option<Region> {
    let mut blocks: Vec<(Block, RawEnd)> = Vec::new();
    let mut number: FxHashMap<u64, usize> = FxHashMap::default();
    let mut queue = Waiting::from([(0, Reverse(0), entry)]);
    let mut queued = FxHashSet::from_iter([entry]);
    let mut stubs = Vec::new();
    let mut ops = 0;
    while let Some((_, _, rip)) = queue.pop() {
        if number.contains_key(&rip) || rip >> 32 != 0 {
            continue;
        }
        if blocks.len() >= limits.blocks || ops >= limits.ops {
            break;
        }
        let Some(mut block) = source.block(rip) else {
            if rip == entry {
                return None;
            }
            continue;
        };
        let stub = through_stub(&mut block, source);
        ops += block.ops.len();
        let mut raw = raw_end(&block, source);
        if let (Some(stub), End::Call { callees, .. }) = (&stub, &mut raw.end) {
            *callees = source.targets(stub.rip);
            stubs.push((stub.rip, stub.end));
        }
        number.insert(rip, blocks.len());
        for &next in &raw.follow {
            // Once is enough: an indirect jump has many targets, and there are many such jumps.
            if !number.contains_key(&next) && queued.insert(next) {
                queue.push((source.heat(next), Reverse(queued.len()), next));
            }
        }
        blocks.push((block, raw));
    }
    if blocks.is_empty() {
        return None;
    }
    let place = |rip: u64| number.get(&rip).map_or(Target::Exit(rip), |&n| Target::Node(n));
    let nodes = blocks
        .into_iter()
        .map(|(mut block, raw)| {
            let heat = source.heat(block.rip);
            let inside = (1..block.instructions())
                .find(|&n| block.start_of(n).is_some_and(|(_, rip)| number.contains_key(&rip)));
            if let Some(n) = inside {
                cut(&mut block, n);
                let end = End::Jump(place(block.end));
                return Node { block, end, heat, copy: false };
            }
            let end = match raw.end {
                // Resume wants the run loop.
                End::Jump(_) if raw.follow.is_empty() => raw.end,
                End::Jump(Target::Exit(t)) => End::Jump(place(t)),
                End::Branch { taken: Target::Exit(t), fall: Target::Exit(f) } => {
                    End::Branch { taken: place(t), fall: place(f) }
                }
                End::Call { callees, back, .. } => End::Call { callees, back, next: place(back) },
                End::Indirect { known } => {
                    End::Indirect { known: known.into_iter().map(|(rip, _)| (rip, place(rip))).collect() }
                }
                end => end,
            };
            Node { block, end, heat, copy: false }
        })
        .collect();
    Some(prune(Region { entry, nodes, stubs, aside: None }))
}

/// Drops nodes that cutting made unreachable.
pub(crate) fn prune(region: Region) -> Region {
    let mut seen = vec![false; region.nodes.len()];
    let mut stack = vec![0];
    while let Some(n) = stack.pop() {
        if !std::mem::replace(&mut seen[n], true) {
            stack.extend(region.nodes[n].end.successors());
        }
    }
    let mut place = vec![0; seen.len()];
    let mut count = 0;
    for (n, &kept) in seen.iter().enumerate() {
        place[n] = count;
        count += usize::from(kept);
    }
    let renumber = |t: &mut Target| {
        if let Target::Node(n) = t {
            *n = place[*n];
        }
    };
    let Region { entry, nodes, stubs, aside } = region;
    let mut nodes: Vec<Node> =
        nodes.into_iter().zip(seen).filter_map(|(n, kept)| kept.then_some(n)).collect();
    for node in &mut nodes {
        node.end.each_target(renumber);
    }
    Region { entry, nodes, stubs, aside }
}
