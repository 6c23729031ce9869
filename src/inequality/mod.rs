//! Poincaré and log-Sobolev constants and the rules by which they travel.

mod along_dynamics;

pub use along_dynamics::{
    Contraction, contracted_constant, log_sobolev_along_dynamics, log_sobolev_ceiling,
    poincare_along_dynamics,
};
