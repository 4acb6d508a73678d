//! Where a function can be entered besides its start.

use wasm_encoder::{BlockType, Function};

use super::control::{Context, Frame, goto, tree};
use super::hub::Hub;
use super::module::{Batch, WAY_IN};
use super::switch::Group;
use super::{CTX, DEPTH, Emitter, STATE, at};
use crate::region::{End, Region, Target};
use crate::structure::{cyclic, enterable};

/// Most entries besides the first and those of a loop with a hub.
const MAX_ENTRIES: usize = 24;

/// An entry besides the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Guest address.
    pub rip: u64,
    /// What is passed in the upper half of the depth.
    pub number: usize,
    /// Whether that stands for the hub of a loop, which is told the address.
    pub hub: bool,
}

/// The entries of a function besides the first.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// All of them.
    pub entries: Vec<Entry>,
    /// The nodes of those with a number of their own, from 1 on. The number behind these is that of the hub.
    nodes: Vec<usize>,
}

impl Ways {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Nodes to which the function's root leads.
    pub fn successors(&self, hub: Option<&Hub>) -> Vec<usize> {
        let through = |n: usize| hub.is_some_and(|hub| hub.between(usize::MAX, n));
        let start = std::iter::once(0).filter(|&n| !through(n));
        start.chain(self.nodes.iter().copied()).chain(hub.map(|hub| hub.node)).collect()
    }
}

/// Where a region can be entered besides its start: where its calls return and at its
/// loops, as long as that makes no loop irreducible. Whoever finds itself there without
/// the frame of this function (after an exit to the interpreter, a system call, the end
/// of a time slice) goes on compiled. A loop with a hub can be entered at every block that
/// jumps lead to, too; the graph is changed for that.
pub(super) fn ways(
    region: &Region,
    groups: &mut [Group],
    succ: &mut [Vec<usize>],
    batch: &Batch,
) -> (Ways, Option<Hub>) {
    let mut returns = vec![false; succ.len()];
    for node in &region.nodes {
        if let End::Call { next: Target::Node(t), .. } = node.end {
            returns[t] = true;
        }
        // The call of which is copied here, and may be left half-way.
        if let End::Indirect { known } = &node.end
            && node.copy
            && let [(_, Target::Node(t))] = known[..]
        {
            returns[t] = true;
        }
    }
    let hub = Hub::new(region, groups, succ, |n| returns[n]);
    let (able, cyclic) = (enterable(succ), cyclic(succ));
    let mut wanted = returns;
    // A loop: where an edge leads back to, or rather into a component from outside.
    for &s in succ.iter().flatten() {
        wanted[s] |= able[s] && cyclic[s];
    }
    let free = |n: usize| !region.nodes[n].copy && batch.sibling(region.nodes[n].block.rip).is_none();
    let inside = |n: usize| hub.as_ref().is_some_and(|hub| hub.between(usize::MAX, n));
    let fits = |&n: &usize| wanted[n] && able[n] && free(n) && !inside(n);
    let nodes: Vec<usize> = (1..region.nodes.len()).filter(fits).take(MAX_ENTRIES).collect();
    let entry =
        |(i, &n): (usize, &usize)| Entry { rip: region.nodes[n].block.rip, number: i + 1, hub: false };
    let mut entries: Vec<Entry> = nodes.iter().enumerate().map(entry).collect();
    if let Some(hub) = &hub {
        let number = nodes.len() + 1;
        let through = hub.entries.iter().filter(|&&n| n != 0 && free(n));
        entries.extend(through.map(|&n| Entry { rip: region.nodes[n].block.rip, number, hub: true }));
    }
    (Ways { entries, nodes }, hub)
}

/// The root of a region with several entries: loads what the chosen one expects.
pub(super) fn enter(e: &mut Emitter, c: &mut Context, ways: &Ways, root: usize, selector: u32) {
    let merges: Vec<usize> = c.shape.children[root].iter().copied().filter(|&m| c.shape.merge[m]).collect();
    for &m in merges.iter().rev() {
        e.i().block(BlockType::Empty);
        e.opened();
        c.frames.push(Frame { node: m, is_loop: false, open: e.open });
    }
    // Calls come by number 0.
    let hub = c.hub.as_ref().map(|hub| hub.node);
    let targets: Vec<usize> = std::iter::once(0).chain(ways.nodes.iter().copied()).collect();
    let last = targets.len() - 1 + usize::from(hub.is_some());
    for (i, &t) in targets.iter().enumerate() {
        if i == 0 {
            e.i().local_get(DEPTH).i32_const(0x1_0000).i32_lt_u();
            e.likely();
            e.if_();
        } else if i < last {
            e.i().local_get(selector).i32_const(i as i32).i32_eq();
            e.if_();
        }
        goto(e, c, root, Target::Node(t));
        if i < last {
            e.close();
        }
        if i == 0 {
            e.i().local_get(DEPTH).i32_const(16).i32_shr_u().local_set(selector);
            e.i().local_get(DEPTH).i32_const(0xffff).i32_and().local_set(DEPTH);
        }
    }
    if let Some(hub) = hub {
        let pc = e.pc;
        e.i().local_get(CTX).i32_load(at(WAY_IN, 2)).local_set(pc);
        goto(e, c, root, Target::Node(hub));
    }
    for &m in &merges {
        c.frames.pop();
        e.close();
        tree(e, c, m);
    }
}

/// The function through which an entry of another one is reached.
pub(super) fn stub(function: u32, entry: &Entry) -> Function {
    let mut f = Function::new([]);
    let mut i = f.instructions();
    if entry.hub {
        i.local_get(CTX).i32_const(entry.rip as i32).i32_store(at(WAY_IN, 2));
    }
    i.local_get(STATE).local_get(CTX).local_get(DEPTH).i32_const((entry.number as i32) << 16).i32_or();
    i.return_call(function).end();
    f
}
