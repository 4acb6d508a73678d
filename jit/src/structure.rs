//! Structured control flow: from a graph of nodes to nested wasm blocks and loops.
//!
//! The dominator-tree algorithm of Norman Ramsey, "Beyond Relooper: recursive
//! translation of unstructured control flow to structured control flow" (ICFP 2022).
//! Loops with several entries get a dispatch node, which becomes their only one: every
//! edge to an entry sets a label and goes to the dispatch node, which branches on it.

/// A graph ready for emission. Nodes from `real` on are dispatch
/// nodes made here.
#[derive(Debug)]
pub struct Shape {
    /// The node everything is reached from.
    pub root: usize,
    /// Number of nodes that were given.
    pub real: usize,
    /// Successors, after redirection.
    pub succ: Vec<Vec<usize>>,
    /// Entries behind each dispatch node, by label; index from `real` on.
    pub dispatch: Vec<Vec<usize>>,
    /// For a node that is entered through a dispatch node: that node and the label.
    pub redirect: Vec<Option<(usize, usize)>>,
    /// Position in reverse postorder.
    pub rpo: Vec<usize>,
    /// Children in the dominator tree, ascending in reverse postorder.
    pub children: Vec<Vec<usize>>,
    /// More than one forward edge leads here: it is placed behind a wasm block.
    pub merge: Vec<bool>,
    /// A back edge leads here: it is a wasm loop.
    pub header: Vec<bool>,
    /// Where to look at the attention word, see [`Shape::polls`].
    poll: Vec<bool>,
    /// See [`Shape::brought_little`].
    little: Vec<Option<usize>>,
}

impl Shape {
    /// Structures the graph with these successors, every node of which is reachable from `root`.
    pub fn new(mut succ: Vec<Vec<usize>>, root: usize) -> Shape {
        let real = succ.len();
        let mut redirect = vec![None; real];
        let mut dispatch = Vec::new();
        reduce(&mut succ, root, &mut redirect, &mut dispatch);
        redirect.resize(succ.len(), None);
        let order = reverse_postorder(&succ, root);
        let mut rpo = vec![0; succ.len()];
        for (at, &n) in order.iter().enumerate() {
            rpo[n] = at;
        }
        let mut pred = vec![Vec::new(); succ.len()];
        for (n, next) in succ.iter().enumerate() {
            for &s in next {
                pred[s].push(n);
            }
        }
        let idom = dominators(&order, &rpo, &pred);
        let mut children = vec![Vec::new(); succ.len()];
        for &n in order.iter().skip(1) {
            children[idom[n]].push(n);
        }
        let forward = |n: usize| pred[n].iter().filter(|&&p| rpo[p] < rpo[n]).count();
        // Both ways of one branch may lead to a dispatch node, each with its own label.
        let merge = (0..succ.len()).map(|n| forward(n) > 1 || n >= real).collect();
        let header: Vec<bool> = (0..succ.len()).map(|n| pred[n].iter().any(|&p| rpo[p] >= rpo[n])).collect();
        let candidates = order.iter().rev().copied();
        let candidates = candidates.filter(|&n| n < real && (header[n] || redirect[n].is_some()));
        let poll = polls(&succ, candidates);
        let little = vec![None; succ.len()];
        Shape { root, real, succ, dispatch, redirect, rpo, children, merge, header, poll, little }
    }

    /// The edges from `from` to these nodes are seldom taken, and nothing is to be carried along them.
    pub fn brought_little(&mut self, from: usize, to: &[usize]) {
        to.iter().for_each(|&n| self.little[n] = Some(from));
    }

    /// The node from which a seldom taken edge leads to `n`, along which nothing is to be carried.
    pub fn little_from(&self, n: usize) -> Option<usize> {
        self.little[n]
    }

    /// Whether this is a place to look at the attention word: control passes such a one in
    /// every round of every loop. They are headers of innermost loops first, and of others only
    /// where a round can pass without; instead of a dispatch node its entries.
    pub fn polls(&self, n: usize) -> bool {
        self.poll[n]
    }

