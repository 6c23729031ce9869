use super::divergence::divergences;
use super::refinement::{limit, witnessed};
use super::stepper::{FORMULAE, History, NEGLIGIBLE, solve};
use super::*;
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::path::line::{LineBase, TabulatedCurve, curve_on_line};
use crate::path::{LineCurve, LinePath, LineSlice, MixtureCurve, Schedule, SlicePoint};
use std::borrow::Cow;
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

fn wells() -> MixtureCurve {
    MixtureCurve::new(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).unwrap()
}

fn deep_wells() -> MixtureCurve {
    MixtureCurve::new(&[0.3, 0.7], &[-2.8, 1.2], &[0.5, 0.5]).unwrap()
}

fn path(curve: MixtureCurve, schedule: Schedule) -> LinePath {
    LinePath::new(Arc::new(curve), schedule)
}

/// An enclosure holds a figure given to a number of digits, and is itself at least as good as that.
#[track_caller]
fn agrees(enclosure: Enclosure, figure: f64, half_digit: f64) {
    assert!(
        (enclosure.mid() - figure).abs() <= half_digit + 0.5 * enclosure.width(),
        "{enclosure} against {figure}"
    );
    assert!(enclosure.width() <= half_digit, "{enclosure} is wider than the digits of {figure}");
}

/// Rates of a chain whose tails are steep enough for any formula of higher order to fail, and a law far from its equilibrium.
fn steep_chain(cells: usize) -> (Vec<f64>, Vec<f64>, Vec<[f64; 1]>) {
    let up = (0..cells - 1).map(|i| 1e3 / (1.0 + i as f64)).collect();
    let down = (0..cells - 1).map(|i| 1e3 * (1.0 + i as f64)).collect();
    let law = (0..cells).map(|i| [if i == cells - 1 { 1.0 } else { 1e-30 }]).collect();
    (up, down, law)
}

#[test]
fn a_step_conserves_mass_and_backward_euler_keeps_it_positive() {
    let (up, down, law) = steep_chain(40);
    let mass = |law: &[[f64; 1]]| law.iter().map(|q| q[0]).sum::<f64>();
    let before = mass(&law);
    for step in [1e-9, 1e-3, 1.0, 1e9] {
        let mut after = law.clone();
        assert!(solve(&up, &down, step, &mut after, &mut vec![[0.0; 2]; law.len()]));
        assert!(after.iter().all(|q| q[0] > 0.0));
        // Each entry of the inverse is a product of at most as many rounded factors as there are cells, all positive.
        let rounding = 8.0 * f64::EPSILON * law.len() as f64;
        assert!((mass(&after) - before).abs() < rounding * before, "step {step}");
    }
}

#[test]
fn steps_that_lose_much_positivity_fall_back_and_still_conserve_mass() {
    let (up, down, law) = steep_chain(40);
    let mut history = History::new(law.clone());
    let still = vec![0.0; 39];
    // The law stands still, jumps to the other end at once, and then stands still again: histories that don't decay.
    let (rest, jump) = ((&still, &still, 1.0), (&up, &down, 10.0));
    for (up, down, step) in [rest, jump, rest, rest, rest] {
        history.advance(up, down, step, |_| Cow::Borrowed(&[]));
        assert!(history.state().iter().all(|q| q[0] >= -NEGLIGIBLE));
        let mass: f64 = history.state().iter().map(|q| q[0]).sum();
        // Coefficients of a formula have moduli that sum to less than 5.
        let rounding = 5.0 * 5.0 * 8.0 * f64::EPSILON * law.len() as f64;
        assert!((mass - law.iter().map(|q| q[0]).sum::<f64>()).abs() < rounding);
    }
    assert!(history.taken[1..].iter().sum::<usize>() > 0, "nothing fell back: {:?}", history.taken);
}

