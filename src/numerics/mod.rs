//! Numerical kernels: quadrature, extrapolation, linear equations, named random streams.

pub mod collocation;
pub mod differentiation;
pub mod double_double;
pub mod enclosed_matrix;
pub mod excess;
pub mod extrapolation;
pub mod linalg;
pub mod quadrature;
pub mod stream;
