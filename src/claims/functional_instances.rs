//! What the claims on Poincaré and on log-Sobolev constants share: Gaussian laws, their linear images,
//! products and convolutions, and test functions on them.

use crate::claims::gaussian_instances::random_schedule;
use crate::enclosure::{Enclosure, Interval};
use crate::error::Result;
use crate::inequality::{
    TestFunction, convolution_covariance_norm, image_covariance_norm, operator_norm_squared,
    reflected_product_covariance_norm,
};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// A random law with a general covariance in d = 1 to 5, condition numbers up to 10⁸.
///
/// # Errors
/// Never in practice: the parameters are in range.
pub fn small_law(stream: &mut Stream, index: usize) -> Result<Gaussian> {
    match index % 5 {
        0 => Gaussian::random(stream, 2, 10.0, 1.0),
        1 => Gaussian::random(stream, 3, 100.0, 1.0),
        2 => Gaussian::random(stream, 2, 1e8, 1.0),
        3 => Gaussian::random(stream, 5, 1e4, 0.5),
        _ => Gaussian::isotropic(
            vec![stream.random_range(-2.0..2.0)],
            2_f64.powf(stream.random_range(-4.0..4.0)),
        ),
    }
}

/// A law of dimension at least 2 with a general covariance.
///
/// # Errors
/// Never in practice: the parameters are in range.
pub fn dense_law(stream: &mut Stream, index: usize) -> Result<Gaussian> {
    small_law(stream, index % 5 % 4)
}

/// Mean and covariance of a law, or a summary above d = 5.
pub fn describe(law: &Gaussian) -> String {
    let d = law.dim();
    if d > 5 {
        let ends = (law.spectrum().smallest().mid(), law.spectrum().largest().mid());
        return format!("N in d={d}, |m|={:e}, eigenvalues {:e} to {:e}", law.mean().norm(), ends.0, ends.1);
    }
    let rows: Vec<Vec<f64>> = (0..d).map(|i| (0..d).map(|j| law.covariance_entry(i, j)).collect()).collect();
    format!("N({:?}, {rows:?})", law.mean().as_slice())
}

/// The law of `AX` for a Gaussian X and a matrix A.
#[derive(Clone, Debug)]
pub struct LinearImage {
    /// Law of X.
    pub law: Gaussian,
    /// The matrix A, shape `[k, d]`.
    pub map: DMatrix<f64>,
}

impl LinearImage {
    /// A general matrix with normal entries, square or not, and a general law in d ≥ 2.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = dense_law(stream, index)?;
        let rows = [law.dim(), 1, law.dim() + 2][index % 3];
        let map = DMatrix::from_fn(rows, law.dim(), |_, _| stream.sample::<f64, _>(StandardNormal));
        Ok(Self { law, map })
    }

    /// A matrix that stretches most where the law is widest: its own covariance.
    ///
    /// # Errors
    /// Never in practice.
    pub fn aligned() -> Result<Self> {
        let map = DMatrix::from_row_slice(3, 3, &[2.0, 0.5, -0.25, 0.5, 1.0, 0.125, -0.25, 0.125, 0.5]);
        Ok(Self { law: Gaussian::new(vec![1.0, 0.0, -2.0].into(), map.clone())?, map })
    }

    /// A shear of the standard law of the plane: its eigenvalues are 1, its norm is not.
    ///
    /// # Errors
    /// Never in practice.
    pub fn shear() -> Result<Self> {
        Ok(Self { law: Gaussian::standard(2)?, map: DMatrix::from_row_slice(2, 2, &[1.0, 3.0, 0.0, 1.0]) })
    }

    /// `‖Cov(AX)‖`.
    ///
    /// # Errors
    /// Those of [`image_covariance_norm`].
    pub fn covariance_norm(&self) -> Result<Enclosure> {
        image_covariance_norm(&self.law, &self.map)
    }

    /// `‖A‖²`.
    ///
    /// # Errors
    /// Those of [`operator_norm_squared`].
    pub fn lipschitz_squared(&self) -> Result<Enclosure> {
        operator_norm_squared(&self.map)
    }
}

