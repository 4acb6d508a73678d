//! Scalar doubles in `f64` locals.
//!
//! The low lane of a vector that scalar operations work on is kept in an `f64` local beside
//! the `v128` one: *fresh* where that local holds it, *stale* where it holds it alone, the
//! `v128` local having the high lane only. A chain of ADDSD and MULSD then has no lane moves
//! between its links. Whoever wants the whole vector has the lane put back ([`settle`]);
//! stores of the state write both locals instead.
//!
//! Where ways meet there is a form ([`forms`]): lanes that all ways, or at a loop's start all
//! ways back, bring in `f64` locals stay there.

use tawaki_cpu::ir::{Op, OpCode, VecOp};
use wasm_encoder::ValType;

use super::{Access, Context as _, Emitter};
use crate::analysis::{Analysis, Effects, Set};
use crate::layout::Options;
use crate::region::Region;
use crate::structure::Shape;

/// Where the low lanes of vectors are at a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::emit) struct Lows {
    /// In their `f64` locals.
    pub fresh: u128,
    /// Only there.
    pub stale: u128,
}

impl Lows {
    /// The vectors are whole in their `v128` locals, and may have changed.
    pub fn forget(&mut self, vectors: u128) {
        self.fresh &= !vectors;
        self.stale &= !vectors;
    }

    fn write(&mut self, vector: u8) {
        self.fresh |= bit(vector);
        self.stale |= bit(vector);
    }

    /// `to` becomes a copy of `from`.
    fn copy(&mut self, from: u8, to: u8) {
        let Lows { fresh, stale } = *self;
        self.forget(bit(to));
        if fresh & bit(from) != 0 {
            self.fresh |= bit(to);
        }
        if stale & bit(from) != 0 {
            self.stale |= bit(to);
        }
    }
}

fn bit(vector: u8) -> u128 {
    1 << (vector & 63)
}

/// What an operation does to low lanes, as doubles.
enum Use {
    /// From operands to the low lane of `d`, whose high lane is that of `a`: whether it takes
    /// the low lanes of `a` and of `b`.
    Lane(bool, bool),
    /// Looks at those of `a` and `b`.
    Look(bool, bool),
    /// Copies `b` to `d`.
    Copy,
    /// Loads `d`, the high lane of which becomes 0.
    Load,
    /// Stores that of `d`.
    Store,
    /// Takes that of `b`, and what else it does is that of another sort.
    Narrow,
    /// Nothing.
    Whole,
}

fn classify(op: &Op, options: &Options) -> Use {
    use VecOp::*;
    if op.code != OpCode::Vector || options.exact_float {
        return Use::Whole;
    }
    match VecOp::from_e(op.e) {
        Load64 => Use::Load,
        Store64 => Use::Store,
        Mov => Use::Copy,
        Movsd => Use::Lane(false, true),
        Comisd | Ucomisd => Use::Look(true, true),
        Cvtsd2si32 | Cvtsd2si64 | Cvttsd2si32 | Cvttsd2si64 => Use::Look(true, false),
        Cvtsi2sd32 | Cvtsi2sd64 => Use::Lane(false, false),
        // The NaNs of a host that makes its own are mended in vectors.
        _ if options.mend_nans => Use::Whole,
        Addsd | Subsd | Mulsd | Divsd => Use::Lane(true, true),
        Sqrtsd | Roundsd => Use::Lane(false, true),
        Cvtss2sd => Use::Lane(false, false),
        Cvtsd2ss => Use::Narrow,
        _ => Use::Whole,
    }
}

/// Vectors of which an operation takes the low lane alone.
fn taken(op: &Op, options: &Options) -> u128 {
    let of = |a, b| if a { bit(op.a) } else { 0 } | if b { bit(op.b) } else { 0 };
    match classify(op, options) {
        Use::Lane(a, b) | Use::Look(a, b) => of(a, b),
        Use::Store => bit(op.d),
        Use::Narrow => bit(op.b),
        Use::Copy | Use::Load | Use::Whole => 0,
    }
}

/// Whether the operations want what the one before them writes to `vector` as a double first.
pub(in crate::emit) fn wanted(vector: u8, ops: &[Op], effects: &[Effects], options: &Options) -> bool {
    for (op, effects) in ops.iter().zip(effects) {
        let code = classify(op, options);
        if !matches!(code, Use::Store) && taken(op, options) & bit(vector) != 0 {
            return true;
        }
        if effects.sync || effects.reads.xmm & bit(vector) != 0 && !matches!(code, Use::Store) {
            return false;
        }
        if effects.kills.xmm & bit(vector) != 0 {
            return false;
        }
    }
    false
}

