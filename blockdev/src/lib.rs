//! Tawaki `blockdev`.
