//! Normaliser, moments, distribution function and quantiles.

use super::integrals::{Panel, adaptive, sum};
use super::{INTEGRATION_LEVEL, LineMeasure, Tail};
use crate::enclosure::{Enclosure, Evidence, Interval};
use crate::error::{Error, Result, within};
use crate::numerics::quadrature::fine_rule;

/// The highest moment that the panels are made for.
const HIGHEST_MOMENT: f64 = 2.0;
/// Steps of Newton's method or bisection for a quantile.
const QUANTILE_STEPS: usize = 200;

impl LineMeasure {
    /// `e^{−(V(x) − min V)}`, 0 outside the domain.
    fn weight(&self, x: f64) -> f64 {
        if x < self.lo || x > self.hi { 0.0 } else { core_math::exp(self.minimum - self.potential(x)) }
    }

    /// Density at `x`, in floating point.
    pub fn density(&self, x: f64) -> f64 {
        core_math::exp(self.log_density(x))
    }

    /// Logarithm of the density at `x`, in floating point; `−∞` outside the domain.
    pub fn log_density(&self, x: f64) -> f64 {
        if x < self.lo || x > self.hi {
            f64::NEG_INFINITY
        } else {
            -self.potential(x) - self.log_normalizer.mid()
        }
    }

    /// Finds the panels and the normaliser.
    pub(super) fn resolve(&mut self) -> Result<()> {
        let (from, to) = self.integration_range();
        let breaks = self.breaks(from, to);
        self.panels = adaptive(&breaks, |x| self.weight(x), |x| self.noise(x));
        self.rounding = self.rounding_of_potential();
        self.remainders = self.remainders(0.0, from, to);
        let mass = self.with_remainders(sum(&self.panels), self.remainders);
        if !(mass.is_finite() && mass.lo() > 0.0) {
            let expected = "a potential whose mass double precision can resolve and integrate";
            return Err(Error::domain("V", format!("integral of exp(-(V - min V)) in {mass}"), expected));
        }
        let closed = self.closed_form().log_normalizer;
        self.log_normalizer = closed.map_or_else(
            || mass.ln() - Enclosure::exact(self.minimum),
            |log_normalizer| Enclosure::from_interval(log_normalizer, Evidence::Exact),
        );
        Ok(())
    }

    /// What the family knows, if the domain is its own.
    pub(super) fn closed_form(&self) -> super::family::ClosedForm {
        if self.cut {
            super::family::ClosedForm::default()
        } else {
            self.family.closed_form(self.lo, self.hi)
        }
    }

    /// The range outside which the density, weighted with the highest moment that exists, is
    /// negligible.
    fn integration_range(&self) -> (f64, f64) {
        let order = [HIGHEST_MOMENT, 1.0]
            .into_iter()
            .find(|r| self.tails.0.has_moment(*r) && self.tails.1.has_moment(*r))
            .unwrap_or(0.0);
        let (at, _) = self.minimum();
        let width = self.wells.iter().map(|w| w.width).fold(f64::INFINITY, f64::min);
        self.support_where(
            |x| {
                let gain = (order + 1.0) * core_math::log1p((x - at).abs() / width);
                self.potential(x) - self.minimum - gain <= INTEGRATION_LEVEL
            },
            INTEGRATION_LEVEL,
        )
    }

    /// First break points: kinks, wells, and distances from them growing by factors of 2.
    fn breaks(&self, from: f64, to: f64) -> Vec<f64> {
        let mut breaks = vec![from, to];
        breaks.extend(&self.kinks);
        for well in &self.wells {
            breaks.push(well.at);
            for sign in [-1.0, 1.0] {
                let mut step = well.width;
                loop {
                    let x = well.at + sign * step;
                    if x <= from || x >= to || step >= 1e300 {
                        break;
                    }
                    breaks.push(x);
                    step *= 2.0;
                }
            }
        }
        breaks.retain(|x| from <= *x && *x <= to);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup();
        breaks
    }

