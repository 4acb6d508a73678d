//! Lifting of sse instructions.

use super::Row;

/// The table.
pub static ROWS: &[Row] = &[];
