//! Instances of Rothaus' inequality: explicit functions on finite spaces and on the line, and steps whose
//! defect is explicit.

use crate::claims::log_sobolev::line_law::LineLaw;
use crate::enclosure::{Enclosure, Interval};
use crate::error::Result;
use crate::numerics::expression::Expression;
use crate::numerics::quadrature::integrate;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The three terms of the inequality.
#[derive(Clone, Copy, Debug)]
pub struct Entropies {
    /// `Ent(f²)`.
    pub whole: Enclosure,
    /// `Ent((f − μf)²)`.
    pub centred: Enclosure,
    /// `Var(f)`.
    pub variance: Enclosure,
}

/// A function on a probability space.
#[derive(Clone, Debug)]
pub enum Probe {
    /// Masses (up to their sum) and values.
    Finite(Vec<f64>, Vec<f64>),
    /// A formula in x on a law.
    Line(LineLaw, String),
}

/// Height of the potential above its minimum up to which is integrated.
const LEVEL: f64 = 60.0;
/// Panels over that range.
const PANELS: u32 = 160;

impl Probe {
    /// 2 to 7 points with masses over many orders of magnitude, values of either sign.
    pub fn random_finite(stream: &mut Stream, index: usize) -> Self {
        let count = 2 + index % 6;
        let reach = [1.0, 10.0, 30.0][index % 3];
        let masses = (0..count).map(|_| 2_f64.powf(-stream.random_range(0.0..reach))).collect();
        let values = (0..count).map(|_| stream.random_range(-3.0..3.0)).collect();
        Self::Finite(masses, values)
    }

    /// Polynomials, exponentials and waves on Gaussian, exponential, uniform and double-well laws.
    pub fn random_line(stream: &mut Stream, index: usize) -> Self {
        let law = match index % 4 {
            0 => LineLaw::whole("x^2/2"),
            1 => LineLaw::new("x", 0.0, f64::INFINITY),
            2 => LineLaw::new("0", -1.0, 2.0),
            _ => LineLaw::whole("x^4/4 - 3*x^2/2 + 0.3*x"),
        };
        let (a, b) = (stream.random_range(-2.0..2.0), stream.random_range(0.05..0.4));
        let function = match index % 3 {
            0 => format!("{a} + x + {b}*x^2"),
            1 => format!("{a} + exp({b}*x)"),
            _ => format!("{a} + sin({}*x + {b})", 1.0 + 4.0 * b),
        };
        Self::Line(law, function)
    }

    /// `1 ± size` on two points of the same mass.
    pub fn symmetric(size: f64) -> Self {
        Self::Finite(vec![1.0, 1.0], vec![1.0 - size, 1.0 + size])
    }

    /// A high value on a small mass.
    pub fn spike() -> Self {
        Self::Finite(vec![255.0, 1.0], vec![0.0, 1.0])
    }

    /// The terms of the inequality.
    ///
    /// # Errors
    /// Those of the law and of the formula.
    pub fn entropies(&self) -> Result<Entropies> {
        match self {
            Self::Finite(masses, values) => {
                let masses: Vec<Enclosure> = masses.iter().map(|m| Enclosure::exact(*m)).collect();
                let total: Enclosure = masses.iter().copied().sum();
                let mean_of = |g: &[Enclosure]| -> Enclosure {
                    masses.iter().zip(g).map(|(m, g)| *m * *g).sum::<Enclosure>() / total
                };
                let entropy = |g: &[Enclosure]| -> Enclosure {
                    let squares: Vec<Enclosure> = g.iter().map(|g| g.square()).collect();
                    let logs: Vec<Enclosure> = squares.iter().map(|s| times_log(*s)).collect();
                    mean_of(&logs) - times_log(mean_of(&squares))
                };
                let f: Vec<Enclosure> = values.iter().map(|v| Enclosure::exact(*v)).collect();
                let mean = mean_of(&f);
                let g: Vec<Enclosure> = f.iter().map(|f| *f - mean).collect();
                let squares: Vec<Enclosure> = g.iter().map(|g| g.square()).collect();
                Ok(Entropies { whole: entropy(&f), centred: entropy(&g), variance: mean_of(&squares) })
            }
            Self::Line(law, function) => line_entropies(law, function),
        }
    }
}

/// `y log y` decreases up to `1/e`, so certainly up to here.
const DECREASING: f64 = 0.25;

/// `y log y`, 0 at 0.
fn times_log(y: Enclosure) -> Enclosure {
    if y.lo() > 0.0 || y.hi() > DECREASING {
        return y * y.ln();
    }
    // Decreasing from 0 at 0.
    let top = y.map(|i| Interval::point(i.hi().max(f64::MIN_POSITIVE)));
    (top * top.ln()).hull(Enclosure::exact(0.0))
}

