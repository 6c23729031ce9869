//! Suprema over a measure on the line of quotients of masses, densities and resistances `∫ 1/p`: the
//! quantities of Hardy's inequality (Muckenhoupt), of the isoperimetric problem (Cheeger) and of the dual
//! variational formula (Chen).
//!
//! Everything is computed on panels that resolve the density, at two orders whose difference is the error
//! (Converged). Masses are summed from the nearer end, so that tails keep their relative accuracy; the grid
//! reaches twice as far (in units of `V`) as the suprema, so that the cut is not felt.

use crate::enclosure::{Enclosure, Evidence};
use crate::error::Result;
use crate::measure::line::{LineMeasure, Tail};
use crate::numerics::panels::{Grading, PanelGrid};
use std::ops::Range;

/// Height of the potential above its minimum up to which suprema are taken: tails lighter than
/// exponential, and others. The grid reaches twice as high.
const LIGHT_LEVEL: f64 = 45.0;
const SLOW_LEVEL: f64 = 150.0;
/// Share of its coordinate that a finite end is kept at a distance: nearer to an end at which the density
/// vanishes the rounding of the abscissa shows in the density.
const END_MARGIN: f64 = 1e-6;
/// Orders of the two resolutions.
const ORDERS: [usize; 2] = [20, 24];
/// Equidistant points of a panel among which the largest value is looked for, then refined.
const SAMPLES: u32 = 32;
/// Steps of the golden-section search around the largest sample, and of the search for the median.
const GOLDEN_STEPS: usize = 60;
const MEDIAN_STEPS: usize = 100;
/// A median nearer than this share of the whole to an edge does not become one itself.
const SHORTEST: f64 = 1e-12;
/// Rounding in units of the last place: sums over the nodes of a panel and over panels.
const ULPS: f64 = 1024.0;

/// How often the rounding of a node enters a quotient: density, mass beyond, the function and its slope.
const NOISE: f64 = 4.0;

/// A measure on panels one of whose edges is a median.
pub(super) struct LineProfile {
    grid: PanelGrid,
    /// `e^{−(V − min V)}` at the nodes.
    density: Vec<f64>,
    /// Panels over which suprema are taken.
    trusted: Range<usize>,
    median: f64,
    /// Largest relative change of the density over the last place of a node: its rounding.
    noise: f64,
}

/// A quantity of a profile at the two orders.
pub(super) fn converged(measure: &LineMeasure, quantity: impl Fn(&LineProfile) -> f64) -> Result<Enclosure> {
    let [coarse, fine] = LineProfile::pair(measure)?;
    let value = Enclosure::refined(quantity(&coarse), quantity(&fine), ULPS);
    Ok(value.widened(NOISE * fine.noise * value.interval().magnitude()))
}

/// The smallest rate of an exponential tail.
pub(super) fn exponential_rate(measure: &LineMeasure) -> Option<f64> {
    let (left, right) = measure.tails();
    let rate = |tail| match tail {
        Tail::Exponential { rate } => rate,
        _ => f64::INFINITY,
    };
    Some(rate(left).min(rate(right))).filter(|r| r.is_finite())
}

/// Whether both tails are at least exponential.
pub(super) fn has_poincare(measure: &LineMeasure) -> bool {
    let (left, right) = measure.tails();
    left.allows_poincare() && right.allows_poincare()
}

impl LineProfile {
    fn pair(measure: &LineMeasure) -> Result<[Self; 2]> {
        let (left, right) = measure.tails();
        let light = left.allows_log_sobolev() && right.allows_log_sobolev();
        let level = if light { LIGHT_LEVEL } else { SLOW_LEVEL };
        let (ends, (from, to)) = (measure.support(2.0 * level), measure.support(level));
        let (lo, hi) = measure.domain();
        let inner = (
            if lo.is_finite() { from.max(lo + END_MARGIN * lo.abs()) } else { from },
            if hi.is_finite() { to.min(hi - END_MARGIN * hi.abs()) } else { to },
        );
        let (_, floor) = measure.minimum();
        let mut breaks = measure.kinks().to_vec();
        for (at, width) in measure.local_minima() {
            breaks.extend([at - 3.0 * width, at, at + 3.0 * width]);
        }
        // Panels end where the suprema end.
        breaks.extend([inner.0, inner.1]);
        let grading = Grading { order: ORDERS[1], variation: 6.0, tolerance: 1e-12, ..Grading::default() };
        let (grid, _) = PanelGrid::graded(|x| measure.potential(x), ends, &breaks, floor, &grading)?;
        let density = |grid: &PanelGrid| -> Vec<f64> {
            grid.nodes().iter().map(|x| (floor - measure.potential(*x)).exp()).collect()
        };
        let median = median(&grid, &density(&grid));
        let mut edges = grid.edges().to_vec();
        if edges.iter().all(|e| (e - median).abs() > SHORTEST * (ends.1 - ends.0)) {
            edges.push(median);
            edges.sort_by(f64::total_cmp);
        }
        let make = |order: usize| -> Result<Self> {
            let grid = PanelGrid::from_edges(edges.clone(), order)?;
            let inside = |k: &usize| {
                let middle = 0.5 * (edges[*k] + edges[*k + 1]);
                inner.0 <= middle && middle <= inner.1
            };
            let panels: Vec<usize> = (0..edges.len() - 1).filter(inside).collect();
            let trusted = match (panels.first(), panels.last()) {
                (Some(first), Some(last)) => *first..*last + 1,
                _ => 0..edges.len() - 1,
            };
            let noise = grid.nodes()[trusted.start * order..trusted.end * order]
                .iter()
                .map(|x| (measure.potential(x.next_up()) - measure.potential(*x)).abs())
                .fold(0.0, f64::max);
            Ok(Self { density: density(&grid), grid, trusted, median, noise })
        };
        Ok([make(ORDERS[0])?, make(ORDERS[1])?])
    }

