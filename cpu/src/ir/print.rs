//! Printing IR, for tests and debugging.

use std::fmt;

use super::ops::uses;
use super::{Block, Op, OpCode, VecOp};
use crate::state::{Slot, slot};

const GPR: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];

fn name(s: Slot) -> String {
    match s {
        0..=15 => GPR[s as usize].to_string(),
        slot::ZERO => "zero".into(),
        slot::FS_BASE => "fs".into(),
        slot::GS_BASE => "gs".into(),
        slot::SINK => "_".into(),
        _ => format!("t{}", s.wrapping_sub(slot::TEMP)),
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.code.info();
        write!(f, "{}", info.name)?;
        let u = info.uses;
        if u & uses::E != 0 {
            match self.code {
                OpCode::Vector => write!(f, ".{}", VecOp::NAMES[self.e as usize % VecOp::NAMES.len()])?,
                _ => write!(f, ".{}", self.e)?,
            }
        }
        if u & (uses::D | uses::RD | uses::ANY) != 0 {
            write!(f, " d={}", name(self.d))?;
        }
        if u & (uses::A | uses::ANY) != 0 {
            write!(f, " a={}", name(self.a))?;
        }
        if u & (uses::B | uses::ANY) != 0 {
            write!(f, " b={}", name(self.b))?;
        }
        if u & uses::C != 0 {
            write!(f, " c={}", name(self.c))?;
        } else if u & (uses::SCALE | uses::COND | uses::ANY) != 0 {
            write!(f, " c={}", self.c)?;
        }
        if u & (uses::I | uses::ANY) != 0 {
            write!(f, " {:#x}", self.imm)?;
        }
        Ok(())
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marks = self.starts.iter().peekable();
        for (i, op) in self.ops.iter().enumerate() {
            while let Some(&&(at, offset)) = marks.peek() {
                if at as usize != i {
                    break;
                }
                writeln!(f, "{:#x}:", self.rip + u64::from(offset))?;
                marks.next();
            }
            writeln!(f, "    {op}")?;
        }
        Ok(())
    }
}
