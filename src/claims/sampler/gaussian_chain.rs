//! **S2**: for a Gaussian target the program's chain has the law of the explicit recursion.
//!
//! *Statement.* The Euler-Maruyama chain `X_{k+1} = X_k + h∇log p_{t_k}(X_k) + √(2h) ξ_k` along a Gaussian path has
//! Gaussian laws with mean `↦ mean − hΣ_{t_k}⁻¹(mean − m_{t_k})` and covariance
//! `C ↦ (I − hΣ_{t_k}⁻¹) C (I − hΣ_{t_k}⁻¹) + 2hI`; mean, covariance and `KL(p_1|chain)` of the chain that the
//! program steps agree with it in any dimension.
//!
//! *Hypotheses.* H1: Gaussian target and base. H2: Gaussian start. H3: `t_k = k/n`, `h = 1/(κn)`.
//!
//! *Normalisation.* `dX = ∇log p̂ dτ + √2 dB`, `τ = t/κ`.
//!
//! *Why.* The score is affine, so a step is an affine function of independent Gaussian vectors.
//!
//! *Source.* Elementary; Vempala, Wibisono, *Rapid convergence of the unadjusted Langevin algorithm* (2019), for the
//! chain at a fixed target.
//!
//! *Checked.* Left: the matrices of the program's own step function, found by pushing vectors through
//! it, composed. Right: the recursion, in intervals and balls. *Not checked here:* the noise generator.
//!
//! *Sharp.* An equality. *Dropping H3:* stale or reversed times give another law.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::gaussian_instances::{random_schedule, schedule};
use crate::claims::well_posedness::instance::{law_text, normal_vector};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::sampler::{ChainLaw, GaussianScore, Grid, Integrator, Scheme, affine_step, chain_law};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::fmt;

/// What of the final law is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// `⟨u, mean⟩`.
    Mean,
    /// `⟨u, Cw⟩`.
    Covariance,
    /// `KL(p_1|chain)`.
    Divergence,
}

/// A path, a grid over all of it, a start, two directions.
#[derive(Clone, Debug)]
pub struct ChainInstance {
    path: GaussianPath,
    grid: Grid,
    start: Gaussian,
    u: Vec<f64>,
    w: Vec<f64>,
    quantity: Quantity,
}

impl ChainInstance {
    /// A step of `stability/‖Σ⁻¹‖` at the narrowest time; below 2 the chain is stable.
    fn around(stream: &mut Stream, path: GaussianPath, start: Gaussian, index: usize) -> Result<Self> {
        let steps = stream.random_range(4..24);
        let narrowest = path.target().spectrum().smallest().min(path.base().spectrum().smallest()).mid();
        let kappa = 1.0 / (stream.random_range(0.2..1.5) * narrowest * steps as f64);
        let grid = Grid::new(0.0, 1.0, kappa, steps)?;
        let d = path.dim();
        let (u, w) = (normal_vector(stream, d, 1.0), normal_vector(stream, d, 1.0));
        let quantity = [Quantity::Divergence, Quantity::Covariance, Quantity::Mean][index % 3];
        Ok(Self { path, grid, start, u, w, quantity })
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 1 + index % 5;
        let target = Gaussian::random(stream, d, 100.0, 1.0)?;
        let start = Gaussian::random(stream, d, 4.0, 0.5)?;
        let base = if index.is_multiple_of(2) {
            Gaussian::standard(d)?
        } else {
            Gaussian::random(stream, d, 5.0, 1.0)?
        };
        let path = GaussianPath::new(target, base, random_schedule(stream))?;
        Self::around(stream, path, start, index / 2)
    }

    fn high_dimensional(stream: &mut Stream, index: usize) -> Result<Self> {
        let d = 100;
        let mut law = |range: f64| {
            let mean = (0..d).map(|_| stream.random_range(-1.0..1.0)).collect();
            let variances = (0..d).map(|_| stream.random_range(-range..range).exp2()).collect();
            Gaussian::diagonal(mean, variances)
        };
        let (target, base, start) = (law(3.0)?, law(1.0)?, law(1.0)?);
        let path = GaussianPath::new(target, base, random_schedule(stream))?;
        Self::around(stream, path, start, index)
    }

