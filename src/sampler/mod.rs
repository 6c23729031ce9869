//! The sampler: annealed Langevin dynamics in discrete time.
//!
//! A [`PathScore`] gives the [`Score`] at every time of a path, an [`Integrator`] on a [`Grid`] with these scores
//! frozen is a [`Scheme`], whose step is a pure function of state and noise, and a [`Batch`] runs many chains.
//!
//! ```
//! use dald::measure::gaussian::Gaussian;
//! use dald::path::Schedule;
//! use dald::sampler::{Batch, Grid, Integrator, MixtureScores};
//!
//! // Two modes in the plane, 1000 chains of 200 steps with slowness κ = 1/10.
//! let modes = [Gaussian::isotropic(vec![-2.0, 0.0], 0.25)?, Gaussian::isotropic(vec![2.0, 1.0], 0.5)?];
//! let path = MixtureScores::new(&[0.3, 0.7], &modes, Schedule::cosine())?;
//! let grid = Grid::new(0.0, 1.0, 0.1, 200)?;
//! let samples = Batch::new(1, 1000).run(&path, &grid, Integrator::EulerMaruyama, &|_| ())?;
//! let right = samples.chunks_exact(2).filter(|x| x[0] > 0.0).count();
//! assert!((650..750).contains(&right), "{right}");
//! # Ok::<(), dald::error::Error>(())
//! ```

mod batch;
mod gaussian;
mod gaussian_chain;
mod grid;
mod importance;
mod integrator;
mod line;
mod mixture;
mod moments;
mod nelson;
pub mod plan;
mod product;
mod score;

pub use batch::Batch;
pub use gaussian::GaussianScore;
pub use gaussian_chain::{AffineStep, ChainLaw, affine_step, chain_law};
pub use grid::Grid;
pub use importance::{Estimate, LogDensity, UserPath, UserScore};
pub use integrator::{Integrator, Scheme, Workspace};
pub use line::LineScore;
pub use mixture::{MixtureScore, MixtureScores};
pub use moments::{CoordinateMoments, SampleMoments};
pub use nelson::{NelsonDrift, NelsonDrifts};
pub use product::{Factor, ProductScore, ProductScores};
pub use score::{PathScore, Score, StandardStart, Start};
