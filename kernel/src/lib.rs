//! Tawaki `kernel`.