    /// Nodes.
    pub fn nodes(&self) -> &[f64] {
        self.grid.nodes()
    }

    /// `e^{−(V − min V)}` at the nodes.
    pub fn density(&self) -> &[f64] {
        &self.density
    }

    /// A median.
    pub fn median(&self) -> f64 {
        self.median
    }

    /// `∫ f dx`.
    pub fn integral(&self, values: &[f64]) -> f64 {
        self.grid.integral(values)
    }

    /// `∫ f dx` from the left end to every node.
    pub fn integral_left(&self, values: &[f64]) -> Vec<f64> {
        self.grid.cumulative(values)
    }

    /// `∫ f dx` from every node to the right end.
    pub fn integral_right(&self, values: &[f64]) -> Vec<f64> {
        self.grid.cumulative_from_right(values)
    }

    /// The largest value of a function that is smooth on every panel.
    pub fn supremum(&self, values: &[f64]) -> f64 {
        let (rule, n) = (self.grid.rule(), self.grid.rule().order());
        let (mut top, mut panel, mut at) = (f64::NEG_INFINITY, self.trusted.start, 0.0);
        for k in self.trusted.clone() {
            for j in 0..=SAMPLES {
                let t = 2.0 * f64::from(j) / f64::from(SAMPLES) - 1.0;
                let y = rule.interpolate(&values[k * n..(k + 1) * n], t);
                if y > top {
                    (top, panel, at) = (y, k, t);
                }
            }
        }
        let value = |t: f64| rule.interpolate(&values[panel * n..(panel + 1) * n], t);
        let step = 2.0 / f64::from(SAMPLES);
        let (mut a, mut b) = ((at - step).max(-1.0), (at + step).min(1.0));
        let ratio = 0.5 * (5_f64.sqrt() - 1.0);
        for _ in 0..GOLDEN_STEPS {
            let (left, right) = (b - ratio * (b - a), a + ratio * (b - a));
            if value(left) > value(right) { b = right } else { a = left }
        }
        top.max(value(0.5 * (a + b)))
    }
}

/// The point that halves the mass.
fn median(grid: &PanelGrid, density: &[f64]) -> f64 {
    let (below, half) = (grid.cumulative(density), 0.5 * grid.integral(density));
    let (mut a, mut b) = (grid.edges()[0], grid.edges()[grid.edges().len() - 1]);
    for _ in 0..MEDIAN_STEPS {
        let middle = 0.5 * (a + b);
        if grid.interpolate(&below, middle) < half { a = middle } else { b = middle }
    }
    0.5 * (a + b)
}

