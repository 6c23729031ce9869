//! Poincaré and log-Sobolev constants known exactly.
//!
//! The Poincaré constants come from a monotone eigenfunction of `−f'' + V' f'` with vanishing flux at
//! the ends (such an eigenfunction is the first), or from the bottom of the essential spectrum where
//! it lies below every eigenvalue; the Schrödinger operators behind the families are the
//! shape-invariant ones (harmonic, Coulomb, Pöschl-Teller, Morse).

use super::{Family, LineMeasure};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::numerics::parabolic_cylinder::{smallest_degree, smallest_neumann_degree};

/// Bisections of a bracketed root.
const BISECTIONS: usize = 200;

fn point(x: f64) -> Interval {
    Interval::point(x)
}

impl LineMeasure {
    /// The best `C` in `Var(f) ≤ C ∫ f'²`, where it is known exactly (possibly infinite).
    ///
    /// | law | constant | eigenfunction or reason |
    /// |---|---|---|
    /// | Gaussian | `σ²` | `x` |
    /// | Gaussian on `[a, ∞)` | `σ²/(1 + ν)`, `ν` the smallest positive zero of `D_ν((a−m)/σ)` | Hermite function |
    /// | Gaussian on `[a, b]` | `σ²/ν`, `ν` the first Neumann degree; `σ²/n` between adjacent zeros of `He_{n−1}` | Hermite functions; `He_n` |
    /// | uniform of length `a` | `a²/π²` | `cos(πx/a)` |
    /// | exponential, two-sided exponential with rates `a, b` | `4/min(a, b)²` | edge of the essential spectrum |
    /// | exponential on an interval of length `a` | `1/(r²/4 + π²/a²)` | `V` is linear |
    /// | two-sided exponential on `[−a, a]` | `1/(r²/4 + k²)`, `tan(ka) = −2k/r`, `k ∈ (π/2a, π/a)` | `e^{rx/2} sin kx` |
    /// | `cosh^{−s}` | `1/(s−1)` for `s ≥ 2`, else `4/s²` | `sinh x`; edge |
    /// | logistic of scale `σ` | `4σ²` | `cosh^{−2}(x/2σ)` |
    /// | `cos^m` | `1/(m+1)` | `sin x` |
    /// | Gamma(k) | `(k+1)²/k` for `k ≥ 1`, else 4 | Coulomb; edge |
    /// | chi | `1/2` | `x² − k` |
    /// | log-Gamma | `1/(k−1)` for `k ≥ 2`, else `4/k²` | Morse; edge |
    /// | `e^{−θx²/2+L\|x\|}` | `1/(θν)`, `ν` the smallest positive zero of `D_ν(−L/√θ)` | odd Hermite function |
    /// | Student, or a tail heavier than exponential | `∞` | no Poincaré inequality without exponential moments |
    ///
    /// The degrees `ν` are enclosed for `−6 ≤ L/√θ ≤ 26` and ends within 6 deviations only. The evidence is Certified, except for a formula, whose tail is a numerical finding
    /// (Converged, and only the value `∞` can occur).
    pub fn exact_poincare_constant(&self) -> Option<Enclosure> {
        if !(self.tails.0.allows_poincare() && self.tails.1.allows_poincare()) {
            return Some(Enclosure::infinite(self.evidence_of_tails()));
        }
        if let Family::Affine { original, scale, .. } = &self.family {
            let constant = original.exact_poincare_constant().filter(|_| !self.cut)?;
            return Some(constant * Enclosure::exact(*scale).square());
        }
        let known = if self.cut { self.cut_poincare_constant() } else { self.whole_poincare_constant() };
        known.map(Enclosure::certified)
    }

    /// How well the tails are known.
    pub(super) fn evidence_of_tails(&self) -> Evidence {
        match &self.family {
            Family::Formula(_) => Evidence::Converged,
            Family::Affine { original, .. } => original.evidence_of_tails(),
            Family::Observed(observed) if matches!(observed.noise, super::Noise::Student { .. }) => {
                observed.prior.evidence_of_tails()
            }
            _ => Evidence::Certified,
        }
    }

    fn whole_poincare_constant(&self) -> Option<Interval> {
        let (one, four) = (Interval::ONE, point(4.0));
        match &self.family {
            Family::Gaussian { std, .. } => Some(point(*std).square()),
            Family::Mixture(components) => match components.as_slice() {
                [only] => Some(point(only.std).square()),
                _ => None,
            },
            Family::Uniform => Some((self.length() / Interval::PI).square()),
            Family::Laplace { left, right } => Some(four / point(left.min(*right)).square()),
            Family::Exponential { rate } => Some(four / point(*rate).square()),
            Family::Logistic { scale } => Some(four * point(*scale).square()),
            Family::CoshPower { exponent: s } if *s >= 2.0 => Some(one / (point(*s) - one)),
            Family::CoshPower { exponent: s } | Family::LogGamma { shape: s } if *s < 2.0 => {
                Some(four / point(*s).square())
            }
            Family::LogGamma { shape } => Some(one / (point(*shape) - one)),
            Family::CosPower { exponent } => Some(one / (point(*exponent) + one)),
            Family::Gamma { shape } if *shape < 1.0 => Some(four),
            Family::Gamma { shape } => Some((point(*shape) + one).square() / point(*shape)),
            Family::Chi { .. } => Some(one / point(2.0)),
            Family::TiltedGaussian { convexity, slope } => {
                let theta = point(*convexity);
                let degree = smallest_degree(-(point(*slope) / theta.sqrt()))?;
                Some(one / (theta * degree))
            }
            Family::Student { .. }
            | Family::CoshPower { .. }
            | Family::Formula(_)
            | Family::Observed(_)
            | Family::Affine { .. } => None,
        }
    }

