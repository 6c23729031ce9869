//! Transport field, metric derivative and action of curves of laws on the line.
//!
//! On the line a field that moves a law is unique, so `w_φ` of a [`LineCurve`](crate::path::LineCurve) is the optimal
//! one and `|p'|² = ∫w²p` per angle. The second route, through quantile functions alone, is in
//! [`metric_derivative_squared_by_distances`].

mod action;
#[cfg(test)]
mod action_tests;
mod distance;
mod integral;
mod limit;
mod profile;
mod quantile;
mod slice;
#[cfg(test)]
mod tests;

pub use distance::{metric_derivative_squared_by_distances, monotone_map, wasserstein2_squared};
pub use integral::{expectation, expectations};
pub use limit::{limit_field, radial_small_kappa_limit, small_kappa_limit};
pub use profile::MetricDerivative;
pub use quantile::truncated_distance_squared;
pub use slice::{SliceIntegrals, metric_derivative_squared, slice_integrals};
