//! The path `p_t` from the base law to the target: schedules and marginal laws.

mod channel;
mod gaussian;
mod schedule;

pub use channel::Channel;
pub use gaussian::GaussianPath;
pub use schedule::{EnclosedSchedule, Schedule};
