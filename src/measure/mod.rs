//! Probability measures: densities, scores, exact moments and exact constants.

pub mod gaussian;
pub mod line;
pub mod mixture;
pub mod target;
