//! The instances of P4: a path from γ, and a property of its action.

use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::line_instances::{LineInstance, near_bumps, random_mixture, unequal_bumps};
use crate::claims::path::instance::PathPoint;
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::line::LineBase;
use crate::path::{GaussianPath, MixtureCurve, Schedule};
use crate::transport::SymmetricPairPath;
use nalgebra::DVector;
use rand::RngExt;
use std::fmt;

/// What is compared.
#[derive(Clone, Debug)]
pub enum FiniteActionInstance {
    /// The identity at a time.
    Identity(PathPoint),
    /// The exponent of dyadic pieces at 0.
    Onset(GaussianPath),
    /// The coefficient of `log(1/ε)` at 0 for `λ ~ kt`.
    OnsetGrowth(GaussianPath),
    /// The exponent of dyadic pieces at 1, Gaussian target.
    End(GaussianPath),
    /// The exponent of dyadic pieces at 1, two atoms.
    AtomsEnd(SymmetricPairPath),
    /// The coefficient of `log(1/ε)` at 1, two atoms.
    AtomsGrowth(SymmetricPairPath),
    /// The exponent of dyadic pieces at 0, target on the line.
    LineOnset(LineInstance),
    /// The slope of the action on `[ε, 1]` against `log(1/ε)`, target on the line, `λ ~ kt`.
    LineGrowth(LineInstance),
    /// Whether dyadic pieces at 0 shrink (true) or grow, for a centred Student target of so many degrees of freedom.
    StudentOnset(f64, Schedule, bool),
    /// The coefficient of `log(1/ε)` at 1, atoms of unequal weights.
    UnequalAtoms(MixtureCurve, Schedule),
}

use FiniteActionInstance as Instance;

impl Instance {
    pub(super) fn identity(point: PathPoint) -> Result<Self> {
        if point.path.has_standard_base() {
            Ok(Self::Identity(point))
        } else {
            Err(Error::hypothesis("P4", "H1 (standard Gaussian base)", &point))
        }
    }

    /// Coefficients of `log(1/ε)`: the schedule leaves 0 at a positive finite speed.
    pub(super) fn onset_growth(path: GaussianPath) -> Result<Self> {
        if path.schedule().onset_exponent() == Some(1.0) {
            Ok(Self::OnsetGrowth(path))
        } else {
            Err(Error::hypothesis("P4", "H2 (λ ~ kt at 0)", path))
        }
    }

    pub(super) fn random_onset(stream: &mut Stream, index: usize) -> Result<Self> {
        const EXPONENTS: [f64; 5] = [0.7, 1.0, 1.5, 2.0, 3.0];
        let centred = index.is_multiple_of(3);
        let schedule = match index % 7 {
            5 => Schedule::cosine(),
            6 => table()?,
            i => Schedule::power(EXPONENTS[i])?,
        };
        Ok(Self::Onset(GaussianPath::from_standard(moderate_target(stream, index, centred)?, schedule)?))
    }

    pub(super) fn random_growth(stream: &mut Stream, index: usize) -> Result<Self> {
        let schedule = if index.is_multiple_of(2) { Schedule::linear() } else { table()? };
        Self::onset_growth(GaussianPath::from_standard(moderate_target(stream, index, false)?, schedule)?)
    }

    pub(super) fn random_end(stream: &mut Stream, index: usize) -> Result<Self> {
        let schedule = random_schedule(stream);
        Ok(Self::End(GaussianPath::from_standard(moderate_target(stream, index, false)?, schedule)?))
    }

    pub(super) fn random_atoms(stream: &mut Stream) -> Result<Self> {
        let path = SymmetricPairPath::new(stream.random_range(1.0..3.0), 0.0, random_schedule(stream))?;
        Ok(if path.schedule().stops_smoothly() { Self::AtomsEnd(path) } else { Self::AtomsGrowth(path) })
    }

    /// Random mixtures, none of them centred.
    pub(super) fn random_line_growth(stream: &mut Stream, index: usize) -> Result<Self> {
        loop {
            let target = random_mixture(stream, index)?;
            if target.mean().mid().abs() > LEAST_MEAN {
                let schedule = if index.is_multiple_of(3) { table()? } else { Schedule::linear() };
                return Ok(Self::LineGrowth(LineInstance::new(target, LineBase::Gaussian, schedule)?));
            }
        }
    }

