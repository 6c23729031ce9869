//! The sampler: annealed Langevin dynamics in discrete time.

mod euler_maruyama;
mod gaussian_chain;

pub use euler_maruyama::{EulerMaruyama, GaussianScore, Grid, PathScore, Score};
pub use gaussian_chain::{AffineStep, ChainLaw, affine_step, chain_law};