    /// Constants of families cut to a part of their domain.
    fn cut_poincare_constant(&self) -> Option<Interval> {
        let four = point(4.0);
        match &self.family {
            Family::Uniform => Some((self.length() / Interval::PI).square()),
            Family::Gaussian { mean, std } => self.cut_gaussian(*mean, *std),
            // The law does not depend on where a linear potential is cut off.
            Family::Exponential { rate } if self.hi.is_infinite() => Some(four / point(*rate).square()),
            Family::Exponential { rate } => Some(self.linear(*rate)),
            Family::Laplace { left, .. } if self.hi <= 0.0 => Some(self.linear(*left)),
            Family::Laplace { right, .. } if self.lo >= 0.0 => Some(self.linear(*right)),
            Family::Laplace { left, right } if left == right && self.hi == -self.lo => {
                cut_laplace(*left, self.hi)
            }
            _ => None,
        }
    }

    /// `b − a`.
    fn length(&self) -> Interval {
        point(self.hi) - point(self.lo)
    }

    /// `1/(r²/4 + π²/a²)` for a potential of slope `±r` on a domain of length `a`, `4/r²` if infinite.
    fn linear(&self, rate: f64) -> Interval {
        let edge = point(rate).square() / point(4.0);
        if self.lo.is_infinite() || self.hi.is_infinite() {
            return Interval::ONE / edge;
        }
        Interval::ONE / (edge + (Interval::PI / self.length()).square())
    }

    /// `σ²/ν` with `ν` the gap of the standardised law: on `[a, ∞)` the eigenfunction is the Hermite
    /// function of degree `ν` whose derivative, the one of degree `ν − 1`, vanishes at `a`.
    fn cut_gaussian(&self, mean: f64, std: f64) -> Option<Interval> {
        let standard = |x: f64| (point(x) - point(mean)) / point(std);
        let gap = match (self.lo.is_finite(), self.hi.is_finite()) {
            (true, true) => smallest_neumann_degree(standard(self.lo), standard(self.hi))?,
            (true, false) => Interval::ONE + smallest_degree(standard(self.lo))?,
            (false, true) => Interval::ONE + smallest_degree(-standard(self.hi))?,
            (false, false) => Interval::ONE,
        };
        Some(point(std).square() / gap)
    }

    /// The best `C` in `Ent(f²) ≤ C ∫ f'²`, where it is known exactly (possibly infinite).
    ///
    /// | law | constant | reason |
    /// |---|---|---|
    /// | Gaussian, also cut to a half-line; `e^{−θx²/2+L\|x\|}` with `L ≤ 0` (`θ = 1/σ²`); chi with `k ≥ 1` | `2σ²` | Bakry-Émery above; Herbst with the Gaussian tail below |
    /// | uniform of length `a` | `2a²/π²` | twice Poincaré |
    /// | `cos^m` | `2/(m+1)` | curvature-dimension condition `CD(m, m+1)` above, twice Poincaré below |
    /// | an end that decays slower than a Gaussian | `∞` | Herbst |
    ///
    /// Evidence as for [`LineMeasure::exact_poincare_constant`].
    pub fn exact_log_sobolev_constant(&self) -> Option<Enclosure> {
        if !(self.tails.0.allows_log_sobolev() && self.tails.1.allows_log_sobolev()) {
            return Some(Enclosure::infinite(self.evidence_of_tails()));
        }
        if let Family::Affine { original, scale, .. } = &self.family {
            let constant = original.exact_log_sobolev_constant().filter(|_| !self.cut)?;
            return Some(constant * Enclosure::exact(*scale).square());
        }
        let two = point(2.0);
        let unbounded = self.lo.is_infinite() || self.hi.is_infinite();
        let known = match &self.family {
            Family::Uniform => Some(two * (self.length() / Interval::PI).square()),
            Family::CosPower { exponent } if !self.cut => Some(two / (point(*exponent) + Interval::ONE)),
            Family::Gaussian { std, .. } if unbounded => Some(two * point(*std).square()),
            Family::Mixture(components) if unbounded && components.len() == 1 => {
                Some(two * point(components[0].std).square())
            }
            Family::TiltedGaussian { convexity, slope } if unbounded && *slope <= 0.0 => {
                Some(two / point(*convexity))
            }
            Family::Chi { dof } if unbounded && *dof >= 1.0 => Some(two),
            _ => None,
        };
        known.map(Enclosure::certified)
    }
}

/// `1/(r²/4 + k²)` with `k` the only root of `g(k) = r sin(ka) + 2k cos(ka)` in `(π/2a, π/a)`, where
/// `g/cos(ka) = r tan(ka) + 2k` increases from `−∞` to `2π/a`. The bracket ends have proved signs of `g`.
fn cut_laplace(rate: f64, end: f64) -> Option<Interval> {
    let (r, a) = (point(rate), point(end));
    let g = |k: f64| {
        let phase = point(k) * a;
        r * phase.sin() + point(2.0) * point(k) * phase.cos()
    };
    let quarter = Interval::PI / (point(2.0) * a);
    let (mut low, mut high) = (quarter.hi(), (quarter * point(2.0)).lo());
    // g(π/2a) = r > 0 and g(π/a) = −2π/a < 0.
    if !(low < high && g(low).lo() > 0.0 && g(high).hi() < 0.0) {
        return None;
    }
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        let y = g(middle);
        if y.lo() > 0.0 && middle > low {
            low = middle;
        } else if y.hi() < 0.0 && middle < high {
            high = middle;
        } else {
            break;
        }
    }
    Some(Interval::ONE / (r.square() / point(4.0) + Interval::new(low, high).square()))
}

#[cfg(test)]
mod tests;
