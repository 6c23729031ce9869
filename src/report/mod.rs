//! Reports for people: what a claim says, what was computed for a target.

mod explain;

pub use explain::explain;
