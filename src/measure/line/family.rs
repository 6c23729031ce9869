//! The families of one-dimensional measures and what is known of them in closed form.

use super::observed::Observed;
use super::{LineMeasure, Tail};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::numerics::expression::Expression;
use crate::numerics::number::Number;
use std::fmt;

/// A potential on the line; every family is described at its constructor in the module above.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Family {
    Formula(Expression),
    Gaussian {
        mean: f64,
        std: f64,
    },
    Mixture(Vec<Component>),
    Student {
        dof: f64,
        location: f64,
        scale: f64,
    },
    Uniform,
    /// Rates to the left and to the right of 0.
    Laplace {
        left: f64,
        right: f64,
    },
    Logistic {
        scale: f64,
    },
    Exponential {
        rate: f64,
    },
    Gamma {
        shape: f64,
    },
    Chi {
        dof: f64,
    },
    CoshPower {
        exponent: f64,
    },
    CosPower {
        exponent: f64,
    },
    LogGamma {
        shape: f64,
    },
    TiltedGaussian {
        convexity: f64,
        slope: f64,
    },
    /// The law of `scale·X + shift`, `scale ≠ 0`, for `X` with the original law.
    Affine {
        original: Box<LineMeasure>,
        scale: f64,
        shift: f64,
    },
    /// A law given a noisy observation.
    Observed(Box<Observed>),
}

/// One component of a Gaussian mixture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Component {
    /// Its share of the mass; the shares sum to 1.
    pub weight: Interval,
    pub mean: f64,
    pub std: f64,
    /// `log(weight / (std √(2π)))`.
    pub log_height: Interval,
}

/// `log Γ(x)` for `x > 0`, from a correctly rounded value.
fn ln_gamma(x: f64) -> Interval {
    let value = core_math::lgamma(x);
    Interval::new(value.next_down(), value.next_up())
}

fn point(x: f64) -> Interval {
    Interval::point(x)
}

/// `log π`.
fn ln_pi() -> Interval {
    Interval::PI.ln()
}

fn half(x: Interval) -> Interval {
    x / point(2.0)
}

/// Normaliser and moments in closed form; what has none is `None`.
#[derive(Clone, Copy, Default)]
pub(super) struct ClosedForm {
    pub log_normalizer: Option<Interval>,
    pub mean: Option<Interval>,
    pub variance: Option<Interval>,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Formula(expression) => write!(f, "V = {expression}"),
            Self::Gaussian { mean, std } => write!(f, "gaussian, mean {mean}, std {std}"),
            Self::Mixture(components) => write!(f, "mixture of {} gaussians", components.len()),
            Self::Student { dof, location, scale } => {
                write!(f, "student, dof {dof}, location {location}, scale {scale}")
            }
            Self::Uniform => write!(f, "uniform"),
            Self::Laplace { left, right } if left == right => write!(f, "laplace, rate {left}"),
            Self::Laplace { left, right } => write!(f, "laplace, rates {left} and {right}"),
            Self::Logistic { scale } => write!(f, "logistic, scale {scale}"),
            Self::Exponential { rate } => write!(f, "exponential, rate {rate}"),
            Self::Gamma { shape } => write!(f, "gamma, shape {shape}"),
            Self::Chi { dof } => write!(f, "chi, dof {dof}"),
            Self::CoshPower { exponent } => write!(f, "density cosh(x)^-{exponent}"),
            Self::CosPower { exponent } => write!(f, "density cos(x)^{exponent}"),
            Self::LogGamma { shape } => write!(f, "log-gamma, shape {shape}"),
            Self::Affine { original, scale, shift } => write!(f, "{scale}*X + {shift}, X {original},"),
            Self::Observed(observed) => observed.fmt(f),
            Self::TiltedGaussian { convexity, slope } => {
                write!(f, "V = {convexity}*x^2/2 - {slope}*abs(x)")
            }
        }
    }
}

