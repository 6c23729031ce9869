//! Residuals against a direct expansion, and conditions one at a time.

use super::*;
use crate::numerics::tolerances::ROUNDING;

/// Taylor coefficients of `V'` for `V' = 2x` around a centre.
struct Quadratic {
    support: (f64, f64),
    kinks: Vec<f64>,
}

impl Slope for Quadratic {
    fn support(&self) -> (f64, f64) {
        self.support
    }
    fn kinks(&self) -> Vec<f64> {
        self.kinks.clone()
    }
    fn enclosed_series(&self, x: Interval) -> SlopeSeries<Interval> {
        let two = Interval::point(2.0);
        std::array::from_fn(|k| match k {
            0 => two * x,
            1 => two,
            _ => Interval::ZERO,
        })
    }
    fn tail_slope(&self, side: Side, from: f64) -> f64 {
        if side == Side::Right { 2.0 * from } else { -2.0 * from }
    }
}

fn whole() -> Quadratic {
    Quadratic { support: (f64::NEG_INFINITY, f64::INFINITY), kinks: vec![] }
}

#[test]
fn residual_is_the_expansion_of_the_operator() {
    let mut c = vec![0.0; DEGREE + 1];
    for (k, c) in c.iter_mut().enumerate() {
        *c = 0.7_f64.powi(i32::try_from(k).unwrap()) * if k % 3 == 1 { -1.3 } else { 0.8 };
    }
    let mut slope = [Ball::default(); SLOPE_TERMS + 1];
    for (k, ball) in slope.iter_mut().enumerate() {
        let sign = if k % 2 == 0 { 1.0 } else { -0.6 };
        *ball = Ball { value: sign * 0.9_f64.powi(i32::try_from(k).unwrap()), radius: 0.0 };
    }
    for (scale, l, reach) in [(1.0, 0.4, 1.0), (0.5, -0.8, 0.5), (2.0, 1.5, 0.75)] {
        let found = residual(&c, &slope, scale, Ball { value: l, radius: 0.0 }, reach);
        // All coefficients of −w'' − a·w' − ℓw, a_j = v_j·scale^{j+1}.
        let a: Vec<f64> = (0..=SLOPE_TERMS)
            .map(|j| slope[j].value * f64::powi(scale, i32::try_from(j + 1).unwrap()))
            .collect();
        let d: Vec<f64> = (0..DEGREE).map(|m| (m + 1) as f64 * c[m + 1]).collect();
        let coefficient = |i: usize| {
            let second = if i + 2 <= DEGREE { ((i + 2) * (i + 1)) as f64 * c[i + 2] } else { 0.0 };
            let drift: f64 =
                (0..=i.min(SLOPE_TERMS)).filter(|j| i - j < DEGREE).map(|j| a[j] * d[i - j]).sum();
            -second - drift - if i <= DEGREE { l * c[i] } else { 0.0 }
        };
        let rounding = 1e-11;
        assert!((found.constant.value - coefficient(0)).abs() <= rounding, "{}", found.constant.value);
        assert!(found.constant.radius <= rounding && found.constant.radius > 0.0);
        let power = |i: usize| f64::powi(reach, i32::try_from(i).unwrap());
        let resolved: f64 = (1..=DEGREE - 2).map(|i| coefficient(i).abs() * power(i)).sum();
        assert!(
            (found.resolved - resolved).abs() <= rounding * resolved
                && found.resolved >= resolved * (1.0 - f64::EPSILON),
            "{}, {resolved}",
            found.resolved
        );
        // The rest term by term, every modulus by itself.
        let mut truncated = 0.0;
        for (j, a) in a.iter().enumerate() {
            for (m, d) in d.iter().enumerate() {
                if j + m > DEGREE - 2 {
                    truncated += (a * d).abs() * power(j + m);
                }
            }
        }
        truncated += (l * c[DEGREE - 1]).abs() * power(DEGREE - 1) + (l * c[DEGREE]).abs() * power(DEGREE);
        assert!((found.truncated / truncated - 1.0).abs() <= rounding, "{}, {truncated}", found.truncated);
    }
}

