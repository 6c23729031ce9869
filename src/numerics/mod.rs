//! Numerical kernels: quadrature, extrapolation, linear equations, named random streams.

pub mod collocation;
pub mod double_double;
pub mod excess;
pub mod extrapolation;
pub mod linalg;
pub mod quadrature;
pub mod stream;
