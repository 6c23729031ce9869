//! Probability measures.

pub mod line;