impl fmt::Display for LinearImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<f64>> = self.map.row_iter().map(|r| r.iter().copied().collect()).collect();
        write!(f, "A={rows:?} on {}", describe(&self.law))
    }
}

/// A product of laws, seen in a basis that mixes the factors.
#[derive(Clone, Debug)]
pub struct Product {
    /// The factors.
    pub laws: Vec<Gaussian>,
    /// Normal vector of the reflection that changes the basis.
    pub normal: Vec<f64>,
}

impl Product {
    /// Two or three general factors.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let laws = (0..2 + index % 2).map(|i| small_law(stream, index + i)).collect::<Result<Vec<_>>>()?;
        let dim = laws.iter().map(Gaussian::dim).sum();
        let normal = (0..dim).map(|_| stream.sample::<f64, _>(StandardNormal)).collect();
        Ok(Self { laws, normal })
    }

    /// `N(0, 4)` in the plane of a general law of smaller variance.
    ///
    /// # Errors
    /// Never in practice.
    pub fn unequal() -> Result<Self> {
        let general = DMatrix::from_row_slice(2, 2, &[1.0, 0.25, 0.25, 0.5]);
        let laws = vec![Gaussian::isotropic(vec![1.0], 4.0)?, Gaussian::new(vec![0.0, 1.0].into(), general)?];
        Ok(Self { laws, normal: vec![1.0, 2.0, -1.0] })
    }

    /// `‖Cov‖` of the product law.
    ///
    /// # Errors
    /// Those of [`reflected_product_covariance_norm`].
    pub fn covariance_norm(&self) -> Result<Enclosure> {
        reflected_product_covariance_norm(&self.laws, &self.normal)
    }

    /// The constants of the factors.
    pub fn constants(&self, constant: fn(&Gaussian) -> Enclosure) -> impl Iterator<Item = Enclosure> {
        self.laws.iter().map(constant)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let laws: Vec<String> = self.laws.iter().map(describe).collect();
        write!(f, "{} reflected along {:?}", laws.join(" ⊗ "), self.normal)
    }
}

/// The law of a sum of independent variables.
#[expect(clippy::large_enum_variant, reason = "an instance lives alone, one at a time")]
#[derive(Clone, Debug)]
pub enum Convolution {
    /// `X + Y`.
    Sum(Gaussian, Gaussian),
    /// `√λ_t X + √(1−λ_t) Z` along a path.
    AlongPath(Box<GaussianPath>, f64),
}

