//! Native emission of x87 operations.
