//! The transport field, the metric derivative and the action of a path.

mod conditional;
mod discounted;
mod entropic;
mod fisher;
mod gaussian;
pub mod line;
mod ou_time;
mod plane;
mod plane_distance;
mod quotient;
pub mod sinkhorn;
mod slope;
mod symmetric_pair;

pub use conditional::{conditional_velocity, path_score};
pub use discounted::{discounted_action, discounted_action_by};
pub use entropic::entropic_map_jacobian;
pub use fisher::{fisher_action, fisher_along_path};
pub use gaussian::{
    action, largest_metric_derivative_squared, metric_derivative_squared, squared_rate_integral,
};
pub use ou_time::{action_in_ou_time, length_in_ou_time};
pub use plane::{
    AngularEnergy, PlaneTransport, PlaneVelocity, ScoreNormCurves, mixture_action,
    mixture_metric_derivative_squared, mixture_parts, mixture_small_kappa_limit, plane_transport,
    plane_velocity,
};
pub use plane_distance::{Density, PlaneResolution};
pub use quotient::{metric_derivative_by_distances, path_distance, room};
pub use slope::optimal_slope;
pub use symmetric_pair::SymmetricPairPath;
