//! Properties checked on random instances.

mod expression;
