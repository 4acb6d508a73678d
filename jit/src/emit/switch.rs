//! Indirect jumps to many known targets: a perfect hash of the address, a `br_table`,
//! and a comparison with the one target that has this hash.
//!
//! Jumps that share targets (the operations of an interpreter, each ending in a jump
//! through the same table) share one dispatch node, so that code size does not go with
//! the square of their number.

use std::collections::HashMap;

use tawaki_cpu::ir::ops::uses;
use tawaki_cpu::ir::{Block, OpCode};
use tawaki_cpu::state::{Slot, slot};

use crate::region::{End, Region, Target};

/// The table of addresses or offsets that an indirect jump takes its target from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// At this guest address.
    At(u64),
    /// So far behind the address in a register that was set in an earlier block.
    Behind(Slot, i64),
}

/// The table behind the jump that ends `block`: jumps through the same one, as the operations of
/// an interpreter end in, have the same targets, of which each has seen only some.
///
/// Forms: a load indexed by a register, of an address or of an offset that is added to the
/// table's address (or, in position-independent 32-bit code, to another one).
pub fn table(block: &Block) -> Option<Table> {
    use OpCode::*;
    let (jump, before) = block.ops.split_last()?;
    if jump.code != JmpInd {
        return None;
    }
    let writer = |s: Slot, end: usize| {
        let writes = |code: OpCode| code.info().uses & uses::D != 0;
        before[..end].iter().rposition(|op| writes(op.code) && op.d == s).map(|at| (at, before[at]))
    };
    let indexed = |code| matches!(code, Ld64X | Ld64XW | Ld32X | Ld32XW | LdS32To64X | LdS32To64XW);
    let (mut at, mut op) = writer(jump.a, before.len())?;
    if matches!(op.code, Add64 | AddF64 | Add32 | AddF32) && op.imm == 0 {
        // Which of the two is the offset?
        let load = |s: Slot| writer(s, at).filter(|(_, op)| indexed(op.code));
        (at, op) = load(op.a).or_else(|| load(op.b))?;
    }
    if !indexed(op.code) {
        return None;
    }
    if op.a == slot::ZERO {
        return Some(Table::At(op.imm as u64));
    }
    match writer(op.a, at) {
        Some((_, set)) if set.code == MovI => Some(Table::At((set.imm.wrapping_add(op.imm)) as u64)),
        Some(_) => None,
        None => Some(Table::Behind(op.a, op.imm)),
    }
}

/// Jumps with their targets.
#[derive(Debug, Default)]
pub struct Group {
    /// Address and node of each target inside the region.
    pub targets: Vec<(u32, usize)>,
    /// Nodes that end in these jumps.
    pub members: Vec<usize>,
}

/// Fewer targets are compared one by one where they are.
pub const MANY: usize = 4;

/// A jump to so many targets has a dispatch node of its own: it may be that of an interpreter written as one switch.
const SWITCH: usize = 16;

/// The groups of a region with more than one member or many targets.
pub fn groups(region: &Region) -> Vec<Group> {
    let mut group_of_target: HashMap<usize, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (n, node) in region.nodes.iter().enumerate() {
        let End::Indirect { known } = &node.end else { continue };
        let inside: Vec<(u32, usize)> = known
            .iter()
            .filter_map(|&(rip, target)| match target {
                Target::Node(t) => Some((rip as u32, t)),
                Target::Exit(_) => None,
            })
            .collect();
        if inside.len() < MANY {
            continue;
        }
        let mut mine = Group { members: vec![n], targets: Vec::new() };
        let mut joined: Vec<usize> =
            inside.iter().filter_map(|(_, t)| group_of_target.get(t).copied()).collect();
        joined.sort_unstable();
        joined.dedup();
        for g in joined {
            let old = std::mem::take(&mut groups[g]);
            mine.members.extend(old.members);
            mine.targets.extend(old.targets);
        }
        for target in inside {
            if !mine.targets.contains(&target) {
                mine.targets.push(target);
            }
        }
        for (_, t) in &mine.targets {
            group_of_target.insert(*t, groups.len());
        }
        groups.push(mine);
    }
    groups.retain(|g| g.members.len() > 1 || g.targets.len() >= SWITCH);
    groups
}

/// A hash with few collisions: `key * multiplier >> shift` is an index into `table`.
#[derive(Debug)]
pub struct Hash {
    /// Odd.
    pub multiplier: u32,
    /// 32 less log2 of the table's length.
    pub shift: u32,
    /// Number of the bucket of keys with this hash.
    pub table: Vec<Option<usize>>,
    /// Numbers of the keys of each bucket, ascending.
    pub buckets: Vec<Vec<usize>>,
}

/// Multipliers that are tried.
const ATTEMPTS: u32 = 500;

