//! The instances of the claim on functional inequalities along a diffusion.

use crate::claims::functional_instances::{LinearImage, dense_law, describe};
use crate::claims::gaussian_instances::random_schedule;
use crate::claims::line_instances::{LineInstance, random_mixture};
use crate::dynamics::fokker_planck::{DriftLaw, LineProcess, process_on_line};
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, finite, positive, within};
use crate::inequality::{Contraction, contracted_constant};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::Stream;
use crate::path::{Channel, GaussianPath, Schedule};
use rand::RngExt;
use std::fmt;

/// Which of the two constants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `C_P`.
    Poincare,
    /// `C_LS`.
    LogSobolev,
}

impl Kind {
    /// The two in turn.
    pub fn of(index: usize) -> Self {
        if index.is_multiple_of(2) { Self::LogSobolev } else { Self::Poincare }
    }

    /// The constant of a Gaussian law whose widest variance is given.
    pub fn gaussian(self, variance: Enclosure) -> Enclosure {
        match self {
            Self::Poincare => variance,
            Self::LogSobolev => 2.0 * variance,
        }
    }

    /// The number in front of the integral.
    pub fn source(self) -> f64 {
        match self {
            Self::Poincare => 2.0,
            Self::LogSobolev => 4.0,
        }
    }
}

/// What L16 is checked on.
#[expect(clippy::large_enum_variant, reason = "an instance lives alone, one at a time")]
#[derive(Clone, Debug)]
pub enum Instance {
    /// Annealed Langevin dynamics along a path, from the covariance `factor·Σ_from`.
    Annealed {
        /// The constant.
        kind: Kind,
        /// The path.
        path: Box<GaussianPath>,
        /// Slowness κ.
        kappa: f64,
        /// Start and end in the time of the path.
        range: (f64, f64),
        /// Factor of the initial covariance.
        factor: f64,
        /// The widest direction never changes, so that the statement is an equality.
        fixed_direction: bool,
    },
    /// The drift `−ρx` over a time, from a Gaussian law.
    Linear {
        /// The constant.
        kind: Kind,
        /// Initial law.
        law: Gaussian,
        /// ρ, of any sign, not 0.
        rate: f64,
        /// Time.
        duration: f64,
    },
    /// Annealed Langevin dynamics along a whole path on the line from `N(0, 1)`: the log-Sobolev constant at the end.
    Line {
        /// The path.
        line: Box<LineInstance>,
        /// Slowness κ.
        kappa: f64,
    },
}

impl Instance {
    /// The whole path.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless `kappa` and the factor are finite and positive.
    pub fn annealed(kind: Kind, path: GaussianPath, kappa: f64, factor: f64, fixed: bool) -> Result<Self> {
        let (path, factor) = (Box::new(path), positive("factor", factor)?);
        let kappa = positive("kappa", kappa)?;
        Ok(Self::Annealed { kind, path, kappa, range: (0.0, 1.0), factor, fixed_direction: fixed })
    }

    /// The same, between two times of the path.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless `0 ≤ from ≤ until ≤ 1`.
    pub fn between(mut self, from: f64, until: f64) -> Result<Self> {
        within("start", from, 0.0, until)?;
        within("end", until, from, 1.0)?;
        if let Self::Annealed { range, .. } = &mut self {
            *range = (from, until);
        }
        Ok(self)
    }

    /// A linear drift.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless the rate is finite and not 0, and the duration finite and
    /// positive.
    pub fn linear(kind: Kind, law: Gaussian, rate: f64, duration: f64) -> Result<Self> {
        positive("|rate|", finite("rate", rate)?.abs())?;
        Ok(Self::Linear { kind, law, rate, duration: positive("duration", duration)? })
    }

