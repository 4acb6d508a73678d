//! What processor the machine has: chosen once, before its first program, and the same
//! for all of its processes.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A set of instructions, each containing the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// x86-64-v2 with BMI, ADX, MOVBE, AES and SHA.
    #[default]
    Base,
    /// x86-64-v3: with AVX, AVX2, FMA and F16C, and the state they have.
    Avx2,
}

static AVX2: AtomicBool = AtomicBool::new(false);

/// Chooses the level. Code that was decoded before keeps what it was decoded to.
pub fn set_level(level: Level) {
    AVX2.store(level == Level::Avx2, Relaxed);
}

/// The level.
pub fn level() -> Level {
    if AVX2.load(Relaxed) { Level::Avx2 } else { Level::Base }
}
