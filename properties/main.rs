//! Properties checked on random instances.

mod enclosure;
mod expression;
mod gaussian;
mod line;
mod poincare;