fn line_entropies(law: &LineLaw, function: &str) -> Result<Entropies> {
    let measure = law.measure()?;
    let f = Expression::parse(function, &["x"])?;
    let f = |x: f64| f.evaluate(&[x]);
    let (a, b) = measure.support(LEVEL);
    let (_, lowest) = measure.minimum();
    let breaks: Vec<f64> = (0..=PANELS).map(|i| a + (b - a) * f64::from(i) / f64::from(PANELS)).collect();
    let integral =
        |g: &dyn Fn(f64) -> f64| integrate(&breaks, |x| g(x) * (lowest - measure.potential(x)).exp());
    let total = integral(&|_| 1.0);
    let mean_of = |g: &dyn Fn(f64) -> f64| integral(g) / total;
    let entropy = |g: &dyn Fn(f64) -> f64| {
        let log = mean_of(&|x| {
            let square = g(x).powi(2);
            if square == 0.0 { 0.0 } else { square * square.ln() }
        });
        log - times_log(mean_of(&|x| g(x).powi(2)))
    };
    // The variance is smallest at the mean: rounding it does not matter to first order.
    let mean = mean_of(&f).mid();
    let g = |x: f64| f(x) - mean;
    Ok(Entropies { whole: entropy(&f), centred: entropy(&g), variance: mean_of(&|x| g(x).powi(2)) })
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(masses, values) => write!(f, "masses {masses:?}, f={values:?}"),
            Self::Line(law, function) => write!(f, "f = {function}, {law}"),
        }
    }
}

/// `U = h tanh(k(x − a))`.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// h.
    pub height: f64,
    /// k.
    pub steepness: f64,
    /// a.
    pub at: f64,
}

/// The supremum of a defect is sought up to this distance from 0, beyond which U is constant to rounding.
const REACH: f64 = 60.0;
/// Points at which it is sought, at the coarser resolution.
const POINTS: u32 = 6000;

impl Step {
    /// The formula.
    pub fn text(&self) -> String {
        format!("{}*tanh({}*(x - {}))", self.height, self.steepness, self.at)
    }

    /// `B = sup(2W + U + log γ(e^{−U}))`, `W = ½(U'' − xU') − ¼U'²`: with the inequality of the normal law γ for
    /// `fe^{−U/2}`, `Ent(f²) ≤ 2∫f'² + B∫f²` under `e^{−U}γ/Z`.
    ///
    /// # Errors
    /// Those of the law.
    pub fn defect(&self) -> Result<Enclosure> {
        let normal = LineLaw::whole("x^2/2");
        let log_mass =
            normal.perturbed(&self.text()).measure()?.log_normalizer() - normal.measure()?.log_normalizer();
        let term = |x: f64| {
            let t = (self.steepness * (x - self.at)).tanh();
            let slope = self.height * self.steepness * (1.0 - t * t);
            let curvature = -2.0 * self.steepness * t * slope;
            curvature - x * slope - 0.5 * slope * slope + self.height * t
        };
        let largest = |points: u32| {
            (0..=points)
                .map(|i| term(REACH * (2.0 * f64::from(i) / f64::from(points) - 1.0)))
                .fold(f64::NEG_INFINITY, f64::max)
        };
        let supremum = Enclosure::refined(largest(POINTS), largest(2 * POINTS), REACH);
        Ok((supremum + log_mass).max(Enclosure::exact(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defect_of_a_step_is_the_supremum_it_says() {
        /// Second differences.
        const DIFFERENCES: f64 = 1e-6;
        /// Width: points a hundredth apart.
        const GRID: f64 = 1e-3;
        for (height, steepness, at) in [(0.7, 2.0, 0.5), (-1.2, 0.8, -1.5), (2.0, 1.0, 3.0)] {
            let step = Step { height, steepness, at };
            let u = |x: f64| height * (steepness * (x - at)).tanh();
            let h = 1e-4;
            let (mut mass, mut normal, mut largest) = (0.0, 0.0, f64::NEG_INFINITY);
            for k in -150_000..=150_000 {
                let x = 2e-4 * f64::from(k);
                let gauss = (-0.5 * x * x).exp();
                (mass, normal) = (mass + gauss * (-u(x)).exp(), normal + gauss);
                let slope = (u(x + h) - u(x - h)) / (2.0 * h);
                let bend = (u(x + h) - 2.0 * u(x) + u(x - h)) / (h * h);
                largest = largest.max(bend - x * slope - 0.5 * slope * slope + u(x));
            }
            let expected = (largest + (mass / normal).ln()).max(0.0);
            let found = step.defect().unwrap();
            assert!(found.widened(DIFFERENCES).contains(expected), "{}: {found} {expected}", step.text());
            assert!(found.width() < GRID, "{found} {expected}");
        }
    }
}
