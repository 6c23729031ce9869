//! Poincaré and log-Sobolev constants and the rules by which they travel.

mod along_dynamics;
mod cheeger;
pub mod conditional;
mod convexity_profile;
mod covariance;
mod dual_formula;
mod line_profile;
pub mod log_sobolev;
pub mod log_sobolev_perturbation;
pub mod mixture;
pub mod perturbation;
pub mod poincare;
mod test_function;

pub use along_dynamics::{
    Contraction, contracted_constant, log_sobolev_along_dynamics, log_sobolev_ceiling,
    poincare_along_dynamics,
};
pub use cheeger::cheeger_constant;
pub use convexity_profile::ConvexityProfile;
pub use covariance::{
    convexity, convolution_covariance_norm, image_covariance_norm, operator_norm_squared,
    reflected_product_covariance_norm, scaled_covariance_norm,
};
pub use dual_formula::{Increasing, dual_infimum, dual_supremum, rayleigh_quotient};
pub use line_profile::muckenhoupt_constant;
pub use test_function::{TestFunction, exponential_log_sobolev_quotient, relative_log_sobolev_quotient};
