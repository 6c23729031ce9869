//! Adaptive quadrature of a target's density times a kernel, on panels found by bounds of their mass.
//!
//! The integrand is `e^{−U}` with `U = V + K`, V the target's potential and K the cost of the kernel. The
//! *skeleton* of the target cuts its domain into panels on which V is monotone or has a hump, so that on a
//! panel `V ≥ min` of its values at the ends; the same holds for K. The sum of the two minima bounds U from
//! below and so the mass of the panel from above. A search in the order of these bounds bisects and integrates
//! only panels that can matter: narrow peaks, far tails and kinks are found without knowing where they are.

use super::base::LineBase;
use crate::measure::line::LineMeasure;
use crate::numerics::panels::GaussRule;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Octaves of the skeleton around each minimum of the potential.
const NEAR_OCTAVES: i32 = 6;
/// Octaves of the skeleton beyond all of them.
const FAR_OCTAVES: i32 = 90;
/// A panel below `e^{−46} = 10^{−20}` of the whole is left out.
const NEGLIGIBLE: f64 = 46.0;
/// Logarithm of a number of panels that may be left out together.
const SPARE: f64 = 4.0;
/// Share of the whole that an unresolved panel may cost: its error is about the square of its last
/// Legendre coefficients, relative to the panel.
const SHARE: f64 = 1e-17;
/// Panels that change by more than a factor `e^{30}` are halved without looking.
const STEEP: f64 = 30.0;
/// Panels are not halved below this length, however singular the density at 0.
const SHORTEST: f64 = 1e-200;
/// Panels at most.
const MOST_PANELS: usize = 4000;
/// Gauss nodes on a panel; for the error estimate the accepted panels are summed with more.
const ORDER: usize = 20;
const FINER_ORDER: usize = 30;

/// A target with the points between which its potential has no minimum.
#[derive(Clone, Debug)]
pub(super) struct Skeleton {
    pub law: LineMeasure,
    /// Points and the potential there, ascending.
    points: Vec<(f64, f64)>,
    /// The least natural length of the target.
    pub length: f64,
    pub log_normalizer: f64,
}

impl Skeleton {
    pub fn of(law: LineMeasure) -> Self {
        let (lo, hi) = law.domain();
        let wells = law.local_minima();
        let mut at: Vec<f64> = [lo, hi].into_iter().filter(|e| e.is_finite()).collect();
        at.extend(law.kinks());
        for &(well, width) in &wells {
            at.push(well);
            at.extend((0..=NEAR_OCTAVES).flat_map(|k| {
                let step = width * 2f64.powi(k);
                [well - step, well + step]
            }));
        }
        let (first, last) = (wells[0], wells[wells.len() - 1]);
        let span = (last.0 - first.0) + first.1.max(last.1);
        for k in 0..FAR_OCTAVES {
            let step = span * 2f64.powi(k);
            at.extend([first.0 - step, last.0 + step]);
        }
        at.retain(|x| x.is_finite() && lo <= *x && *x <= hi);
        at.sort_by(f64::total_cmp);
        at.dedup();
        let points = at.into_iter().map(|x| (x, law.potential(x))).filter(|p| !p.1.is_nan()).collect();
        let length = wells.iter().map(|w| w.1).fold(f64::INFINITY, f64::min);
        let log_normalizer = law.log_normalizer().mid();
        Self { law, points, length, log_normalizer }
    }
}

/// What the target's density is multiplied with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `ν(z)` without its normaliser.
    Density,
    /// `P(Z < z)`.
    Below,
    /// `P(Z > z)`.
    Above,
    /// 1.
    Flat,
}

/// The kernel `x ↦ k((y − cx)/s)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel {
    pub base: LineBase,
    pub kind: Kind,
    pub y: f64,
    pub cosine: f64,
    pub sine: f64,
}

impl Kernel {
    /// `z = (y − c(x + rest))/s` with one rounding in the difference that cancels.
    pub fn noise(&self, x: f64, rest: f64) -> f64 {
        ((-self.cosine).mul_add(x, self.y) - self.cosine * rest) / self.sine
    }

    fn cost(&self, z: f64) -> f64 {
        match self.kind {
            Kind::Density => self.base.cost(z),
            Kind::Below => self.base.survival_cost(-z),
            Kind::Above => self.base.survival_cost(z),
            Kind::Flat => 0.0,
        }
    }

