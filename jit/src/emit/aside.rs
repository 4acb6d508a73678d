//! Calls of what was a part of the region, see [`crate::outline`].

use super::control::{Context, arguments, goto};
use super::module::mxcsr_differs;
use super::{Emitter, Leave, stack};
use crate::analysis::{self, Set};
use crate::layout::ExitKind;
use crate::region::{End, Target};

/// Calls the aside `entry` of the region at `of`, and goes on at that address of `back` that it returns.
pub(super) fn aside(
    e: &mut Emitter,
    c: &mut Context,
    n: usize,
    (of, entry): (u64, u64),
    back: &[(u64, Target)],
    end: &End,
) {
    let Some(function) = e.batch.aside(of, entry).map(|aside| aside.function) else {
        return e.exit(entry, ExitKind::Next);
    };
    stack::settle(e);
    let stored = e.meaningful(analysis::stored_at_end(end, e.dirty, e.batch));
    e.store_set(stored);
    (e.dirty, e.held, e.kind) = (Set::EMPTY, Set::EMPTY, None);
    e.lows = Default::default();
    let pc = e.pc;
    arguments(e);
    e.i().call(function).local_set(pc);
    // For wherever it was not expected the region is left; all is stored.
    if c.floats {
        mxcsr_differs(&mut e.i());
        e.unlikely();
        e.leave_by(Set::EMPTY, Leave::Return, true);
    }
    let Some((&(last, target), others)) = back.split_last() else {
        return e.leave_by(Set::EMPTY, Leave::Return, false);
    };
    for &(rip, target) in others {
        e.i().local_get(pc).i32_const(rip as i32).i32_eq();
        e.if_();
        goto(e, c, n, target);
        e.close();
    }
    e.i().local_get(pc).i32_const(last as i32).i32_ne();
    e.unlikely();
    e.leave_by(Set::EMPTY, Leave::Return, true);
    goto(e, c, n, target);
}
