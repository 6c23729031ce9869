//! Laws of annealed Langevin dynamics and of Nelson processes.

mod channel;
mod gaussian;
mod nelson;

pub use channel::{Deviation, annealed_langevin};
pub use gaussian::{Bias, InitialLaw, bias, bias_at, channel_deviations};
pub use nelson::NelsonProcess;