/// Whether [`wanted`] is asked of the vector this operation writes.
pub(in crate::emit) fn chooses(op: &Op) -> bool {
    op.code == OpCode::Vector && (VecOp::from_e(op.e) == VecOp::Load64 || is_zero(op))
}

fn is_zero(op: &Op) -> bool {
    VecOp::from_e(op.e) == VecOp::Pxor && op.a == op.b
}

impl Emitter<'_> {
    fn low_local(&mut self, vector: u8) -> u32 {
        let vector = usize::from(vector) % Set::VECTORS;
        if self.low[vector] == super::super::NO_LOCAL {
            self.low[vector] = self.local(ValType::F64);
        }
        self.low[vector]
    }

    /// Pushes the low lane of a vector.
    pub(super) fn get_low(&mut self, vector: u8) {
        let low = self.low_local(vector);
        if self.lows.fresh & bit(vector) != 0 {
            self.i().local_get(low);
        } else {
            let whole = self.xmm_local(vector);
            self.i().local_get(whole).f64x2_extract_lane(0).local_tee(low);
            self.lows.fresh |= bit(vector);
        }
    }

    /// Pops the low lane of `d`, whose high lane is that of `a`.
    fn set_low(&mut self, d: u8, a: u8) {
        if d != a {
            let (from, to) = (self.xmm_local(a), self.xmm_local(d));
            self.i().local_get(from).local_set(to);
        }
        let low = self.low_local(d);
        self.i().local_set(low);
        self.lows.write(d);
    }
}

/// Puts the lanes of these vectors back that are in `f64` locals alone.
pub(in crate::emit) fn settle(e: &mut Emitter, vectors: u128) {
    let stale = Set { xmm: e.lows.stale & vectors, ..Set::EMPTY };
    for x in stale.each_xmm() {
        let (whole, low) = (e.xmm_local(x), e.low_local(x));
        e.i().local_get(whole).local_get(low).f64x2_replace_lane(0).local_set(whole);
    }
    e.lows.stale &= !vectors;
}

/// Before an operation that is not emitted here.
pub(super) fn before(e: &mut Emitter, op: &Op, effects: &Effects) {
    settle(e, effects.reads.xmm & !taken(op, e.options));
}

/// Behind it.
pub(super) fn after(e: &mut Emitter, op: &Op, effects: &Effects) {
    e.lows.forget(effects.writes.xmm);
    if e.wants_low && is_zero(op) {
        let low = e.low_local(op.d);
        e.i().f64_const(0.0.into()).local_set(low);
        e.lows.fresh |= bit(op.d);
    }
}

/// Emits an operation on low lanes; `false` (and nothing emitted) for others.
pub(super) fn emit(e: &mut Emitter, op: &Op) -> bool {
    use VecOp::*;
    let code = VecOp::from_e(op.e);
    match classify(op, e.options) {
        Use::Lane(a, b) => {
            match code {
                Cvtsi2sd32 => e.get32(op.b),
                Cvtsi2sd64 => e.get(op.b),
                Cvtss2sd => {
                    e.get_xmm(op.b);
                    e.i().f32x4_extract_lane(0);
                }
                _ => {
                    if a {
                        e.get_low(op.a);
                    }
                    if b {
                        e.get_low(op.b);
                    }
                }
            }
            let mut i = e.i();
            match code {
                Movsd => &mut i,
                Cvtsi2sd32 => i.f64_convert_i32_s(),
                Cvtsi2sd64 => i.f64_convert_i64_s(),
                Cvtss2sd => i.f64_promote_f32(),
                Addsd => i.f64_add(),
                Subsd => i.f64_sub(),
                Mulsd => i.f64_mul(),
                Divsd => i.f64_div(),
                Sqrtsd => i.f64_sqrt(),
                _ => match op.imm & 7 {
                    1 => i.f64_floor(),
                    2 => i.f64_ceil(),
                    3 => i.f64_trunc(),
                    _ => i.f64_nearest(),
                },
            };
            e.set_low(op.d, op.a);
        }
        Use::Copy if op.d != op.b => {
            let (from, to) = (e.xmm_local(op.b), e.xmm_local(op.d));
            e.i().local_get(from).local_set(to);
            if e.lows.fresh & bit(op.b) != 0 {
                let (from, to) = (e.low_local(op.b), e.low_local(op.d));
                e.i().local_get(from).local_set(to);
            }
            e.lows.copy(op.b, op.d);
        }
        Use::Load if e.wants_low => {
            let at = e.operand_address(op, 8, Access::Read, false);
            let (whole, low) = (e.xmm_local(op.d), e.low_local(op.d));
            e.i().f64_load(at).local_set(low).v128_const(0).local_set(whole);
            e.lows.write(op.d);
        }
        Use::Store if e.lows.fresh & bit(op.d) != 0 => {
            let at = e.operand_address(op, 8, Access::Write, false);
            e.get_low(op.d);
            e.i().f64_store(at);
        }
        Use::Narrow => {
            e.get_xmm(op.a);
            e.get_low(op.b);
            e.i().f32_demote_f64().f32x4_replace_lane(0);
            e.set_xmm(op.d);
        }
        _ => return false,
    }
    true
}

