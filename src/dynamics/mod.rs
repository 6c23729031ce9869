//! Laws of annealed Langevin dynamics and of Nelson processes.

mod bounds;
mod channel;
mod covariance;
pub mod fokker_planck;
mod gaussian;
mod line_bounds;
mod nelson;
pub mod plane;
mod small_kappa;

pub use bounds::{log_sobolev_bias_bound, poincare_energy};
pub use channel::{Deviation, annealed_langevin};
pub use covariance::law_covariance_norm;
pub use gaussian::{Bias, InitialLaw, bias, bias_at, channel_deviations};
pub use line_bounds::{
    LineContraction, WeightedAction, poincare_energy_on_line, smooth_poincare_energy_on_line,
};
pub use nelson::NelsonProcess;
pub use small_kappa::small_kappa_limit;
