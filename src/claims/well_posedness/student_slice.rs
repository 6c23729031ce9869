//! The path from a Student base to an arbitrary target, at one λ and one point.

use super::student_space::StudentSpace;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, finite, positive, within};
use crate::measure::line::{LineMeasure, Noise};
use crate::numerics::jet::Jet;
use crate::numerics::number::Number;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// Which bound is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `|⟨u, s_t⟩|/|u|`.
    Slope,
    /// `⟨u, ∇²log p_t u⟩/|u|²`.
    Above,
    /// The same against the sharp bound.
    AboveSharp,
    /// `−⟨u, ∇²log p_t u⟩/|u|²`.
    Below,
}

/// The law of X.
#[derive(Clone, Debug)]
pub enum Target {
    /// Weights (not necessarily normalised) and places, shape `[d]` each.
    Atoms(Vec<(f64, Vec<f64>)>),
    /// A density on the line, with its description.
    Density(Box<LineMeasure>, String),
    /// A mixture or atoms in several dimensions: the extreme curvatures over all points.
    Space(Box<StudentSpace>),
}

/// A target, a base, λ, a point and a direction.
#[derive(Clone, Debug)]
pub struct Slice {
    part: Part,
    target: Target,
    /// Degrees of freedom of the base; `None` for a Gaussian base.
    dof: Option<f64>,
    lambda: f64,
    y: Vec<f64>,
    u: Vec<f64>,
}

/// Height of the potential up to which a density is integrated: `e^{−45} < 10^{−19}`.
const LEVEL: f64 = 45.0;
/// Doublings of the distance from a centre at which panels of a quadrature end.
const DOUBLINGS: i32 = 24;