impl Family {
    /// The potential, generic over the number type.
    pub fn potential<N: Number>(&self, x: N) -> N {
        let c = N::from_f64;
        match self {
            Self::Formula(expression) => expression.evaluate(&[x]),
            Self::Gaussian { mean, std } => ((x - c(*mean)) / c(*std)).square() / c(2.0),
            Self::Mixture(components) => -N::log_sum_exp(components.len(), |i| {
                let Component { mean, std, log_height, .. } = components[i];
                N::from_interval(log_height) - ((x - c(mean)) / c(std)).square() / c(2.0)
            }),
            Self::Student { dof, location, scale } => {
                let z = (x - c(*location)) / c(*scale);
                (c(*dof) + c(1.0)) / c(2.0) * (c(1.0) + z.square() / c(*dof)).ln()
            }
            Self::Uniform => c(0.0),
            Self::Laplace { left, right } if left == right => c(*left) * x.abs(),
            Self::Laplace { left, right } => {
                ((c(*right) + c(*left)) * x.abs() + (c(*right) - c(*left)) * x) / c(2.0)
            }
            Self::Logistic { scale } => c(2.0) * (x / (c(2.0) * c(*scale))).ln_cosh(),
            Self::Exponential { rate } => c(*rate) * x,
            Self::Gamma { shape } => Self::with_power(x, x, *shape),
            Self::Chi { dof } => Self::with_power(x, x.square() / c(2.0), *dof),
            Self::CoshPower { exponent } => c(*exponent) * x.ln_cosh(),
            Self::CosPower { exponent } if *exponent == 0.0 => c(0.0),
            Self::CosPower { exponent } => -(c(*exponent) * x.cos().ln()),
            Self::LogGamma { shape } => c(*shape) * x + (-x).exp(),
            Self::TiltedGaussian { convexity, slope } => {
                c(*convexity) * x.square() / c(2.0) - c(*slope) * x.abs()
            }
            Self::Affine { original, scale, shift } => original.potential((x - c(*shift)) / c(*scale)),
            Self::Observed(observed) => observed.potential(x),
        }
    }

    /// `rest − (k − 1) log x`, which is `rest` alone for `k = 1`, at `x = 0` too.
    fn with_power<N: Number>(x: N, rest: N, k: f64) -> N {
        if k == 1.0 { rest } else { rest - (N::from_f64(k) - N::from_f64(1.0)) * x.ln() }
    }

    /// The formula whose absolute values make the kinks that have to be found.
    pub fn formula(&self) -> Option<&Expression> {
        match self {
            Self::Formula(expression) => Some(expression),
            Self::Observed(observed) => observed.prior.family.formula(),
            _ => None,
        }
    }

    /// Where the potential is not smooth; `None` if that has to be found.
    pub fn kinks(&self) -> Option<Vec<f64>> {
        match self {
            Self::Formula(_) => None,
            Self::Laplace { .. } => Some(vec![0.0]),
            Self::TiltedGaussian { slope, .. } if *slope != 0.0 => Some(vec![0.0]),
            Self::Affine { original, scale, shift } => {
                let mut kinks: Vec<f64> = original.kinks().iter().map(|k| scale * k + shift).collect();
                kinks.sort_by(f64::total_cmp);
                Some(kinks)
            }
            Self::Observed(observed) => observed.prior.family.kinks(),
            _ => Some(Vec::new()),
        }
    }

