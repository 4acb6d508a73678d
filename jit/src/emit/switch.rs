//! Indirect jumps to many known targets: a perfect hash of the address, a `br_table`,
//! and a comparison with the one target that has this hash.
//!
//! Jumps that share targets (the operations of an interpreter, each ending in a jump
//! through the same table) share one dispatch node, so that code size does not go with
//! the square of their number.

use std::collections::HashMap;

use crate::region::{End, Region, Target};

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

/// The groups of a region with more than one member.
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
    groups.retain(|g| g.members.len() > 1);
    groups
}

/// A hash without collisions: `key * multiplier >> shift` is an index into `table`.
#[derive(Debug)]
pub struct Perfect {
    /// Odd.
    pub multiplier: u32,
    /// 32 less log2 of the table's length.
    pub shift: u32,
    /// Number of the key with this hash.
    pub table: Vec<Option<usize>>,
}

/// Finds a perfect hash of these keys, which must differ.
pub fn perfect(keys: &[u32]) -> Option<Perfect> {
    let first = (keys.len().max(2) as u32).next_power_of_two().trailing_zeros();
    for log2 in first..first + 5 {
        let shift = 32 - log2;
        let mut multiplier = 0x9e37_79b1u32;
        // The try that last met this place.
        let mut met = vec![0u32; 1 << log2];
        for attempt in 1..=3000 {
            let place = |key: u32| (key.wrapping_mul(multiplier) >> shift) as usize;
            if keys.iter().all(|&key| std::mem::replace(&mut met[place(key)], attempt) != attempt) {
                let mut table = vec![None; 1 << log2];
                keys.iter().enumerate().for_each(|(i, &key)| table[place(key)] = Some(i));
                return Some(Perfect { multiplier, shift, table });
            }
            multiplier = multiplier.wrapping_mul(0x2c9277b5).wrapping_add(0x3c6ef36e) | 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_hash_for_the_targets_of_an_interpreter() {
        for n in [1, 2, 5, 33, 170, 400] {
            let keys: Vec<u32> = (0..n).map(|i: u32| 0x40_1000 + i * 37 + (i * i) % 11).collect();
            let hash = perfect(&keys).expect("a hash");
            for (i, key) in keys.iter().enumerate() {
                assert_eq!(hash.table[(key.wrapping_mul(hash.multiplier) >> hash.shift) as usize], Some(i));
            }
        }
    }
}
