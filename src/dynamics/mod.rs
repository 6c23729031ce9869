//! Laws of annealed Langevin dynamics and of Nelson processes.

mod channel;
mod covariance;
mod gaussian;

pub use channel::{Deviation, annealed_langevin};
pub use covariance::law_covariance_norm;
pub use gaussian::{Bias, InitialLaw, bias, bias_at, channel_deviations};