    /// Behaviour at `−∞` and `+∞`; `None` if that has to be found.
    pub fn tails(&self) -> Option<(Tail, Tail)> {
        let both = |tail| Some((tail, tail));
        match self {
            Self::Formula(_) => None,
            Self::Gaussian { .. } | Self::Mixture(_) | Self::TiltedGaussian { .. } | Self::Chi { .. } => {
                both(Tail::Gaussian)
            }
            Self::Student { dof, .. } => both(Tail::Polynomial { index: *dof }),
            Self::Uniform | Self::CosPower { .. } => both(Tail::Bounded),
            Self::Laplace { left, right } => {
                Some((Tail::Exponential { rate: *left }, Tail::Exponential { rate: *right }))
            }
            Self::Logistic { scale } => both(Tail::Exponential { rate: 1.0 / scale }),
            Self::Exponential { rate } => Some((Tail::Bounded, Tail::Exponential { rate: *rate })),
            Self::Gamma { .. } => Some((Tail::Bounded, Tail::Exponential { rate: 1.0 })),
            Self::CoshPower { exponent } => both(Tail::Exponential { rate: *exponent }),
            Self::LogGamma { shape } => Some((Tail::Gaussian, Tail::Exponential { rate: *shape })),
            Self::Affine { original, scale, .. } => {
                let (left, right) = original.tails();
                let (left, right) = (left.scaled(scale.abs()), right.scaled(scale.abs()));
                Some(if *scale > 0.0 { (left, right) } else { (right, left) })
            }
            Self::Observed(observed) => {
                let (left, right) = observed.prior.tails();
                Some((observed.noise.tail(left), observed.noise.tail(right)))
            }
        }
    }

