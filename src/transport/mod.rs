//! The transport field, the metric derivative and the action of a path.

mod discounted;
mod gaussian;

pub use discounted::{discounted_action, discounted_action_by};
pub use gaussian::{
    action, largest_metric_derivative_squared, metric_derivative_squared, squared_rate_integral,
};
