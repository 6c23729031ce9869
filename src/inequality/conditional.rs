//! Poincaré constants and covariances of the laws of X given `gain·X + noise = y`, uniformly in y.
//!
//! A Poincaré inequality for `X | X_t = y` with one constant for all y makes the score of `X_t` Lipschitz; a bound
//! for the conditional covariance is enough. Here the supremum over y is looked for: on a grid over
//! the observations that have mass, refined around the highest values, and on distances beyond that double. What
//! is assumed is that no peak hides between the points of the grid and that beyond the farthest distance nothing new happens.
//! That makes the upper end of a supremum Converged and no more. The lower end needs no search: the constant of any one
//! conditional law is below the supremum, and [`ConditionalLaws::certified_supremum`] takes the two-sided certificate of
//! [`poincare_constant`] at the observation that was found (of the law with gain and scale rounded to floats, as everywhere here).
//! As `|y| → ∞`: for Gaussian noise the conditional law sits ever farther out, and if `V''` has a limit there, its
//! constant tends to `1/(V''(±∞) + gain²/scale²)`; for Student noise the tilt flattens out and the law tends to that of X.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::{Error, Result, finite, positive, within};
use crate::inequality::poincare::product::CollinearMixture;
use crate::inequality::poincare::{converged_poincare_constant, poincare_constant};
use crate::measure::line::{LineMeasure, Noise};

/// Height of the potential of X, and widths of the noise, up to which observations count as having mass.
const LEVEL: f64 = 30.0;
const WIDTHS: f64 = 8.0;
/// Points of the grid: first, and for the second look.
const GRIDS: [u32; 2] = [18, 28];
/// Peaks of the grid that are refined, and steps of golden section: an error of the place of 0.618^12 of the spacing
/// is one of its square in the value.
const PEAKS: usize = 2;
const GOLDEN_STEPS: usize = 12;
/// Doublings of the distance beyond the grid.
const DOUBLINGS: i32 = 5;
/// Angles of the path at which the supremum over λ is looked for, before refinement, and steps of that.
const ANGLES: u32 = 12;
const ANGLE_STEPS: usize = 8;

/// The laws of X given `gain·X + noise = y`.
#[derive(Clone, PartialEq, Debug)]
pub struct ConditionalLaws {
    prior: LineMeasure,
    noise: Noise,
    gain: f64,
}

/// A supremum over observations, as far as it was found.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Supremum {
    /// Where: the observation, `±∞` if the value is the one at the farthest distances that were looked at.
    pub at: f64,
    /// The observation with the largest value, finite.
    pub place: f64,
    /// The value: of two searches, the finer one, with their difference as the error (Converged).
    pub value: Enclosure,
    /// The values at the farthest observations to the left and to the right.
    pub far: [Enclosure; 2],
    /// A certified lower bound, `[lo, ∞]`, if one was asked for and proved; [`Supremum::value`] then begins there.
    pub floor: Option<Enclosure>,
}

/// Which number of a conditional law is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// `C_P(X|y)`.
    Poincare,
    /// `Var(X|y)`.
    Variance,
}

impl ConditionalLaws {
    /// The laws of `prior` given `gain·X + noise = y`.
    ///
    /// # Errors
    /// [`Error::Domain`] unless the gain is finite and not 0 and the noise's parameters are positive.
    pub fn new(prior: LineMeasure, noise: Noise, gain: f64) -> Result<Self> {
        positive("absolute value of the gain", finite("gain", gain)?.abs())?;
        Ok(Self { prior, noise: noise.checked()?, gain })
    }

