//! The path `p_t` from the base law to the target: schedules and marginal laws.

mod channel;
mod gaussian;
pub mod observation;
mod schedule;

pub use channel::Channel;
pub use gaussian::GaussianPath;
pub use observation::Observation;
pub use schedule::{EnclosedSchedule, Schedule};