#[test]
fn uncertain_coefficients_widen_the_residual_by_what_they_can_do() {
    let mut c = vec![0.0; DEGREE + 1];
    (c[0], c[1], c[2]) = (1.0, 2.0, -3.0);
    let mut slope = [Ball::default(); SLOPE_TERMS + 1];
    slope[0] = Ball { value: 0.5, radius: 0.01 };
    slope[1] = Ball { value: 0.0, radius: 0.03 };
    let found = residual(&c, &slope, 2.0, Ball { value: 0.25, radius: 0.001 }, 0.5);
    // Constant: 6 − (2·0.5)·2 − 0.25, with 2·0.01·2 + 0.001 around it.
    assert!((found.constant.value - 3.75).abs() <= ROUNDING);
    assert!((found.constant.radius - 0.041).abs() <= ROUNDING, "{}", found.constant.radius);
    // τ: −1·(−6) − 0·2 − 0.25·2 with 0.02·6 + 0.12·2 + 0.002; τ²: 0·(−6) − 0.25·(−3) with 0.12·6 + 0.003.
    let expected = 0.5 * (5.5 + 0.12 + 0.24 + 0.002) + 0.25 * (0.75 + 0.72 + 0.003);
    assert!((found.resolved - expected).abs() <= ROUNDING, "{}, {expected}", found.resolved);
    // Nothing but what underflow may have taken: still not nothing.
    let silent = residual(&[0.0; DEGREE + 1], &slope, 1.0, Ball::default(), 1.0);
    assert!(silent.constant.radius > 0.0 && silent.resolved > 0.0 && silent.truncated > 0.0);
    let ball = Ball::of(Interval::new(1.0, 1.5));
    assert!(ball.value == 1.25 && ball.radius >= 0.25 && ball.radius <= 0.25 + f64::EPSILON);
    assert_eq!(Ball::of(Interval::ENTIRE).radius, f64::INFINITY);
}

fn piece(left: f64, right: f64, centre: f64, scale: f64, coefficients: &[f64]) -> Piece {
    let mut list = coefficients.to_vec();
    list.resize(DEGREE + 1, 0.0);
    Piece { left, right, centre, scale, coefficients: list }
}

#[test]
fn every_flaw_of_the_shape_is_refused() {
    let good = piece(-0.5, 0.9, 0.0, 1.0, &[1.0, 0.2]);
    let reach = |p: Result<f64>, exact: f64| assert!((p.unwrap() - exact).abs() <= 4.0 * f64::EPSILON);
    reach(good.well_formed(), 0.9);
    let edited = |edit: &dyn Fn(&mut Piece)| {
        let mut p = good.clone();
        edit(&mut p);
        p.well_formed()
    };
    let flaws: [&dyn Fn(&mut Piece); 16] = [
        &|p| p.left = f64::NAN,
        &|p| p.right = f64::INFINITY,
        &|p| p.coefficients[3] = f64::NAN,
        &|p| p.coefficients[3] = -1e20,
        &|p| p.coefficients.truncate(DEGREE),
        &|p| p.coefficients.push(0.0),
        &|p| p.scale = 1.5,
        &|p| p.scale = 3.0,
        &|p| p.scale = 2.0_f64.powi(-60),
        &|p| p.scale = 2.0_f64.powi(60),
        &|p| (p.left, p.right, p.centre) = (1.0, -0.5, 0.0),
        &|p| (p.left, p.right, p.centre) = (0.5, 0.5, 0.5),
        &|p| (p.left, p.right, p.centre) = (0.25, 1.0, 0.0),
        &|p| (p.left, p.right, p.centre) = (-1.0, -0.25, 0.0),
        // The unit does not fit the length.
        &|p| p.scale = 0.5,
        &|p| p.scale = 8.0,
    ];
    for (k, flaw) in flaws.iter().enumerate() {
        assert!(edited(flaw).is_err(), "flaw {k}");
    }
    reach(edited(&|p| p.scale = 2.0), 0.45);
    reach(edited(&|p| (p.left, p.right, p.centre) = (-0.5, 0.0, 0.0)), 0.5);
    reach(edited(&|p| (p.left, p.right, p.centre) = (0.0, 0.5, 0.0)), 0.5);
    // Tiny pieces far out in a narrow law and coefficients of any moderate size are welcome.
    assert!(piece(3.0, 3.0 + 2.0_f64.powi(-30), 3.0, 2.0_f64.powi(-29), &[1e19]).well_formed().is_ok());
}

