//! The transport field, the metric derivative and the action of a path.

mod gaussian;

pub use gaussian::{action, discounted_action, largest_metric_derivative_squared, metric_derivative_squared};
