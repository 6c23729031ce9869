//! **T2**: a field of norm |p'_t| moves the path.
//!
//! *Statement.* There is a field v with `∂_t p_t + ∇·(v_t p_t) = 0` and `‖v_t‖_{L²(p_t)} ≤ |p'_t|` (with equality, by T3).
//!
//! *Hypotheses.* H1: the path is absolutely continuous in W₂, and differentiable at `t`.
//!
//! *Normalisation.* `|p'_t| = lim W₂(p_t, p_{t+h})/|h|`.
//!
//! *Why.* The optimal maps `T_h` from `p_t` to `p_{t+h}` give displacements `(T_h − id)/h` of norm `W₂(p_t, p_{t+h})/h`; a weak
//! limit of them solves the continuity equation, and norms do not grow in a weak limit.
//!
//! *Source.* Ambrosio, Gigli, Savaré, *Gradient Flows* (2008), Theorem 8.3.1; \[CCG\], Theorem 2.1.
//!
//! *Checked.* Left: the norm of the field, from the Lyapunov equation of the covariances, or on the
//! line from the distribution functions, `v_t = −∂_tF_t/p_t`. Right: quotients of Wasserstein
//! distances (Bures formula) extrapolated to `h → 0`. On the line for mixtures, potentials and Student bases: the conditional velocity
//! against quotients of quantile functions. *Not checked here:* laws that are not Gaussian in d ≥ 2.
//!
//! *Sharp.* An equality itself. *Dropping H1* (a jump of the path): no field of finite norm exists.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::path::instance::PathPoint;
use crate::claims::path::line_instance::LinePoint;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::numerics::differentiation::central_derivative;
use crate::numerics::stream::Stream;
use crate::path::GaussianPath;
use crate::transport::{metric_derivative_by_distances, metric_derivative_squared, room};
use rand::RngExt;
use std::fmt;

/// How the norm of the field is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Route {
    /// `‖v‖² = |ṁ|² + tr(SΣS)`, any dimension.
    Lyapunov,
    /// `v = −∂_tF/p`, on the line.
    DistributionFunction,
}

/// A path at a time.
#[derive(Clone, Debug)]
pub enum FieldInstance {
    /// Gaussian laws.
    Gaussian(Box<GaussianCase>),
    /// Other laws, on the line.
    Line(Box<LinePoint>),
    /// On the line, the field at a point.
    AtPoint(Box<LinePoint>, f64),
}

/// A Gaussian path at a time, and the route to the field.
#[derive(Clone, Debug)]
pub struct GaussianCase {
    point: PathPoint,
    route: Route,
}

impl FieldInstance {
    fn lyapunov(point: PathPoint) -> Self {
        Self::Gaussian(Box::new(GaussianCase { point, route: Route::Lyapunov }))
    }

    /// The field at a point where there is mass, for laws whose quantile functions are slow to compute: the density is at least
    /// [`LEAST_DENSITY`] of the mean one in the window that the point is drawn from (the rate of a mass is known to the error of the mass,
    /// and is divided by the density).
    fn at_a_point(stream: &mut Stream, index: usize) -> Result<Self> {
        let point = if index.is_multiple_of(2) {
            LinePoint::potential(stream, index / 2)?
        } else {
            LinePoint::student(stream, index / 2)?
        };
        let y = {
            let law = point.law(point.t)?;
            let (lo, hi) = law.window(0.05);
            let least = core_math::log(LEAST_DENSITY / (hi - lo));
            loop {
                let y = stream.random_range(lo..hi);
                if law.log_density(y) >= least {
                    break y;
                }
            }
        };
        Ok(Self::AtPoint(Box::new(point), y))
    }

    /// A path on the line.
    fn on_the_line(stream: &mut Stream, index: usize) -> Result<Self> {
        // Indices of one-dimensional instances in the two families.
        let point = if index.is_multiple_of(2) {
            PathPoint::random(stream, 0)?
        } else {
            PathPoint::random_product(stream, 0)?
        };
        Ok(Self::Gaussian(Box::new(GaussianCase { point, route: Route::DistributionFunction })))
    }
}

impl fmt::Display for FieldInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gaussian(case) => write!(f, "{} ({:?})", case.point, case.route),
            Self::Line(point) => write!(f, "{point}"),
            Self::AtPoint(point, y) => write!(f, "{point}, u(y) at y={y}"),
        }
    }
}

/// The claim.
pub struct Existence;

impl Theorem for Existence {
    type Instance = FieldInstance;

