//! The transport field, the metric derivative and the action of a path.

mod conditional;
mod fisher;
mod gaussian;
mod ou_time;
mod quotient;
mod symmetric_pair;

pub use conditional::{conditional_velocity, path_score};
pub use fisher::{fisher_action, fisher_along_path};
pub use gaussian::{action, metric_derivative_squared};
pub use ou_time::{action_in_ou_time, length_in_ou_time};
pub use quotient::{metric_derivative_by_distances, path_distance, room};
pub use symmetric_pair::SymmetricPairPath;
