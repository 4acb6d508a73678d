//! Tawaki `cpu`.
