//! Bias instances on the line, where nothing is Gaussian, and the sum of both kinds of instances.

use super::instance::BiasInstance;
use crate::claims::line_instances::LineInstance;
use crate::claims::target_text;
use crate::dynamics::InitialLaw;
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLaw, AnnealedLine, LineBias};
use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, positive};
use crate::numerics::stream::Stream;
use crate::path::{LineSlice, Schedule};
use crate::transport::line::MetricDerivative;
use rand::RngExt;
use std::fmt;
use std::sync::OnceLock;

/// Annealed Langevin dynamics along a path on the line, started in the law of the path.
#[derive(Debug)]
pub struct LineBiasInstance {
    /// The path.
    pub line: LineInstance,
    /// Slowness κ > 0.
    pub kappa: f64,
    /// Start of the range.
    pub from: f64,
    /// End of the range.
    pub until: f64,
    accuracy: Accuracy,
    law: OnceLock<Result<AnnealedLaw>>,
    profile: OnceLock<Result<MetricDerivative>>,
}

/// For laws whose densities are quadratures: one digit less, with at most 128 cells.
const BY_QUADRATURE: Accuracy = Accuracy { tolerance: 1e-2, finest: 2 };

/// Relative width of the bias above which the next finer grid is taken, and how many of them there are.
const DECISIVE: f64 = 0.1;
const FINER: usize = 2;

impl LineBiasInstance {
    /// An instance; the action on the range has to be finite.
    ///
    /// # Errors
    /// [`Error::Hypothesis`] if the action is infinite; [`Error::Domain`] for times out of order or a bad κ.
    pub fn new(line: LineInstance, kappa: f64, from: f64, until: f64) -> Result<Self> {
        positive("kappa", kappa)?;
        // Mixtures with a Gaussian base have densities in closed form.
        let closed_form = line.is_gaussian_mixture();
        let accuracy = if closed_form { Accuracy::QUICK } else { BY_QUADRATURE };
        let (law, profile) = (OnceLock::new(), OnceLock::new());
        let instance = Self { line, kappa, from, until, accuracy, law, profile };
        if instance.action()?.is_finite() {
            Ok(instance)
        } else {
            Err(Error::hypothesis("B2", "H1 (finite action)", &instance))
        }
    }

    /// The same with the law to another accuracy.
    #[must_use]
    pub fn with_accuracy(self, accuracy: Accuracy) -> Self {
        Self { accuracy, law: OnceLock::new(), ..self }
    }

    /// The whole path, from where its action is finite.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::new`].
    pub fn whole(line: LineInstance, kappa: f64) -> Result<Self> {
        let from = line.regular_start();
        Self::new(line, kappa, from, 1.0)
    }

    /// With κ between 10⁻³ and 10; every third one ends before the path does.
    fn drawn(stream: &mut Stream, index: usize, line: LineInstance) -> Result<Self> {
        let kappa = 10_f64.powf(stream.random_range(-3.0..1.0));
        let until = if index % 3 == 2 { stream.random_range(0.25..1.0) } else { 1.0 };
        let from = line.regular_start();
        Self::new(line, kappa, from, until)
    }

    /// A random mixture from a Gaussian base.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::new`].
    pub fn random_mixture(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_mixture(stream, index)?;
        Self::drawn(stream, index, line)
    }

    /// A random potential from a Gaussian base.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::new`].
    pub fn random_potential(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_potential(stream, index)?;
        Self::drawn(stream, index, line)
    }

    /// A random mixture or potential from a Student base.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::new`].
    pub fn random_with_student_base(stream: &mut Stream, index: usize) -> Result<Self> {
        let line = LineInstance::random_with_student_base(stream, index)?;
        Self::drawn(stream, index, line)
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        self.line.path.schedule()
    }

    /// The angles at the end and at the start of the range.
    pub fn angles(&self) -> (f64, f64) {
        let angle = |t: f64| self.schedule().angle(t).min(std::f64::consts::FRAC_PI_2);
        (angle(self.until), angle(self.from))
    }

    /// The law of the dynamics, from the Fokker-Planck equation; computed once. Where the enclosure of the bias is too
    /// wide to decide anything, on finer grids.
    ///
    /// # Errors
    /// Those of [`AnnealedLine::along`] and [`AnnealedLine::law`].
    pub fn law(&self) -> Result<&AnnealedLaw> {
        let solve = || {
            let line = AnnealedLine::along(&self.line.path, self.from, self.until)?;
            let mut accuracy = self.accuracy;
            let finest = (accuracy.finest + FINER).min(Accuracy::FINEST);
            loop {
                let law = line.law(self.schedule(), self.kappa, accuracy)?;
                let forward = law.bias().forward_kl;
                if forward.width() <= DECISIVE * forward.hi() || accuracy.finest >= finest {
                    return Ok(law);
                }
                accuracy.finest += 1;
            }
        };
        self.law.get_or_init(solve).as_ref().map_err(Clone::clone)
    }

    /// The bias at the end of the range.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::law`].
    pub fn bias(&self) -> Result<LineBias> {
        Ok(self.law()?.bias())
    }

