//! The hub of a loop whose blocks end in jumps through one table: an interpreter's.
//!
//! The dispatch node of those jumps branches on an address. So it serves as the only way into the loop: what comes
//! from elsewhere, the start of the function and its other entries included, puts the address of the block that it
//! wants where a jump would. The loop has one header then, whichever of its blocks the region begins at, and can be
//! entered at any of them.

use std::collections::BTreeSet;

use super::switch::Group;
use crate::region::{End, Region, Target};
use crate::structure::components;

/// Most blocks that the hub branches to because somebody may want to enter there.
const MOST_WAYS: usize = 160;

/// See the module.
#[derive(Debug)]
pub(super) struct Hub {
    /// The dispatch node.
    pub node: usize,
    /// Which nodes are those of the loop.
    home: Vec<bool>,
    /// Blocks of the loop at which the function can be entered.
    pub entries: Vec<usize>,
    /// Those of them where a call inside of the loop returns to: what the hub has in locals does not help there.
    pub returns: Vec<usize>,
}

impl Hub {
    /// Finds the hub of a region with these dispatch nodes, and makes it the only way into its loop in the graph.
    /// `wanted` are the nodes where the function should be enterable.
    pub fn new(
        region: &Region,
        groups: &mut [Group],
        succ: &mut [Vec<usize>],
        wanted: impl Fn(usize) -> bool,
    ) -> Option<Hub> {
        let nodes = region.nodes.len();
        let largest = (0..groups.len()).max_by_key(|&g| groups[g].targets.len())?;
        let node = nodes + largest;
        let all: Vec<usize> = (0..succ.len()).collect();
        let own = components(succ, &all).into_iter().find(|component| component.contains(&node))?;
        if own.len() == 1 {
            return None;
        }
        let mut home = vec![false; succ.len()];
        own.iter().for_each(|&n| home[n] = true);
        let mut entered = BTreeSet::new();
        if home[0] {
            entered.insert(0);
        }
        for (_, next) in succ.iter().enumerate().filter(|(p, _)| !home[*p]) {
            entered.extend(next.iter().filter(|&&s| home[s] && s != node));
        }
        if entered.iter().any(|&n| n >= nodes || region.nodes[n].copy) {
            return None;
        }
        let returns: BTreeSet<usize> = region
            .nodes
            .iter()
            .filter_map(|node| match node.end {
                End::Call { next: Target::Node(t), .. } if home[t] && !region.nodes[t].copy => Some(t),
                _ => None,
            })
            .collect();
        let group = &mut groups[largest];
        let natural: BTreeSet<usize> = group.targets.iter().map(|t| t.1).collect();
        let inner: Vec<usize> = own.iter().copied().filter(|&n| n != node).collect();
        let alone = alone(succ, &inner, |n| natural.contains(&n) || entered.contains(&n));
        let fits = |&n: &usize| n < nodes && !region.nodes[n].copy && wanted(n) && alone[n];
        let mut more: Vec<usize> = own.iter().copied().filter(fits).collect();
        more.sort_by_key(|&n| (std::cmp::Reverse(region.nodes[n].heat), n));
        more.truncate(MOST_WAYS);
        let mut known = natural.clone();
        for n in entered.into_iter().chain(more) {
            if known.insert(n) {
                group.targets.push((region.nodes[n].block.rip as u32, n));
                succ[node].push(n);
            }
        }
        for (p, next) in succ.iter_mut().enumerate() {
            if home[p] || !next.iter().any(|&s| home[s]) {
                continue;
            }
            next.retain(|&s| !home[s]);
            next.push(node);
        }
        let returns = returns.into_iter().filter(|n| known.contains(n) && !natural.contains(n)).collect();
        let entries = known.into_iter().filter(|&n| home[n] && !region.nodes[n].copy).collect();
        Some(Hub { node, home, entries, returns })
    }

    /// Whether control goes from one node to the other through the hub.
    pub fn between(&self, from: usize, to: usize) -> bool {
        let at_home = |n: usize| self.home.get(n).copied().unwrap_or(false);
        to != self.node && at_home(to) && !at_home(from)
    }
}

/// Which of the nodes of `set` control may come to from elsewhere without making a loop among them irreducible, where
/// it comes to those that are `entered` already.
fn alone(succ: &[Vec<usize>], set: &[usize], entered: impl Fn(usize) -> bool) -> Vec<bool> {
    let components = components(succ, set);
    let mut number = vec![usize::MAX; succ.len()];
    for (i, component) in components.iter().enumerate() {
        component.iter().for_each(|&n| number[n] = i);
    }
    let mut from_outside: Vec<bool> = (0..succ.len()).map(entered).collect();
    for &p in set {
        succ[p].iter().filter(|&&n| number[n] != number[p]).for_each(|&n| from_outside[n] = true);
    }
    let mut alone = vec![true; succ.len()];
    for component in components.iter().filter(|component| component.len() > 1) {
        let ways = component.iter().filter(|&&n| from_outside[n]).count();
        component.iter().for_each(|&n| alone[n] = ways == usize::from(from_outside[n]));
    }
    alone
}