    /// Bounds for `∫|x − m|^order e^{−(V − V*)}` beyond `from` and beyond `to`, `m` the minimum: distance
    /// times the integrand at the end, times a factor for slowly decaying tails.
    fn remainders(&self, order: f64, from: f64, to: f64) -> (f64, f64) {
        let (at, _) = self.minimum();
        let beyond = |end: f64, last: f64, tail: Tail| {
            if end == last {
                return 0.0;
            }
            let factor = match tail {
                Tail::Polynomial { index } => 1.0 / (index - order),
                Tail::Weibull { exponent } => (order + 1.0) / exponent,
                Tail::Bounded | Tail::Gaussian | Tail::Exponential { .. } => 1.0,
            };
            let distance = if end.is_finite() { (last - end).abs() } else { (last - at).abs() };
            // Multiplied in this order nothing overflows before the small factor comes in.
            distance * self.weight(last) * (last - at).abs().powf(order) * factor
        };
        (beyond(self.lo, from, self.tails.0), beyond(self.hi, to, self.tails.1))
    }

    /// Adds what lies beyond the panels, and the rounding of the potential itself, to an integral.
    fn with_remainders(&self, integral: Enclosure, remainders: (f64, f64)) -> Enclosure {
        integral.widened(remainders.0 + remainders.1 + self.rounding * integral.interval().magnitude())
    }

    /// Relative uncertainty of the computed density at `x`: that of the potential, the rounding of the
    /// abscissa (half a unit) included.
    fn noise(&self, x: f64) -> f64 {
        let abscissa = Interval::around(x, 0.5 * f64::EPSILON * x.abs());
        let width = self.potential(abscissa).width();
        if width.is_finite() { 0.5 * width } else { 0.0 }
    }

    /// Mass-weighted mean of [`LineMeasure::noise`]: the relative error that rounding makes in an
    /// integral.
    fn rounding_of_potential(&self) -> f64 {
        let (mut error, mut mass) = (0.0, f64::MIN_POSITIVE);
        for p in &self.panels {
            error += p.size * self.noise(0.5 * (p.a + p.b));
            mass += p.size;
        }
        error / mass + f64::EPSILON
    }

    /// The logarithm of `∫ e^{−V}` (Exact in closed form, else Converged).
    pub fn log_normalizer(&self) -> Enclosure {
        self.log_normalizer
    }

    /// The mean; nothing is known of it (it does not exist) if a tail is too heavy.
    pub fn mean(&self) -> Enclosure {
        if !(self.tails.0.has_moment(1.0) && self.tails.1.has_moment(1.0)) {
            return Enclosure::unknown(Evidence::Exact);
        }
        if let Some(mean) = self.closed_form().mean {
            return Enclosure::from_interval(mean, Evidence::Exact);
        }
        let (at, _) = self.minimum();
        Enclosure::exact(at) + self.moment(1, at)
    }

    /// The variance, infinite if a tail is too heavy.
    pub fn variance(&self) -> Enclosure {
        if !(self.tails.0.has_moment(2.0) && self.tails.1.has_moment(2.0)) {
            return Enclosure::infinite(self.evidence_of_tails());
        }
        if let Some(variance) = self.closed_form().variance {
            return Enclosure::from_interval(variance, Evidence::Exact);
        }
        let mean = self.mean();
        let centre = mean.mid();
        // Var = E(X − c)² − (EX − c)².
        let shift = Enclosure::exact(centre) - mean;
        let spread = self.moment(2, centre) - shift.square();
        spread.max(Enclosure::exact(0.0).weakened(spread.evidence()))
    }

