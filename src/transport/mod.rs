//! The transport field, the metric derivative and the action of a path.

mod gaussian;

pub use gaussian::{action, metric_derivative_squared};