    /// A general target (one time in eight a diagonal one in d = 100) from the standard base: the widest direction of the target is that of every
    /// `p_t`. Any schedule, κ down to 10⁻³.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_fixed(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = if index % 8 == 7 {
            let variances = (0..100).map(|_| 2_f64.powf(stream.random_range(-3.0..3.0))).collect();
            Gaussian::diagonal(vec![0.5; 100], variances)?
        } else {
            dense_law(stream, index)?
        };
        let path = GaussianPath::from_standard(target, random_schedule(stream))?;
        let factor = 2_f64.powf(stream.random_range(-2.0..2.0));
        let kappa = 10_f64.powf(stream.random_range(-3.0..1.0));
        let whole = Self::annealed(Kind::of(index), path, kappa, factor, true)?;
        if index % 3 == 2 {
            return whole.between(stream.random_range(0.0..0.5), stream.random_range(0.5..1.0));
        }
        Ok(whole)
    }

    /// Two coordinates that change roles: the widest one of the base is the narrower one of the target.
    /// Fast enough to remember it.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_crossing(stream: &mut Stream, index: usize) -> Result<Self> {
        let mut ordered = || {
            let low: f64 = stream.random_range(0.25..1.0);
            [low, low * stream.random_range(1.5..3.0)]
        };
        let ([a, b], [s, r]) = (ordered(), ordered());
        let (target, base) = (vec![a, b, 0.125], vec![r, s, 0.125]);
        let mean = vec![0.0; 3];
        let path = GaussianPath::new(
            Gaussian::diagonal(mean.clone(), target)?,
            Gaussian::diagonal(mean, base)?,
            random_schedule(stream),
        )?;
        let factor = 2_f64.powf(stream.random_range(-1.0..1.0));
        Self::annealed(Kind::of(index), path, stream.random_range(0.5..20.0), factor, false)
    }

    /// Two general laws that do not commute.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_dense(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = 2 + index % 2;
        let target = Gaussian::random(stream, dim, 10.0, 1.0)?;
        let base = Gaussian::random(stream, dim, 4.0, 0.0)?;
        let path = GaussianPath::new(target, base, Schedule::cosine())?;
        Self::annealed(Kind::of(index), path, 10_f64.powf(stream.random_range(-0.5..1.0)), 1.0, false)
    }

    /// A drift that contracts or, one time in three, expands.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_linear(stream: &mut Stream, index: usize) -> Result<Self> {
        let sign = if index % 3 == 2 { -1.0 } else { 1.0 };
        let rate = sign * 2_f64.powf(stream.random_range(-3.0..2.0));
        let duration = stream.random_range(0.25..4.0) / rate.abs();
        Self::linear(Kind::of(index), dense_law(stream, index)?, rate, duration)
    }

    /// A mixture on the line: in turn nearly one bump, for which the bound is moderate at every κ, and two near ones.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_on_line(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = random_mixture(stream, [3, 0][index % 2])?;
        let kappa = 10_f64.powf(stream.random_range(-1.5..1.0));
        Self::on_line(target, ["cosine", "power 2"][index / 2 % 2], kappa)
    }

    /// The dynamics along a path on the line from `N(0, 1)`.
    ///
    /// # Errors
    /// [`crate::error::Error::Domain`] unless `kappa` is finite and positive; those of [`LineInstance::from_standard`].
    pub fn on_line(target: LineMeasure, schedule_name: &str, kappa: f64) -> Result<Self> {
        let line = Box::new(LineInstance::from_standard(target, schedule_name)?);
        Ok(Self::Line { line, kappa: positive("kappa", kappa)? })
    }

    /// The law at the end on the line, by a solver that knows the drift alone.
    ///
    /// # Errors
    /// [`crate::error::Error::Undefined`] for the other instances; those of [`process_on_line`].
    pub fn law_on_line(&self) -> Result<DriftLaw> {
        /// Number of the coarsest of three grids: 128 cells.
        const COARSEST: usize = 2;
        let Self::Line { line, kappa } = self else { return Err(self.not_on_line()) };
        process_on_line(&line.path, LineProcess::AnnealedLangevin, *kappa, 0.0, 1.0, COARSEST)
    }

    /// The refusal of what is defined on the line alone.
    pub fn not_on_line(&self) -> Error {
        let what = "the law of the dynamics on the line".to_owned();
        Error::Undefined { what, reason: format!("the instance is {self}") }
    }

    /// A general target, slowly approached from the standard base.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn slow(kind: Kind, kappa: f64) -> Result<Self> {
        let path = GaussianPath::from_standard(LinearImage::aligned()?.law, Schedule::power(2.0)?)?;
        Self::annealed(kind, path, kappa, 1.0, true)
    }

    /// Coordinates that change roles on the way from a wide base to a narrow target.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn crossing(kappa: f64) -> Result<Self> {
        let path = GaussianPath::new(
            Gaussian::diagonal(vec![1.0, 0.0], vec![0.25, 0.5])?,
            Gaussian::diagonal(vec![0.0, 0.0], vec![4.0, 2.0])?,
            Schedule::cosine(),
        )?;
        Self::annealed(Kind::LogSobolev, path, kappa, 1.0, false)
    }

    /// The bound with another contraction or source; `slowdown` divides every rate.
    ///
    /// # Errors
    /// Those of [`contracted_constant`].
    pub fn formula(&self, source: f64, slowdown: f64, initial: Enclosure) -> Result<Enclosure> {
        match self {
            // e^{−2∫ρ/slowdown}: the same integrals at slowness κ·slowdown, where the time τ = t/κ is
            // slowdown times shorter, so that the source has to be as much stronger.
            Self::Annealed { path, kappa, range, .. } => {
                let contraction = Contraction::of_annealed_langevin(path, range.0, range.1)?;
                contracted_constant(&contraction, kappa * slowdown, source * slowdown, initial)
            }
            Self::Linear { rate, duration, .. } => {
                let schedule = Schedule::linear();
                let panels = Channel::from_standard(0.0, 1.0).panels(&schedule, 0.0, schedule.angle(0.0));
                let contraction =
                    Contraction::new(&schedule, panels, |_| rate / slowdown, 0.0, *rate >= 0.0)?;
                contracted_constant(&contraction, 1.0 / duration, source, initial)
            }
            Self::Line { .. } => Err(Error::Undefined {
                what: "a bound with another source or contraction".to_owned(),
                reason: format!("it is for linear drifts, and the instance is {self}"),
            }),
        }
    }

    /// The constant.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Annealed { kind, .. } | Self::Linear { kind, .. } => *kind,
            Self::Line { .. } => Kind::LogSobolev,
        }
    }

    /// `C(q_0)`.
    ///
    /// # Errors
    /// Those of the law at the start.
    pub fn initial(&self) -> Result<Enclosure> {
        Ok(match self {
            Self::Annealed { kind, path, factor, range, .. } => {
                let law = path.law(range.0)?;
                let rounding = Interval::around(1.0, GaussianPath::law_rounding(&law));
                kind.gaussian(law.poincare_constant() * Enclosure::certified(rounding) * *factor)
            }
            Self::Linear { kind, law, .. } => kind.gaussian(law.poincare_constant()),
            // N(0, 1).
            Self::Line { .. } => Enclosure::exact(2.0),
        })
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annealed { kind, path, kappa, range: (from, until), factor, .. } => write!(
                f,
                "{kind:?}: {path}, κ={kappa}, t from {from} to {until}, initial covariance times {factor}"
            ),
            Self::Linear { kind, law, rate, duration } => {
                write!(f, "{kind:?}: drift −{rate}·x for time {duration} from {}", describe(law))
            }
            Self::Line { line, kappa } => write!(f, "LogSobolev: {line}, κ={kappa}"),
        }
    }
}
