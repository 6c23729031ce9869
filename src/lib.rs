//! A verified proof-companion for the theory of diffusion annealed Langevin dynamics.

pub mod claim;
pub mod claims;
pub mod enclosure;
pub mod error;
pub mod inequality;
pub mod measure;
pub mod numerics;
pub mod path;