    /// `E(X − centre)^order` for order 1 or 2.
    fn moment(&self, order: i32, centre: f64) -> Enclosure {
        let (from, to) = match (self.panels.first(), self.panels.last()) {
            (Some(first), Some(last)) => (first.a, last.b),
            _ => return Enclosure::unknown(Evidence::Converged),
        };
        let integrand = |x: f64| {
            let distance = x - centre;
            let power = if order == 1 { distance } else { distance * distance };
            let weight = self.weight(x);
            if weight == 0.0 { 0.0 } else { power * weight }
        };
        let panels = adaptive(&self.breaks(from, to), integrand, |x| self.noise(x));
        let size: f64 = panels.iter().map(|p| p.size).sum();
        let remainders = self.remainders(f64::from(order), from, to);
        let rounding = size * self.rounding;
        let integral = sum(&panels).widened(remainders.0 + remainders.1 + rounding);
        integral / self.mass()
    }

    /// `∫ e^{−(V − V*)}`.
    fn mass(&self) -> Enclosure {
        self.with_remainders(sum(&self.panels), self.remainders)
    }

    /// Distribution function `P(X ≤ x)`.
    pub fn cdf(&self, x: f64) -> Enclosure {
        self.distribution(x).0
    }

    /// Survival function `P(X > x)`, accurate in the right tail.
    pub fn survival(&self, x: f64) -> Enclosure {
        self.distribution(x).1
    }

    /// Mass to the left and to the right of `x`; NaN gives unknowns.
    fn distribution(&self, x: f64) -> (Enclosure, Enclosure) {
        let (zero, one) = (Enclosure::exact(0.0), Enclosure::exact(1.0));
        if x.is_nan() {
            return (Enclosure::unknown(Evidence::Exact), Enclosure::unknown(Evidence::Exact));
        }
        if x <= self.lo {
            return (zero, one);
        }
        if x >= self.hi {
            return (one, zero);
        }
        if !self.cut
            && let Some(closed) = self.family.distribution(self.lo, self.hi, x)
        {
            return closed;
        }
        let (left, right) = self.split(x);
        let bounded = |part: Enclosure, remainder: f64| {
            let high = Interval::point(part.hi()) + Interval::point(remainder);
            let mass = Interval::new(part.lo().max(0.0), high.hi().max(0.0));
            Enclosure::from_interval(mass, Evidence::Converged).widened(self.rounding * mass.magnitude())
        };
        let (below, above) = (bounded(left, self.remainders.0), bounded(right, self.remainders.1));
        let total = below + above;
        ((below / total).map(probability), (above / total).map(probability))
    }

    /// Integrals of the density over the panels to the left and to the right of `x`.
    fn split(&self, x: f64) -> (Enclosure, Enclosure) {
        let first_right = self.panels.partition_point(|p| p.b <= x);
        let (mut left, mut right) = (sum(&self.panels[..first_right]), Enclosure::exact(0.0));
        if let Some(p) = self.panels.get(first_right) {
            right = sum(&self.panels[first_right + 1..]);
            if x <= p.a {
                right = right + sum(&[*p]);
            } else {
                left = left + self.partial(p.a, x);
                right = right + self.partial(x, p.b);
            }
        }
        (left, right)
    }

    /// Integral of the density over a part of a panel.
    fn partial(&self, a: f64, b: f64) -> Enclosure {
        sum(&adaptive(&[a, b], |y| self.weight(y), |y| self.noise(y)))
    }

