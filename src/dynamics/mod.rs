//! Laws of annealed Langevin dynamics and of Nelson processes.

mod bounds;
mod channel;
mod gaussian;
mod small_kappa;

pub use bounds::{log_sobolev_bias_bound, poincare_energy};
pub use channel::{Deviation, annealed_langevin};
pub use gaussian::{Bias, InitialLaw, bias, bias_at, channel_deviations};
pub use small_kappa::{log_sobolev_along_dynamics, small_kappa_limit};
