//! Numerical kernels.

pub mod panels;