    /// A mixture with a mean, every third time a random one with a mean not nearer to 0 than [`LEAST_ONSET_MEAN`].
    pub(super) fn random_line_onset(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = match index % 3 {
            0 => near_bumps()?,
            1 => loop {
                let target = random_mixture(stream, 0)?;
                if target.mean().mid().abs() > LEAST_ONSET_MEAN {
                    break target;
                }
            },
            _ => unequal_bumps()?,
        };
        let schedule = [Schedule::power(1.5)?, Schedule::cosine(), Schedule::linear(), Schedule::power(3.0)?]
            [index % 4]
            .clone();
        Ok(Self::LineOnset(LineInstance::new(target, LineBase::Gaussian, schedule)?))
    }

    /// 2.5 degrees of freedom with the exponents 0.7 (no finite action), 0.9, 1; then others.
    pub(super) fn student_onset(index: usize) -> Result<Self> {
        let (dof, a) = [(2.5, 0.7), (2.5, 0.9), (3.0, 0.6), (3.0, 0.75), (2.5, 1.0)][index % 5];
        Ok(Self::StudentOnset(dof, Schedule::power(a)?, a * dof > 2.0))
    }

    /// Two to four atoms, at distance at least 1 from each other.
    pub(super) fn unequal_atoms(stream: &mut Stream, index: usize) -> Result<Self> {
        let count = 2 + index % 3;
        let points: Vec<f64> =
            (0..count).map(|k| 1.75 * k as f64 - 2.0 + stream.random_range(0.0..0.75)).collect();
        let weights: Vec<f64> = (0..count).map(|_| stream.random_range(0.2..1.0)).collect();
        let schedule = if index.is_multiple_of(2) { Schedule::linear() } else { Schedule::power(2.0)? };
        Ok(Self::UnequalAtoms(MixtureCurve::new(&weights, &points, &vec![0.0; count])?, schedule))
    }

    pub(super) fn shifted(schedule_name: &str) -> Result<GaussianPath> {
        GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 0.5)?, schedule(schedule_name)?)
    }

    pub(super) fn asymmetric(schedule_name: &str) -> Result<LineInstance> {
        LineInstance::from_standard(near_bumps()?, schedule_name)
    }

    pub(super) fn atoms(schedule_name: &str) -> Result<SymmetricPairPath> {
        SymmetricPairPath::new(1.0, 0.0, schedule(schedule_name)?)
    }
}

/// The least distance from 0 of a mean that is seen in the growth.
const LEAST_MEAN: f64 = 0.2;

/// The least distance from 0 of a mean of which the exponent at 0 is seen: the exponent is that of `λm²` beside `λ²`, in λ below m².
const LEAST_ONSET_MEAN: f64 = 1.0 / 256.0;

fn table() -> Result<Schedule> {
    Schedule::table(vec![0.0, 0.25, 0.5, 1.0], vec![0.0, 0.125, 0.625, 1.0])
}

/// A dense target of condition number at most 9 in d = 1 to 3, centred or with a mean of length at least one half.
fn moderate_target(stream: &mut Stream, index: usize, centred: bool) -> Result<Gaussian> {
    let law = Gaussian::random(stream, 1 + index % 3, 9.0, 0.0)?;
    let mut sign = || if stream.random::<bool>() { 1.0 } else { -1.0 };
    let signs: Vec<f64> = (0..law.dim()).map(|_| sign()).collect();
    let mean = signs.iter().map(|s| if centred { 0.0 } else { s * stream.random_range(0.5..2.0) });
    // In d = 1 a variance near 1 would leave a centred target without any movement.
    let covariance =
        if law.dim() == 1 { law.covariance() + nalgebra::DMatrix::identity(1, 1) } else { law.covariance() };
    Gaussian::new(DVector::from_iterator(law.dim(), mean), covariance)
}

impl fmt::Display for FiniteActionInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(point) => write!(f, "{point}, identity"),
            Self::Onset(path) => write!(f, "{path}, exponent at 0"),
            Self::OnsetGrowth(path) => write!(f, "{path}, growth at 0"),
            Self::End(path) => write!(f, "{path}, exponent at 1"),
            Self::AtomsEnd(path) => write!(f, "{path}, exponent at 1"),
            Self::AtomsGrowth(path) => write!(f, "{path}, growth at 1"),
            Self::LineOnset(line) => write!(f, "{line}, exponent at 0"),
            Self::LineGrowth(line) => write!(f, "{line}, growth at 0"),
            Self::StudentOnset(dof, schedule, _) => {
                write!(f, "target student, dof {dof}, {schedule}, pieces at 0")
            }
            Self::UnequalAtoms(curve, schedule) => write!(f, "{curve}, {schedule}, growth at 1"),
        }
    }
}
