//! Numerical kernels: quadrature, extrapolation, named random streams.

pub mod extrapolation;
pub mod quadrature;
pub mod stream;