    fn example(quantity: Quantity) -> Result<Self> {
        let target = Gaussian::new(
            DVector::from_vec(vec![1.0, -0.5]),
            DMatrix::from_row_slice(2, 2, &[2.0, 0.5, 0.5, 0.75]),
        )?;
        let path = GaussianPath::from_standard(target, schedule("power 2")?)?;
        let (grid, start) = (Grid::new(0.0, 1.0, 0.25, 10)?, Gaussian::standard(2)?);
        Ok(Self { path, grid, start, u: vec![1.0, 0.5], w: vec![1.0, -1.0], quantity })
    }

    /// The quantity for the chain whose step `k` is `step(scheme, k, state, noise)`.
    fn realised(&self, step: Step) -> Result<Enclosure> {
        let scheme = Scheme::new(&self.path, &self.grid, Integrator::EulerMaruyama)?;
        let law = RealisedLaw::new(self, &scheme, step)?;
        match self.quantity {
            Quantity::Mean => {
                let u = DVector::from_column_slice(&self.u);
                Ok(Enclosure::around(u.dot(&law.mean), u.norm() * law.mean_error, Evidence::Exact))
            }
            Quantity::Covariance => {
                let (u, w) = (DVector::from_column_slice(&self.u), DVector::from_column_slice(&self.w));
                let radius = u.norm() * w.norm() * law.covariance_error;
                Ok(Enclosure::around(u.dot(&(&law.covariance * w)), radius, Evidence::Exact))
            }
            Quantity::Divergence => law.divergence(self.path.target()),
        }
    }
}

/// A step function of the program.
type Step = fn(&Scheme<GaussianScore>, usize, &[f64], &[f64]) -> Result<Vec<f64>>;

/// The law of the chain by composition of its affine steps, with bounds for the rounding in the
/// Euclidean and the Frobenius norm.
struct RealisedLaw {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    mean_error: f64,
    covariance_error: f64,
}

impl RealisedLaw {
    fn new(i: &ChainInstance, scheme: &Scheme<GaussianScore>, step: Step) -> Result<Self> {
        let d = i.path.dim() as f64;
        let mut law = Self {
            mean: i.start.mean().clone(),
            covariance: i.start.covariance(),
            mean_error: 0.0,
            covariance_error: 0.0,
        };
        let (target, base) = (i.path.target().spectrum(), i.path.base().spectrum());
        let condition =
            target.largest().max(base.largest()).hi() / target.smallest().min(base.smallest()).lo();
        let conditioned = i.path.target().variances().is_none() || i.path.base().variances().is_none();
        // The program rounds the law at each time; its precision feels that by the condition number.
        let unit = (d + 8.0) * f64::EPSILON * if conditioned { condition } else { 1.0 };
        for k in scheme.steps() {
            // Near the mean of the path the drift is small and its differences are sharp.
            let probe: Vec<f64> = i.path.mean(i.grid.time(k))?.into_iter().map(Enclosure::mid).collect();
            let found = affine_step(&probe, |state, noise| step(scheme, k, state, noise))?;
            let (a, size) = (spectral_norm(&found.linear), DVector::from_column_slice(&probe).norm());
            let linear_error = unit * d.sqrt() * (1.0 + size) * (2.0 + a);
            let noise_error = unit * (d.sqrt() + size) * (1.0 + found.noise.amax());
            let next = &found.linear * &law.mean + &found.offset;
            law.mean_error = (a + linear_error) * law.mean_error
                + linear_error * (law.mean.norm() + size)
                + unit * (1.0 + size + law.mean.norm() + next.norm()) * (2.0 + a);
            law.mean = next;
            let identity = DMatrix::identity(probe.len(), probe.len());
            let image = sandwich(&found.linear, &law.covariance) + sandwich(&found.noise, &identity);
            law.covariance_error = (a + linear_error).powi(2) * law.covariance_error
                + 2.0 * linear_error * (a + linear_error) * law.covariance.norm()
                + 2.0 * noise_error * (found.noise.amax() + noise_error)
                + unit * (a * a * law.covariance.norm() + image.norm());
            law.covariance = image;
        }
        Ok(law)
    }