    /// The quantile: the `x` with `P(X ≤ x) = probability`, bracketed by [`LineMeasure::cdf`].
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < probability < 1`; [`Error::NoConvergence`] if the distribution
    /// function is not known accurately enough to tell where it crosses.
    pub fn quantile(&self, probability: f64) -> Result<Enclosure> {
        within("probability", probability, f64::MIN_POSITIVE, 1.0 - 0.5 * f64::EPSILON)?;
        if probability > 0.5 {
            // Exact by Sterbenz's lemma.
            return self.survival_quantile(1.0 - probability);
        }
        let guess = self.approximate_quantile(probability, self.panels.iter().copied(), 1.0);
        self.surround(guess, probability, |x| {
            let below = self.cdf(x);
            (below.hi() < probability, below.lo() > probability)
        })
    }

    /// The `x` with `P(X > x) = probability`: accurate where [`LineMeasure::quantile`] of the
    /// complement cannot be asked for.
    ///
    /// # Errors
    /// As [`LineMeasure::quantile`].
    pub fn survival_quantile(&self, probability: f64) -> Result<Enclosure> {
        within("probability", probability, f64::MIN_POSITIVE, 1.0 - 0.5 * f64::EPSILON)?;
        if probability > 0.5 {
            return self.quantile(1.0 - probability);
        }
        let guess = self.approximate_quantile(probability, self.panels.iter().rev().copied(), -1.0);
        self.surround(guess, probability, |x| {
            let above = self.survival(x);
            (above.lo() > probability, above.hi() < probability)
        })
    }

    /// Where the mass accumulated over the panels in the given order reaches a share of the whole;
    /// `direction` is 1 if they ascend and −1 if they descend.
    fn approximate_quantile(&self, share: f64, panels: impl Iterator<Item = Panel>, direction: f64) -> f64 {
        let wanted = share * self.mass().mid();
        let (mut before, mut last) = (0.0, self.minimum().0);
        for panel in panels {
            let (start, end) = if direction > 0.0 { (panel.a, panel.b) } else { (panel.b, panel.a) };
            if before + panel.mass >= wanted {
                return self.solve_in_panel(start, end, wanted - before, direction);
            }
            before += panel.mass;
            last = end;
        }
        last
    }

    /// The `x` between `start` and `end` with `|∫_start^x e^{−(V−V*)}| = mass`, by Newton's method kept
    /// inside a shrinking bracket.
    fn solve_in_panel(&self, start: f64, end: f64, mass: f64, direction: f64) -> f64 {
        let (mut a, mut b) = (start, end);
        let mut x = 0.5 * (a + b);
        for _ in 0..QUANTILE_STEPS {
            let excess = direction * fine_rule().integrate(start, x, |y| self.weight(y)) - mass;
            if excess > 0.0 {
                b = x;
            } else {
                a = x;
            }
            let newton = x - direction * excess / self.weight(x);
            let inside = (newton - a) * (b - newton) > 0.0;
            let next = if inside { newton } else { 0.5 * (a + b) };
            if (next - x).abs() <= f64::EPSILON * x.abs() || next == a || next == b {
                return next;
            }
            x = next;
        }
        x
    }

    /// Widens an interval around a guess until `side` says that its left end is surely to the left of
    /// the wanted point and its right end surely to the right.
    fn surround(
        &self,
        guess: f64,
        probability: f64,
        side: impl Fn(f64) -> (bool, bool),
    ) -> Result<Enclosure> {
        let slope = self.weight(guess) / self.mass().mid();
        let spacing = f64::EPSILON * guess.abs() + f64::MIN_POSITIVE;
        // What an error of the distribution function of rounding size moves.
        let shift = 4.0 * f64::EPSILON * probability / slope;
        let first = if shift.is_finite() { shift.max(spacing) } else { spacing };
        let end = |sign: f64, limit: f64, reached: &dyn Fn(f64) -> bool| {
            let mut step = first;
            while step.is_finite() {
                let x = guess + sign * step;
                if sign * (x - limit) >= 0.0 {
                    return Some(limit);
                }
                if reached(x) {
                    return Some(x);
                }
                step *= 2.0;
            }
            None
        };
        let left = end(-1.0, self.lo, &|x| side(x).0);
        let right = end(1.0, self.hi, &|x| side(x).1);
        match (left, right) {
            (Some(left), Some(right)) => Enclosure::new(left, right, Evidence::Converged),
            _ => Err(Error::NoConvergence {
                what: format!("quantile for the probability {probability:e}"),
                reached: self.cdf(guess).width(),
                wanted: f64::EPSILON * probability,
            }),
        }
    }
}

/// The part of an interval inside `[0, 1]`.
fn probability(p: Interval) -> Interval {
    crate::numerics::number::Number::probability(p)
}

#[cfg(test)]
mod tests;