    /// Where an edge to `to` leads in fact: a node, and the label to set if that is a
    /// dispatch node.
    pub fn resolve(&self, from: usize, to: usize) -> (usize, Option<usize>) {
        match self.redirect[to] {
            Some((d, label)) if d != from => (d, Some(label)),
            _ => (to, None),
        }
    }
}

/// Of the candidates, of which every cycle has one, those from which one can come back without
/// passing one chosen before.
fn polls(succ: &[Vec<usize>], candidates: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut poll = vec![false; succ.len()];
    // The candidate that last met this place, plus 1.
    let mut met = vec![0; succ.len()];
    let mut stack = Vec::new();
    for n in candidates {
        stack.push(n);
        while let Some(at) = stack.pop() {
            for &s in &succ[at] {
                if s == n {
                    poll[n] = true;
                    stack.clear();
                    break;
                }
                if !poll[s] && std::mem::replace(&mut met[s], n + 1) != n + 1 {
                    stack.push(s);
                }
            }
        }
    }
    poll
}

/// Depth-first search without recursion.
fn reverse_postorder(succ: &[Vec<usize>], root: usize) -> Vec<usize> {
    let mut seen = vec![false; succ.len()];
    let mut order = Vec::with_capacity(succ.len());
    let mut stack = vec![(root, 0)];
    seen[root] = true;
    while let Some((n, at)) = stack.last_mut() {
        match succ[*n].get(*at) {
            Some(&s) => {
                *at += 1;
                if !std::mem::replace(&mut seen[s], true) {
                    stack.push((s, 0));
                }
            }
            None => {
                order.push(*n);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Immediate dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm").
fn dominators(order: &[usize], rpo: &[usize], pred: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut idom = vec![NONE; rpo.len()];
    idom[order[0]] = order[0];
    loop {
        let mut changed = false;
        for &n in order.iter().skip(1) {
            let mut new = NONE;
            for &p in &pred[n] {
                if idom[p] == NONE {
                    continue;
                }
                if new == NONE {
                    new = p;
                    continue;
                }
                let (mut a, mut b) = (p, new);
                while a != b {
                    while rpo[a] > rpo[b] {
                        a = idom[a];
                    }
                    while rpo[b] > rpo[a] {
                        b = idom[b];
                    }
                }
                new = a;
            }
            if idom[n] != new {
                idom[n] = new;
                changed = true;
            }
        }
        if !changed {
            return idom;
        }
    }
}

/// Immediate dominators of the nodes, all of which are reachable from node 0.
pub fn dominators_of(succ: &[Vec<usize>]) -> Vec<usize> {
    let order = reverse_postorder(succ, 0);
    let mut rpo = vec![0; succ.len()];
    order.iter().enumerate().for_each(|(at, &n)| rpo[n] = at);
    let mut pred = vec![Vec::new(); succ.len()];
    for (n, next) in succ.iter().enumerate() {
        next.iter().for_each(|&s| pred[s].push(n));
    }
    dominators(&order, &rpo, &pred)
}

/// Loops whose header dominates them, each with its header, larger ones first.
pub fn natural_loops(succ: &[Vec<usize>], idom: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let dominates = |a: usize, mut b: usize| {
        while b != a && b != 0 {
            b = idom[b];
        }
        b == a
    };
    let mut pred = vec![Vec::new(); succ.len()];
    for (n, next) in succ.iter().enumerate() {
        next.iter().for_each(|&s| pred[s].push(n));
    }
    let mut loops = Vec::new();
    for header in 0..succ.len() {
        let mut stack: Vec<usize> = pred[header].iter().copied().filter(|&p| dominates(header, p)).collect();
        if stack.is_empty() {
            continue;
        }
        let mut body = vec![header];
        let mut inside = vec![false; succ.len()];
        inside[header] = true;
        while let Some(n) = stack.pop() {
            if !std::mem::replace(&mut inside[n], true) {
                body.push(n);
                stack.extend(&pred[n]);
            }
        }
        loops.push((header, body));
    }
    loops.sort_by_key(|(_, body)| std::cmp::Reverse(body.len()));
    loops
}

/// Gives every loop a single entry.
fn reduce(
    succ: &mut Vec<Vec<usize>>,
    root: usize,
    redirect: &mut [Option<(usize, usize)>],
    dispatch: &mut Vec<Vec<usize>>,
) {
    let mut work: Vec<Vec<usize>> = vec![(0..succ.len()).collect()];
    while let Some(set) = work.pop() {
        for component in components(succ, &set) {
            let mut inside = vec![false; succ.len()];
            component.iter().for_each(|&n| inside[n] = true);
            if component.len() == 1 {
                continue;
            }
            let mut entered = vec![false; succ.len()];
            entered[root] = true;
            for (n, next) in succ.iter().enumerate() {
                if !inside[n] {
                    next.iter().for_each(|&s| entered[s] = true);
                }
            }
            let entries: Vec<usize> = component.iter().copied().filter(|&n| entered[n]).collect();
            if entries.len() > 1 && !entries.contains(&root) {
                let d = succ.len();
                for next in succ.iter_mut() {
                    for s in next.iter_mut() {
                        if entries.contains(s) {
                            *s = d;
                        }
                    }
                    next.dedup();
                    let mut seen = false;
                    next.retain(|&s| s != d || !std::mem::replace(&mut seen, true));
                }
                for (label, &n) in entries.iter().enumerate() {
                    if let Some(slot) = redirect.get_mut(n) {
                        *slot = Some((d, label));
                    }
                }
                succ.push(entries.clone());
                dispatch.push(entries);
                work.push(component);
            } else if let Some(&header) = entries.first() {
                work.push(component.into_iter().filter(|&n| n != header).collect());
            }
        }
    }
}

/// Nodes, other than 0, where control may enter a graph from outside without making a loop
/// of it irreducible: the headers of its outermost loops, and nodes in no loop.
pub fn enterable(succ: &[Vec<usize>]) -> Vec<bool> {
    let mut able = vec![true; succ.len()];
    let all: Vec<usize> = (0..succ.len()).collect();
    let components = components(succ, &all);
    let mut number = vec![0; succ.len()];
    for (i, component) in components.iter().enumerate() {
        component.iter().for_each(|&n| number[n] = i);
    }
    let mut entered = vec![false; succ.len()];
    if let Some(first) = entered.first_mut() {
        *first = true;
    }
    for (p, next) in succ.iter().enumerate() {
        next.iter().filter(|&&n| number[n] != number[p]).for_each(|&n| entered[n] = true);
    }
    for component in components.iter().filter(|component| component.len() > 1) {
        let mut from_outside = component.iter().filter(|&&n| entered[n]);
        let only = from_outside.next().filter(|_| from_outside.next().is_none());
        component.iter().for_each(|&n| able[n] = only == Some(&n));
    }
    able[0] = false;
    able
}

/// Nodes that can be reached from themselves.
pub fn cyclic(succ: &[Vec<usize>]) -> Vec<bool> {
    let mut found = vec![false; succ.len()];
    let all: Vec<usize> = (0..succ.len()).collect();
    for component in components(succ, &all) {
        for &n in &component {
            found[n] = component.len() > 1 || succ[n].contains(&n);
        }
    }
    found
}

/// Strongly connected components of the graph restricted to `set` (Tarjan, without recursion).
pub fn components(succ: &[Vec<usize>], set: &[usize]) -> Vec<Vec<usize>> {
    let mut member = vec![false; succ.len()];
    set.iter().for_each(|&n| member[n] = true);
    let (mut index, mut low) = (vec![0usize; succ.len()], vec![0usize; succ.len()]);
    let mut on_stack = vec![false; succ.len()];
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 1);
    for &root in set {
        if index[root] != 0 {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((n, at)) = work.pop() {
            if at == 0 {
                index[n] = next;
                low[n] = next;
                next += 1;
                stack.push(n);
                on_stack[n] = true;
            }
            if let Some(&s) = succ[n].get(at) {
                work.push((n, at + 1));
                if member[s] {
                    if index[s] == 0 {
                        work.push((s, 0));
                    } else if on_stack[s] {
                        low[n] = low[n].min(index[s]);
                    }
                }
                continue;
            }
            if low[n] == index[n] {
                let mut component = Vec::new();
                while let Some(m) = stack.pop() {
                    on_stack[m] = false;
                    component.push(m);
                    if m == n {
                        break;
                    }
                }
                component.sort_unstable();
                found.push(component);
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[n]);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps what is reachable from node 0.
    fn reachable(succ: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let order = reverse_postorder(&succ, 0);
        let place = |n: usize| order.iter().position(|&m| m == n).unwrap_or(0);
        order.iter().map(|&n| succ[n].iter().map(|&s| place(s)).collect()).collect()
    }

    fn check(succ: Vec<Vec<usize>>) -> Shape {
        let shape = Shape::new(succ.clone(), 0);
        let mut parent = vec![0; shape.succ.len()];
        for (n, children) in shape.children.iter().enumerate() {
            children.iter().for_each(|&c| parent[c] = n);
        }
        let dominates = |a: usize, mut b: usize| loop {
            if a == b {
                return true;
            }
            if b == 0 {
                return false;
            }
            b = parent[b];
        };
        for (n, next) in shape.succ.iter().enumerate() {
            for &s in next {
                assert!(shape.rpo[s] > shape.rpo[n] || dominates(s, n), "{n} to {s} goes back into a loop");
            }
        }
        // No way around in a circle without a poll.
        let rest: Vec<Vec<usize>> = (0..shape.succ.len())
            .map(|n| shape.succ[n].iter().copied().filter(|&s| !shape.polls(s)).collect())
            .collect();
        assert!(cyclic(&rest).iter().all(|&c| !c));
        // Every edge still leads where it did.
        for (n, next) in succ.iter().enumerate() {
            for &s in next {
                let (to, label) = shape.resolve(n, s);
                assert!(shape.succ[n].contains(&to));
                if let Some(label) = label {
                    assert_eq!(shape.dispatch[to - shape.real][label], s);
                }
            }
        }
        shape
    }

    #[test]
    fn a_loop_with_two_entries_gets_a_dispatch_node() {
        let shape = check(vec![vec![1, 2], vec![2], vec![1]]);
        assert_eq!(shape.dispatch.len(), 1);
        assert!(shape.header[3] && shape.polls(1) && shape.polls(2));
    }

    #[test]
    fn outermost_loops_and_straight_code_can_be_entered() {
        // 0 -> 1 -> [2 -> [3 -> 3] -> 2] -> 4, and a loop of 5 and 6 with two entries.
        let succ = vec![vec![1], vec![2], vec![3], vec![3, 2, 4], vec![5, 6], vec![6], vec![5]];
        let able: Vec<usize> = enterable(&succ).iter().enumerate().filter(|e| *e.1).map(|e| e.0).collect();
        assert_eq!(able, [1, 2, 4]);
    }

    #[test]
    fn a_plain_loop_needs_none() {
        let shape = check(vec![vec![1], vec![2, 3], vec![1], vec![]]);
        assert!(shape.dispatch.is_empty() && shape.header[1]);
    }

    #[test]
    fn a_round_of_an_outer_loop_that_passes_the_inner_one_polls_there() {
        // 0 -> [1 -> [2 -> 2] -> 1] -> 3
        let shape = check(vec![vec![1], vec![2], vec![2, 1, 3], vec![]]);
        assert!(shape.header[1] && shape.header[2] && !shape.polls(1) && shape.polls(2));
        // With a way past the inner one.
        let shape = check(vec![vec![1], vec![2, 3], vec![2, 3], vec![1, 4], vec![]]);
        assert!(shape.polls(1) && shape.polls(2));
    }

    proptest! {
        #[test]
        fn any_graph_becomes_reducible(succ in prop::collection::vec(prop::collection::vec(0usize..14, 0..4), 1..14)) {
            let n = succ.len();
            let mut succ: Vec<Vec<usize>> =
                succ.into_iter().map(|s| s.into_iter().map(|t| t % n).collect()).collect();
            for next in &mut succ {
                next.sort_unstable();
                next.dedup();
            }
            check(reachable(succ));
        }
    }
}
