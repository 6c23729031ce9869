//! Numerical kernels: numbers of several kinds, expressions, quadrature, extrapolation, named
//! random streams.

pub mod collocation;
pub mod expression;
pub mod extrapolation;
pub mod jet;
pub mod number;
pub mod quadrature;
pub mod stream;
