//! Numerical kernels: numbers of several kinds, expressions, quadrature, extrapolation, panel grids,
//! linear equations, special functions, named random streams.

pub mod bessel;
pub mod collocation;
pub mod differentiation;
pub mod double_double;
pub mod enclosed_matrix;
pub mod excess;
pub mod expression;
pub mod extrapolation;
pub mod false_alarms;
pub mod germ;
pub mod hierarchic;
pub mod jet;
pub mod linalg;
pub mod number;
pub mod panels;
pub mod parabolic_cylinder;
pub mod plane_fit;
pub mod quadrature;
pub mod skyline;
pub mod stream;
#[cfg(test)]
pub(crate) mod tolerances;
pub mod vector;
