//! What seldom runs of a region becomes a function of its own, called from where it was and returning there.
//!
//! A browser's optimising compiler takes a function as it is. Chromium counts a call of one as all machine code
//! up to where it returns, and optimises it after so many bytes: with code in it that hardly ever runs it is
//! optimised after fewer calls, for more work.
//!
//! An *aside* is all that one seldom run node dominates. It returns, with the address, to wherever it goes on in the
//! region it was taken from; elsewhere it leaves as any region does. What goes on in its place may come back with
//! any other address, with which that region then returns, too.

use tawaki_cpu::ir::{Block, Op, OpCode};

use crate::emit::vector::mmx_in_locals;
use crate::emit::x87;
use crate::region::{Aside, End, Node, Region, Target, prune};
use crate::structure::{dominators_of, natural_loops};

/// What becomes an aside.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// A node is seldom run when the innermost loop around it, or else the region, began so many times as often.
    pub seldom: u64,
    /// Fewest operations, for calling it takes some, too.
    pub least: usize,
}

impl Outline {
    /// For code that is stored. Three runs of `gcc`, the first, in milliseconds: with nothing outlined 6317, with what ran 16 times less
    /// often 5316, 8 times 4894, 4 times 5035.
    pub const STORED: Outline = Outline { seldom: 8, least: 12 };
}

/// The region without its asides, and these.
pub fn outline(region: Region, how: &Outline) -> Vec<Region> {
    // The x87's registers are not where a function expects them that is called in the midst of another.
    if x87::needed(&region) || mmx_in_locals(&region) {
        return vec![region];
    }
    let succ: Vec<Vec<usize>> = region.nodes.iter().map(|node| node.end.successors()).collect();
    let idom = dominators_of(&succ);
    let asides: Vec<Vec<usize>> = asides(&region, &succ, &idom, how);
    let mut nodes = region.nodes.clone();
    let mut parts = Vec::new();
    for members in &asides {
        let (aside, node) = take(&region, members);
        parts.push(aside);
        nodes[members[0]] = node;
    }
    parts.insert(0, prune(Region { nodes, ..region }));
    parts
}

/// The aside of these nodes, the first of which is its entry, and what takes that one's place.
fn take(region: &Region, members: &[usize]) -> (Region, Node) {
    let rip = |n: usize| region.nodes[n].block.rip;
    let mut place = vec![None; region.nodes.len()];
    members.iter().enumerate().for_each(|(at, &m)| place[m] = Some(at));
    let mut back: Vec<usize> = Vec::new();
    let mut nodes: Vec<Node> = members.iter().map(|&m| region.nodes[m].clone()).collect();
    for node in &mut nodes {
        node.end.each_target(|t| {
            let Target::Node(n) = *t else { return };
            *t = place[n].map_or(Target::Exit(rip(n)), Target::Node);
            if place[n].is_none() && !back.contains(&n) {
                back.push(n);
            }
        });
    }
    let (of, entry) = (region.entry, rip(members[0]));
    let aside = Some(Aside { of, back: back.iter().map(|&n| rip(n)).collect() });
    let back = back.iter().map(|&n| (rip(n), Target::Node(n))).collect();
    let ops = [Op::new(OpCode::Jmp).imm(entry as i64)].into();
    let call = Node {
        block: Block { rip: entry, end: entry, ops, starts: [].into() },
        end: End::Aside { of, entry, back },
        heat: region.nodes[members[0]].heat,
        // The region is not entered here.
        copy: true,
    };
    (Region { entry, nodes, stubs: Vec::new(), aside }, call)
}

/// The nodes of each aside, its entry first; none is in another.
fn asides(region: &Region, succ: &[Vec<usize>], idom: &[usize], how: &Outline) -> Vec<Vec<usize>> {
    let count = succ.len();
    let mut children = vec![Vec::new(); count];
    (1..count).for_each(|n| children[idom[n]].push(n));
    // The header of the innermost loop, which comes last.
    let mut around = vec![0; count];
    for (header, body) in natural_loops(succ, idom) {
        body.iter().for_each(|&n| around[n] = header);
    }
    let heat = |n: usize| region.nodes[n].heat;
    let mut found = Vec::new();
    let mut stack = vec![0];
    while let Some(n) = stack.pop() {
        let seldom = n != 0 && around[n] != n && heat(n).saturating_mul(how.seldom) < heat(around[n]);
        match seldom.then(|| dominated(&children, n)) {
            Some(members) if fits(region, succ, &members, how) => found.push(members),
            _ => stack.extend(&children[n]),
        }
    }
    found
}

