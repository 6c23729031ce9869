//! Bias instances in the plane: Gaussian mixtures.

use super::instance::BiasInstance;
use super::line_instance::{BiasRun, LineBiasInstance};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive};
use crate::measure::mixture::Mixture;
use crate::path::{MixturePath, Schedule};
use crate::transport::mixture_action;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// Annealed Langevin dynamics along the whole path from `N(0, I)` to a mixture in the plane, started in the law of the path.
#[derive(Clone, Debug)]
pub struct PlaneBiasInstance {
    /// The path.
    pub path: MixturePath,
    /// The schedule.
    pub schedule: Schedule,
    /// Slowness κ > 0.
    pub kappa: f64,
    /// Pairs of antithetic paths of a simulation.
    pub pairs: u32,
    action: Enclosure,
}

impl PlaneBiasInstance {
    /// An instance; the action has to be finite.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the action is infinite; [`Error::Domain`] for a bad κ; those of [`mixture_action`].
    pub fn new(target: Mixture, schedule: Schedule, kappa: f64, pairs: u32) -> Result<Self> {
        positive("kappa", kappa)?;
        let path = MixturePath::gaussian(target);
        let found = mixture_action(&path, std::slice::from_ref(&schedule))?;
        let action = found.into_iter().next().filter(|action| action.is_finite());
        let action = action
            .ok_or_else(|| Error::hypothesis("B1", "H1 (finite action)", format!("{path}, {schedule}")))?;
        Ok(Self { path, schedule, kappa, pairs, action })
    }

    /// `(κ/4)·A`.
    pub fn girsanov_term(&self) -> Enclosure {
        self.action * self.kappa / 4.0
    }
}

impl fmt::Display for PlaneBiasInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, κ={}", self.path, self.schedule, self.kappa)
    }
}

/// Two components with dense covariances that do not commute, neither symmetric nor centred.
///
/// # Errors
/// None in practice: the parameters are in range.
pub fn skew_pair() -> Result<Mixture> {
    let means = vec![DVector::from_vec(vec![1.25, 0.5]), DVector::from_vec(vec![-1.0, 0.75])];
    let covariance = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries);
    Mixture::new(
        &[0.7, 0.3],
        means,
        vec![covariance([0.5, 0.2, 0.2, 0.75]), covariance([0.8, -0.3, -0.3, 0.4])],
    )
}

/// A bias instance on which path laws are compared.
#[derive(Debug)]
pub enum PathRun {
    /// Gaussian laws, or laws on the line.
    Run(BiasRun),
    /// A mixture in the plane.
    Plane(Box<PlaneBiasInstance>),
}

impl From<BiasInstance> for PathRun {
    fn from(run: BiasInstance) -> Self {
        Self::Run(run.into())
    }
}

impl From<LineBiasInstance> for PathRun {
    fn from(run: LineBiasInstance) -> Self {
        Self::Run(run.into())
    }
}

impl From<PlaneBiasInstance> for PathRun {
    fn from(run: PlaneBiasInstance) -> Self {
        Self::Plane(Box::new(run))
    }
}

impl PathRun {
    /// `(κ/4)·A`, with the action of the range.
    ///
    /// # Errors
    /// Those of the action.
    pub fn girsanov_term(&self) -> Result<Enclosure> {
        match self {
            Self::Run(run) => run.girsanov_term(),
            Self::Plane(run) => Ok(run.girsanov_term()),
        }
    }

    /// `KL(p_from|q_0)`; in the plane instances start in the path.
    ///
    /// # Errors
    /// Those of [`BiasRun::initial_forward_kl`].
    pub fn initial_forward_kl(&self) -> Result<Enclosure> {
        match self {
            Self::Run(run) => run.initial_forward_kl(),
            Self::Plane(_) => Ok(Enclosure::exact(0.0).weakened(Evidence::Exact)),
        }
    }
}

impl fmt::Display for PathRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => run.fmt(f),
            Self::Plane(run) => run.fmt(f),
        }
    }
}
