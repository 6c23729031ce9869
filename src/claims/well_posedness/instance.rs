//! The instances that the chapter shares: a Gaussian path seen at one time, a point, two directions.

use crate::claims::gaussian_instances::random_schedule;
use crate::enclosure::{Enclosure, Interval};
use crate::error::{Error, Result, finite};
use crate::measure::gaussian::Gaussian;
use crate::numerics::linalg::Ball;
use crate::numerics::stream::Stream;
use crate::path::Observation;
use crate::path::observation::column;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use std::fmt;

/// The path at the time where `√λ` is the gain of `observation`, a point `y`, and two directions.
#[derive(Clone, Debug)]
pub struct Slice {
    /// X, the noise, and `√λ`.
    pub observation: Observation,
    /// Law of Z.
    pub base: Gaussian,
    /// The point at which score and Hessian are taken.
    pub y: Vec<f64>,
    /// First direction.
    pub u: Vec<f64>,
    /// Second direction.
    pub w: Vec<f64>,
}

impl Slice {
    /// The path from `base` to `target` at `√λ = root`.
    ///
    /// # Errors
    /// Those of [`Observation::on_path`]; [`Error::Dimension`] and [`Error::Domain`] for bad vectors.
    pub fn new(
        target: &Gaussian,
        base: Gaussian,
        root: f64,
        y: Vec<f64>,
        u: Vec<f64>,
        w: Vec<f64>,
    ) -> Result<Self> {
        let observation = Observation::on_path(target, &base, root)?;
        for (name, vector) in [("y", &y), ("u", &u), ("w", &w)] {
            if vector.len() != target.dim() {
                let (found, expected) = (vector.len(), target.dim());
                return Err(Error::Dimension { name: name.to_owned(), found, expected });
            }
            column(name, vector)?;
        }
        Ok(Self { observation, base, y, u, w })
    }

    /// Standard base, one dimension, unit directions.
    ///
    /// # Errors
    /// Those of [`Slice::new`].
    pub fn one_dimensional(mean: f64, variance: f64, root: f64, y: f64) -> Result<Self> {
        let target = Gaussian::isotropic(vec![finite("mean", mean)?], variance)?;
        Self::new(&target, Gaussian::standard(1)?, root, vec![y], vec![1.0], vec![1.0])
    }

    /// Random target with covariance of condition number up to 10⁸ in d = 1 to 20, standard base.
    ///
    /// # Errors
    /// Those of [`Slice::new`].
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let target = dense_target(stream, index)?;
        let base = Gaussian::standard(target.dim())?;
        Self::around(stream, &target, base)
    }

    /// Random target and random base that do not commute, both with a mean, d = 2 to 4.
    ///
    /// # Errors
    /// Those of [`Slice::new`].
    pub fn random_base(stream: &mut Stream, index: usize) -> Result<Self> {
        let dim = 2 + index % 3;
        let target = Gaussian::random(stream, dim, 30.0, 1.0)?;
        let base = Gaussian::random(stream, dim, if index % 4 == 3 { 1e6 } else { 8.0 }, 1.0)?;
        Self::around(stream, &target, base)
    }

    /// A random time of a random schedule, a point and directions for the two laws.
    fn around(stream: &mut Stream, target: &Gaussian, base: Gaussian) -> Result<Self> {
        let schedule = random_schedule(stream);
        let root = schedule.lambda(stream.random_range(0.02..0.98)).sqrt();
        let dim = target.dim();
        let y = normal_vector(stream, dim, 3.0);
        let (u, w) = (normal_vector(stream, dim, 1.0), normal_vector(stream, dim, 1.0));
        Self::new(target, base, root, y, u, w)
    }

    /// Whether the base is the standard Gaussian law.
    pub fn has_standard_base(&self) -> bool {
        self.base.mean().iter().all(|&b| b == 0.0)
            && self.base.variances().is_some_and(|v| v.iter().all(|&s| s == 1.0))
    }

    /// λ.
    pub fn lambda(&self) -> Enclosure {
        self.observation.gain_squared().to_enclosure(0.0)
    }

    /// `1 − λ`.
    pub fn complement(&self) -> Enclosure {
        1.0 - self.lambda()
    }

    /// `⟨u, v⟩` for a ball of columns.
    ///
    /// # Errors
    /// Never in practice: the directions were checked.
    pub fn along(&self, v: &Ball) -> Result<Enclosure> {
        Ok(Enclosure::certified(column("u", &self.u)?.transpose().product(v).entry(0, 0)))
    }

    /// `⟨u, Mw⟩` for a ball of matrices.
    ///
    /// # Errors
    /// As [`Slice::along`].
    pub fn form(&self, m: &Ball) -> Result<Enclosure> {
        self.along(&m.product(&column("w", &self.w)?))
    }

    /// `⟨u, Mu⟩/|u|²` for a ball of matrices.
    ///
    /// # Errors
    /// As [`Slice::along`].
    pub fn rayleigh(&self, m: &Ball) -> Result<Enclosure> {
        let u = column("u", &self.u)?;
        let square: Interval = u.norm_squared();
        Ok(self.along(&m.product(&u))? / Enclosure::certified(square))
    }

    /// `|u|·‖M‖·|w|`, the natural size of the form (a scale, so rounding does not matter).
    pub fn form_scale(&self, m: &Ball) -> f64 {
        norm(&self.u) * norm(&self.w) * m.norm()
    }

    /// `|u|·|v|`.
    pub fn along_scale(&self, v: &Ball) -> f64 {
        norm(&self.u) * v.norm()
    }
}

/// Euclidean norm.
fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Independent normal components of the given standard deviation.
pub fn normal_vector(stream: &mut Stream, dim: usize, deviation: f64) -> Vec<f64> {
    (0..dim).map(|_| deviation * stream.sample::<f64, _>(StandardNormal)).collect()
}

/// A random non-centred target: general covariances with condition numbers from 1 to 10⁸ in d = 1
/// to 5, and d = 20.
///
/// # Errors
/// Never in practice: the parameters are in range.
pub fn dense_target(stream: &mut impl Rng, index: usize) -> Result<Gaussian> {
    match index % 7 {
        0 => Gaussian::random(stream, 2, 10.0, 1.0),
        1 => Gaussian::random(stream, 1, 1.0, 2.0),
        2 => Gaussian::random(stream, 3, 100.0, 1.0),
        3 => Gaussian::random(stream, 2, 1e8, 1.0),
        4 => Gaussian::random(stream, 5, 1e4, 0.5),
        5 => Gaussian::random(stream, 4, 3.0, 4.0),
        _ => Gaussian::random(stream, 20, 50.0, 1.0),
    }
}

/// A law as text from which it can be rebuilt.
pub fn law_text(law: &Gaussian) -> String {
    let (d, mean) = (law.dim(), law.mean().as_slice());
    let rows: Vec<Vec<f64>> = (0..d).map(|i| (0..d).map(|j| law.covariance_entry(i, j)).collect()).collect();
    format!("N({mean:?}, {rows:?})")
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "target {}", law_text(self.observation.target()))?;
        if !self.has_standard_base() {
            write!(f, ", base {}", law_text(&self.base))?;
        }
        let root = self.observation.gain();
        write!(f, ", √λ={root}, y={:?}, u={:?}, w={:?}", self.y, self.u, self.w)
    }
}
