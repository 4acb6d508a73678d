//! Lifting of x87 instructions.

use super::Row;

/// The table.
pub static ROWS: &[Row] = &[];
