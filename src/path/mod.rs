//! The path `p_t` from the base law to the target: schedules and marginal laws.

mod channel;
mod curvature;
mod curve;
mod gaussian;
pub mod line;
mod mixture;
mod mixture_line;
pub mod observation;
mod schedule;
mod window;

pub use channel::Channel;
pub use curvature::{curvature_range, largest_curvature};
pub(crate) use curve::Reread;
pub use curve::{LineCurve, LinePath, LineSlice, SlicePoint};
pub use gaussian::GaussianPath;
pub use mixture::{HessianRange, MixtureBase, MixturePath, MixturePoint, MixtureSlice, Scale, StudentScales};
pub use mixture_line::MixtureCurve;
pub use observation::Observation;
pub use schedule::{EnclosedSchedule, Schedule};
