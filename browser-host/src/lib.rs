//! Tawaki `browser-host`.
