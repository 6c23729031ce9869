//! Integrals against a density on the line by adaptive Gauss quadrature.

use crate::enclosure::{Enclosure, Evidence};
use crate::numerics::quadrature::{coarse_rule, fine_rule};

/// A panel on which the integrand is resolved.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Panel {
    pub a: f64,
    pub b: f64,
    /// Integral over the panel.
    pub mass: f64,
    /// Error estimate: two rules' difference and rounding.
    pub error: f64,
    /// Integral of the absolute value.
    pub size: f64,
}

/// A panel is halved at most so often: enough for `x^{−0.9}` at 0 to disappear below rounding.
const HALVINGS: u32 = 600;
/// A panel whose error is below this fraction of the whole is left alone.
const SHARE: f64 = 1e-17;
/// A panel is not halved below this fraction of its coordinates: its nodes would be rounded onto one
/// another, and onto a singular end.
const SHORTEST: f64 = 4096.0 * f64::EPSILON;
/// Panels at most; beyond that the error estimate tells.
const MOST_PANELS: usize = 20_000;
/// Rounding of one Gauss sum over a panel in units of its size.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// The integral over one panel by the finer rule, with the coarser one for the error.
fn panel(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Panel {
    let coarse = coarse_rule().integrate(a, b, &f);
    let mut size = 0.0;
    let mass = fine_rule().integrate(a, b, &f);
    for (x, w) in fine_rule().nodes.iter().zip(&fine_rule().weights) {
        size += 0.5 * (b - a) * w * f(0.5 * (a + b) + 0.5 * (b - a) * x).abs();
    }
    Panel { a, b, mass, error: (mass - coarse).abs() + ROUNDING * size, size }
}

/// Halves panels between the given breaks until every one is resolved, in ascending order. `noise(x)`
/// is the relative uncertainty of the computed integrand at `x`, below which halving gains nothing.
pub(super) fn adaptive(breaks: &[f64], f: impl Fn(f64) -> f64, noise: impl Fn(f64) -> f64) -> Vec<Panel> {
    let mut waiting: Vec<(Panel, u32)> =
        breaks.windows(2).filter(|w| w[0] < w[1]).map(|w| (panel(w[0], w[1], &f), 0)).collect();
    let mut total: f64 = waiting.iter().map(|(p, _)| p.size).filter(|s| s.is_finite()).sum();
    // Last in, first out: reversed, so that the leftmost panel is always treated next.
    waiting.reverse();
    let mut done = Vec::with_capacity(waiting.len());
    while let Some((whole, depth)) = waiting.pop() {
        let middle = whole.a + 0.5 * (whole.b - whole.a);
        let resolved = whole.error <= SHARE * total
            || whole.error <= 4.0 * ROUNDING * whole.size
            || whole.error <= noise(middle) * whole.size;
        let exhausted = depth >= HALVINGS
            || whole.b - whole.a <= SHORTEST * whole.a.abs().max(whole.b.abs())
            || done.len() + waiting.len() >= MOST_PANELS;
        if resolved || exhausted {
            done.push(whole);
            continue;
        }
        let (left, right) = (panel(whole.a, middle, &f), panel(middle, whole.b, &f));
        let change = left.size + right.size - whole.size;
        if change.is_finite() {
            total += change;
        }
        waiting.push((right, depth + 1));
        waiting.push((left, depth + 1));
    }
    done
}

/// Sum over panels as a Converged enclosure; a panel without a finite value gives an unknown.
pub(super) fn sum(panels: &[Panel]) -> Enclosure {
    let (mut mass, mut error, mut size) = (0.0, 0.0, 0.0);
    for p in panels {
        mass += p.mass;
        error += p.error;
        size += p.size;
    }
    let summation = f64::EPSILON * size * (panels.len() as f64).sqrt();
    if (mass + error + summation).is_finite() {
        Enclosure::around(mass, error + summation, Evidence::Converged)
    } else {
        Enclosure::unknown(Evidence::Converged)
    }
}

#[cfg(test)]
mod tests;