    /// `KL(target|chain)`: certified for the rounded law, plus what the rounding can do to first order, twice.
    fn divergence(&self, target: &Gaussian) -> Result<Enclosure> {
        let symmetric = 0.5 * (&self.covariance + self.covariance.transpose());
        let diagonal = symmetric.diagonal();
        let law = if target.variances().is_some() && DMatrix::from_diagonal(&diagonal) == symmetric {
            Gaussian::diagonal(self.mean.as_slice().to_vec(), diagonal.as_slice().to_vec())?
        } else {
            Gaussian::new(self.mean.clone(), symmetric.clone())?
        };
        let inverse = symmetric.cholesky().map(|c| c.inverse()).ok_or_else(|| Error::Matrix {
            name: "covariance of the chain".to_owned(),
            expected: "invertible in floating point".to_owned(),
            reason: "its Cholesky factorisation fails".to_owned(),
        })?;
        let shift = target.mean() - &self.mean;
        let pulled = &inverse * &shift;
        let slope = &inverse - &inverse * target.covariance() * &inverse - &pulled * pulled.transpose();
        let first_order = 0.5 * slope.norm() * self.covariance_error + pulled.norm() * self.mean_error;
        Ok(target.kl_divergence(&law)?.weakened(Evidence::Exact).widened(2.0 * first_order))
    }
}

/// `ACAᵀ`, quickly if A is diagonal.
fn sandwich(a: &DMatrix<f64>, c: &DMatrix<f64>) -> DMatrix<f64> {
    let diagonal = a.diagonal();
    if *a == DMatrix::from_diagonal(&diagonal) {
        return DMatrix::from_fn(c.nrows(), c.ncols(), |i, j| diagonal[i] * c[(i, j)] * diagonal[j]);
    }
    a * c * a.transpose()
}

/// Spectral norm in floating point, a little above.
fn spectral_norm(m: &DMatrix<f64>) -> f64 {
    if *m == DMatrix::from_diagonal(&m.diagonal()) {
        return m.amax();
    }
    let square = m.transpose() * m;
    square.symmetric_eigenvalues().max().max(0.0).sqrt() * (1.0 + 1e3 * f64::EPSILON * m.nrows() as f64)
}

impl fmt::Display for ChainInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = law_text(&self.start);
        write!(f, "{:?}, {}, {:?}, start ", self.quantity, self.path, self.grid)?;
        if self.start.dim() > 5 { write!(f, "in d={}", self.start.dim()) } else { write!(f, "{start}") }
    }
}

/// The claim.
pub struct GaussianChain;

impl Theorem for GaussianChain {
    type Instance = ChainInstance;

