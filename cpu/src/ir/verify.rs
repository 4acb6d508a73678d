//! What every block must satisfy; checked on each lifted block in debug builds.

use super::ops::uses;
use super::{Block, Op, OpCode};
use crate::state::{Slot, slot};

/// Checks a block:
/// * the last operation ends it, and only a conditional branch may stand before that;
/// * instruction starts ascend and lie inside;
/// * no operation writes ZERO, and none but a flag-setting one a flag slot;
/// * a temporary is written before it is read, within one instruction.
pub fn verify(block: &Block) -> Result<(), String> {
    let last = block.ops.len().checked_sub(1).ok_or("no operations")?;
    if block.instructions() == 0 || block.starts.windows(2).any(|w| w[0].0 > w[1].0 || w[0].1 >= w[1].1) {
        return Err("instruction starts do not ascend".into());
    }
    let mut written = [false; 256];
    let mut instruction = 0;
    for (i, op) in block.ops.iter().enumerate() {
        let info = op.code.info();
        let fail = |what: &str| Err(format!("operation {i}, {op}: {what}"));
        if block.instruction_of(i) != instruction {
            instruction = block.instruction_of(i);
            written = [false; 256];
        }
        let ends = info.uses & uses::END != 0;
        if ends && i != last && !matches!(op.code, OpCode::Jcc) {
            return fail("ends the block too early");
        }
        if i == last && !ends {
            return fail("does not end the block");
        }
        // Helpers name their slots in their own ways.
        if info.uses & uses::ANY != 0 {
            written = [true; 256];
            continue;
        }
        if reads(op, info.uses).any(|s| is_temporary(s) && !written[s as usize]) {
            return fail("reads a temporary that nothing wrote");
        }
        if info.uses & uses::D != 0 {
            if !(op.d < 16 || op.d == slot::SINK || is_temporary(op.d)) {
                return fail("writes a slot of the machine");
            }
            written[op.d as usize] = true;
        }
    }
    Ok(())
}

fn is_temporary(s: Slot) -> bool {
    (slot::TEMP..slot::TEMP + slot::TEMPS).contains(&s)
}

/// The slots an operation reads by its fields.
fn reads(op: &Op, used: u32) -> impl Iterator<Item = Slot> {
    [(uses::RD, op.d), (uses::A, op.a), (uses::B, op.b), (uses::C, op.c)]
        .into_iter()
        .filter_map(move |(bit, s)| (used & bit != 0).then_some(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(ops: &[Op]) -> Block {
        Block { rip: 0, end: 4, ops: ops.into(), starts: Box::new([(0, 0)]) }
    }

    #[test]
    fn finds_what_is_wrong() {
        let end = Op::new(OpCode::Jmp);
        let add = |d, a| Op::new(OpCode::AddI64).d(d).a(a);
        assert_eq!(verify(&block(&[add(0, 1), end])), Ok(()));
        assert_eq!(verify(&block(&[add(slot::TEMP, 1), add(0, slot::TEMP), end])), Ok(()));
        for wrong in [
            &[][..],
            &[add(0, 1)],
            &[end, end],
            &[add(0, slot::TEMP), end],
            &[add(slot::ZERO, 0), end],
            &[add(slot::FLAG_R, 0), end],
        ] {
            assert!(verify(&block(wrong)).is_err(), "{wrong:?}");
        }
    }
}
