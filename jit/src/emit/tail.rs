//! The last instruction emitted, which the next one may be able to become one with.
//!
//! A baseline compiler takes each instruction as it is, and everybody reads and counts its bytes.

use super::Emitter;

const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const DROP: u8 = 0x1a;
const SELECT: u8 = 0x1b;
const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const LOCAL_TEE: u8 = 0x22;
const LOAD: u8 = 0x28;
const STORE: u8 = 0x3e;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const I32_EQZ: u8 = 0x45;
const I32_EQ: u8 = 0x46;
const I32_GE: u8 = 0x4f;
const I64_EQ: u8 = 0x51;
const I64_GE: u8 = 0x5a;
const F64_GE: u8 = 0x66;
const EXTENSIONS: u8 = 0xc4;

/// The comparison that holds where this one of integers does not.
fn inverse(code: u8) -> Option<u8> {
    // From the equality of its type on: eq ne, lt gt le ge with sign and without.
    const OTHER: [u8; 10] = [1, 0, 8, 9, 6, 7, 4, 5, 2, 3];
    let first = match code {
        I32_EQ..=I32_GE => I32_EQ,
        I64_EQ..=I64_GE => I64_EQ,
        _ => return None,
    };
    OTHER.get(usize::from(code - first)).map(|other| first + other)
}

/// Where the instruction behind the one at `at` begins, if that is one of the usual ones.
fn behind(code: &[u8], at: usize) -> Option<usize> {
    let number = |at: usize| Some(at + code.get(at..)?.iter().position(|byte| byte & 0x80 == 0)? + 1);
    match *code.get(at)? {
        ELSE | END | DROP | SELECT => Some(at + 1),
        LOCAL_GET..=LOCAL_TEE | I32_CONST | I64_CONST => number(at + 1),
        LOAD..=STORE => number(number(at + 1)?),
        I32_EQZ..=EXTENSIONS => Some(at + 1),
        _ => None,
    }
}

impl Emitter<'_> {
    /// Where the last instruction begins and what it is, if that is known.
    fn last(&self) -> Option<(usize, u8)> {
        let mut at = self.known;
        loop {
            let next = behind(&self.code, at)?;
            if next == self.code.len() {
                return Some((at, self.code[at]));
            }
            at = next;
        }
    }

    /// Pushes a local, which may have been set just now.
    pub(super) fn push_local(&mut self, local: u32) {
        if let Some((at, LOCAL_SET)) = self.last() {
            let mut set = vec![LOCAL_SET];
            wasm_encoder::Encode::encode(&local, &mut set);
            if self.code[at..] == set {
                self.code[at] = LOCAL_TEE;
                return;
            }
        }
        self.i().local_get(local);
    }

    /// Whether the i32 on the stack is zero: turns a comparison round.
    pub fn not(&mut self) {
        match self.last().and_then(|(at, code)| Some((at, inverse(code)?))) {
            Some((at, code)) => self.code[at] = code,
            None => _ = self.i().i32_eqz(),
        }
    }

    /// As [`Self::not`], for a branch: any number will do for true.
    pub fn branch_not(&mut self) {
        match self.last() {
            Some((at, I32_EQZ)) => self.code.truncate(at),
            _ => self.not(),
        }
    }

    /// Sets a local to a constant below the i32 on the stack. If that is what a comparison left the comparison stays last:
    /// with a branch behind it, baseline compilers make one of them.
    pub(super) fn set_below(&mut self, local: u32, value: i32) {
        let end = match self.last() {
            Some((at, I32_EQZ..=F64_GE)) => self.code.split_off(at),
            _ => Vec::new(),
        };
        self.i().i32_const(value).local_set(local);
        self.known = self.code.len();
        self.code.extend(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::InstructionSink;

    fn code(emit: impl FnOnce(&mut InstructionSink)) -> Vec<u8> {
        let mut code = Vec::new();
        emit(&mut InstructionSink::new(&mut code));
        code
    }

    #[test]
    fn turned_round_twice_a_comparison_is_itself() {
        let integer = (I32_EQ..=I32_GE).chain(I64_EQ..=I64_GE);
        for comparison in integer {
            let other = inverse(comparison).unwrap();
            assert_ne!(other, comparison);
            assert_eq!(inverse(other), Some(comparison));
        }
        let others = (0..=I32_EQZ).chain(I32_GE + 1..I64_EQ).chain(I64_GE + 1..=255);
        others.for_each(|other| assert_eq!(inverse(other), None, "{other:#x}"));
        let pair = |a: Vec<u8>, b: Vec<u8>| assert_eq!(inverse(a[0]), Some(b[0]));
        pair(code(|i| _ = i.i32_lt_s()), code(|i| _ = i.i32_ge_s()));
        pair(code(|i| _ = i.i32_gt_u()), code(|i| _ = i.i32_le_u()));
        pair(code(|i| _ = i.i64_le_s()), code(|i| _ = i.i64_gt_s()));
        pair(code(|i| _ = i.i64_ge_u()), code(|i| _ = i.i64_lt_u()));
        pair(code(|i| _ = i.i64_eq()), code(|i| _ = i.i64_ne()));
    }

    #[test]
    fn instructions_are_as_long_as_they_are() {
        let m = wasm_encoder::MemArg { offset: 1000, align: 3, memory_index: 0 };
        let all: [Vec<u8>; 12] = [
            code(|i| _ = i.local_get(1)),
            code(|i| _ = i.local_tee(300)),
            code(|i| _ = i.i32_const(-1)),
            code(|i| _ = i.i64_const(i64::MIN)),
            code(|i| _ = i.i64_store(m)),
            code(|i| _ = i.i32_load8_u(m)),
            code(|i| _ = i.i64_store32(m)),
            code(|i| _ = i.i32_eqz()),
            code(|i| _ = i.i64_extend32_s()),
            code(|i| _ = i.select()),
            code(|i| _ = i.else_()),
            code(|i| _ = i.end()),
        ];
        for one in &all {
            assert_eq!(behind(one, 0), Some(one.len()), "{one:x?}");
        }
        // Others are not looked into.
        assert_eq!(behind(&code(|i| _ = i.br(5)), 0), None);
        assert_eq!(behind(&code(|i| _ = i.v128_load(m)), 0), None);
        assert_eq!(behind(&code(|i| _ = i.call(200)), 0), None);
        assert_eq!(behind(&[], 0), None);
    }
}