    /// Points around which mass may sit, each with its width, beyond what a scan finds.
    pub fn centres(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Gaussian { mean, std } => vec![(*mean, *std)],
            Self::Student { location, scale, .. } => vec![(*location, *scale)],
            Self::Mixture(components) => components.iter().map(|k| (k.mean, k.std)).collect(),
            Self::Affine { original, scale, shift } => {
                let image = |(at, width): &(f64, f64)| (scale * at + shift, scale.abs() * width);
                original.local_minima().iter().map(image).collect()
            }
            Self::Observed(observed) => observed.centres(),
            _ => Vec::new(),
        }
    }

    /// Normaliser `log ∫ e^{−V}` and moments of the family on its whole domain `[lo, hi]`.
    pub fn closed_form(&self, lo: f64, hi: f64) -> ClosedForm {
        let form = |log_normalizer, mean, variance| ClosedForm {
            log_normalizer: Some(log_normalizer),
            mean: Some(mean),
            variance: Some(variance),
        };
        let zero = Interval::ZERO;
        match self {
            Self::Formula(_) | Self::TiltedGaussian { .. } | Self::Observed(_) => ClosedForm::default(),
            Self::Gaussian { mean, std } => {
                let log_normalizer = point(*std).ln() + half(point(2.0).ln() + ln_pi());
                form(log_normalizer, point(*mean), point(*std).square())
            }
            Self::Mixture(components) => {
                let mean: Interval = components.iter().map(|k| k.weight * point(k.mean)).sum();
                let spread =
                    |k: &Component| k.weight * (point(k.std).square() + (point(k.mean) - mean).square());
                form(zero, mean, components.iter().map(spread).sum())
            }
            Self::Student { dof, location, scale } => Self::student(*dof, *location, *scale),
            Self::Uniform => {
                let length = point(hi) - point(lo);
                form(length.ln(), half(point(lo) + point(hi)), length.square() / point(12.0))
            }
            Self::Laplace { left, right } => {
                let (a, b) = (Interval::ONE / point(*left), Interval::ONE / point(*right));
                form((a + b).ln(), b - a, a.square() + b.square())
            }
            Self::Logistic { scale } => {
                let s = point(*scale);
                form((point(4.0) * s).ln(), zero, (Interval::PI * s).square() / point(3.0))
            }
            Self::Exponential { rate } => {
                let mean = Interval::ONE / point(*rate);
                form(mean.ln(), mean, mean.square())
            }
            Self::Gamma { shape } => form(ln_gamma(*shape), point(*shape), point(*shape)),
            Self::Chi { dof } => {
                let ln_two = point(2.0).ln();
                let log_normalizer = half(point(*dof) - point(2.0)) * ln_two + ln_gamma(0.5 * dof);
                let (k, next) = (0.5 * dof, 0.5 * dof + 0.5);
                let mean = (half(ln_two) + ln_gamma(next) - ln_gamma(k)).exp();
                // next is rounded only if k is so large that the moments are better integrated.
                if next - 0.5 == k && *dof < 1e6 {
                    form(log_normalizer, mean, point(*dof) - mean.square())
                } else {
                    ClosedForm { log_normalizer: Some(log_normalizer), ..ClosedForm::default() }
                }
            }
            Self::CoshPower { exponent } => ClosedForm {
                log_normalizer: Self::beta_integral(*exponent),
                mean: Some(zero),
                variance: None,
            },
            // The integral of cos^m over (−π/2, π/2) is that of cosh^{−(m+1)} over the line.
            Self::CosPower { exponent } => ClosedForm {
                log_normalizer: ((exponent + 1.0) - 1.0 == *exponent)
                    .then(|| Self::beta_integral(exponent + 1.0))
                    .flatten(),
                mean: Some(zero),
                variance: None,
            },
            Self::LogGamma { shape } => {
                ClosedForm { log_normalizer: Some(ln_gamma(*shape)), mean: None, variance: None }
            }
            Self::Affine { original, scale, shift } => {
                let (known, a) = (original.closed_form(), point(*scale));
                ClosedForm {
                    log_normalizer: known.log_normalizer.map(|z| z + a.abs().ln()),
                    mean: known.mean.map(|m| a * m + point(*shift)),
                    variance: known.variance.map(|v| v * a.square()),
                }
            }
        }
    }

    /// `log ∫ cosh^{−s} = log(√π Γ(s/2)/Γ((s+1)/2))`, unless `s/2 + 1/2` has to be rounded.
    fn beta_integral(s: f64) -> Option<Interval> {
        let (k, next) = (0.5 * s, 0.5 * s + 0.5);
        (next - 0.5 == k).then(|| half(ln_pi()) + ln_gamma(k) - ln_gamma(next))
    }

    fn student(dof: f64, location: f64, scale: f64) -> ClosedForm {
        let n = point(dof);
        let log_normalizer = Self::beta_integral(dof).map(|b| point(scale).ln() + half(n.ln()) + b);
        let mean = if dof > 1.0 { point(location) } else { Interval::ENTIRE };
        let variance = if dof > 2.0 {
            point(scale).square() * n / (n - point(2.0))
        } else {
            Interval::point(f64::INFINITY)
        };
        ClosedForm { log_normalizer, mean: Some(mean), variance: Some(variance) }
    }

    /// Distribution and survival function in closed form, on the family's whole domain.
    pub fn distribution(&self, lo: f64, hi: f64, x: f64) -> Option<(Enclosure, Enclosure)> {
        let at = point(x);
        let (below, above) = match self {
            Self::Gaussian { mean, std } => {
                let z = (at - point(*mean)) / (point(*std) * point(2.0).sqrt());
                (half((-z).erfc()), half(z.erfc()))
            }
            Self::Uniform => {
                let length = point(hi) - point(lo);
                ((at - point(lo)) / length, (point(hi) - at) / length)
            }
            Self::Laplace { left, right } => {
                let (a, b) = (point(*left), point(*right));
                if x < 0.0 {
                    let below = b / (a + b) * (a * at).exp();
                    (below, Interval::ONE - below)
                } else {
                    let above = a / (a + b) * (-(b * at)).exp();
                    (Interval::ONE - above, above)
                }
            }
            Self::Exponential { rate } => {
                let t = -(point(*rate) * at);
                (-t.exp_m1(), t.exp())
            }
            Self::Logistic { scale } => {
                let z = at / point(*scale);
                (Interval::ONE / (Interval::ONE + (-z).exp()), Interval::ONE / (Interval::ONE + z.exp()))
            }
            _ => return None,
        };
        let closed = |p: Interval| Enclosure::from_interval(p.probability(), Evidence::Exact);
        Some((closed(below), closed(above)))
    }
}