    /// The laws of X given `X_t = √λ X + √(1−λ) Z = y` (gain and scale rounded to floats), Z standard normal or
    /// Student with the given degrees of freedom.
    ///
    /// # Errors
    /// [`Error::Domain`] unless `0 < λ < 1` and the degrees of freedom are positive.
    pub fn on_path(prior: LineMeasure, dof: Option<f64>, lambda: f64) -> Result<Self> {
        within("lambda", lambda, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        let scale = (1.0 - lambda).sqrt();
        let noise = match dof {
            None => Noise::Gaussian { scale },
            Some(dof) => Noise::Student { dof, scale },
        };
        Self::new(prior, noise, lambda.sqrt())
    }

    /// The law of X.
    pub fn prior(&self) -> &LineMeasure {
        &self.prior
    }

    /// The noise.
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// The gain.
    pub fn gain(&self) -> f64 {
        self.gain
    }

    /// The law of X given the observation `y`.
    ///
    /// # Errors
    /// Those of [`LineMeasure::given`].
    pub fn at(&self, y: f64) -> Result<LineMeasure> {
        self.prior.given(self.noise, self.gain, y)
    }

    /// A number of the law of X given the observation `y`.
    ///
    /// # Errors
    /// Those of [`LineMeasure::given`] and [`converged_poincare_constant`].
    pub fn value(&self, quantity: Quantity, y: f64) -> Result<Enclosure> {
        let law = self.at(y)?;
        match quantity {
            Quantity::Poincare => converged_poincare_constant(&law),
            Quantity::Variance => Ok(law.variance()),
        }
    }

    /// The observations that have mass, as far as the density of X within `e^{−30}` of its maximum and eight
    /// scales of the noise reach.
    pub fn window(&self) -> (f64, f64) {
        let (a, b) = self.prior.support(LEVEL);
        let (a, b) = (self.gain * a, self.gain * b);
        let margin = WIDTHS * self.noise.scale();
        (a.min(b) - margin, a.max(b) + margin)
    }

    /// The supremum over y of a number of the conditional law.
    ///
    /// # Errors
    /// Those of [`ConditionalLaws::value`] inside the [window](ConditionalLaws::window); beyond it the search ends where the
    /// law can no longer be resolved.
    pub fn supremum(&self, quantity: Quantity) -> Result<Supremum> {
        let (lo, hi) = self.window();
        let far = [self.far(quantity, lo, lo - hi)?, self.far(quantity, hi, hi - lo)?];
        let [coarse, fine] = GRIDS.map(|points| self.search(quantity, (lo, hi), points));
        let before = coarse?.value;
        let Peak { at, value, above } = fine?;
        let mut best = if value.is_infinite() {
            Supremum { at, place: at, value, far: [far[0].1, far[1].1], floor: None }
        } else {
            let spread = Enclosure::refined(before.mid(), value.mid(), 0.0);
            let error = spread.width() + value.width() + before.width() + above;
            Supremum {
                at,
                place: at,
                value: value.widened(error).weakened(Evidence::Converged),
                far: [far[0].1, far[1].1],
                floor: None,
            }
        };
        for (sign, (previous, last, (place, largest))) in [-1.0, 1.0].into_iter().zip(far) {
            if largest.mid() > best.value.mid() {
                let change = (last.mid() - previous.mid()).abs();
                let value = largest.widened(change).weakened(Evidence::Converged);
                best = Supremum { at: sign * f64::INFINITY, place, value, ..best };
            }
        }
        Ok(best)
    }

    /// [`ConditionalLaws::supremum`] of the Poincaré constants with a certificate at the observation found: where one is
    /// proved, [`Supremum::floor`] is a lower bound without assumptions, and the value's lower end. (The law is one of
    /// many, so that its upper end says nothing about the others: the upper end of the value stays that of the search.)
    ///
    /// # Errors
    /// Those of [`ConditionalLaws::supremum`].
    pub fn certified_supremum(&self) -> Result<Supremum> {
        let found = self.supremum(Quantity::Poincare)?;
        if found.value.is_infinite() {
            return Ok(found);
        }
        let report = poincare_constant(&self.at(found.place)?)?;
        if report.value.evidence() > Evidence::Exact {
            return Ok(found);
        }
        let floor = report.value.lo();
        // Were it above what the search says, the search would be wrong: the value then holds both.
        let value = Enclosure::new(floor, found.value.hi().max(floor), Evidence::Converged)?;
        Ok(Supremum { value, floor: Some(Enclosure::at_least(floor, report.value.evidence())), ..found })
    }

    /// The last two values and the largest, with its place, at distances from an end of the window that double.
    fn far(
        &self,
        quantity: Quantity,
        end: f64,
        step: f64,
    ) -> Result<(Enclosure, Enclosure, (f64, Enclosure))> {
        let first = self.value(quantity, end)?;
        let (mut previous, mut last, mut largest) = (first, first, (end, first));
        for k in 0..DOUBLINGS {
            let y = end + step * 2_f64.powi(k);
            let Ok(value) = self.value(quantity, y) else { break };
            (previous, last) = (last, value);
            if value.mid() > largest.1.mid() {
                largest = (y, value);
            }
        }
        Ok((previous, last, largest))
    }

    /// The largest value on a grid, refined around its highest peaks.
    fn search(&self, quantity: Quantity, (lo, hi): (f64, f64), points: u32) -> Result<Peak> {
        let step = (hi - lo) / f64::from(points);
        let place = |i: u32| lo + step * f64::from(i);
        let mut values = Vec::with_capacity(points as usize + 1);
        for i in 0..=points {
            values.push((place(i), self.value(quantity, place(i))?));
        }
        let on_grid = |(at, value): (f64, Enclosure)| Peak { at, value, above: 0.0 };
        if let Some(infinite) = values.iter().find(|(_, v)| v.is_infinite()) {
            return Ok(on_grid(*infinite));
        }
        let last = values.len() - 1;
        let is_peak = |i: &usize| {
            let v = |j: usize| values[j].1.mid();
            v(*i) >= v(i.saturating_sub(1)) && v(*i) >= v((i + 1).min(last))
        };
        let mut peaks: Vec<usize> = (0..=last).filter(is_peak).collect();
        peaks.sort_by(|i, j| values[*j].1.mid().total_cmp(&values[*i].1.mid()));
        let mut best = on_grid(values[peaks[0]]);
        let mut top = best.value.mid();
        for &i in peaks.iter().take(PEAKS) {
            let (a, b) = (values[i].0 - step, values[i].0 + step);
            let found = golden(a, b, GOLDEN_STEPS, |y| self.value(quantity, y))?;
            top = top.max(found.value.mid() + found.above);
            if found.value.mid() > best.value.mid() {
                best = found;
            }
        }
        Ok(Peak { above: top - best.value.mid(), ..best })
    }
}

/// The highest point that was found.
#[derive(Clone, Copy, Debug)]
struct Peak {
    at: f64,
    value: Enclosure,
    /// By how much the function may be higher, estimated.
    above: f64,
}

/// The largest value of a function on `[a, b]` with one peak, by golden section and, at the end, a parabola through the highest point
/// and its neighbours. How far its top is from the value there says what is missing, if the peak is smooth: maxima of smooth functions
/// have corners in their valleys only.
fn golden(a: f64, b: f64, steps: usize, f: impl Fn(f64) -> Result<Enclosure>) -> Result<Peak> {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let (mut a, mut b) = (a, b);
    let (mut x, mut y) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut at_x, mut at_y) = (f(x)?, f(y)?);
    let mut seen = vec![(x, at_x), (y, at_y)];
    for _ in 0..steps {
        if at_x.mid() >= at_y.mid() {
            (b, y, at_y) = (y, x, at_x);
            x = b - ratio * (b - a);
            at_x = f(x)?;
            seen.push((x, at_x));
        } else {
            (a, x, at_x) = (x, y, at_y);
            y = a + ratio * (b - a);
            at_y = f(y)?;
            seen.push((y, at_y));
        }
    }
    seen.sort_by(|p, q| p.0.total_cmp(&q.0));
    let highest = (0..seen.len()).max_by(|&i, &j| seen[i].1.mid().total_cmp(&seen[j].1.mid())).unwrap_or(0);
    let (at, value) = seen[highest];
    if highest == 0 || highest + 1 == seen.len() {
        // The peak is at an end, to the last step.
        let inner = if highest == 0 { seen[1] } else { seen[highest - 1] };
        return Ok(Peak { at, value, above: value.mid() - inner.1.mid() });
    }
    let [left, right] = [highest - 1, highest + 1].map(|i| (seen[i].0 - at, value.mid() - seen[i].1.mid()));
    // The parabola value − c·(z − vertex)² + top through (0, 0), and these two below it.
    let curvature = (left.1 / left.0 - right.1 / right.0) / (left.0 - right.0);
    let slope = left.1 / left.0 - curvature * left.0;
    if !(curvature.is_finite() && curvature > 0.0) {
        return Ok(Peak { at, value, above: 0.0 });
    }
    let (shift, top) = (-0.5 * slope / curvature, value.mid() + 0.25 * slope * slope / curvature);
    let there = f(at + shift)?;
    let (at, value) = if there.mid() > value.mid() { (at + shift, there) } else { (at, value) };
    Ok(Peak { at, value, above: (top - value.mid()).abs() })
}