#[test]
fn formulae_are_of_their_order() {
    for (formula, order) in FORMULAE.iter().zip([4_i32, 3, 2, 1]) {
        // x(s) = s^k at s = 0, −1, … with ẋ(0): exact up to the order and not beyond.
        let defect = |power: i32| {
            let old: f64 = formula.history.iter().zip(1..).map(|(h, m)| h * f64::from(-m).powi(power)).sum();
            old + formula.weight * f64::from(u8::from(power == 1)) - f64::from(u8::from(power == 0))
        };
        let rounding = 1e3 * f64::EPSILON;
        assert!((0..=order).all(|power| defect(power).abs() < rounding));
        assert!(defect(order + 1).abs() > rounding);
    }
}

#[test]
fn divergences_have_no_cancellation() {
    // Two cells p = (½, ½) and q = (½ + g, ½ − g): KL(q|p) = 2g² + …, both directions and χ² = 4g².
    for g in [1e-12, 1e-5, 1e-3] {
        let state = [[0.5 + g, g], [0.5 - g, -g]];
        let log = 0.5f64.ln();
        let [forward, reverse, square, _] = divergences(&[0.5; 2], &[log; 2], &state);
        let next_order = 20.0 * g * g + 8.0 * f64::EPSILON;
        for value in [forward / (2.0 * g * g), reverse / (2.0 * g * g), square / (4.0 * g * g)] {
            assert!((value - 1.0).abs() < next_order, "{g}: {value}");
        }
    }
    // The three ways to compute them meet: at w = 0.01 and at w = 0.5.
    for (w, width) in [(0.01, 1e-9), (0.5, 1e-9)] {
        let at = |w: f64| divergences(&[0.4], &[0.4f64.ln()], &[[0.4 * (1.0 + w), 0.4 * w]]);
        let (below, above) = (at(w - width), at(w + width));
        for k in 0..4 {
            // All four have slopes below 1 here, and roundings of size ε relative to w.
            assert!((below[k] - above[k]).abs() < 2.0 * width + 8.0 * f64::EPSILON);
        }
    }
}

#[test]
fn the_total_variation_knows_where_its_integrand_has_kinks() {
    // g = sin(x/5 + shift)·e^{−(x/40)²}, whose zeros are anywhere between the nodes: the sum is the same for all shifts of
    // the nodes, to the order that is left over (4, with a step of a fifth).
    let total = |shift: f64| {
        let g = |i: i32| {
            f64::sin((f64::from(i) + shift) / 5.0) * f64::exp(-((f64::from(i) + shift) / 40.0).powi(2))
        };
        let state: Vec<[f64; 2]> = (-300..=300).map(|i| [1.0, g(i)]).collect();
        divergences(&vec![1.0; state.len()], &vec![0.0; state.len()], &state)[3]
    };
    let reference = total(0.0);
    for shift in [0.1, 0.37, 0.5, 0.81] {
        let error = (total(shift) / reference - 1.0).abs();
        assert!(error < 0.2f64.powi(4) / 8.0, "{shift}: {error:e}");
    }
}

#[test]
fn limits_are_those_of_series_in_the_square_of_the_step_and_accidents_dont_count() {
    let figure = |h: f64| 1.0 + 0.3 * h * h - 0.2 * h.powi(4);
    let figures = [0.25, 0.125, 0.0625].map(figure);
    let (value, error) = limit(&figures);
    let rounding = 16.0 * f64::EPSILON;
    assert!((value - 1.0).abs() < rounding && error > 0.0 && error < 1e-3);
    // Two steps that agree by chance, three that change faster and faster.
    assert!(limit(&[1.0, 1.0]).1 > 0.0);
    assert!(limit(&[1.0, 2.0, 40.0]).1 == f64::INFINITY && limit(&[1.0]).1 == f64::INFINITY);
    // A change of sign between the first and the second difference: the agreement of the last two means nothing.
    assert_eq!(witnessed(&[0.9, 1.0, 1.0]), (1.0, 0.5 * (1.0 - 0.9_f64)));
    let (value, radius) = witnessed(&figures);
    assert_eq!((value, radius >= limit(&figures[1..]).1), (limit(&figures[1..]).0, true));
}

