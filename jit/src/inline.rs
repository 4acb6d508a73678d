//! Calls of small functions that call no others become part of the caller: copies of the
//! callee's nodes, with registers and flags in the caller's locals throughout.
//!
//! What the guest sees stays: the return address is pushed, and a return compares what it pops
//! with it. A call through a pointer compares the pointer with the callee it was seen to call.
//! Copies are reached from their call alone: nobody enters a region there.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Block, Op, OpCode};
use tawaki_cpu::state::slot;

use crate::emit::vector::relies_on_mxcsr;
use crate::layout::{Limits, Options};
use crate::region::{BlockSource, End, Node, Region, Target, grow};

/// Largest function that is copied.
const BODY: Limits = Limits { blocks: 12, ops: 64 };

/// Operations that copies may add to a region of so many.
fn room(operations: usize) -> usize {
    (operations / 2 + BODY.ops).min(1500)
}

/// Makes calls of small functions part of the region, the hottest first.
pub(crate) fn inline(region: &mut Region, source: &mut dyn BlockSource) {
    let operations = |nodes: &[Node]| nodes.iter().map(|n| n.block.ops.len()).sum::<usize>();
    let mut sites: Vec<usize> = (0..region.nodes.len())
        .filter(|&n| matches!(&region.nodes[n].end, End::Call { callees, .. } if callees.len() == 1))
        .collect();
    sites.sort_by_key(|&n| Reverse(region.nodes[n].heat));
    let mut room = room(operations(&region.nodes));
    let mut bodies: FxHashMap<u64, Option<Region>> = FxHashMap::default();
    for n in sites {
        let End::Call { callees, .. } = &region.nodes[n].end else { continue };
        let callee = callees[0];
        let body = bodies.entry(callee).or_insert_with(|| body(callee, source));
        let Some(body) = body else { continue };
        let size = operations(&body.nodes);
        if size <= room && place(region, n, body) {
            room -= size;
        }
    }
}

/// The region of a function that is small enough, and of a kind that can be copied.
fn body(callee: u64, source: &mut dyn BlockSource) -> Option<Region> {
    let body = grow(source, callee, &BODY)?;
    let whole = |target: &Target| match *target {
        Target::Node(_) => true,
        // Not known well enough, or past the limit?
        Target::Exit(rip) => source.block(rip).is_none(),
    };
    let mut whole = whole;
    let mut returns = false;
    for node in &body.nodes {
        let fits = match &node.end {
            End::Jump(t) => whole(t),
            End::Branch { taken, fall } => whole(taken) && whole(fall),
            End::Return => {
                returns = true;
                true
            }
            End::Call { .. } | End::Indirect { .. } | End::Trap | End::Aside { .. } => false,
        };
        if !fits || !node.block.ops.iter().all(copied) {
            return None;
        }
    }
    let size: usize = body.nodes.iter().map(|n| n.block.ops.len()).sum();
    (returns && size <= BODY.ops + BODY.ops / 2).then_some(body)
}

/// Whether an operation can stand in a copy: the interpreter's own functions do not gain, and
/// floats would have the whole region look at MXCSR.
fn copied(op: &Op) -> bool {
    match op.code {
        OpCode::Vector => !relies_on_mxcsr(op, &Options::default()),
        OpCode::String => true,
        code => code.info().uses & uses::ANY == 0,
    }
}

/// Puts a copy of `body` behind the call that ends node `n`.
fn place(region: &mut Region, n: usize, body: &Region) -> bool {
    use OpCode::*;
    let Node { block, end: End::Call { callees, back, next }, heat, .. } = region.nodes[n].clone() else {
        return false;
    };
    let Some((&call, before)) = block.ops.split_last() else { return false };
    let Some((at, rip)) = block.start_of(block.instructions().saturating_sub(1)) else { return false };
    let wide = matches!(call.code, Call64 | CallInd64);
    let t = slot::TEMP;
    let enter = [
        Op::new(MovI).d(t).imm(back as i64),
        Op::new(if wide { Push64 } else { Push32 }).a(t),
        Op::new(Jmp).imm(callees[0] as i64),
    ];
    // Without bytes of its own: they are the end of node `n`.
    let alone = |ops: Vec<Op>| Block { rip, end: rip, ops: ops.into(), starts: [(0, 0)].into() };
    let first = region.nodes.len();
    let (entry, mut more) = match call.code {
        Call64 | Call32 => {
            region.nodes[n].block.ops = before.iter().chain(&enter).copied().collect();
            region.nodes[n].end = End::Jump(Target::Node(first));
            (first, Vec::new())
        }
        CallInd64 | CallInd32 => {
            // If the pointer is another one, the call as it was.
            let difference = if wide { XorI64 } else { XorI32 };
            let compare = [
                Op::new(difference).d(t + 1).a(call.a).imm(callees[0] as i64),
                Op::new(if wide { Jz64 } else { Jz32 }).a(t + 1).imm(callees[0] as i64),
            ];
            region.nodes[n].block.ops = before.iter().chain(&compare).copied().collect();
            region.nodes[n].end = End::Branch { taken: Target::Node(first), fall: Target::Node(first + 1) };
            let push = Node {
                block: alone(enter.to_vec()),
                end: End::Jump(Target::Node(first + 2)),
                heat,
                copy: true,
            };
            let other = End::Call { callees, back, next };
            let other = Node { block: alone(block.ops[at..].to_vec()), end: other, heat: 0, copy: true };
            (first + 2, vec![push, other])
        }
        _ => return false,
    };
    region.nodes.append(&mut more);
    let whole = body.nodes[0].heat.max(1);
    for node in &body.nodes {
        let mut node = node.clone();
        node.copy = true;
        node.heat = (u128::from(node.heat) * u128::from(heat) / u128::from(whole)) as u64;
        let moved = |target: &mut Target| {
            if let Target::Node(to) = target {
                *to += entry;
            }
        };
        match &mut node.end {
            End::Jump(to) => moved(to),
            End::Branch { taken, fall } => {
                moved(taken);
                moved(fall);
            }
            _ => {
                let known = match next {
                    Target::Node(_) => vec![(back, next)],
                    Target::Exit(_) => Vec::new(),
                };
                node.end = End::Indirect { known };
            }
        }
        region.nodes.push(node);
    }
    region.stubs.extend(&body.stubs);
    true
}
