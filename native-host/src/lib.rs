//! Tawaki `native-host`.