#[test]
fn the_bias_of_two_wells_has_its_reference_values() {
    let curve = wells();
    let line = AnnealedLine::new(&curve, FRAC_PI_2, 0.0, &[]).unwrap();
    let bias = |schedule: &Schedule, kappa| line.law(schedule, kappa, Accuracy::default()).unwrap().bias();
    agrees(bias(&Schedule::cosine(), 0.1).forward_kl, 2.1751e-5, 5e-10);
    agrees(bias(&Schedule::cosine(), 0.01).forward_kl, 2.0345e-9, 5e-14);
    let linear = bias(&Schedule::linear(), 0.1);
    agrees(linear.forward_kl, 1.8035e-3, 5e-8);
    agrees(linear.reverse_kl, 1.8682e-3, 5e-8);
    assert!(linear.chi_squared.lo() > 2.0 * linear.forward_kl.hi() * 0.9);
    // Pinsker's inequality.
    assert!(2.0 * linear.total_variation.lo().powi(2) < linear.forward_kl.hi());
}

/// Coarse grids have to contain what finer ones find, at every time.
#[test]
fn coarse_enclosures_contain_the_finest_figures() {
    let mixtures: [[&[f64]; 3]; 4] = [
        [&[0.4, 0.6], &[-1.1, 0.9], &[0.7, 0.9]],
        [&[0.8, 0.2], &[-2.6, 3.2], &[0.4, 0.75]],
        [&[0.3, 0.4, 0.2], &[-2.2, 0.1, 1.9], &[0.35, 1.3, 0.6]],
        [&[0.5, 0.9], &[-0.2, 0.5], &[1.3, 0.8]],
    ];
    for (index, [weights, means, stds]) in mixtures.into_iter().enumerate() {
        let curve = Arc::new(MixtureCurve::new(weights, means, stds).unwrap());
        let mut schedules = Schedule::examples();
        // Two for each mixture, all eight in turn.
        for schedule in schedules.drain(2 * index..2 * index + 2) {
            let path = LinePath::new(curve.clone(), schedule.clone());
            let lines = [0.0, 0.3].map(|from| AnnealedLine::along(&path, from, 1.0).unwrap());
            for (late, kappa) in [(0, 1e-3), (0, 0.1), (1, 1.0), (0, 10.0)] {
                let line = &lines[late];
                let law = |finest| line.law(&schedule, kappa, Accuracy { tolerance: 1e-14, finest }).unwrap();
                let fine = law(5);
                for coarse in [law(3), law(4)] {
                    for (a, b) in coarse.along.iter().zip(&fine.along) {
                        for (a, b) in [
                            (a.forward_kl, b.forward_kl),
                            (a.reverse_kl, b.reverse_kl),
                            (a.chi_squared, b.chi_squared),
                            (a.total_variation, b.total_variation),
                        ] {
                            assert!(
                                a.lo() <= b.hi() && b.lo() <= a.hi(),
                                "{path} on line {late} at κ = {kappa}: {a} against {b}"
                            );
                        }
                    }
                }
            }
        }
    }
}

/// Figures of an independent program (finite volumes, Richardson extrapolation).
#[test]
fn quartic_wells_have_their_reference_values() {
    let target = LineMeasure::parse("x^4/4 - x^2/2", f64::NEG_INFINITY, f64::INFINITY).unwrap();
    let curve = TabulatedCurve::of(curve_on_line(&target, LineBase::Gaussian).unwrap()).unwrap();
    let line = AnnealedLine::new(&curve, FRAC_PI_2, 0.0, &[]).unwrap();
    let schedule = Schedule::power(2.0).unwrap();
    for (kappa, forward, reverse) in [(1.0, 0.023_725_8, 0.030_331_6), (0.1, 5.801_97e-4, 5.868_94e-4)] {
        for (finest, width) in [(3, 2e-2), (4, 1e-3)] {
            let bias = line.law(&schedule, kappa, Accuracy { tolerance: 1e-12, finest }).unwrap().bias();
            for (ours, figure) in [(bias.forward_kl, forward), (bias.reverse_kl, reverse)] {
                // The figures are given to half a unit of the last digit, at most 10⁻⁵ of them.
                let (lo, hi) = (figure * (1.0 - 1e-5), figure * (1.0 + 1e-5));
                assert!(ours.lo() <= hi && lo <= ours.hi(), "grid {finest}: {ours} against {figure}");
                assert!(ours.relative_width() < width, "grid {finest}: {ours}");
            }
        }
    }
}

