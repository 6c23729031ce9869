//! Properties checked on random instances.

mod expression;
mod line;
mod poincare;