    /// Least cost over `z ∈ [low, high]`, given the costs at the ends.
    fn least(&self, (low, high): (f64, f64), costs: (f64, f64)) -> f64 {
        match self.kind {
            Kind::Density if low < 0.0 && 0.0 < high => 0.0,
            _ => costs.0.min(costs.1),
        }
    }

    /// Whether the kernel can be a polynomial to double precision over `z ∈ [low, high]`.
    fn is_fine(&self, (low, high): (f64, f64)) -> bool {
        // Beyond 10 a normal distribution function is 1; Student's is analytic on the scale of |z|.
        let (nearest, flat) = match self.kind {
            Kind::Flat => return true,
            Kind::Density => (f64::max(low, -high).max(0.0), false),
            Kind::Below => (f64::max(low, -high).max(0.0), low > 10.0),
            Kind::Above => (f64::max(low, -high).max(0.0), high < -10.0),
        };
        match self.base {
            LineBase::Gaussian => flat || high - low <= 5.0,
            LineBase::Student { .. } => high - low <= 1.5 * (self.base.core() + nearest),
        }
    }
}

/// A Gauss node with its share of the mass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub x: f64,
    pub z: f64,
    pub weight: f64,
}

/// The law `∝ e^{−U}` on nodes, weights summing to 1, and `log ∫ e^{−U}`.
#[derive(Clone, Debug)]
pub(super) struct Cloud {
    pub nodes: Vec<Node>,
    pub log_mass: f64,
}

/// One end of a panel.
#[derive(Clone, Copy, Debug)]
struct End {
    x: f64,
    v: f64,
    z: f64,
    k: f64,
}

impl End {
    fn cost(&self) -> f64 {
        self.v + self.k
    }
}

#[derive(Clone, Copy, Debug)]
struct Panel {
    /// Upper bound of the logarithm of its mass.
    log_mass_bound: f64,
    left: End,
    right: End,
}

impl PartialEq for Panel {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Panel {}
impl PartialOrd for Panel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Panel {
    /// The largest bound comes first out of a heap; ties from left to right.
    fn cmp(&self, other: &Self) -> Ordering {
        self.log_mass_bound.total_cmp(&other.log_mass_bound).then(other.left.x.total_cmp(&self.left.x))
    }
}

/// Values on an accepted panel: `e^{least − U}` and the least U.
struct Sampled {
    nodes: Vec<Node>,
    least: f64,
    mass: f64,
}

/// A search in progress.
struct Search<'a> {
    skeleton: &'a Skeleton,
    kernel: Kernel,
    rule: std::sync::Arc<GaussRule>,
}

impl Search<'_> {
    fn end(&self, x: f64, v: f64) -> End {
        let z = self.kernel.noise(x, 0.0);
        End { x, v, z, k: self.kernel.cost(z) }
    }

    fn panel(&self, left: End, right: End) -> Panel {
        let kernel = self.kernel.least((right.z, left.z), (right.k, left.k));
        let least = left.v.min(right.v) + kernel;
        let log_mass_bound = core_math::log(right.x - left.x) - least;
        Panel { log_mass_bound, left, right }
    }

    fn sample(&self, panel: &Panel, rule: &GaussRule) -> Sampled {
        let (a, b) = (panel.left.x, panel.right.x);
        let half = 0.5 * (b - a);
        let mut nodes = Vec::with_capacity(rule.order());
        let mut least = f64::INFINITY;
        for (t, w) in rule.nodes().iter().zip(rule.weights()) {
            // From the nearer end, with what rounding takes off the node kept for the kernel.
            let (end, offset) = if *t < 0.0 { (a, half * (1.0 + t)) } else { (b, -half * (1.0 - t)) };
            let x = end + offset;
            let back = x - end;
            let rest = (end - (x - back)) + (offset - back);
            let z = self.kernel.noise(x, rest);
            let u = self.skeleton.law.potential(x) + self.kernel.cost(z);
            let u = if u.is_nan() { f64::INFINITY } else { u };
            least = least.min(u);
            nodes.push((Node { x, z, weight: half * w }, u));
        }
        let mut mass = 0.0;
        let nodes = nodes
            .into_iter()
            .map(|(mut node, u)| {
                node.weight *= if u == f64::INFINITY { 0.0 } else { core_math::exp(least - u) };
                mass += node.weight;
                node
            })
            .collect();
        Sampled { nodes, least, mass }
    }

    fn middle(&self, panel: &Panel) -> Option<End> {
        let (a, b) = (panel.left.x, panel.right.x);
        let x = a + 0.5 * (b - a);
        let short = b - a <= 16.0 * f64::EPSILON * a.abs().max(b.abs()) || b - a < SHORTEST;
        (!short && a < x && x < b).then(|| self.end(x, self.skeleton.law.potential(x)))
    }

    /// Whether a panel is worth a try as a whole.
    fn is_promising(&self, panel: &Panel) -> bool {
        let change = panel.left.cost() - panel.right.cost();
        let steep = change.is_nan() || (change.abs() > STEEP && change.is_finite());
        !steep && panel.log_mass_bound < f64::INFINITY && self.kernel.is_fine((panel.right.z, panel.left.z))
    }
}