/// The order of the bias is κ⁴ for a schedule that stops smoothly, and κ² else.
#[test]
fn a_tiny_bias_keeps_its_relative_accuracy() {
    let curve = wells();
    let line = AnnealedLine::new(&curve, FRAC_PI_2, 0.0, &[]).unwrap();
    for (schedule, order) in [(Schedule::cosine(), 4), (Schedule::linear(), 2)] {
        let [one, two] =
            [1e-3, 5e-4].map(|kappa| line.law(&schedule, kappa, Accuracy::default()).unwrap().bias());
        for (a, b) in [(one.forward_kl, two.forward_kl), (one.reverse_kl, two.reverse_kl)] {
            assert!(a.relative_width() < 1e-4 && b.relative_width() < 1e-4, "{a} {b}");
            let measured = (a.mid() / b.mid()).log2();
            // The next term of the expansion in κ is about 12κ relative to the first one.
            assert!((measured - f64::from(order)).abs() < 12.0 * 1e-3, "{schedule}: {measured}");
        }
    }
}

#[test]
fn gaussian_laws_agree_with_their_closed_form() {
    let schedule = Schedule::power(2.0).unwrap();
    for (mean, variance, kappa, forward, reverse) in [
        (1.0, 0.25, 1.0, 0.2825164, 0.52005137),
        (1.0, 0.25, 0.1, 0.0030193545, 0.0032211026),
        (0.0, 4.0, 1.0, 0.27699901, 0.1521432),
    ] {
        let curve = MixtureCurve::new(&[1.0], &[mean], &[f64::sqrt(variance)]).unwrap();
        let line = AnnealedLine::new(&curve, FRAC_PI_2, 0.0, &[]).unwrap();
        let result = line.law(&schedule, kappa, Accuracy { tolerance: 1e-6, ..Accuracy::default() }).unwrap();
        let target = Gaussian::diagonal(vec![mean], vec![variance]).unwrap();
        let exact_path = crate::path::GaussianPath::from_standard(target, schedule.clone()).unwrap();
        let initial = crate::dynamics::InitialLaw::exact(1);
        for bias in &result.along {
            let exact = crate::dynamics::bias_at(&exact_path, kappa, 0.0, bias.time, &initial).unwrap();
            for (ours, exact) in [(bias.forward_kl, exact.forward_kl), (bias.reverse_kl, exact.reverse_kl)] {
                let error = (ours.mid() - exact.mid()).abs();
                assert!(
                    error <= 0.5 * (ours.width() + exact.width()),
                    "at {}: {ours} against {exact}",
                    bias.time
                );
            }
        }
        // The figures are given to the digits shown.
        agrees(result.bias().forward_kl, forward, 2e-6 * forward);
        agrees(result.bias().reverse_kl, reverse, 2e-6 * reverse);
        let log_target =
            |y: f64| -0.5 * ((y - mean).powi(2) / variance + (std::f64::consts::TAU * variance).ln());
        let (table_forward, table_reverse) = result.law.divergences(log_target).unwrap();
        assert!((table_forward - forward).abs() < 1e-5 * forward, "{table_forward}");
        assert!((table_reverse - reverse).abs() < 1e-5 * reverse, "{table_reverse}");
        let mass = result.law.integral(|_, log_q| log_q.exp());
        assert!((mass - 1.0).abs() < 1e-7, "{mass}");
    }
}