    /// The metric derivative as a function of the angle; computed once.
    ///
    /// # Errors
    /// Those of [`MetricDerivative::of`].
    pub fn profile(&self) -> Result<&MetricDerivative> {
        let compute = || MetricDerivative::of(self.line.path.curve(), self.angles());
        self.profile.get_or_init(compute).as_ref().map_err(Clone::clone)
    }

    /// `∫|p'_t|² dt` over the range.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::profile`] and [`MetricDerivative::action`].
    pub fn action(&self) -> Result<Enclosure> {
        self.profile()?.action(self.schedule(), self.from, self.until)
    }

    /// `sup|p'_t|²` over the range.
    ///
    /// # Errors
    /// Those of [`LineBiasInstance::profile`] and [`MetricDerivative::largest_squared`].
    pub fn largest_speed_squared(&self) -> Result<Enclosure> {
        self.profile()?.largest_squared(self.schedule(), self.from, self.until)
    }
}

impl fmt::Display for LineBiasInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, κ={}, t from {} to {}", self.line, self.kappa, self.from, self.until)
    }
}

/// Points of a slice at which a supremum is looked for, and golden-section steps around the largest value.
const SCAN: u32 = 256;
const GOLDEN_STEPS: usize = 40;
/// Mass beyond the scan. What is nearly of one sign there has its limit.
const BEYOND: f64 = 1e-30;

/// `sup_y f` over a slice, by a scan of all but a negligible part of its mass and golden section.
pub fn supremum(slice: &dyn LineSlice, f: impl Fn(f64) -> f64) -> f64 {
    let (lo, hi) = slice.window(BEYOND);
    let width = (hi - lo) / f64::from(SCAN);
    let at = |k: u32| lo + width * f64::from(k);
    let values: Vec<f64> = (0..=SCAN).map(|k| f(at(k))).collect();
    let top = (0..=SCAN).max_by(|&j, &k| values[j as usize].total_cmp(&values[k as usize])).unwrap_or(0);
    let (mut a, mut b) = (at(top.saturating_sub(1)), at((top + 1).min(SCAN)));
    let mut best = values[top as usize];
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    for _ in 0..GOLDEN_STEPS {
        let (x, y) = (b - ratio * (b - a), a + ratio * (b - a));
        let (at_x, at_y) = (f(x), f(y));
        if at_x >= at_y {
            b = y;
        } else {
            a = x;
        }
        best = best.max(at_x).max(at_y);
    }
    best
}

/// A bias instance: a Gaussian path in any dimension, or a path on the line.
#[derive(Debug)]
pub enum BiasRun {
    /// Gaussian laws.
    Gaussian(Box<BiasInstance>),
    /// Any laws on the line.
    Line(Box<LineBiasInstance>),
}

impl From<BiasInstance> for BiasRun {
    fn from(run: BiasInstance) -> Self {
        Self::Gaussian(Box::new(run))
    }
}

impl From<LineBiasInstance> for BiasRun {
    fn from(run: LineBiasInstance) -> Self {
        Self::Line(Box::new(run))
    }
}

impl BiasRun {
    /// `KL(p_until|q)` of the law of the dynamics.
    ///
    /// # Errors
    /// Those of the law.
    pub fn forward_kl(&self) -> Result<Enclosure> {
        match self {
            Self::Gaussian(run) => run.forward_kl(),
            Self::Line(run) => Ok(run.bias()?.forward_kl),
        }
    }

    /// `KL(q|p_until)`.
    ///
    /// # Errors
    /// Those of the law.
    pub fn reverse_kl(&self) -> Result<Enclosure> {
        match self {
            Self::Gaussian(run) => run.reverse_kl(),
            Self::Line(run) => Ok(run.bias()?.reverse_kl),
        }
    }

    /// `(κ/4)·A`, with the action of the range.
    ///
    /// # Errors
    /// Those of the action.
    pub fn girsanov_term(&self) -> Result<Enclosure> {
        match self {
            Self::Gaussian(run) => run.girsanov_term(),
            Self::Line(run) => Ok(run.action()? * run.kappa / 4.0),
        }
    }

    /// `KL(p_from|q_0)`; instances on the line start in the path.
    ///
    /// # Errors
    /// Those of [`BiasInstance::initial_forward_kl`].
    pub fn initial_forward_kl(&self) -> Result<Enclosure> {
        match self {
            Self::Gaussian(run) => run.initial_forward_kl(),
            Self::Line(_) => Ok(Enclosure::exact(0.0).weakened(Evidence::Exact)),
        }
    }
}

impl BiasRun {
    /// The run as the text of a target file; `None` if it does not reach the end of the path, or begins elsewhere than in it.
    pub fn target_file(&self) -> Option<String> {
        match self {
            Self::Gaussian(run) => {
                let whole = run.until == 1.0 && run.initial == InitialLaw::exact(run.path.dim());
                whole.then(|| target_text::gaussian_run(&run.path, Some(run.kappa), run.from))?
            }
            Self::Line(run) => {
                let LineInstance { target, base, .. } = &run.line;
                let text = || target_text::line_run(target, *base, run.schedule(), Some(run.kappa), run.from);
                (run.until == 1.0).then(text)?
            }
        }
    }
}

impl fmt::Display for BiasRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(run) => run.fmt(f),
            Self::Line(run) => run.fmt(f),
        }
    }
}
