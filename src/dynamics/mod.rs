//! Laws of annealed Langevin dynamics and of Nelson processes.

mod bounds;
mod channel;
mod gaussian;

pub use bounds::{
    girsanov_bound, log_sobolev_along_dynamics, log_sobolev_bound, poincare_bound, small_kappa_limit,
};
pub use channel::{Deviation, annealed_langevin};
pub use gaussian::{Bias, InitialLaw, bias, bias_at, channel_deviations};
