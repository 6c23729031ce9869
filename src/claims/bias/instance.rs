//! The instances that the bias claims share: a Gaussian path, a slowness and a time range.

use crate::claims::gaussian_instances::{random_schedule, random_target, schedule};
use crate::dynamics::{InitialLaw, bias_at};
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::inequality::log_sobolev_ceiling;
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::action;
use rand::RngExt;
use std::fmt;

/// Annealed Langevin dynamics with slowness `kappa` along `path` from time `from` to `until`.
#[derive(Clone, Debug)]
pub struct BiasInstance {
    /// The path.
    pub path: GaussianPath,
    /// Slowness κ > 0.
    pub kappa: f64,
    /// Start of the range.
    pub from: f64,
    /// End of the range.
    pub until: f64,
    /// Law at the start.
    pub initial: InitialLaw,
}

impl BiasInstance {
    /// An instance; the action on the range has to be finite.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the action is infinite; errors of the action itself.
    pub fn new(path: GaussianPath, kappa: f64, from: f64, until: f64, initial: InitialLaw) -> Result<Self> {
        if action(&path, from, until)?.is_finite() {
            Ok(Self { path, kappa, from, until, initial })
        } else {
            Err(Error::hypothesis("B2", "H1 (finite action)", format!("{path} from {from}")))
        }
    }

    /// The whole path, started exactly.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn whole(path: GaussianPath, kappa: f64, from: f64) -> Result<Self> {
        let initial = InitialLaw::exact(path.dim());
        Self::new(path, kappa, from, 1.0, initial)
    }

    /// From the standard normal law to `N(mean, variance)`.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn one_dimensional(mean: f64, variance: f64, schedule_name: &str, kappa: f64) -> Result<Self> {
        let target = Gaussian::isotropic(vec![mean], variance)?;
        Self::whole(GaussianPath::from_standard(target, schedule(schedule_name)?)?, kappa, 0.0)
    }

    /// A short run from a law far from `p_0`: most of the initial error is still there.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn badly_started() -> Result<Self> {
        let target = Gaussian::isotropic(vec![0.5, -1.0], 0.5)?;
        let path = GaussianPath::from_standard(target, schedule("cosine")?)?;
        Self::new(path, 10.0, 0.0, 0.125, InitialLaw::perturbed(vec![3.0, -2.0], 2.0)?)
    }

    /// Random target (general covariance, non-centred), standard base, random schedule; starts
    /// where the action is finite.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = random_target(stream, index)?;
        let schedule = random_schedule(stream);
        let singular = schedule.onset_exponent().is_some_and(|a| a <= 1.0);
        let from = if singular { 0.0625 } else { 0.0 };
        let kappa = 10_f64.powf(stream.random_range(-3.0..1.0));
        Self::whole(GaussianPath::from_standard(target, schedule)?, kappa, from)
    }

    /// Random target and random base with covariances that do not commute, d = 2 or 3.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = 2 + index % 2;
        let target = Gaussian::random(stream, dim, 10.0, 1.0)?;
        let base = Gaussian::random(stream, dim, 4.0, 0.0)?;
        let kappa = 10_f64.powf(stream.random_range(-1.0..1.0));
        Self::whole(GaussianPath::new(target, base, schedule("cosine")?)?, kappa, 0.0)
    }

    /// As [`BiasInstance::random`], with an initial error and a range inside the path.
    ///
    /// # Errors
    /// Those of [`BiasInstance::new`].
    pub fn random_perturbed(stream: &mut Stream, index: usize) -> Result<Self> {
        let whole = Self::random(stream, index)?;
        let shift = (0..whole.path.dim()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let initial = InitialLaw::perturbed(shift, 2_f64.powf(stream.random_range(-2.0..2.0)))?;
        let until = stream.random_range(0.25..1.0);
        Self::new(whole.path, whole.kappa, 0.125, until, initial)
    }

    /// A bound `C*` for `C_LS(p_t)` and, if `q_0 = p_from`, for `C_LS(q_τ)` at all times up to the end of
    /// the path.
    ///
    /// # Errors
    /// Those of [`log_sobolev_ceiling`].
    pub fn log_sobolev_ceiling(&self) -> Result<Enclosure> {
        let initial = self.path.law(self.from)?.log_sobolev_constant();
        log_sobolev_ceiling(&self.path, self.from, 1.0, initial)
    }

    /// `KL(p_until|q)` of the law of the dynamics.
    ///
    /// # Errors
    /// Those of [`bias_at`].
    pub fn forward_kl(&self) -> Result<Enclosure> {
        Ok(bias_at(&self.path, self.kappa, self.from, self.until, &self.initial)?.forward_kl)
    }

    /// `KL(q|p_until)`.
    ///
    /// # Errors
    /// Those of [`bias_at`].
    pub fn reverse_kl(&self) -> Result<Enclosure> {
        Ok(bias_at(&self.path, self.kappa, self.from, self.until, &self.initial)?.reverse_kl)
    }

    /// `(κ/4)·A`, with the action of the range.
    ///
    /// # Errors
    /// Those of [`action`].
    pub fn girsanov_term(&self) -> Result<Enclosure> {
        Ok(action(&self.path, self.from, self.until)? * self.kappa / 4.0)
    }

    /// `KL(p_from|q_0)`.
    ///
    /// # Errors
    /// Those of [`InitialLaw::divergence`].
    pub fn initial_forward_kl(&self) -> Result<Enclosure> {
        Ok(self.initial.divergence(&self.path, self.from)?.forward_kl)
    }
}

impl fmt::Display for BiasInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, κ={}, t from {} to {}", self.path, self.kappa, self.from, self.until)?;
        if self.initial != InitialLaw::exact(self.path.dim()) {
            write!(f, ", {:?}", self.initial)?;
        }
        Ok(())
    }
}