#[test]
fn an_initial_law_off_the_path_counts() {
    let curve = MixtureCurve::new(&[1.0], &[1.0], &[1.0]).unwrap();
    let line = AnnealedLine::new(&curve, FRAC_PI_2, 0.0, &[]).unwrap();
    let shift = 0.5;
    // N(½, 1)/N(0, 1) − 1.
    let excess = |y: f64| (shift * y - 0.5 * shift * shift).exp_m1();
    let result = line.from_excess(&Schedule::cosine(), 1.0, &excess, Accuracy::default()).unwrap();
    let target = Gaussian::diagonal(vec![1.0], vec![1.0]).unwrap();
    let path = crate::path::GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
    let initial = crate::dynamics::InitialLaw::perturbed(vec![shift], 1.0).unwrap();
    for bias in &result.along {
        let exact = crate::dynamics::bias_at(&path, 1.0, 0.0, bias.time, &initial).unwrap();
        let error = (bias.forward_kl.mid() - exact.forward_kl.mid()).abs();
        assert!(error <= 0.5 * (bias.forward_kl.width() + exact.forward_kl.width()), "{bias:?} {exact:?}");
    }
    let negative = line.from_excess(&Schedule::cosine(), 1.0, &|y| -2.0 * y, Accuracy::default());
    assert!(negative.is_err());
}

#[test]
fn a_nelson_process_stays_on_its_path_and_annealed_langevin_leaves_it() {
    for curve in [wells(), deep_wells()] {
        for kappa in [0.1, 1.0] {
            let path = path(curve.clone(), Schedule::cosine());
            let end = path.curve().slice(0.0).unwrap();
            let log_target = |y: f64| end.log_density(y);
            let nelson = process_on_line(&path, LineProcess::Nelson, kappa, 0.0, 1.0, 3).unwrap();
            let (forward, reverse) = nelson.law.divergences(log_target).unwrap();
            assert!(forward <= 1e-10 && reverse <= 1e-10, "{kappa}: {forward:e} {reverse:e}");
            // KL is quadratic in the error of the law, so its root shows the order of the scheme: 2.
            let [a, b, c] = nelson.grids.each_ref().map(|law| law.divergences(log_target).unwrap().0.sqrt());
            let orders = [(a / b).log2(), (b / c).log2()];
            assert!(orders.iter().all(|order| (order - 2.0).abs() < 0.2), "{orders:?}");
            let langevin = process_on_line(&path, LineProcess::AnnealedLangevin, kappa, 0.0, 1.0, 3).unwrap();
            let (forward, reverse) = langevin.divergences(log_target).unwrap();
            let bias = bias_on_line(&path, kappa, 0.0, 1.0, Accuracy::default()).unwrap();
            for (one, other) in [(forward, bias.forward_kl), (reverse, bias.reverse_kl)] {
                assert!(one.lo() > 1e-5, "annealed Langevin leaves the path: {one}");
                assert!(one.lo() <= other.hi() && other.lo() <= one.hi(), "{one} against {other}");
                assert!((one.mid() / other.mid() - 1.0).abs() < 1e-3, "{one} against {other}");
            }
        }
    }
}

#[test]
fn biases_of_coordinates_add_up() {
    let one = bias_on_line(&path(wells(), Schedule::cosine()), 1.0, 0.0, 1.0, Accuracy::QUICK).unwrap();
    let two = bias_on_line(&path(deep_wells(), Schedule::cosine()), 1.0, 0.0, 1.0, Accuracy::QUICK).unwrap();
    let both = product_bias(&[one, two]).unwrap();
    assert!(both.forward_kl.contains(one.forward_kl.mid() + two.forward_kl.mid()));
    assert!(both.total_variation.hi() <= 1.0 && both.total_variation.lo() >= one.total_variation.lo());
    let square = (1.0 + one.chi_squared.mid()) * (1.0 + two.chi_squared.mid()) - 1.0;
    assert!(both.chi_squared.contains(square));
    let earlier = LineBias { time: 0.5, ..two };
    assert!(product_bias(&[one, earlier]).is_err() && product_bias(&[]).is_err());
}

