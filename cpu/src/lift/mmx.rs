//! Lifting of mmx instructions.

use super::Row;

/// The table.
pub static ROWS: &[Row] = &[];