/// Muckenhoupt's `B = max_± sup_{x ≷ m} μ(tail beyond x)·|∫_m^x 1/p|`, split at a median `m` (Converged):
/// `½B ≤ C_P ≤ 4B` (Muckenhoupt, *Hardy's inequality with weights*, Studia Math. 44, 1972). Infinite for
/// tails heavier than exponential; along exponential tails the limit of the quotient, `1/rate²`, counts.
///
/// # Errors
/// [`Error::NoConvergence`](crate::error::Error::NoConvergence) if the potential is too rough.
pub fn muckenhoupt_constant(measure: &LineMeasure) -> Result<Enclosure> {
    if !has_poincare(measure) {
        return Ok(Enclosure::infinite(Evidence::Converged));
    }
    let inside = converged(measure, |profile| {
        let (nodes, density, median) = (profile.nodes(), profile.density(), profile.median());
        let resistance = |right: bool| -> Vec<f64> {
            nodes
                .iter()
                .zip(density)
                .map(|(x, p)| if (*x > median) == right { 1.0 / p } else { 0.0 })
                .collect()
        };
        let to_right = profile.integral_left(&resistance(true));
        let to_left = profile.integral_right(&resistance(false));
        let (below, above) = (profile.integral_left(density), profile.integral_right(density));
        let values: Vec<f64> = (0..nodes.len())
            .map(|i| if nodes[i] > median { above[i] * to_right[i] } else { below[i] * to_left[i] })
            .collect();
        profile.supremum(&values)
    })?;
    Ok(exponential_rate(measure).map_or(inside, |rate| inside.max(1.0 / Enclosure::exact(rate).square())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::tolerances::{MESH, SOLVED};

    /// Difference of two orders.
    const RESOLVED: f64 = 1e-8;

    #[test]
    fn profiles_end_panels_at_a_median_and_at_the_range_of_suprema() {
        let law = LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap();
        let [coarse, fine] = LineProfile::pair(&law).unwrap();
        // P(X < 0) = 3/4: ¾e^{m} = ½.
        let median = (2.0_f64 / 3.0).ln();
        for profile in [&coarse, &fine] {
            let accuracy = 1e-9;
            assert!((profile.median() - median).abs() <= accuracy, "{}", profile.median());
            assert!(
                profile.grid.edges().iter().any(|e| *e == profile.median())
                    && profile.grid.edges().contains(&0.0)
            );
            let mass = profile.integral(profile.density());
            assert!((mass - 4.0 / 3.0).abs() <= accuracy, "{mass}");
            let (left, right) =
                (profile.integral_left(profile.density()), profile.integral_right(profile.density()));
            for ((x, l), r) in profile.nodes().iter().zip(&left).zip(&right) {
                assert!((l + r - mass).abs() <= accuracy);
                let below = if *x < 0.0 { x.exp() } else { 1.0 + (1.0 - (-3.0 * x).exp()) / 3.0 };
                assert!((l - below).abs() <= accuracy, "{x}: {l}, {below}");
            }
            let (edges, trusted) = (profile.grid.edges(), profile.trusted.clone());
            let (first, last) = (edges[trusted.start], edges[trusted.end]);
            assert!(
                (first + SLOW_LEVEL).abs() <= MESH && (3.0 * last - SLOW_LEVEL).abs() <= MESH,
                "{first}, {last}"
            );
            assert!(edges[0] < 1.9 * first && edges[edges.len() - 1] > 1.9 * last);
            // One last place of a node of a hundred or so times the slope.
            assert!(
                profile.noise > 0.0 && profile.noise <= 8.0 * f64::EPSILON * SLOW_LEVEL,
                "{}",
                profile.noise
            );
        }
        assert_eq!((coarse.grid.rule().order(), fine.grid.rule().order()), (ORDERS[0], ORDERS[1]));
        // Suprema between the nodes, inside the range alone.
        for peak in [-7.123, -0.2, 1.456] {
            let values: Vec<f64> =
                fine.nodes().iter().map(|x| 1.0 / (1.0 + 0.01 * (x - peak).powi(2))).collect();
            let found = fine.supremum(&values);
            assert!((found - 1.0).abs() <= MESH, "{peak}: {found}");
        }
        let rising: Vec<f64> = fine.nodes().to_vec();
        let last = fine.grid.edges()[fine.trusted.end];
        assert!((fine.supremum(&rising) - last).abs() <= SOLVED * last);
        assert_eq!(exponential_rate(&law), Some(1.0));
        assert!(exponential_rate(&LineMeasure::gaussian(0.0, 1.0).unwrap()).is_none());
        let student = LineMeasure::student(3.0, 0.0, 1.0).unwrap();
        assert!(has_poincare(&law) && !has_poincare(&student.restricted(0.0, f64::INFINITY).unwrap()));
        assert!(!has_poincare(&student.restricted(f64::NEG_INFINITY, 0.0).unwrap()));
    }

    #[test]
    fn finite_ends_keep_a_margin() {
        let law = LineMeasure::gamma(3.0).unwrap().affine_image(-1.0, 2.0).unwrap();
        let [_, fine] = LineProfile::pair(&law).unwrap();
        let last = fine.grid.edges()[fine.trusted.end];
        assert!((last - (2.0 - END_MARGIN * 2.0)).abs() <= SOLVED, "{last}");
        let quantile = law.quantile(0.5).unwrap().mid();
        assert!((fine.median() - quantile).abs() <= SOLVED, "{}, {quantile}", fine.median());
    }

    #[test]
    fn muckenhoupt_constants_of_known_laws() {
        // One over the rate squared for the exponential law; 0.4788 for the normal law to four digits.
        let b = muckenhoupt_constant(&LineMeasure::exponential(2.0).unwrap()).unwrap();
        assert!((b.mid() - 0.25).abs() < RESOLVED, "{b}");
        let half_unit = 0.5e-4;
        let b = muckenhoupt_constant(&LineMeasure::gaussian(3.0, 2.0).unwrap()).unwrap();
        assert!((b.mid() / 4.0 - 0.4788).abs() < half_unit + RESOLVED, "{b}");
        assert!(muckenhoupt_constant(&LineMeasure::student(3.0, 0.0, 1.0).unwrap()).unwrap().is_infinite());
    }
}