// ---- where ways meet -----------------------------------------------------------------

/// What operations make of the lanes: [`emit`], [`before`] and [`after`] without emitting.
fn pass(lows: &mut Lows, ops: &[Op], all: &[Effects], options: &Options) {
    for (at, (op, effects)) in ops.iter().zip(all).enumerate() {
        if effects.sync {
            *lows = Lows::default();
            continue;
        }
        let wanted = || wanted(op.d, &ops[at + 1..], &all[at + 1..], options);
        let taken = taken(op, options);
        match classify(op, options) {
            Use::Lane(..) => {
                lows.fresh |= taken;
                lows.write(op.d);
            }
            Use::Copy => lows.copy(op.b, op.d),
            Use::Load if wanted() => lows.write(op.d),
            Use::Store if lows.fresh & bit(op.d) != 0 => {}
            sort => {
                lows.stale &= !effects.reads.xmm | taken;
                if matches!(sort, Use::Look(..) | Use::Narrow) {
                    lows.fresh |= taken;
                }
                lows.forget(effects.writes.xmm);
                if op.code == OpCode::Vector && is_zero(op) && wanted() {
                    lows.fresh |= bit(op.d);
                }
            }
        }
    }
}

/// Rounds over the graph: what is found has only to be good, [`bring`] makes it so.
const ROUNDS: usize = 3;

/// The form of each node of the shape where ways meet, or a loop begins.
pub(in crate::emit) fn forms(
    region: &Region,
    shape: &Shape,
    analysis: &Analysis,
    options: &Options,
) -> Vec<Lows> {
    let count = shape.succ.len();
    let mut forms = vec![Lows::default(); count];
    let mut ops = region.nodes.iter().flat_map(|n| n.block.ops.iter());
    if options.helpers_only || !ops.any(|op| matches!(classify(op, options), Use::Lane(..) | Use::Look(..))) {
        return forms;
    }
    let mut pred = vec![Vec::new(); count];
    for (n, succ) in shape.succ.iter().enumerate() {
        succ.iter().for_each(|&s| pred[s].push(n));
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_unstable_by_key(|&n| shape.rpo[n]);
    let mut ends: Vec<Option<Lows>> = vec![None; count];
    for _ in 0..ROUNDS {
        for &n in &order {
            let back = |p: usize| shape.rpo[n] <= shape.rpo[p];
            let known = pred[n].iter().filter_map(|&p| Some((back(p), ends[p]?)));
            // At the start of a loop, what the ways back bring decides.
            let looped = known.clone().any(|(back, _)| back);
            let (mut all, mut some, mut stale) = (!0, 0, 0);
            for (back, end) in known {
                stale |= end.stale;
                if back || !looped {
                    all &= end.fresh;
                    some |= end.stale;
                }
            }
            // Whoever calls the function brings everything in memory.
            let fresh = if n == shape.root && !looped { 0 } else { all | some };
            let mut lows = Lows { fresh, stale: stale & fresh };
            let held = analysis.nodes[n].held.xmm & Set::MACHINE.xmm;
            lows.forget(!held);
            forms[n] = lows;
            if let Some(node) = region.nodes.get(n) {
                pass(&mut lows, &node.block.ops, &analysis.effects[n], options);
                if node.end.calls() {
                    lows = Lows::default();
                }
            }
            ends[n] = Some(lows);
        }
    }
    forms
}

/// Whether [`bring`] has something to do.
pub(in crate::emit) fn differs(e: &Emitter, form: Lows, held: Set) -> bool {
    (form.fresh & !e.lows.fresh | e.lows.stale & !form.stale) & held.xmm != 0
}

/// Makes the lanes here what they are in `form`, of the vectors that are in locals there.
pub(in crate::emit) fn bring(e: &mut Emitter, form: Lows, held: Set) {
    settle(e, held.xmm & !form.stale);
    for x in (Set { xmm: form.fresh & !e.lows.fresh & held.xmm, ..Set::EMPTY }).each_xmm() {
        e.get_low(x);
        e.i().drop();
    }
    e.lows = form;
}
