//! Reports for people: what a claim says, what was computed for a target.

mod explain;
mod measure;
pub mod site;

pub use explain::explain;
pub use measure::{BiasReport, ConditionalPoincare, MeasureReport, ScoreBounds, Setting};
