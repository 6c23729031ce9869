//! Tolerances that the unit tests of several modules share. A test with a sharper or another reason names its own.

/// Rounding of some dozens of operations, relative to their size.
pub const ROUNDING: f64 = 1e-12;
/// What a quadrature or the solution of an equation leaves.
pub const SOLVED: f64 = 1e-9;
/// What a mesh leaves.
pub const MESH: f64 = 1e-6;
/// What a coarse mesh, or a bound that is nearly sharp, leaves.
pub const COARSE: f64 = 1e-3;
