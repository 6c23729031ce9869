//! Functional inequalities of a measure: their best constants and bounds for them.

pub mod log_sobolev;