/// The supremum over λ in `[from, to]` and y of a number of `law(X|X_t = y)`: λ at which it is found, and the supremum
/// over y there. Looked for on a grid of angles (`√λ = cos φ`) and by golden section around the highest.
///
/// # Errors
/// [`Error::Domain`] unless `0 < from < to < 1`, and those of [`ConditionalLaws::supremum`].
pub fn supremum_over_path(
    prior: &LineMeasure,
    dof: Option<f64>,
    (from, to): (f64, f64),
    quantity: Quantity,
) -> Result<(f64, Supremum)> {
    if !(0.0 < from && from < to && to < 1.0) {
        return Err(Error::domain("range of lambda", format!("({from}, {to})"), "0 < from < to < 1"));
    }
    let lambda = |angle: f64| (angle.cos() * angle.cos()).clamp(from, to);
    let at = |angle: f64| -> Result<Supremum> {
        ConditionalLaws::on_path(prior.clone(), dof, lambda(angle))?.supremum(quantity)
    };
    let (first, last) = (to.sqrt().acos(), from.sqrt().acos());
    let step = (last - first) / f64::from(ANGLES);
    let mut best = (first, at(first)?);
    for i in 1..=ANGLES {
        let angle = first + step * f64::from(i);
        let here = at(angle)?;
        if here.value.mid() > best.1.value.mid() {
            best = (angle, here);
        }
    }
    let (a, b) = ((best.0 - step).max(first), (best.0 + step).min(last));
    let peak = golden(a, b, ANGLE_STEPS, |angle| Ok(at(angle)?.value))?;
    let top = peak.value.mid() + peak.above;
    let refined = at(peak.at)?;
    if refined.value.mid() > best.1.value.mid() {
        best = (peak.at, refined);
    }
    let above = (top - best.1.value.mid()).max(0.0);
    let value = if above.is_finite() { best.1.value.widened(above) } else { best.1.value };
    Ok((lambda(best.0), Supremum { value, ..best.1 }))
}

