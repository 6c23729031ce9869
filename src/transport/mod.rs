//! The transport field, the metric derivative and the action of a path.

mod entropic;
mod gaussian;
mod slope;

pub use entropic::entropic_map_jacobian;
pub use gaussian::{action, discounted_action, largest_metric_derivative_squared, metric_derivative_squared};
pub use slope::optimal_slope;
