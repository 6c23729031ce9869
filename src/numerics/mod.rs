//! Numerical kernels: numbers of several kinds, expressions, special functions, quadrature,
//! extrapolation, panel grids, named random streams.

pub mod collocation;
pub mod expression;
pub mod extrapolation;
pub mod germ;
pub mod jet;
pub mod number;
pub mod panels;
pub mod parabolic_cylinder;
pub mod quadrature;
pub mod stream;
