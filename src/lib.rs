//! A verified proof-companion for the theory of diffusion annealed Langevin dynamics.

pub mod claim;
pub mod claims;
pub mod cli;
pub mod dynamics;
pub mod enclosure;
pub mod error;
pub mod inequality;
pub mod ledger;
pub mod measure;
pub mod numerics;
pub mod path;
pub mod report;
pub mod transport;
