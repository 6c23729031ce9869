//! Poincare constants.

pub mod shooting;
pub mod solver;
pub mod witness;
