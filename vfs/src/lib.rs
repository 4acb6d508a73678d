//! Tawaki `vfs`.
