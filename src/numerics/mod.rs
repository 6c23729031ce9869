//! Numerical kernels: numbers of several kinds, expressions, quadrature.

pub mod expression;
pub mod jet;
pub mod number;