impl Slice {
    /// A slice, in the dimension of `y`.
    ///
    /// # Errors
    /// [`Error::Domain`] for a parameter out of range, [`Error::Dimension`] for differing lengths.
    pub fn new(
        part: Part,
        target: Target,
        dof: Option<f64>,
        lambda: f64,
        y: Vec<f64>,
        u: Vec<f64>,
    ) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        positive("dof", dof.unwrap_or(1.0))?;
        let mut lengths = vec![u.len()];
        match &target {
            Target::Atoms(atoms) => {
                for (weight, place) in atoms {
                    positive("weight", *weight)?;
                    place.iter().try_for_each(|x| finite("atom", *x).map(|_| ()))?;
                    lengths.push(place.len());
                }
                positive("number of atoms", atoms.len() as f64)?;
            }
            Target::Density(..) => lengths.push(1),
            Target::Space(space) => {
                if part == Part::Slope {
                    let what = "the largest score over all points".to_owned();
                    return Err(Error::Undefined {
                        what,
                        reason: "only curvatures are searched for".to_owned(),
                    });
                }
                lengths.push(space.dim());
            }
        }
        if let Some(&found) = lengths.iter().find(|l| **l != y.len()) {
            return Err(Error::Dimension { name: "point".to_owned(), found, expected: y.len() });
        }
        y.iter().chain(&u).try_for_each(|x| finite("coordinate", *x).map(|_| ()))?;
        positive("|u|", u.iter().map(|x| x * x).sum())?;
        Ok(Self { part, target, dof, lambda, y, u })
    }

    /// Which bound.
    pub fn part(&self) -> Part {
        self.part
    }

    /// n; a Gaussian base claims the bounds of n = 1.
    pub fn dof(&self) -> Enclosure {
        Enclosure::exact(self.dof.unwrap_or(1.0))
    }

    /// `m = n + d`.
    pub fn power(&self) -> Enclosure {
        self.dof() + self.y.len() as f64
    }

    /// `1 − λ`.
    pub fn complement(&self) -> Enclosure {
        Enclosure::exact(1.0) - self.lambda
    }

    /// One to six atoms of very unequal weights.
    ///
    /// # Errors
    /// Never in practice: the parameters are in range.
    pub fn random_atoms(stream: &mut Stream, index: usize) -> Result<Self> {
        let part = [Part::Slope, Part::Above, Part::Below, Part::AboveSharp][index % 4];
        let dim = [1, 2, 5][index / 4 % 3];
        let mut vector =
            |scale: f64| (0..dim).map(|_| stream.random_range(-scale..scale)).collect::<Vec<f64>>();
        let (y, across) = (vector(5.0), vector(1.0));
        let places: Vec<_> = (0..=index % 6).map(|_| vector(8.0)).collect();
        let towards = places[0].iter().zip(&y).map(|(a, y)| a - y).collect();
        let atoms = places.into_iter().map(|a| (10_f64.powf(stream.random_range(-6.0..0.0)), a)).collect();
        let dof = Some(2_f64.powf(stream.random_range(-1.0..5.0)));
        let u = if index.is_multiple_of(2) { towards } else { across };
        Self::new(part, Target::Atoms(atoms), dof, stream.random_range(0.02..0.98), y, u)
    }

    /// Atoms at −20, −5, 0, 7, 15 seen through Student noise with n = 3 at λ = ½: the first four instances with the weights and
    /// at the points that come nearest to the bounds, the others with random ones.
    ///
    /// # Errors
    /// Never in practice.
    pub fn five_atoms(stream: &mut Stream, index: usize) -> Result<Self> {
        /// Weight of the atoms that are not to be seen.
        const FAINT: f64 = 1e-9;
        let (part, weights, y) = match index {
            // One atom at distance √(n(1−λ)), one at distance 0.
            0 => (Part::Slope, [FAINT, FAINT, 1.0, FAINT, FAINT], 1.5_f64.sqrt()),
            1 => (Part::Below, [FAINT, FAINT, 1.0, FAINT, FAINT], 0.0),
            // Half-way between the two nearest atoms.
            2 => (Part::AboveSharp, [FAINT, 1.0, 1.0, FAINT, FAINT], -2.5 * 0.5_f64.sqrt()),
            3 => (Part::Above, [FAINT, 1.0, 1.0, FAINT, FAINT], -2.5 * 0.5_f64.sqrt()),
            _ => {
                let weights = std::array::from_fn(|_| 10_f64.powf(stream.random_range(-4.0..0.0)));
                let part = [Part::Above, Part::Slope, Part::Below, Part::AboveSharp][index % 4];
                (part, weights, stream.random_range(-16.0..13.0))
            }
        };
        let atoms =
            weights.into_iter().zip([-20.0, -5.0, 0.0, 7.0, 15.0]).map(|(w, a)| (w, vec![a])).collect();
        Self::new(part, Target::Atoms(atoms), Some(3.0), 0.5, vec![y], vec![1.0])
    }

    /// Narrow normal laws with growing gaps near a place where two of them meet, double wells, an exponential law and a
    /// heavy tail.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_density(stream: &mut Stream, index: usize) -> Result<Self> {
        let lambda: f64 = stream.random_range(0.1..0.9);
        let near = stream.random_range(-1.0..1.0);
        let (law, text, y) = match index % 4 {
            0 => {
                // Gaps 3, 5, 7, …: k² seen between k and k + 1.
                let k = f64::from(stream.random_range(1..6));
                let means: Vec<f64> = (0..8).map(|k| f64::from(k * k)).collect();
                let weights: Vec<f64> = (0..8).map(|k| 0.5_f64.powi(k)).collect();
                let law = LineMeasure::gaussian_mixture(&weights, &means, &[0.3; 8])?;
                let text = "Σ 2^{−k} N(k², 0.09), k < 8".to_owned();
                (law, text, lambda.sqrt() * (k * k + k + 0.5 + near))
            }
            1 => {
                let (a, b) = (stream.random_range(0.0..4.0), stream.random_range(-1.0..1.0));
                let law = LineMeasure::parse(
                    &format!("x^4/4 - {a}*x^2/2 + {b}*x"),
                    f64::NEG_INFINITY,
                    f64::INFINITY,
                )?;
                let text = law.to_string();
                (law, text, 2.0 * near)
            }
            2 => {
                let law = LineMeasure::exponential(1.0)?;
                let text = law.to_string();
                (law, text, 3.0 * near)
            }
            _ => {
                let law = LineMeasure::student(2.5, 1.0, 0.5)?;
                let text = law.to_string();
                (law, text, 4.0 * near)
            }
        };
        let part = [Part::Slope, Part::Above, Part::Below, Part::AboveSharp][index / 4 % 4];
        let dof = Some(2_f64.powf(stream.random_range(-1.0..4.0)));
        Self::new(part, Target::Density(Box::new(law), text), dof, lambda, vec![y], vec![1.0])
    }

    /// Atoms and mixtures in the plane and in space, not on a line: all points.
    ///
    /// # Errors
    /// Never in practice.
    pub fn whole_space(stream: &mut Stream, index: usize) -> Result<Self> {
        let space = StudentSpace::random(stream, index)?;
        let part = [Part::Above, Part::Below, Part::AboveSharp][index / 2 % 3];
        let (dof, lambda, dim) = (Some(space.freedom()), space.lambda(), space.dim());
        Self::new(part, Target::Space(Box::new(space)), dof, lambda, vec![0.0; dim], vec![1.0; dim])
    }

    /// The derivative of `log p_t` along u that the part is about.
    ///
    /// # Errors
    /// Those of a base that is not Student's law against a density.
    pub fn observed(&self) -> Result<Enclosure> {
        let (first, second) = match &self.target {
            Target::Atoms(atoms) => {
                let along = self.along(atoms);
                let length: Interval = self.u.iter().map(|&u| Interval::point(u).square()).sum();
                let (first, second) = (along.derivative(1) / length.sqrt(), along.derivative(2) / length);
                (Enclosure::certified(first), Enclosure::certified(second))
            }
            Target::Density(law, _) => self.by_quadrature(law)?,
            Target::Space(space) => {
                let [least, most] = space.extremes()?;
                return Ok(if self.part == Part::Below { -least } else { most });
            }
        };
        Ok(match self.part {
            Part::Slope => first.abs(),
            Part::Above | Part::AboveSharp => second,
            Part::Below => -second,
        })
    }

    /// `log p_t` along `y + τu` at `τ = 0`, up to a constant, for atoms.
    fn along(&self, atoms: &[(f64, Vec<f64>)]) -> Jet<Interval, 2> {
        type Series = Jet<Interval, 2>;
        let c = |x: Interval| Series::constant(x);
        let (tau, root) = (Series::variable(Interval::ZERO), Interval::point(self.lambda).sqrt());
        let complement = Interval::ONE - Interval::point(self.lambda);
        let (one, two) = (Series::from_f64(1.0), Series::from_f64(2.0));
        Series::log_sum_exp(atoms.len(), |i| {
            let (weight, place) = &atoms[i];
            let mut square = Series::from_f64(0.0);
            for ((&y, &u), &a) in self.y.iter().zip(&self.u).zip(place) {
                let gap = Interval::point(y) - root * Interval::point(a);
                square = square + (c(gap) + Series::from_f64(u) * tau).square();
            }
            let log_weight = c(Interval::point(*weight).ln());
            match self.dof {
                None => log_weight - square / (two * c(complement)),
                Some(n) => {
                    let n = Interval::point(n);
                    let power = c((n + Interval::point(self.y.len() as f64)) / Interval::point(2.0));
                    log_weight - power * (one + square / c(n * complement)).ln()
                }
            }
        })
    }

    /// `p'/p` and `p''/p − (p'/p)²` from `∫π ν_σ`, `∫π ν_σ'` and `∫π ν_σ''`, on the line.
    fn by_quadrature(&self, law: &LineMeasure) -> Result<(Enclosure, Enclosure)> {
        let Some(dof) = self.dof else {
            return Err(Error::Undefined {
                what: "slice".to_owned(),
                reason: "densities are seen through Student noise only".to_owned(),
            });
        };
        let (root, scale, y) = (self.lambda.sqrt(), (1.0 - self.lambda).sqrt(), self.y[0]);
        let noise = Noise::Student { dof, scale };
        let (from, to) = law.support(LEVEL);
        let mut breaks = vec![from, to];
        breaks.extend(law.kinks());
        let mut centres = law.local_minima();
        centres.push((y / root, scale * dof.sqrt() / root));
        for (at, width) in centres {
            breaks.push(at);
            for k in -2..DOUBLINGS {
                let step = width * 2_f64.powi(k);
                breaks.extend([at - step, at + step]);
            }
        }
        breaks.retain(|x| (from..=to).contains(x));
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        let (_, floor) = law.minimum();
        let middle = noise.potential(y - root * law.minimum().0);
        let moment = |order: usize| {
            integrate(&breaks, |x| {
                let series = noise.potential(Jet::<f64, 2>::variable(y - root * x));
                // Derivatives of e^{−W} over e^{−W}.
                let (first, second) = (series.derivative(1), series.derivative(2));
                let factor = [1.0, -first, first * first - second][order];
                factor * (floor - law.potential(x) + middle - series.value()).exp()
            })
        };
        let mass = moment(0);
        let slope = moment(1) / mass;
        Ok((slope, moment(2) / mass - slope.square()))
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Slope => "|s_t|",
            Part::Above => "∇²log p_t from above",
            Part::AboveSharp => "∇²log p_t from above, sharp bracket",
            Part::Below => "∇²log p_t from below",
        };
        write!(f, "{part}: ")?;
        match &self.target {
            Target::Atoms(atoms) => {
                for (weight, place) in atoms {
                    write!(f, "{weight}·δ{place:?} ")?;
                }
            }
            Target::Density(_, text) => write!(f, "{text} ")?,
            Target::Space(space) => return space.fmt(f),
        }
        match self.dof {
            Some(dof) => write!(f, "n={dof}")?,
            None => f.write_str("Gaussian base")?,
        }
        write!(f, ", λ={}, y={:?}, u={:?}", self.lambda, self.y, self.u)
    }
}

#[cfg(test)]
mod tests;