#[test]
fn positivity_is_that_of_the_polynomial() {
    // (τ − 0.3)² + δ on [−1, 1].
    for (delta, holds) in [(1e-3, true), (-1e-3, false), (0.3, true)] {
        let p = piece(-1.0, 1.0, 0.0, 1.0, &[0.09 + delta, -0.6, 1.0]);
        assert_eq!(p.positive(false).is_ok(), holds, "{delta}");
    }
    // τ + τ² and −τ(1 − τ/2): a zero at the centre is allowed when that is the open end, and not otherwise.
    let right = piece(2.0, 3.0, 2.0, 1.0, &[0.0, 1.0, 1.0]);
    assert!(right.positive(true).is_ok() && right.positive(false).is_err());
    let left = piece(1.0, 2.0, 2.0, 1.0, &[0.0, -1.0, 0.5]);
    assert!(left.positive(true).is_ok() && left.positive(false).is_err());
    let wrong = piece(1.0, 2.0, 2.0, 1.0, &[0.0, 1.0, 0.5]);
    assert!(wrong.positive(true).is_err());
    let sinking = piece(2.0, 3.0, 2.0, 1.0, &[0.0, 1.0, -1.1]);
    assert!(sinking.positive(true).is_err());
}

#[test]
fn logarithmic_slope_is_taken_in_the_unit_of_length() {
    let p = piece(1.0, 3.0, 2.0, 0.5, &[2.0, 1.0, -0.3]);
    for x in [1.75, 2.0, 2.3] {
        let tau = (x - 2.0) / 0.5;
        let (w, slope) = (2.0 + tau - 0.3 * tau * tau, 1.0 - 0.6 * tau);
        let (found, exact) = (p.log_slope(x), -slope / w / 0.5);
        assert!(found.contains(exact) || (found.mid() - exact).abs() <= ROUNDING, "{x}: {found:?}, {exact}");
        assert!(found.width() <= ROUNDING);
    }
}

/// `w = e^{−x²}` is the flux of `f = x` for `V = x²`, `Lw = 2w`: its Taylor polynomial around 0.
fn bell(half: f64) -> Piece {
    let mut c = vec![0.0; DEGREE + 1];
    let (mut term, mut k) = (1.0, 0);
    while k <= DEGREE {
        c[k] = term;
        k += 2;
        term *= -1.0 / (k / 2) as f64;
    }
    Piece { left: -half, right: half, centre: 0.0, scale: 1.0, coefficients: c }
}

#[test]
fn inequality_holds_on_the_right_side_of_the_gap() {
    let p = bell(0.25);
    for (direction, lambda, holds) in [
        (Direction::AtLeast, 2.0 - 1e-9, true),
        (Direction::AtLeast, 2.0 + 1e-9, false),
        (Direction::AtMost, 2.0 + 1e-9, true),
        (Direction::AtMost, 2.0 - 1e-9, false),
    ] {
        assert_eq!(p.satisfies(&whole(), direction, lambda, 0.25).is_ok(), holds, "{direction:?}, {lambda}");
    }
    let check = |slope: &Quadratic| p.satisfies(slope, Direction::AtLeast, 1.9, 0.25).is_ok();
    assert!(check(&Quadratic { support: (-0.25, 0.25), kinks: vec![-0.25, 0.25, 1.0] }));
    assert!(!check(&Quadratic { support: (-0.25, 0.25), kinks: vec![0.1] }));
    assert!(!check(&Quadratic { support: (-0.2, 0.25), kinks: vec![] }));
    assert!(!check(&Quadratic { support: (-0.25, 0.2), kinks: vec![] }));
}