    const ABOUT: About = About {
        id: "T2",
        chapter: Chapter::Transport,
        title: "A field of norm |p'_t| moves the path",
        statement: "there is v with ∂_t p_t + ∇·(v_t p_t) = 0 and ‖v_t‖_{L²(p_t)} ≤ |p'_t| = lim W₂(p_t,p_{t+h})/|h|; by T3 \
                    the two are equal. In d=1: v_t = −∂_tF_t/p_t",
        hypotheses: &[("H1", "the path is absolutely continuous in W₂ and differentiable at t")],
        why: "The optimal maps from p_t to p_{t+h} displace by (T_h − id)/h, of norm W₂(p_t,p_{t+h})/h; a weak limit \
              solves the continuity equation.",
        checked: "The norm of the field from the Lyapunov equation (any d) or from distribution functions (d=1) \
                  against Wasserstein quotients extrapolated to h → 0, commuting and non-commuting covariances; on the line \
                  the conditional velocity against quantile functions for mixtures (also with a Student base) and potentials, and at \
                  points against distribution functions for potentials and Student bases.",
        not_checked: "Laws that are not Gaussian in d ≥ 2.",
        source: "Ambrosio, Gigli, Savaré, Gradient Flows (2008), Theorem 8.3.1; [CCG], Theorem 2.1",
        relation: Relation::Equality { resolution: 1e-7 },
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<FieldInstance>> {
        NonEmpty::new(
            Family {
                name: "random targets, standard base",
                evidence: Evidence::Converged,
                quick: 16,
                full: 160,
                draw: |s, i| Ok(FieldInstance::lyapunov(PathPoint::random(s, i)?)),
            },
            [
                Family {
                    name: "covariances that do not commute",
                    evidence: Evidence::Converged,
                    quick: 9,
                    full: 90,
                    draw: |s, i| Ok(FieldInstance::lyapunov(PathPoint::random_dense(s, i)?)),
                },
                Family {
                    name: "independent coordinates, means on both sides",
                    evidence: Evidence::Converged,
                    quick: 8,
                    full: 80,
                    draw: |s, i| Ok(FieldInstance::lyapunov(PathPoint::random_product(s, i)?)),
                },
                Family {
                    name: "distribution functions on the line",
                    evidence: Evidence::Converged,
                    quick: 6,
                    full: 60,
                    draw: FieldInstance::on_the_line,
                },
                Family {
                    name: "mixtures on the line, at level full also potentials and Student bases",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 40,
                    draw: |s, i| {
                        let point = match (i % 20, i % 5) {
                            (19, _) => LinePoint::student_mixture(s, i),
                            (_, 4) => LinePoint::potential(s, i / 5),
                            _ => LinePoint::mixture(s, i),
                        };
                        Ok(FieldInstance::Line(Box::new(point?)))
                    },
                },
                Family {
                    name: "the field from distribution functions at a point, potentials and Student bases",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 48,
                    draw: FieldInstance::at_a_point,
                },
            ],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<FieldInstance>> {
        let one =
            || Ok(FieldInstance::lyapunov(PathPoint::between((1.0, 4.0), (-1.0, 0.5), "cosine", 0.375)?));
        NonEmpty::new(
            FalseTwin {
                name: "|p'_t|² in place of |p'_t|",
                instance: one,
                wrong: Wrong::Bound(|i| Ok(Existence::bound(i)?.square())),
            },
            [
                FalseTwin {
                    name: "1/2 in place of 1/4 in the energy of a changing variance",
                    instance: || {
                        let law = |v| Gaussian::diagonal(vec![0.0, 0.0], vec![v, 1.0]);
                        let path = GaussianPath::new(law(4.0)?, law(0.5)?, crate::path::Schedule::linear())?;
                        Ok(FieldInstance::lyapunov(PathPoint::new(path, 0.5)?))
                    },
                    // Centred: the whole energy is that of the variance.
                    wrong: Wrong::Observed(|i| {
                        let FieldInstance::Gaussian(case) = i else { return Existence::observed(i) };
                        let energy = metric_derivative_squared(&case.point.path, case.point.t)?;
                        Ok((energy * 2.0).sqrt())
                    }),
                },
                FalseTwin {
                    name: "the base left out of the rate",
                    instance: one,
                    wrong: Wrong::Observed(|i| {
                        let FieldInstance::Gaussian(case) = i else { return Existence::observed(i) };
                        let target = case.point.path.target().clone();
                        let path = GaussianPath::from_standard(target, case.point.path.schedule().clone())?;
                        Ok(metric_derivative_squared(&path, case.point.t)?.sqrt())
                    }),
                },
                FalseTwin {
                    name: "the norm per angle in place of that per time, near bumps",
                    instance: || Ok(FieldInstance::Line(Box::new(LinePoint::near_bumps("cosine", 0.375)?))),
                    wrong: Wrong::Observed(|i| match i {
                        FieldInstance::Line(point) => Ok(Existence::observed(i)? / point.angular_speed()),
                        _ => Existence::observed(i),
                    }),
                },
            ],
        )
    }

    /// A field may vanish at a point; its natural size is that of the speed of the angle.
    fn scale(instance: &FieldInstance) -> f64 {
        match instance {
            FieldInstance::AtPoint(point, _) => point.angular_speed().hi(),
            _ => 0.0,
        }
    }

    fn observed(instance: &FieldInstance) -> Result<Enclosure> {
        let case = match instance {
            FieldInstance::Gaussian(case) => case,
            FieldInstance::Line(point) => return Ok(point.velocity_squared()?.sqrt()),
            FieldInstance::AtPoint(point, y) => {
                // Angles decrease as time increases.
                let value = -point.law(point.t)?.point(*y).velocity;
                let error = FIELD * value.abs().max(1.0);
                return Ok(Enclosure::around(value, error, Evidence::Converged) * point.angular_speed());
            }
        };
        let PathPoint { path, t } = &case.point;
        match case.route {
            Route::Lyapunov => Ok(metric_derivative_squared(path, *t)?.sqrt()),
            Route::DistributionFunction => norm_on_the_line(path, *t),
        }
    }

    fn bound(instance: &FieldInstance) -> Result<Enclosure> {
        match instance {
            FieldInstance::Gaussian(case) => metric_derivative_by_distances(&case.point.path, case.point.t),
            FieldInstance::Line(point) => Ok(point.metric_derivative_squared()?.sqrt()),
            FieldInstance::AtPoint(point, y) => {
                let law = point.law(point.t)?;
                let density = core_math::exp(law.log_density(*y));
                let (below, above) = law.masses(*y);
                let left = below < above;
                let rate = central_derivative(point.t, point.room(), |s| {
                    let (below, above) = point.law(s)?.masses(*y);
                    // The smaller of the two, of the same rate up to the sign.
                    let (mass, sign) = if left { (below, 1.0) } else { (above, -1.0) };
                    Ok(Enclosure::around(sign * mass, FIELD * mass, Evidence::Converged))
                })?;
                Ok(-(rate / density))
            }
        }
    }
}

/// Least density at a point, of the mean density of the window.
const LEAST_DENSITY: f64 = 0.05;

/// Relative error of densities, masses and fields by quadrature.
const FIELD: f64 = 1e-12;

/// `(∫ (∂_tF_t)²/p_t dy)^{1/2}` for a path on the line: `∂_tF` by extrapolated differences at the nodes
/// of the trapezoidal rule, which converges geometrically for such an integrand.
fn norm_on_the_line(path: &GaussianPath, t: f64) -> Result<Enclosure> {
    const HALF_RANGE: i32 = 8; // the integrand decays like e^{−ξ²/2}: below the resolution outside
    const NODES_PER_UNIT: i32 = 4;
    let (mean, deviation) = (path.mean(t)?[0].mid(), path.covariance(t)?[(0, 0)].mid().sqrt());
    let (mut fine, mut coarse) = (Enclosure::exact(0.0), Enclosure::exact(0.0));
    for k in -HALF_RANGE * NODES_PER_UNIT..=HALF_RANGE * NODES_PER_UNIT {
        let xi = f64::from(k) / f64::from(NODES_PER_UNIT);
        let y = mean + deviation * xi;
        let rate = central_derivative(t, room(path, t), |s| distribution_tail(path, s, y, xi < 0.0))?;
        let weight = Enclosure::exact(-0.5 * xi * xi).exp()
            / (2.0 * Enclosure::certified(crate::enclosure::Interval::PI)).sqrt();
        // p_t(y) = weight/σ and dy = σ dξ.
        let term = (rate * deviation).square() / weight / f64::from(NODES_PER_UNIT);
        fine = fine + term;
        if k % 2 == 0 {
            coarse = coarse + term * 2.0;
        }
    }
    Ok(fine.widened((fine.mid() - coarse.mid()).abs()).weakened(Evidence::Converged).sqrt())
}

/// `F_s(y)` below the median, `F_s(y) − 1` above: the small tail, so that its rate keeps its accuracy.
fn distribution_tail(path: &GaussianPath, s: f64, y: f64, below: bool) -> Result<Enclosure> {
    let (mean, variance) = (path.mean(s)?[0], path.covariance(s)?[(0, 0)]);
    let argument = (y - mean) / (2.0 * variance).sqrt();
    let tail = |x: Enclosure| 0.5 * x.map(crate::enclosure::Interval::erfc);
    Ok(if below { tail(-argument) } else { -tail(argument) })
}
