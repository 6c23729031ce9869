//! The path `p_t` from the base law to the target: schedules and marginal laws.

mod schedule;

pub use schedule::{EnclosedSchedule, Schedule};