#[test]
fn schedules_with_singular_starts_and_breaks_converge() {
    for schedule in Schedule::examples() {
        let path = path(deep_wells(), schedule);
        for kappa in [0.03, 3.0] {
            let bias = bias_on_line(&path, kappa, 0.0, 1.0, Accuracy { tolerance: 1e-3, finest: 5 }).unwrap();
            assert!(bias.forward_kl.relative_width() < 1e-2, "{path} {kappa}: {}", bias.forward_kl);
        }
    }
}

#[test]
fn nothing_happens_in_no_time_and_bad_input_is_an_error() {
    let path = path(wells(), Schedule::cosine());
    let bias = bias_on_line(&path, 1.0, 0.5, 0.5, Accuracy::QUICK).unwrap();
    // Relative roundings of the masses by a few ε in each step; KL is quadratic in them.
    assert!(bias.forward_kl.hi() < (1e5 * f64::EPSILON).powi(2) * 16.0, "{}", bias.forward_kl);
    for kappa in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(bias_on_line(&path, kappa, 0.0, 1.0, Accuracy::QUICK).is_err());
        assert!(process_on_line(&path, LineProcess::Nelson, kappa, 0.0, 1.0, 0).is_err());
    }
    for (from, until) in [(-0.1, 1.0), (0.5, 0.4), (0.0, 1.1), (f64::NAN, 1.0), (0.0, f64::NAN)] {
        assert!(bias_on_line(&path, 1.0, from, until, Accuracy::QUICK).is_err());
    }
    for (tolerance, finest) in [(0.0, 4), (f64::NAN, 4), (1e-3, 0), (1e-3, 7)] {
        assert!(bias_on_line(&path, 1.0, 0.0, 1.0, Accuracy { tolerance, finest }).is_err());
    }
}

/// Atoms at ±1 with Student's law with 3 degrees of freedom as base.
#[derive(Debug)]
struct HeavyCurve;

impl std::fmt::Display for HeavyCurve {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "atoms at ±1, Student base")
    }
}

struct HeavySlice {
    sine: f64,
    cosine: f64,
}

impl LineCurve for HeavyCurve {
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>> {
        Ok(Box::new(HeavySlice { sine: angle.sin(), cosine: angle.cos() }))
    }
}

impl LineSlice for HeavySlice {
    fn point(&self, y: f64) -> SlicePoint {
        let (mut density, mut slope, mut flux) = (0.0, 0.0, 0.0);
        for atom in [-1.0, 1.0] {
            let z = (y - self.cosine * atom) / self.sine;
            let square = 1.0 + z * z / 3.0;
            // Student's density is 2/(π√3)·(1 + z²/3)^{−2}.
            let p = 0.5 / self.sine * 2.0 / (std::f64::consts::PI * 3f64.sqrt()) / (square * square);
            density += p;
            slope -= p * 4.0 * z / (3.0 * square * self.sine);
            flux += p * (self.cosine * z - self.sine * atom);
        }
        SlicePoint {
            log_density: density.ln(),
            score: slope / density,
            velocity: flux / density,
            ..SlicePoint::default()
        }
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        let below = [-1.0, 1.0].map(|atom| {
            let x = (y - self.cosine * atom) / self.sine / 3f64.sqrt();
            0.5 + (x / (1.0 + x * x) + x.atan()) / std::f64::consts::PI
        });
        let below = 0.5 * (below[0] + below[1]);
        (below, 1.0 - below)
    }

    fn window(&self, level: f64) -> (f64, f64) {
        // P(Z > x) ≤ 2√3/π·x^{−3}, and P(Z > 0.765) < ¼.
        let tail = (2.0 * 3f64.sqrt() / std::f64::consts::PI / level).cbrt();
        let reach = self.cosine + self.sine * if level < 0.25 { tail } else { 0.765 };
        (-reach, reach)
    }

    fn breaks(&self) -> Vec<f64> {
        vec![-self.cosine, self.cosine]
    }

    fn relative_error(&self) -> f64 {
        16.0 * f64::EPSILON
    }
}

