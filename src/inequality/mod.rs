//! Functional inequalities: the constants of a measure.

pub mod poincare;
