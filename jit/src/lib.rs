//! Tawaki `jit`.