impl Skeleton {
    /// Width of the enclosure of `log ∫ e^{−V}`.
    pub fn log_normalizer_width(&self) -> f64 {
        self.law.log_normalizer().width()
    }

    /// The law with density `∝ e^{−V}·kernel` on the part of the domain in `range`.
    pub fn gather(&self, kernel: Kernel, range: (f64, f64)) -> Cloud {
        self.gathered(kernel, range, false)
    }

    /// [`Skeleton::gather`] with more nodes on the same panels.
    pub fn gather_finer(&self, kernel: Kernel, range: (f64, f64)) -> Cloud {
        self.gathered(kernel, range, true)
    }

    fn gathered(&self, kernel: Kernel, range: (f64, f64), finer: bool) -> Cloud {
        let empty = Cloud { nodes: Vec::new(), log_mass: f64::NEG_INFINITY };
        let rules = [ORDER, FINER_ORDER].map(GaussRule::shared);
        let [Ok(rule), Ok(fine_rule)] = rules else { return empty };
        let search = Search { skeleton: self, kernel, rule };
        let (domain_lo, domain_hi) = self.law.domain();
        let mut ends: Vec<End> = Vec::with_capacity(self.points.len() + 2);
        let lowest = range.0.max(domain_lo);
        let highest = range.1.min(domain_hi);
        if lowest.is_finite() && lowest < highest {
            ends.push(search.end(lowest, self.law.potential(lowest)));
        }
        let inner = self.points.iter().filter(|p| lowest < p.0 && p.0 < highest);
        ends.extend(inner.map(|&(x, v)| search.end(x, v)));
        if highest.is_finite() && lowest < highest {
            ends.push(search.end(highest, self.law.potential(highest)));
        }
        let mut heap: BinaryHeap<Panel> = ends.windows(2).map(|w| search.panel(w[0], w[1])).collect();
        let mut accepted: Vec<(Panel, Sampled)> = Vec::new();
        // Mass of the accepted panels in units of e^{−unit}.
        let (mut total, mut unit) = (0.0, 0.0);
        while let Some(panel) = heap.pop() {
            // The panels still waiting have no larger bounds, but there may be many of them.
            let log_total =
                if accepted.is_empty() { f64::NEG_INFINITY } else { core_math::log(total) - unit };
            if panel.log_mass_bound == f64::NEG_INFINITY
                || panel.log_mass_bound < log_total - NEGLIGIBLE - SPARE
            {
                break;
            }
            let length = panel.right.x - panel.left.x;
            let full = heap.len() + accepted.len() >= MOST_PANELS;
            let middle = if full { None } else { search.middle(&panel) };
            if middle.is_none() || search.is_promising(&panel) {
                let sampled = search.sample(&panel, &search.rule);
                let fine = middle.is_none() || {
                    let mass = sampled.mass * core_math::exp((unit - sampled.least).clamp(-700.0, 700.0));
                    let share = if accepted.is_empty() { 1.0 } else { mass / (mass + total) };
                    let half = 0.5 * length;
                    let weights = search.rule.weights();
                    let values: Vec<f64> =
                        sampled.nodes.iter().zip(weights).map(|(n, w)| n.weight / (half * w)).collect();
                    // What the rounding of U leaves of its exponential.
                    let rounding = 16.0 * f64::EPSILON * sampled.least.abs();
                    search.rule.resolves(&values, (SHARE / share).sqrt() + rounding)
                };
                if fine {
                    if accepted.is_empty() {
                        unit = sampled.least;
                    }
                    total += sampled.mass * core_math::exp(unit - sampled.least);
                    accepted.push((panel, sampled));
                    continue;
                }
            }
            if let Some(middle) = middle {
                heap.push(search.panel(panel.left, middle));
                heap.push(search.panel(middle, panel.right));
            }
        }
        if finer {
            for (panel, sampled) in &mut accepted {
                *sampled = search.sample(panel, &fine_rule);
            }
        }
        collect(accepted.into_iter().map(|(_, sampled)| sampled).collect()).unwrap_or(empty)
    }
}