    const ABOUT: About = About {
        id: "S2",
        chapter: Chapter::Sampler,
        title: "The law of the chain for a Gaussian target",
        statement: "X_{k+1} = X_k + h∇log p_{t_k}(X_k) + √(2h)ξ_k has Gaussian laws: mean ↦ mean − hΣ⁻¹(mean − m), \
                    C ↦ (I−hΣ⁻¹)C(I−hΣ⁻¹) + 2hI at t_k; the program's chain has this mean, covariance and KL",
        hypotheses: &[
            ("H1", "Gaussian target and base"),
            ("H2", "Gaussian start"),
            ("H3", "t_k = k/n and h = 1/(κn)"),
        ],
        why: "The score is affine, so a step is an affine function of independent Gaussian vectors.",
        checked: "The matrices of the program's step function, found by pushing vectors through it and composed, \
                  against the recursion in intervals and balls: mean, covariance and KL(p_1|chain), d up to 100, \
                  bases that do not commute with the target, all schedules, several steps and starts.",
        not_checked: "The generator of the noise.",
        source: "elementary; Vempala, Wibisono, Rapid convergence of the unadjusted Langevin algorithm (2019)",
        relation: Relation::Equality { resolution: 1e-8 },
        rests_on: &["P1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<ChainInstance>> {
        NonEmpty::new(
            Family {
                name: "random Gaussian targets, bases and starts",
                evidence: Evidence::Exact,
                quick: 20,
                full: 160,
                draw: ChainInstance::random,
            },
            [Family {
                name: "a hundred dimensions",
                evidence: Evidence::Exact,
                quick: 3,
                full: 24,
                draw: ChainInstance::high_dimensional,
            }],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<ChainInstance>> {
        NonEmpty::new(
            FalseTwin {
                name: "noise 0.99·√2 in place of √2",
                instance: || ChainInstance::example(Quantity::Covariance),
                wrong: Wrong::Observed(|i| {
                    i.realised(|scheme, k, state, noise| {
                        let weaker: Vec<f64> = noise.iter().map(|x| 0.99 * x).collect();
                        scheme.step(k, state, &weaker)
                    })
                }),
            },
            [
                FalseTwin {
                    name: "the sign of the score flipped",
                    instance: || ChainInstance::example(Quantity::Mean),
                    wrong: Wrong::Observed(|i| {
                        i.realised(|scheme, k, state, noise| {
                            let zero = vec![0.0; state.len()];
                            let (full, still) =
                                (scheme.step(k, state, noise)?, scheme.step(k, state, &zero)?);
                            // x − hs + noise = full − 2hs, and hs = still − x.
                            let mirrored = |((f, s), x): ((&f64, &f64), &f64)| f - 2.0 * (s - x);
                            Ok(full.iter().zip(&still).zip(state).map(mirrored).collect())
                        })
                    }),
                },
                FalseTwin {
                    name: "stale time: the score of the step before",
                    instance: || ChainInstance::example(Quantity::Mean),
                    wrong: Wrong::Observed(|i| {
                        i.realised(|scheme, k, state, noise| scheme.step(k.saturating_sub(1), state, noise))
                    }),
                },
                FalseTwin {
                    name: "schedule run backwards",
                    instance: || ChainInstance::example(Quantity::Divergence),
                    wrong: Wrong::Observed(|i| {
                        i.realised(|scheme, k, state, noise| {
                            scheme.step(scheme.steps().end - 1 - k, state, noise)
                        })
                    }),
                },
                FalseTwin {
                    name: "noise √h in place of √(2h)",
                    instance: || ChainInstance::example(Quantity::Divergence),
                    wrong: Wrong::Observed(|i| {
                        i.realised(|scheme, k, state, noise| {
                            let weaker: Vec<f64> = noise.iter().map(|x| x / 2.0_f64.sqrt()).collect();
                            scheme.step(k, state, &weaker)
                        })
                    }),
                },
            ],
        )
    }

    /// The divergence amplifies the rounding of the law by its condition number.
    fn relation(instance: &ChainInstance) -> Relation {
        match instance.quantity {
            Quantity::Divergence => Relation::Equality { resolution: 1e-7 },
            Quantity::Mean | Quantity::Covariance => Self::ABOUT.relation,
        }
    }

    /// Forms of the law are as large as the directions and the law, a divergence is of order one.
    fn scale(instance: &ChainInstance) -> f64 {
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let target = instance.path.target();
        match instance.quantity {
            Quantity::Mean => norm(&instance.u) * (1.0 + target.mean().norm()),
            Quantity::Covariance => {
                norm(&instance.u) * norm(&instance.w) * target.spectrum().largest().mid().max(1.0)
            }
            Quantity::Divergence => 1.0,
        }
    }

    fn observed(instance: &ChainInstance) -> Result<Enclosure> {
        instance.realised(Scheme::step)
    }

    fn bound(instance: &ChainInstance) -> Result<Enclosure> {
        let law: ChainLaw = chain_law(&instance.path, &instance.grid, &instance.start)?;
        match instance.quantity {
            Quantity::Mean => Ok(law.mean_along(&instance.u)),
            Quantity::Covariance => Ok(law.covariance_form(&instance.u, &instance.w)),
            Quantity::Divergence => law.kl_from(instance.path.target()),
        }
    }
}
