//! Numerical kernels.

pub mod double_double;
pub mod excess;
pub mod linalg;
