//! Tawaki `process`.