/// Finds a hash of these keys, which must differ. The table has at most eight places for a key; where that is not
/// enough for a place of its own for each, the first keys have one rather than the last.
pub fn hash(keys: &[u32]) -> Hash {
    let first = (keys.len().max(2) as u32).next_power_of_two().trailing_zeros();
    let mut best = (usize::MAX, 0, 0);
    'found: for log2 in first..first + 3 {
        let shift = 32 - log2;
        let mut multiplier = 0x9e37_79b1u32;
        // The attempt that last met this place.
        let mut met = vec![0u32; 1 << log2];
        for attempt in 1..=ATTEMPTS {
            // What comes second to its place costs more the more is behind it.
            let mut cost = 0;
            for (i, key) in keys.iter().enumerate() {
                let place = &mut met[(key.wrapping_mul(multiplier) >> shift) as usize];
                if std::mem::replace(place, attempt) == attempt {
                    cost += keys.len() - i;
                }
            }
            if cost < best.0 {
                best = (cost, multiplier, shift);
            }
            if cost == 0 {
                break 'found;
            }
            multiplier = multiplier.wrapping_mul(0x2c92_77b5).wrapping_add(0x3c6e_f36e) | 1;
        }
    }
    let (_, multiplier, shift) = best;
    let mut table = vec![None; 1 << (32 - shift)];
    let mut buckets: Vec<Vec<usize>> = Vec::new();
    for (i, key) in keys.iter().enumerate() {
        let place = &mut table[(key.wrapping_mul(multiplier) >> shift) as usize];
        let bucket = *place.get_or_insert_with(|| {
            buckets.push(Vec::new());
            buckets.len() - 1
        });
        buckets[bucket].push(i);
    }
    Hash { multiplier, shift, table, buckets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawaki_cpu::ir::Op;

    fn ends_in(ops: &[Op]) -> Block {
        Block { rip: 0x1000, end: 0x1010, ops: ops.into(), starts: [(0, 0)].into() }
    }

    #[test]
    fn jumps_through_the_same_table_are_recognised() {
        use OpCode::*;
        let (rax, rcx, r14, t) = (0, 1, 14, slot::TEMP);
        let jump = |a| Op::new(JmpInd).a(a);
        // mov rax, [r14 + rax * 8]; shl rcx, 4; jmp rax
        let fetch = Op::new(Ld64X).d(rax).a(r14).b(rax).c(3);
        let shift = Op::new(ShlI64).d(rcx).a(rcx).imm(4);
        assert_eq!(table(&ends_in(&[fetch, shift, jump(rax)])), Some(Table::Behind(r14, 0)));
        // jmp [table + rax * 8]
        let fetch = Op::new(Ld64X).d(t).a(slot::ZERO).b(rax).c(3).imm(0x5000);
        assert_eq!(table(&ends_in(&[fetch, jump(t)])), Some(Table::At(0x5000)));
        // lea rcx, [table]; movsxd rax, [rcx + rax * 4]; add rax, rcx; jmp rax
        let base = Op::new(MovI).d(rcx).imm(0x5000);
        let fetch = Op::new(LdS32To64X).d(rax).a(rcx).b(rax).c(2);
        let add = Op::new(Add64).d(rax).a(rax).b(rcx);
        assert_eq!(table(&ends_in(&[base, fetch, add, jump(rax)])), Some(Table::At(0x5000)));
        assert_eq!(table(&ends_in(&[fetch, add, jump(rax)])), Some(Table::Behind(rcx, 0)));
        // jmp [rax + 24]; pop rax; jmp rax
        assert_eq!(table(&ends_in(&[Op::new(Ld64).d(t).a(rax).imm(24), jump(t)])), None);
        assert_eq!(table(&ends_in(&[Op::new(Pop64).d(rax), jump(rax)])), None);
    }

    #[test]
    fn finds_a_hash_for_the_targets_of_an_interpreter() {
        for n in [1, 2, 5, 33, 170, 400, 600] {
            let keys: Vec<u32> = (0..n).map(|i: u32| 0x40_1000 + i * 37 + (i * i) % 11).collect();
            let hash = hash(&keys);
            for (i, key) in keys.iter().enumerate() {
                let bucket = hash.table[(key.wrapping_mul(hash.multiplier) >> hash.shift) as usize];
                assert!(hash.buckets[bucket.expect("a bucket")].contains(&i));
            }
            let first = hash.buckets.iter().filter_map(|bucket| bucket.first());
            let alone = first.filter(|&&i| i < keys.len() / 2).count();
            assert!(alone * 20 >= keys.len() / 2 * 19, "{alone} of {n}");
            assert!(hash.table.len() <= 8 * keys.len().next_power_of_two());
            assert_eq!(hash.buckets.iter().map(Vec::len).sum::<usize>(), keys.len());
        }
    }
}