#[test]
fn heavy_tails_are_resolved() {
    let path = LinePath::new(Arc::new(HeavyCurve), Schedule::cosine());
    let until = 0.75;
    let end = path.curve().slice(path.schedule().angle(until)).unwrap();
    for kappa in [0.3, 1.0] {
        let bias = bias_on_line(&path, kappa, 0.0, until, Accuracy::default()).unwrap();
        assert!(
            bias.forward_kl.relative_width() < 1e-3 && bias.reverse_kl.relative_width() < 1e-3,
            "{bias:?}"
        );
        let langevin = process_on_line(&path, LineProcess::AnnealedLangevin, kappa, 0.0, until, 4).unwrap();
        let (forward, reverse) = langevin.divergences(|y| end.log_density(y)).unwrap();
        for (one, other) in [(forward, bias.forward_kl), (reverse, bias.reverse_kl)] {
            assert!((one.mid() / other.mid() - 1.0).abs() < 1e-3, "{one} against {other}");
        }
        let nelson = process_on_line(&path, LineProcess::Nelson, kappa, 0.0, until, 4).unwrap();
        let (forward, reverse) = nelson.law.divergences(|y| end.log_density(y)).unwrap();
        // In the tails the cells are so long that the fitted fluxes are upwind ones, of first order; there is little mass.
        let upwind = 1e-6 * bias.forward_kl.lo();
        assert!(forward < upwind && reverse < upwind, "{forward:e} {reverse:e}");
    }
}

#[test]
fn a_target_on_an_interval_is_followed_up_to_its_end_only() {
    let curve = curve_on_line(&LineMeasure::uniform(-1.0, 1.0).unwrap(), LineBase::Gaussian).unwrap();
    let path = LinePath::new(curve, Schedule::linear());
    let coarse = Accuracy { tolerance: 1e-2, finest: 2 };
    let error = bias_on_line(&path, 1.0, 0.0, 1.0, coarse).unwrap_err();
    assert!(
        matches!(error, Error::Undefined { .. }) && error.to_string().contains("earlier time"),
        "{error}"
    );
    let before = bias_on_line(&path, 1.0, 0.0, 0.5, coarse).unwrap();
    assert!(before.forward_kl.is_finite() && before.forward_kl.hi() > 0.0, "{before:?}");
}

#[test]
fn heavy_tails_leave_enough_cells_for_narrow_wells() {
    // Two narrow wells, a base with heavy tails, a schedule with a long time.
    let target = LineMeasure::gaussian_mixture(&[0.18, 0.82], &[-3.476, 2.719], &[0.588, 0.265]).unwrap();
    let curve = curve_on_line(&target, LineBase::Student { dof: 10.46 }).unwrap();
    let path = LinePath::new(curve, Schedule::ornstein_uhlenbeck(3.0).unwrap());
    let coarse = Accuracy { tolerance: 1e-2, finest: 2 };
    let bias = bias_on_line(&path, 0.1226, 0.0, 1.0, coarse).unwrap();
    // The figure from 1024 cells; 128 cells leave a few percent.
    let figure = 0.22280;
    assert!(bias.forward_kl.contains(figure) && bias.forward_kl.width() < 0.1 * figure, "{bias:?}");
}

#[test]
fn two_grids_that_agree_by_accident_are_found_out() {
    // From 64 and 128 cells alone KL(q|p) had an error of twice its radius here.
    let target = LineMeasure::parse("x^4/4 - 0.328125*x^2 - 0.09375*x", f64::NEG_INFINITY, f64::INFINITY);
    let curve = curve_on_line(&target.unwrap(), LineBase::Gaussian).unwrap();
    let path = LinePath::new(curve, Schedule::power(2.0).unwrap());
    let coarse = Accuracy { tolerance: 1e-2, finest: 2 };
    let bias = bias_on_line(&path, 1.0, 0.0, 1.0, coarse).unwrap();
    // The figure from 1024 cells.
    let (figure, half_digit) = (2.75417e-2, 0.5e-7);
    assert!(bias.reverse_kl.widened(half_digit).contains(figure), "{bias:?}");
}