impl Convolution {
    /// A sum of two general laws of the plane or of space, or of two diagonal ones in d = 1000; the
    /// widest directions differ.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let (first, second) = Self::pair(stream, index)?;
        Ok(Self::Sum(first, second))
    }

    /// Time `t` of a path between two such laws, all schedules.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random_on_path(stream: &mut Stream, index: usize) -> Result<Self> {
        let (target, base) = Self::pair(stream, index)?;
        let t = stream.random_range(0.1..0.9);
        let schedule = random_schedule(stream);
        Ok(Self::AlongPath(Box::new(GaussianPath::new(target, base, schedule)?), t))
    }

    fn pair(stream: &mut Stream, index: usize) -> Result<(Gaussian, Gaussian)> {
        if index % 5 == 4 {
            let dim = 1000;
            let mut variances = |rising: bool| -> Vec<f64> {
                let mut v: Vec<f64> = (0..dim).map(|_| 2_f64.powf(stream.random_range(-3.0..3.0))).collect();
                v.sort_by(|a, b| if rising { a.total_cmp(b) } else { b.total_cmp(a) });
                v
            };
            let (first, second) = (variances(true), variances(false));
            let mean = vec![0.5; dim];
            return Ok((Gaussian::diagonal(mean.clone(), first)?, Gaussian::diagonal(mean, second)?));
        }
        let first = dense_law(stream, index)?;
        let second = Gaussian::random(stream, first.dim(), 50.0, 1.0)?;
        Ok((first, second))
    }

    /// Two laws whose widest directions are the same.
    ///
    /// # Errors
    /// Never in practice.
    pub fn aligned() -> Result<Self> {
        let matrix = |entries| DMatrix::from_row_slice(2, 2, entries);
        let first = Gaussian::new(vec![1.0, 0.0].into(), matrix(&[2.0, 1.0, 1.0, 2.0]))?;
        Ok(Self::Sum(first, Gaussian::new(vec![0.0, -1.0].into(), matrix(&[5.0, 4.0, 4.0, 5.0]))?))
    }

    /// A general target and the standard base: every direction of the base is widest.
    ///
    /// # Errors
    /// Never in practice.
    pub fn aligned_on_path() -> Result<Self> {
        let law = LinearImage::aligned()?.law;
        let path = GaussianPath::from_standard(law, crate::path::Schedule::cosine())?;
        Ok(Self::AlongPath(Box::new(path), 0.375))
    }

    /// `‖Cov‖` of the law of the sum, from its covariance.
    ///
    /// # Errors
    /// Those of the covariance of the sum.
    pub fn covariance_norm(&self) -> Result<Enclosure> {
        match self {
            Self::Sum(first, second) => convolution_covariance_norm(first, second),
            Self::AlongPath(path, t) => {
                let law = path.law(*t)?;
                // The law has its covariance rounded to floats.
                let rounding = Interval::around(1.0, GaussianPath::law_rounding(&law));
                Ok(law.spectrum().largest() * Enclosure::certified(rounding))
            }
        }
    }

    /// The two laws and the squared weights of their variables.
    pub fn parts(&self) -> [(&Gaussian, Enclosure); 2] {
        match self {
            Self::Sum(first, second) => [(first, Enclosure::exact(1.0)), (second, Enclosure::exact(1.0))],
            Self::AlongPath(path, t) => {
                let at = path.schedule().enclosed(*t);
                let (x, z) = (Enclosure::certified(at.lambda), Enclosure::certified(at.complement));
                [(path.target(), x), (path.base(), z)]
            }
        }
    }
}

impl fmt::Display for Convolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum(first, second) => write!(f, "{} * {}", describe(first), describe(second)),
            Self::AlongPath(path, t) => write!(f, "{path}, t={t}"),
        }
    }
}

/// A test function on a Gaussian law.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The law.
    pub law: Gaussian,
    /// The function.
    pub function: TestFunction,
}

impl Probe {
    /// A quadratic, exponential, trigonometric or linear function on a general law in d ≥ 2, or on a
    /// diagonal one in d = 200.
    ///
    /// # Errors
    /// Never in practice.
    pub fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let law = if index % 6 == 5 {
            let variances = (0..200).map(|_| 2_f64.powf(stream.random_range(-3.0..3.0))).collect();
            let mean = (0..200).map(|_| stream.random_range(-1.0..1.0)).collect();
            Gaussian::diagonal(mean, variances)?
        } else {
            dense_law(stream, index)?
        };
        let size = 2_f64.powf(stream.random_range(-2.0..1.0));
        // The kinds turn at a pace of their own, so that every law meets every kind.
        let function = TestFunction::random(stream, &law, index / 3, size)?;
        Ok(Self { law, function })
    }

    /// The linear function along the widest direction of a general law.
    ///
    /// # Errors
    /// Never in practice.
    pub fn widest() -> Result<Self> {
        let law = LinearImage::aligned()?.law;
        let direction = law.spectrum().eigenvectors().column(law.dim() - 1).iter().copied().collect();
        Ok(Self { law, function: TestFunction::Linear(direction) })
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f={} on {}", self.function, describe(&self.law))
    }
}