fn tail_witness(rates: [f64; 2], lambda: f64) -> FluxWitness {
    FluxWitness {
        direction: Direction::AtLeast,
        lambda,
        left: End::Tail { rate: rates[0] },
        right: End::Tail { rate: rates[1] },
        pieces: vec![bell(0.5)],
    }
}

/// `V = x²` inside; beyond, `V' ≥ 4`.
struct Steep;
impl Slope for Steep {
    fn support(&self) -> (f64, f64) {
        whole().support()
    }
    fn kinks(&self) -> Vec<f64> {
        vec![]
    }
    fn enclosed_series(&self, x: Interval) -> SlopeSeries<Interval> {
        whole().enclosed_series(x)
    }
    fn tail_slope(&self, _: Side, _: f64) -> f64 {
        4.0
    }
}

#[test]
fn tails_need_their_inequality_and_an_upward_corner() {
    // −w'/w = 1 at ½, 2x = 1 beyond: κ(1 − κ) ≤ ¼ and the corner asks for κ ≥ 1, which exclude each other.
    for rate in [0.5, 0.9, 1.1] {
        assert!(tail_witness([rate, rate], 0.2).verify(&whole()).is_err(), "{rate}");
    }
    // A steeper law beyond: κ(4 − κ) ≥ λ for κ = 1.5, λ = 1.5.
    let holds = |rates, lambda| tail_witness(rates, lambda).verify(&Steep).is_ok();
    assert!(holds([1.5, 1.5], 1.5));
    assert!(!holds([0.99, 1.5], 1.5) && !holds([1.5, 0.99], 1.5), "a downward corner");
    assert!(!holds([3.9, 1.5], 1.5) && !holds([1.5, 3.9], 1.5), "κ(4 − κ) < λ");
    assert!(!holds([-1.5, 1.5], 1.5) && !holds([1.5, 0.0], 1.5));
    assert!(!holds([1.5, 1.5], 2.1), "above the gap");
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(!holds([1.5, 1.5], lambda));
    }
    let mut empty = tail_witness([1.5, 1.5], 1.5);
    empty.pieces.clear();
    assert!(empty.verify(&Steep).is_err());
    let mut gap = tail_witness([1.5, 1.5], 1.5);
    gap.pieces = vec![Piece { right: -0.1, centre: -0.25, ..bell(0.5) }, bell(0.5)];
    assert!(gap.verify(&Steep).is_err());
}

#[test]
fn corners_have_to_be_downward_for_a_lower_bound() {
    // Two copies on either side of 0, each tilted by a factor e^{±sx}: the corner of w is down for s < 0.
    let tilted = |side: f64, s: f64| {
        let mut p = bell(0.5);
        // A linear factor 1 + s·x instead of an exponential one.
        let c = p.coefficients.clone();
        for k in 1..=DEGREE {
            p.coefficients[k] = c[k] + side * s * c[k - 1];
        }
        if side < 0.0 {
            p.right = 0.0;
        } else {
            p.left = 0.0;
        }
        p
    };
    let corner = |s: f64, direction: Direction| {
        let pieces = vec![tilted(-1.0, s), tilted(1.0, s)];
        let (before, after) = (pieces[0].log_slope(0.0), pieces[1].log_slope(0.0));
        assert!((before.mid() - s).abs() <= ROUNDING && (after.mid() + s).abs() <= ROUNDING);
        let witness = FluxWitness { direction, lambda: 1e-3, left: End::Closed, right: End::Closed, pieces };
        witness.verify(&Quadratic { support: (-0.5, 0.5), kinks: vec![0.0] }).map_err(|e| e.to_string())
    };
    let wrong_side = |r: std::result::Result<(), String>| r.is_err_and(|e| e.contains("wrong side"));
    assert!(!wrong_side(corner(-1e-3, Direction::AtLeast)));
    assert!(wrong_side(corner(1e-3, Direction::AtLeast)));
}
