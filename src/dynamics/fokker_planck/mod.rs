//! Laws of annealed Langevin dynamics and of processes with a given drift on the line, from the Fokker-Planck equation.
//!
//! [`AnnealedLine`] follows the deviation of annealed Langevin dynamics from its path, accurate however small it is;
//! [`process_on_line`] knows drifts only. In both the angle of the path is the time, so that no schedule makes the
//! equation singular.

mod annealed;
pub(super) mod divergence;
mod drift;
pub(super) mod grid;
mod law;
#[cfg(test)]
mod parts;
pub(super) mod refinement;
pub(super) mod stepper;
#[cfg(test)]
mod tests;

pub use annealed::{Accuracy, AnnealedLaw, AnnealedLine, LineBias, bias_on_line, product_bias};
pub use drift::{DriftLaw, LineProcess, law_of_drift, process_on_line};
pub use law::LineLaw;