/// The law of X with law `Σ w_i N(m_i, s²I)` on `R^d`, the means on a line, given `gain·X + N(0, scale²I) = y`: again such a
/// mixture, all means moved by one vector and shrunk by one factor, the weights tilted.
///
/// # Errors
/// [`Error::Dimension`] for vectors of different lengths and otherwise those of [`CollinearMixture::isotropic`].
pub fn collinear_mixture_given(
    weights: &[f64],
    means: &[Vec<f64>],
    variance: f64,
    (gain, scale): (f64, f64),
    y: &[f64],
) -> Result<CollinearMixture> {
    let (variance, scale) = (positive("variance", variance)?, positive("scale", scale)?);
    finite("gain", gain)?;
    if let Some(mean) = means.iter().find(|m| m.len() != y.len()) {
        let (found, expected) = (mean.len(), y.len());
        return Err(Error::Dimension { name: "mean".to_owned(), found, expected });
    }
    let marginal = gain * gain * variance + scale * scale;
    let logs: Vec<f64> = means
        .iter()
        .map(|m| {
            -m.iter().zip(y).map(|(m, y)| (y - gain * m) * (y - gain * m)).sum::<f64>() / (2.0 * marginal)
        })
        .collect();
    let top =
        logs.iter().zip(weights).filter(|(_, w)| **w > 0.0).fold(f64::NEG_INFINITY, |a, (l, _)| a.max(*l));
    let tilted: Vec<f64> = weights.iter().zip(&logs).map(|(w, l)| w * (l - top).exp()).collect();
    // All means share the shift gain·variance/marginal·y, which no constant sees.
    let shrink = scale * scale / marginal;
    let moved: Vec<Vec<f64>> = means.iter().map(|m| m.iter().map(|x| shrink * x).collect()).collect();
    CollinearMixture::isotropic(&tilted, &moved, variance * shrink)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{COARSE, MESH};

    const WHOLE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    fn laws(potential: &str, lambda: f64) -> ConditionalLaws {
        let prior = LineMeasure::parse(potential, WHOLE.0, WHOLE.1).unwrap();
        ConditionalLaws::on_path(prior, None, lambda).unwrap()
    }

    #[test]
    fn gaussian_conditional_laws_do_not_depend_on_the_observation() {
        let prior = LineMeasure::gaussian(1.5, 2.0).unwrap();
        let laws = ConditionalLaws::on_path(prior, None, 0.25).unwrap();
        // 1/(1/4 + 1/3).
        let constant = 12.0 / 7.0;
        for quantity in [Quantity::Poincare, Quantity::Variance] {
            let sup = laws.supremum(quantity).unwrap();
            let rounding = 1e-12 * constant;
            assert!((sup.value.mid() - constant).abs() <= rounding + sup.value.width(), "{sup:?}");
        }
    }

    #[test]
    fn golden_section_closes_in_on_a_peak() {
        for peak in [-0.9, 0.3, 1.7] {
            let calls = std::cell::Cell::new(0);
            let f = |y: f64| {
                calls.set(calls.get() + 1);
                Ok(Enclosure::exact(5.0 - (y - peak).abs()))
            };
            let Peak { at, value, above } = golden(-1.0, 2.0, 20, f).unwrap();
            // 0.618^20 of the bracket.
            let bracket = 3.0 * 0.618_034_f64.powi(20);
            assert!((at - peak).abs() <= bracket, "{peak}: {at}");
            assert_eq!((value.mid(), calls.get()), (5.0 - (at - peak).abs(), 23));
            assert!((0.0..=bracket).contains(&above), "{peak}: {above}");
        }
        // A smooth peak, skew: what the steps leave is seen.
        let f = |y: f64| Ok(Enclosure::exact(2.0 - (y - 0.7).powi(2) + 0.2 * (y - 0.7).powi(3)));
        for steps in [2, 4, 8, 12] {
            let Peak { value, above, .. } = golden(-0.5, 1.6, steps, f).unwrap();
            let bracket = 2.1 * 0.618_034_f64.powi(i32::try_from(steps).unwrap());
            assert!(
                value.hi() + above >= 2.0 && above < 0.2 * bracket.powi(3) + f64::EPSILON,
                "{steps}: {above:e}"
            );
            assert!(2.0 - value.mid() < bracket.powi(4) + f64::EPSILON, "{steps}: {value}");
        }
        // At the end of the bracket.
        let Peak { at, value, above } = golden(0.0, 1.0, 12, |y| Ok(Enclosure::exact(y))).unwrap();
        assert!(at < 1.0 && value.mid() + above >= 1.0 - 1e-3 && above <= 0.01, "{at} {above}");
    }

    #[test]
    fn far_values_are_those_on_their_own_side() {
        // Far to the left an exponential law is pressed against 0, far to the right it becomes N(y − 1, 1).
        let prior = LineMeasure::exponential(1.0).unwrap();
        let laws = ConditionalLaws::new(prior, Noise::Gaussian { scale: 1.0 }, 1.0).unwrap();
        let (lo, hi) = laws.window();
        let left = laws.far(Quantity::Variance, lo, lo - hi).unwrap().1;
        let right = laws.far(Quantity::Variance, hi, hi - lo).unwrap().1;
        let sup = laws.supremum(Quantity::Variance).unwrap();
        assert_eq!(sup.far.map(Enclosure::mid), [left.mid(), right.mid()]);
        assert!(left.mid() < COARSE && (right.mid() - 1.0).abs() <= MESH, "{left}, {right}");
    }

    #[test]
    fn window_holds_the_observations_that_have_mass() {
        let prior = LineMeasure::gaussian(1.5, 2.0).unwrap();
        for gain in [0.5, -0.5] {
            let laws = ConditionalLaws::new(prior.clone(), Noise::Gaussian { scale: 0.25 }, gain).unwrap();
            let (lo, hi) = laws.window();
            let reach = 0.5 * 2.0 * (2.0 * LEVEL).sqrt() + WIDTHS * 0.25;
            let rounding = 1e-9;
            assert!(
                (lo - (gain * 1.5 - reach)).abs() <= rounding
                    && (hi - (gain * 1.5 + reach)).abs() <= rounding
            );
            assert_eq!((laws.gain(), laws.noise().scale()), (gain, 0.25));
        }
        let path = ConditionalLaws::on_path(prior, Some(3.0), 0.36).unwrap();
        assert!(
            (path.gain() - 0.6).abs() <= f64::EPSILON && (path.noise().scale() - 0.8).abs() <= f64::EPSILON
        );
        assert!(matches!(path.noise(), Noise::Student { dof, .. } if dof == 3.0));
    }

    #[test]
    fn variances_are_searched_to_their_peak() {
        // Var(X|y) is largest where the weights of the two components are balanced.
        let prior = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 2.0], &[0.5, 0.5]).unwrap();
        let laws = ConditionalLaws::on_path(prior, None, 0.5).unwrap();
        let sup = laws.supremum(Quantity::Variance).unwrap();
        // Given y the components have variance 1/(4 + 1) and means 3.2 apart: 1/5 + 3.2²·p(1−p), at most 1/5 + 1.6².
        let exact = 0.2 + 1.6 * 1.6;
        assert!(sup.value.contains(exact) && sup.value.width() <= MESH, "{sup:?}");
        // Balanced where log(7/3) + 8·gain·y/(2v) = 0 with the variance v = ½·¼ + ½ of X_t given a component.
        let balance = -(7.0_f64 / 3.0).ln() * 0.625 / (4.0 * 0.5_f64.sqrt());
        assert!((sup.place - balance).abs() <= COARSE, "{sup:?}, {balance}");
        assert!(sup.far.iter().all(|v| (v.mid() - 0.2).abs() <= MESH), "{sup:?}");
        // A grid with its peak refined is better than the grid.
        let (lo, hi) = laws.window();
        let Peak { at, value, above } = laws.search(Quantity::Variance, (lo, hi), 16).unwrap();
        assert!((at - balance).abs() <= COARSE && (value.mid() - exact).abs() <= MESH, "{at}, {value}");
        assert!(value.hi() + above >= exact && above <= MESH, "{above}");
    }

    #[test]
    fn a_symmetric_double_well_is_worst_at_its_centre() {
        let sup = laws("x^4/4 - 3*x^2/2", 0.5).supremum(Quantity::Poincare).unwrap();
        let centre = laws("x^4/4 - x^2/2", 0.5).at(0.0).unwrap();
        let spacing = 1e-3;
        assert!(sup.at.abs() < spacing, "{sup:?}");
        // At y = 0 and λ = ½ the potential is x⁴/4 − x²; here only the order matters.
        assert!(sup.value.lo() > converged_poincare_constant(&centre).unwrap().hi());
        assert!(sup.far.iter().all(|f| f.hi() < sup.value.lo()));
    }

    #[test]
    fn the_lower_end_is_certified_at_the_observation_found() {
        let prior = LineMeasure::parse("x^4/4 - x^2/2", WHOLE.0, WHOLE.1).unwrap();
        let laws = ConditionalLaws::on_path(prior, None, 0.4).unwrap();
        let (plain, proved) =
            (laws.supremum(Quantity::Poincare).unwrap(), laws.certified_supremum().unwrap());
        let floor = proved.floor.unwrap();
        assert!(plain.floor.is_none() && floor.evidence() == Evidence::Certified && floor.hi().is_infinite());
        // The certificate is within a part in a thousand of the search.
        let certificate = 1e-3 * plain.value.mid();
        assert!(
            floor.lo() == proved.value.lo() && floor.lo() > plain.value.mid() - certificate,
            "{floor} {plain:?}"
        );
        assert!(floor.lo() <= plain.value.hi() && proved.value.hi() == plain.value.hi());
        // A maximum beyond all distances: a law far out is certified.
        let prior = LineMeasure::laplace(1.0).unwrap();
        let proved = ConditionalLaws::on_path(prior, None, 0.5).unwrap().certified_supremum().unwrap();
        assert!(proved.at.is_infinite() && proved.place.is_finite(), "{proved:?}");
        assert!(proved.floor.is_some_and(|f| f.lo() > 0.99 && f.lo() < 1.01), "{proved:?}");
    }

    #[test]
    fn a_tail_without_curvature_is_worst_at_infinity() {
        // V'' = 0 far out: 1/(0 + λ/(1−λ)) = 1, approached from below.
        let prior = LineMeasure::laplace(1.0).unwrap();
        let sup = ConditionalLaws::on_path(prior, None, 0.5).unwrap().supremum(Quantity::Poincare).unwrap();
        let rounding = 1e-12;
        assert!((sup.value.mid() - 1.0).abs() < rounding + sup.value.width(), "{sup:?}");
    }

    #[test]
    fn the_worst_time_of_a_log_concave_target_is_the_start() {
        let prior = LineMeasure::parse("x^4/4", WHOLE.0, WHOLE.1).unwrap();
        let (lambda, sup) = supremum_over_path(&prior, None, (0.01, 0.9), Quantity::Variance).unwrap();
        let rounding = 1e-12;
        assert!((lambda - 0.01).abs() < rounding && sup.value.lo() > 0.6, "{lambda} {sup:?}");
        assert!(supremum_over_path(&prior, None, (0.5, 0.5), Quantity::Variance).is_err());
        assert!(supremum_over_path(&prior, None, (f64::NAN, 0.5), Quantity::Variance).is_err());
    }

    #[test]
    fn mixtures_of_the_plane_are_tilted_like_those_of_the_line() {
        let (gain, scale, y) = (0.6, 0.8, 0.3);
        let plane = collinear_mixture_given(
            &[0.3, 0.7],
            &[vec![-2.0, 0.0], vec![1.0, 0.0]],
            0.25,
            (gain, scale),
            &[y, 5.0],
        )
        .unwrap();
        let line = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 1.0], &[0.5, 0.5]).unwrap();
        let law = line.given(Noise::Gaussian { scale }, gain, y).unwrap();
        let expected = converged_poincare_constant(&law).unwrap();
        let found = converged_poincare_constant(plane.line()).unwrap();
        let rounding = 1e-11 * expected.mid();
        assert!((found.mid() - expected.mid()).abs() < rounding, "{found} {expected}");
        assert!(collinear_mixture_given(&[1.0], &[vec![0.0]], 1.0, (1.0, 1.0), &[0.0, 0.0]).is_err());
    }

    #[test]
    fn far_places_are_those_where_values_were_taken() {
        // Heavy tails on both sides: far out the law of X has a bump at the observation and one at its own middle.
        let prior = LineMeasure::student(3.0, 0.0, 1.0).unwrap();
        let laws = ConditionalLaws::new(prior, Noise::Student { dof: 3.0, scale: 1.0 }, 1.0).unwrap();
        let (lo, hi) = laws.window();
        for (end, step) in [(lo, lo - hi), (hi, hi - lo)] {
            let (previous, last, (place, largest)) = laws.far(Quantity::Variance, end, step).unwrap();
            let expected = end + step * 2_f64.powi(DOUBLINGS - 1);
            assert_eq!(place, expected);
            assert!(last.mid() > previous.mid() && largest.mid() == last.mid());
            assert_eq!(laws.value(Quantity::Variance, place).unwrap().mid(), largest.mid());
            let before = laws.value(Quantity::Variance, end + step * 2_f64.powi(DOUBLINGS - 2)).unwrap();
            assert_eq!(before.mid(), previous.mid());
        }
    }
}
