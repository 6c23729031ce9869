//! Numerical kernels: quadrature, extrapolation, named random streams.

pub mod collocation;
pub mod extrapolation;
pub mod quadrature;
pub mod stream;