/// Puts panels together; nothing if they carry no mass.
fn collect(panels: Vec<Sampled>) -> Option<Cloud> {
    let unit = panels.iter().filter(|p| p.mass > 0.0).map(|p| p.least).fold(f64::INFINITY, f64::min);
    let factor = |p: &Sampled| core_math::exp(unit - p.least);
    let total: f64 = panels.iter().map(|p| p.mass * factor(p)).sum();
    if !(total > 0.0 && total.is_finite() && unit.is_finite()) {
        return None;
    }
    let mut nodes = Vec::with_capacity(panels.iter().map(|p| p.nodes.len()).sum());
    for panel in panels {
        let share = factor(&panel) / total;
        nodes.extend(panel.nodes.into_iter().map(|n| Node { weight: n.weight * share, ..n }));
    }
    Some(Cloud { nodes, log_mass: core_math::log(total) - unit })
}

impl Cloud {
    /// `E f`.
    pub fn mean(&self, f: impl Fn(&Node) -> f64) -> f64 {
        self.nodes.iter().filter(|n| n.weight > 0.0).map(|n| n.weight * f(n)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    /// Quadrature, and the rounding of logarithms.
    const SMALL: f64 = 1e-12;

    fn skeleton(potential: &str) -> Skeleton {
        Skeleton::of(LineMeasure::parse(potential, LINE.0, LINE.1).unwrap())
    }

    fn kernel(base: LineBase, kind: Kind, y: f64) -> Kernel {
        Kernel { base, kind, y, cosine: 0.8, sine: 0.6 }
    }

    #[test]
    fn normal_laws_are_conjugate() {
        // N(0, 1) seen through y = 0.8x + 0.6z: the law of y is N(0, 1), that of x given y is N(0.8y, 0.36).
        let law = skeleton("x^2/2");
        for y in [-6.0, -0.3, 0.0, 2.0, 9.0] {
            let kernel = kernel(LineBase::Gaussian, Kind::Density, y);
            for cloud in [law.gather(kernel, LINE), law.gather_finer(kernel, LINE)] {
                let exact = 0.5 * TAU.ln() - 0.5 * y * y + 0.6_f64.ln();
                assert!((cloud.log_mass - exact).abs() < SMALL * (1.0 + y * y), "{y}: {}", cloud.log_mass);
                assert!((cloud.mean(|_| 1.0) - 1.0).abs() < SMALL);
                assert!((cloud.mean(|n| n.x) - 0.8 * y).abs() < SMALL * (1.0 + y.abs()), "{y}");
                assert!((cloud.mean(|n| (n.x - 0.8 * y).powi(2)) - 0.36).abs() < SMALL, "{y}");
                // The noise belongs to the node.
                let off = |n: &Node| (0.8 * n.x + 0.6 * n.z - y).abs();
                assert!(cloud.nodes.iter().map(off).fold(0.0, f64::max) < SMALL * 1e2, "{y}");
            }
            let (plain, fine) =
                (law.gather(kernel, LINE).nodes.len(), law.gather_finer(kernel, LINE).nodes.len());
            assert_eq!(plain / ORDER * FINER_ORDER, fine);
            assert!(plain % ORDER == 0 && (2..30).contains(&(plain / ORDER)), "{plain}");
        }
    }

    #[test]
    fn masses_on_part_of_the_line() {
        let law = skeleton("x^2/2");
        let mass = |kind: Kind, y: f64, range: (f64, f64)| {
            law.gather(kernel(LineBase::Gaussian, kind, y), range).log_mass - 0.5 * TAU.ln()
        };
        let normal = |x: f64| 0.5 * core_math::erfc(-x / std::f64::consts::SQRT_2);
        assert!(mass(Kind::Flat, 3.0, LINE).abs() < SMALL);
        for (a, b) in [(-1.0, 0.5), (2.0, 2.5), (-0.1, 30.0)] {
            let exact = (normal(b) - normal(a)).ln();
            assert!((mass(Kind::Flat, 0.0, (a, b)) - exact).abs() < 1e2 * SMALL, "{a} {b}");
        }
        let far = mass(Kind::Flat, 0.0, (f64::NEG_INFINITY, -20.0)) - normal(-20.0).ln();
        assert!(far.abs() < 1e2 * SMALL, "{far}");
        // P(0.8X + 0.6Z < y) and the other side.
        for y in [-7.0, -0.4, 1.5, 12.0] {
            assert!((mass(Kind::Below, y, LINE) - normal(y).ln()).abs() < 1e2 * SMALL * (1.0 + y * y), "{y}");
            assert!(
                (mass(Kind::Above, y, LINE) - normal(-y).ln()).abs() < 1e2 * SMALL * (1.0 + y * y),
                "{y}"
            );
        }
        assert_eq!(mass(Kind::Flat, 0.0, (1.0, 1.0)), f64::NEG_INFINITY);
        let bounded = Skeleton::of(LineMeasure::uniform(1.0, 3.0).unwrap());
        let flat = bounded.gather(kernel(LineBase::Gaussian, Kind::Flat, 0.0), (2.5, 9.0));
        let part = flat.log_mass - bounded.log_normalizer;
        assert!((part - 0.25_f64.ln()).abs() < SMALL, "{part}");
        assert!((flat.mean(|n| n.x) - 2.75).abs() < SMALL);
    }

    #[test]
    fn a_constant_in_the_potential_costs_no_panels() {
        // Rounding of large potentials must not be taken for structure.
        let nodes = |potential: &str| {
            let cloud = skeleton(potential).gather(kernel(LineBase::Gaussian, Kind::Density, 0.7), LINE);
            assert!((cloud.mean(|n| n.x) - 0.56).abs() < 1e-5, "{potential}");
            cloud.nodes.len()
        };
        let plain = nodes("x^2/2");
        for large in ["x^2/2 + 1000000000", "x^2/2 - 1000000000"] {
            let found = nodes(large);
            assert!(found <= 5 * plain && 2 * found >= plain, "{large}: {found} {plain}");
        }
    }

    #[test]
    fn a_skeleton_is_dense_around_the_wells() {
        let law = skeleton("(x - 3)^2/8");
        let wider = skeleton("(x - 3)^2/32").length;
        assert!(
            (1.0..4.0).contains(&law.length) && (wider / law.length - 2.0).abs() < 1e-9,
            "{}",
            law.length
        );
        assert!((law.log_normalizer - (2.0 * TAU.sqrt()).ln()).abs() < SMALL);
        assert!(law.points.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(law.points.iter().all(|(x, v)| (v - (x - 3.0).powi(2) / 8.0).abs() <= SMALL * v));
        // The well, seven octaves of its width and ninety of the span, which is the width, on either side: six of them the same.
        assert_eq!(law.points.len(), 1 + 2 * FAR_OCTAVES as usize, "{}", law.points.len());
        let steps: Vec<f64> = law.points.iter().filter(|p| p.0 > 3.1).map(|p| p.0 - 3.0).collect();
        assert!((steps[0] - law.length).abs() < 1e-9 && (steps[1] / steps[0] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn kernels_know_their_least_cost_and_where_they_are_smooth() {
        let (gaussian, student) = (LineBase::Gaussian, LineBase::Student { dof: 4.0 });
        let density = kernel(gaussian, Kind::Density, 1.0);
        assert!(
            (density.noise(0.5, 0.0) - 1.0).abs() < SMALL
                && (density.noise(0.5, 0.25) - 2.0 / 3.0).abs() < SMALL
        );
        assert!((density.cost(3.0) - 4.5).abs() < SMALL);
        let two = 2.0_f64.ln();
        let (below, above) = (kernel(gaussian, Kind::Below, 0.0), kernel(gaussian, Kind::Above, 0.0));
        assert!((below.cost(0.0) - two).abs() < SMALL && (above.cost(0.0) - two).abs() < SMALL);
        assert!(below.cost(3.0) < 0.01 && above.cost(3.0) > 6.0);
        assert_eq!(kernel(gaussian, Kind::Flat, 0.0).cost(5.0), 0.0);
        for (range, costs, exact) in [
            ((-1.0, 2.0), (0.5, 2.0), 0.0),
            ((1.0, 2.0), (0.5, 2.0), 0.5),
            ((-2.0, -1.0), (2.0, 0.5), 0.5),
            ((0.0, 2.0), (0.0, 2.0), 0.0),
        ] {
            assert_eq!(density.least(range, costs), exact);
            assert_eq!(below.least(range, costs), costs.0.min(costs.1));
        }
        // Five standard deviations; a Student kernel three halves of its core √4 and of the distance.
        assert!(
            density.is_fine((-2.5, 2.5)) && !density.is_fine((-2.5, 2.6)) && !density.is_fine((20.0, 26.0))
        );
        assert!(below.is_fine((11.0, 99.0)) && !below.is_fine((9.0, 99.0)) && !below.is_fine((-99.0, -11.0)));
        assert!(
            above.is_fine((-99.0, -11.0)) && !above.is_fine((-99.0, -9.0)) && !above.is_fine((11.0, 99.0))
        );
        let heavy = kernel(student, Kind::Density, 0.0);
        assert!(heavy.is_fine((-1.5, 1.5)) && !heavy.is_fine((-1.5, 1.6)));
        for sign in [1.0, -1.0] {
            let range = |a: f64, b: f64| if sign > 0.0 { (a, b) } else { (-b, -a) };
            assert!(heavy.is_fine(range(10.0, 27.9)) && !heavy.is_fine(range(10.0, 28.1)));
        }
        assert!(kernel(student, Kind::Flat, 0.0).is_fine((-1e9, 1e9)));
    }

    #[test]
    fn panels_wait_in_the_order_of_their_bounds() {
        let end = |x: f64| End { x, v: 2.0, z: 0.0, k: 0.5 };
        let panel = |bound: f64, x: f64| Panel { log_mass_bound: bound, left: end(x), right: end(x + 1.0) };
        assert!((end(0.0).cost() - 2.5).abs() < SMALL);
        assert!(panel(1.0, 0.0) == panel(1.0, 0.0) && panel(1.0, 0.0) != panel(1.0, 1.0));
        assert!(panel(1.0, 0.0) != panel(2.0, 0.0) && panel(2.0, 5.0) > panel(1.0, 0.0));
        let mut heap: BinaryHeap<Panel> =
            [(1.0, 3.0), (2.0, 5.0), (2.0, 4.0), (0.0, 0.0)].map(|(b, x)| panel(b, x)).into();
        let order: Vec<f64> = std::iter::from_fn(|| heap.pop()).map(|p| p.left.x).collect();
        assert_eq!(order, [4.0, 5.0, 3.0, 0.0]);
    }

    #[test]
    fn panels_without_mass_are_nothing() {
        let sampled = |least: f64, weights: &[f64]| Sampled {
            nodes: weights.iter().map(|&weight| Node { x: 0.0, z: 0.0, weight }).collect(),
            least,
            mass: weights.iter().sum(),
        };
        assert!(collect(vec![]).is_none() && collect(vec![sampled(1.0, &[0.0])]).is_none());
        let cloud =
            collect(vec![sampled(2.0, &[0.25, 0.75]), sampled(3.0, &[1.0]), sampled(0.0, &[0.0])]).unwrap();
        let total = 1.0 + (-1.0_f64).exp();
        assert!((cloud.log_mass - (total.ln() - 2.0)).abs() < SMALL);
        let weights: Vec<f64> = cloud.nodes.iter().map(|n| n.weight * total).collect();
        for (found, exact) in weights.iter().zip([0.25, 0.75, (-1.0_f64).exp(), 0.0]) {
            assert!((found - exact).abs() < SMALL, "{weights:?}");
        }
    }
}