/// A node and all that it dominates.
fn dominated(children: &[Vec<usize>], root: usize) -> Vec<usize> {
    let mut members = vec![root];
    let mut at = 0;
    while let Some(&n) = members.get(at) {
        members.extend(&children[n]);
        at += 1;
    }
    members
}

/// Whether these nodes can be an aside, and are worth it.
fn fits(region: &Region, succ: &[Vec<usize>], members: &[usize], how: &Outline) -> bool {
    let mut inside = vec![false; succ.len()];
    members.iter().for_each(|&m| inside[m] = true);
    let operations: usize = members.iter().map(|&m| region.nodes[m].block.ops.len()).sum();
    let returns = |m: usize| succ[m].iter().filter(|&&n| !inside[n]);
    // An address tells where it came back to, which may stand for several copies of a node.
    let known = |m: usize| returns(m).all(|&n| !region.nodes[n].copy);
    // Where an indirect jump leads is looked up, not returned to.
    let plain =
        |m: usize| !matches!(region.nodes[m].end, End::Indirect { .. }) || returns(m).next().is_none();
    let fits = |&m: &usize| known(m) && plain(m);
    operations >= how.least && !region.nodes[members[0]].copy && members.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node at `0x1000 + 16 * n` that began so many times, of so many operations.
    fn node(n: u64, heat: u64, operations: usize, end: End) -> Node {
        let rip = 0x1000 + 16 * n;
        let ops = vec![Op::new(OpCode::Nop); operations].into();
        Node { block: Block { rip, end: rip + 16, ops, starts: [].into() }, end, heat, copy: false }
    }

    /// `0 -> [1 -> 2 or 3 -> 4] -> 5`: a loop, one way through which is taken `seldom` times, and what comes behind.
    fn region(seldom: u64, copy: bool) -> Region {
        let to = |n| End::Jump(Target::Node(n));
        let branch = |taken, fall| End::Branch { taken: Target::Node(taken), fall: Target::Node(fall) };
        let mut nodes = vec![
            node(0, 10, 1, to(1)),
            node(1, 1000, 2, branch(2, 3)),
            node(2, seldom, 20, to(4)),
            node(3, 1000 - seldom, 20, to(4)),
            node(4, 1000, 2, branch(1, 5)),
            node(5, 10, 20, End::Return),
        ];
        nodes[4].copy = copy;
        Region { entry: 0x1000, nodes, stubs: Vec::new(), aside: None }
    }

    const HOW: Outline = Outline { seldom: 8, least: 12 };

    #[test]
    fn what_a_round_of_a_loop_seldom_passes_is_called_and_returns() {
        let parts = outline(region(100, false), &HOW);
        let [main, aside] = &parts[..] else { panic!("{} parts", parts.len()) };
        assert_eq!(aside.aside, Some(Aside { of: 0x1000, back: vec![0x1040] }));
        assert_eq!((aside.entry, aside.nodes.len()), (0x1020, 1));
        assert_eq!(aside.nodes[0].end, End::Jump(Target::Exit(0x1040)));
        assert_eq!(main.nodes.len(), 6);
        let back = vec![(0x1040, Target::Node(4))];
        assert_eq!(main.nodes[2].end, End::Aside { of: 0x1000, entry: 0x1020, back });
        assert!(main.ranges().all(|(start, _)| start != 0x1020));
    }

    #[test]
    fn what_runs_as_often_as_what_is_around_it_stays() {
        // What comes behind a loop runs as often as the region, though a hundred times less often than the loop.
        assert_eq!(outline(region(200, false), &HOW).len(), 1);
        // A copy of a node is not known by its address.
        assert_eq!(outline(region(100, true), &HOW).len(), 1);
        // Too small to be called.
        assert_eq!(outline(region(100, false), &Outline { least: 21, ..HOW }).len(), 1);
    }
}
