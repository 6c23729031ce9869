use super::*;
use crate::enclosure::Interval;
use crate::numerics::jet::Jet;

const LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
/// A few operations on numbers of order one.
const ROUNDING: f64 = 64.0 * f64::EPSILON;
/// Width that the error estimate of an integral stays below on a law without heavy tails.
const QUADRATURE: f64 = 1e-11;
/// The same where abscissae far from 0, or the ends of a domain, are rounded.
const ABSCISSAE: f64 = 1e-6;
/// Share of a probability of 10⁻¹² that may lie beyond the last panel of a heavy tail, `e^{−42}` of the
/// whole times what the factors before it allow.
const BEYOND: f64 = 1e-4;
/// What may be lost in reading a power off octaves, or a level off a bisection.
const READING: f64 = 1e-9;
/// Relative width of a constant that needs a root in interval arithmetic.
const ROOT: f64 = 1e-10;

fn on_line(potential: &str) -> LineMeasure {
    LineMeasure::parse(potential, LINE.0, LINE.1).unwrap()
}

fn refusal(potential: &str, lo: f64, hi: f64) -> String {
    LineMeasure::parse(potential, lo, hi).unwrap_err().to_string()
}

fn all_families() -> Vec<(&'static str, LineMeasure)> {
    let mixture = LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-1.5, 1.0], &[0.5, 0.6]);
    vec![
        ("gaussian", LineMeasure::gaussian(1.5, 0.25).unwrap()),
        ("far gaussian", LineMeasure::gaussian(1e6, 1e-3).unwrap()),
        ("mixture", mixture.unwrap()),
        ("far mixture", LineMeasure::gaussian_mixture(&[1.0, 3.0], &[-1e3, 1e3], &[0.01, 2.0]).unwrap()),
        ("student 5", LineMeasure::student(5.0, -1.0, 2.0).unwrap()),
        ("student 2.5", LineMeasure::student(2.5, 0.0, 1.0).unwrap()),
        ("cauchy", LineMeasure::student(1.0, 0.0, 1.0).unwrap()),
        ("uniform", LineMeasure::uniform(-1.0, 2.5).unwrap()),
        ("laplace", LineMeasure::laplace(0.5).unwrap()),
        ("asymmetric", LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap()),
        ("logistic", LineMeasure::logistic(2.0).unwrap()),
        ("exponential", LineMeasure::exponential(3.0).unwrap()),
        ("gamma 0.5", LineMeasure::gamma(0.5).unwrap()),
        ("gamma 1.01", LineMeasure::gamma(1.01).unwrap()),
        ("gamma 3.25", LineMeasure::gamma(3.25).unwrap()),
        ("chi 1", LineMeasure::chi(1.0).unwrap()),
        ("chi 4.5", LineMeasure::chi(4.5).unwrap()),
        ("cosh 0.7", LineMeasure::cosh_power(0.7).unwrap()),
        ("cosh 3", LineMeasure::cosh_power(3.0).unwrap()),
        ("cos 0", LineMeasure::cos_power(0.0).unwrap()),
        ("cos 2", LineMeasure::cos_power(2.0).unwrap()),
        ("gumbel", LineMeasure::log_gamma(1.0).unwrap()),
        ("tilted 4", LineMeasure::tilted_gaussian(1.0, 4.0).unwrap()),
        ("tilted -2", LineMeasure::tilted_gaussian(0.5, -2.0).unwrap()),
    ]
}

#[test]
fn closed_forms_agree_with_quadrature() {
    for (name, measure) in all_families() {
        // Cutting nothing off makes the measure forget its closed forms.
        let mut blind = measure.clone();
        blind.cut = true;
        blind.resolve().unwrap();
        for (what, known, computed) in [
            ("log normaliser", measure.log_normalizer(), blind.log_normalizer()),
            ("mean", measure.mean(), blind.mean()),
            ("variance", measure.variance(), blind.variance()),
        ] {
            let message = format!("{name}: {what} {known} against {computed}");
            assert!(known.interval().intersects(computed.interval()), "{message}");
            // Far from 0 the abscissae are rounded coarsely, and x^{−1/2} is what remains of the
            // variance integral of that Student law beyond x.
            let hard = name.starts_with("far") || name == "student 2.5";
            if known.is_finite() && !hard {
                assert!(
                    computed.width() <= QUADRATURE * (1.0 + computed.interval().magnitude()),
                    "{message}"
                );
            }
        }
    }
}

#[test]
fn distributions_agree_with_quadrature_and_invert() {
    for (name, measure) in all_families() {
        let mut blind = measure.clone();
        blind.cut = true;
        for p in [1e-9, 0.01, 0.3, 0.5, 0.9, 1.0 - 1e-9] {
            let x = measure.quantile(p).unwrap();
            let cdf = measure.cdf(x.mid());
            let slack = measure.density(x.mid()) * x.width();
            let message = format!("{name}: p = {p}, x in {x}, cdf {cdf}");
            assert!(cdf.contains(p) || (cdf.mid() - p).abs() <= cdf.width() + 2.0 * slack, "{message}");
            assert!(blind.cdf(x.mid()).interval().intersects(cdf.interval()), "{message}");
            let total = cdf + measure.survival(x.mid());
            assert!(total.contains(1.0) && total.width() < ABSCISSAE, "{message}: total {total}");
        }
        let rare = 1e-12;
        let deep = measure.survival_quantile(rare).unwrap();
        let survival = measure.survival(deep.mid());
        let slack = survival.width() + 2.0 * measure.density(deep.mid()) * deep.width();
        assert!((survival.mid() - rare).abs() <= slack + ROUNDING * rare, "{name}: {deep} {survival}");
        // Next to a finite end, and far from 0, neighbouring floats are too coarse to tell.
        let coarse = measure.tails().1 == Tail::Bounded || name.starts_with("far");
        assert!(slack <= BEYOND * rare || coarse, "{name}: {deep} {survival}");
    }
    let normal = LineMeasure::gaussian(0.0, 1.0).unwrap();
    // Abramowitz and Stegun, table 26.5, to the digits given there.
    let digits = 1e-15;
    assert!((normal.quantile(0.975).unwrap().mid() - 1.959963984540054).abs() < digits + ROUNDING);
    assert!(normal.quantile(0.0).is_err() && normal.quantile(f64::NAN).is_err());
    assert_eq!(LineMeasure::exponential(1.0).unwrap().cdf(-1.0), Enclosure::exact(0.0));
}

#[test]
fn a_formula_gives_the_same_measure_as_its_family() {
    for (name, formula, lo, hi) in [
        ("gaussian", "8*(x - 1.5)^2", LINE.0, LINE.1),
        ("student 5", "3*log(1 + ((x + 1)/2)^2/5)", LINE.0, LINE.1),
        ("laplace", "abs(x)/2", LINE.0, LINE.1),
        ("asymmetric", "2*abs(x) + x", LINE.0, LINE.1),
        ("logistic", "2*log(cosh(x/4))", LINE.0, LINE.1),
        ("gamma 3.25", "x - 2.25*log(x)", 0.0, LINE.1),
        ("gamma 0.5", "x + 0.5*log(x)", 0.0, LINE.1),
        ("gumbel", "x + exp(-x)", LINE.0, LINE.1),
        ("tilted 4", "x^2/2 - 4*abs(x)", LINE.0, LINE.1),
    ] {
        let formula = LineMeasure::parse(formula, lo, hi).unwrap();
        let (_, family) = all_families().into_iter().find(|(n, _)| *n == name).unwrap();
        assert!(formula.log_normalizer().interval().intersects(family.log_normalizer().interval()), "{name}");
        assert!(formula.mean().interval().intersects(family.mean().interval()), "{name}");
        assert!(formula.variance().interval().intersects(family.variance().interval()), "{name}");
        assert_eq!(formula.kinks(), family.kinks(), "{name}");
        let close = |a: f64, b: f64| (a - b).abs() <= READING;
        for (found, known) in [(formula.tails().0, family.tails().0), (formula.tails().1, family.tails().1)] {
            let same = match (found, known) {
                (Tail::Exponential { rate: a }, Tail::Exponential { rate: b })
                | (Tail::Polynomial { index: a }, Tail::Polynomial { index: b }) => close(a, b),
                (a, b) => a == b,
            };
            assert!(same, "{name}: {found:?} against {known:?}");
        }
    }
}

#[test]
fn tails_of_formulae_are_found() {
    let right = |text| on_line(text).tails().1;
    assert_eq!(right("x^4/4 - 3*x^2/2"), Tail::Gaussian);
    assert_eq!(right("cosh(x)"), Tail::Gaussian);
    assert_eq!(right("x^2/2 + 10*cos(x)"), Tail::Gaussian);
    assert_eq!(right("1e-12*x^2 + abs(x)"), Tail::Gaussian);
    assert!(matches!(right("sqrt(1 + x^2)"), Tail::Exponential { rate } if (rate - 1.0).abs() < ROUNDING));
    assert!(matches!(right("abs(x)^1.5"), Tail::Weibull { exponent } if (exponent - 1.5).abs() < READING));
    assert!(matches!(right("abs(x)^0.5"), Tail::Weibull { exponent } if (exponent - 0.5).abs() < READING));
    // Bounded oscillations do not hide a heavy tail: twice the amplitude over 32 octaves.
    let oscillation = 6.0 / (32.0 * std::f64::consts::LN_2);
    assert!(
        matches!(right("2*log(1 + x^2) + 3*cos(x)"), Tail::Polynomial { index } if (index - 3.0).abs() < oscillation)
    );
    // exp(−log²) has no exponential moment either, and counts as heavy.
    assert!(matches!(right("log(2 + x^2)^2"), Tail::Polynomial { .. }));
    assert!(on_line("2*log(1 + x^2) + 3*cos(x)").exact_poincare_constant().unwrap().is_infinite());
    let cut = LineMeasure::parse("log(1 + x^2)", -1.0, 5.0).unwrap();
    assert_eq!(cut.tails(), (Tail::Bounded, Tail::Bounded));
}

#[test]
fn potentials_without_a_probability_are_refused() {
    let (minus, plus) = LINE;
    assert!(refusal("x", minus, plus).contains("decreases towards -inf"));
    assert!(refusal("-x^2", minus, plus).contains("decreases towards"));
    assert!(refusal("-exp(x)", minus, plus).contains("-inf at x = "));
    assert!(refusal("0*x", minus, plus).contains("constant"));
    assert!(refusal("sin(x)", minus, plus).contains("V("));
    assert!(refusal("log(1 + abs(x))", minus, plus).contains("no faster than log|x|"));
    assert!(refusal("log(1 + x^2)/3", minus, plus).contains("no faster than log|x|"));
    assert!(refusal("x^2/(1 + x^2)", minus, plus).contains("no faster than log|x|"));
    assert!(refusal("log(x)", minus, plus).contains("NaN"));
    assert!(refusal("x + log(x)", 0.0, plus).contains("integrable at every point"));
    assert!(refusal("x^2 + 2*log(abs(x - 0.7))", minus, plus).contains("near x = 0.7"));
    assert!(refusal("x^2 + 2*log(abs(x))", minus, plus).contains("-inf"));
    assert!(refusal("x^2 - 1/x", 0.0, plus).contains('V'));
    for (lo, hi) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (plus, plus), (minus, minus), (-1e308, 1e308)] {
        assert!(refusal("x^2", lo, hi).contains("domain"), "({lo}, {hi})");
    }
    let plane = Expression::parse("x^2 + y^2", &["x", "y"]).unwrap();
    assert!(matches!(LineMeasure::formula(plane, minus, plus), Err(Error::Dimension { .. })));
}

#[test]
fn bad_parameters_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0] {
        assert!(LineMeasure::gaussian(0.0, bad).is_err());
        assert!(LineMeasure::student(bad, 0.0, 1.0).is_err());
        assert!(LineMeasure::laplace(bad).is_err());
        assert!(LineMeasure::asymmetric_laplace(1.0, bad).is_err());
        assert!(LineMeasure::logistic(bad).is_err());
        assert!(LineMeasure::exponential(bad).is_err());
        assert!(LineMeasure::gamma(bad).is_err());
        assert!(LineMeasure::chi(bad).is_err());
        assert!(LineMeasure::cosh_power(bad).is_err());
        assert!(LineMeasure::log_gamma(bad).is_err());
        assert!(LineMeasure::tilted_gaussian(bad, 0.0).is_err());
        assert!(LineMeasure::gaussian_mixture(&[1.0], &[0.0], &[bad]).is_err());
        assert!(LineMeasure::uniform(0.0, bad).is_err());
    }
    assert!(LineMeasure::gaussian(f64::NAN, 1.0).is_err());
    assert!(LineMeasure::cos_power(-0.5).is_err());
    assert!(LineMeasure::gaussian_mixture(&[], &[], &[]).is_err());
    assert!(LineMeasure::gaussian_mixture(&[1.0, 1.0], &[0.0], &[1.0, 1.0]).is_err());
    assert!(LineMeasure::gaussian_mixture(&[1.0, -0.5], &[0.0, 1.0], &[1.0, 1.0]).is_err());
    assert!(LineMeasure::gaussian_mixture(&[0.0], &[0.0], &[1.0]).is_err());
    assert!(LineMeasure::gaussian(1e300, 1.0).is_err(), "a width below the spacing of floats");
    assert!(LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(2.0, 1.0).is_err());
}

#[test]
fn exact_constants_have_their_known_values() {
    let contains = |measure: &LineMeasure, poincare: f64, log_sobolev: f64| {
        let slack = ROUNDING * poincare;
        let c = measure.exact_poincare_constant().unwrap();
        assert!(c.interval().intersects(Interval::around(poincare, slack)), "{measure:?}: {c} {poincare}");
        assert!(c.relative_width() < ROOT, "{c}");
        if let Some(l) = measure.exact_log_sobolev_constant() {
            assert!(l.widened(ROUNDING * log_sobolev).contains(log_sobolev), "{l} {log_sobolev}");
        } else {
            assert!(log_sobolev.is_nan());
        }
    };
    let (unknown, infinite) = (f64::NAN, f64::INFINITY);
    let normal = LineMeasure::gaussian(0.0, 1.0).unwrap();
    let pi = std::f64::consts::PI;
    contains(&LineMeasure::gaussian(3.0, 0.5).unwrap(), 0.25, 0.5);
    contains(&LineMeasure::uniform(-1.0, 1.0).unwrap(), 4.0 / pi.powi(2), 8.0 / pi.powi(2));
    contains(&LineMeasure::exponential(2.0).unwrap(), 1.0, infinite);
    contains(&LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap(), 4.0, infinite);
    contains(&LineMeasure::logistic(2.0).unwrap(), 16.0, infinite);
    contains(&LineMeasure::cosh_power(3.0).unwrap(), 0.5, infinite);
    contains(&LineMeasure::cosh_power(1.0).unwrap(), 4.0, infinite);
    contains(&LineMeasure::cos_power(2.0).unwrap(), 1.0 / 3.0, 2.0 / 3.0);
    contains(&LineMeasure::gamma(2.0).unwrap(), 4.5, infinite);
    contains(&LineMeasure::gamma(0.5).unwrap(), 4.0, infinite);
    contains(&LineMeasure::chi(3.0).unwrap(), 0.5, 2.0);
    contains(&LineMeasure::chi(0.5).unwrap(), 0.5, unknown);
    contains(&LineMeasure::log_gamma(1.0).unwrap(), 4.0, infinite);
    contains(&LineMeasure::log_gamma(5.0).unwrap(), 0.25, infinite);
    contains(&LineMeasure::tilted_gaussian(1.0, -1.0).unwrap(), 0.5, 2.0);
    contains(&LineMeasure::tilted_gaussian(1.0, -(3_f64.sqrt())).unwrap(), 1.0 / 3.0, 2.0);
    contains(&LineMeasure::tilted_gaussian(4.0, 0.0).unwrap(), 0.25, 0.5);
    contains(&normal.restricted(-1.0, 1.0).unwrap(), 1.0 / 3.0, unknown);
    contains(&normal.restricted(1.0, infinite).unwrap(), 1.0 / 3.0, 2.0);
    contains(&normal.restricted(0.0, 3_f64.sqrt()).unwrap(), 0.25, unknown);
    contains(&normal.restricted(0.0, infinite).unwrap(), 0.5, 2.0);
    let shifted = LineMeasure::gaussian(2.0, 0.5).unwrap();
    contains(&shifted.restricted(1.5, 2.5).unwrap(), 0.25 / 3.0, unknown);
    assert!(normal.restricted(-1.0, 9.0).unwrap().exact_poincare_constant().is_none());
    // r = 1, a = 2: 1/(1/4 + π²/4) on the interval; k from tan(2k) = −2k.
    contains(
        &LineMeasure::exponential(1.0).unwrap().restricted(0.0, 2.0).unwrap(),
        4.0 / (1.0 + pi * pi),
        unknown,
    );
    let cut = LineMeasure::laplace(1.0).unwrap().restricted(-2.0, 2.0).unwrap();
    let constant = cut.exact_poincare_constant().unwrap();
    let k = (1.0 / constant.mid() - 0.25).sqrt();
    assert!(((2.0 * k).tan() + 2.0 * k).abs() < ROOT && constant.relative_width() < ROOT, "{constant}");
    // A finite-volume discretisation with 20,000 cells, good to six digits.
    let tilted = LineMeasure::tilted_gaussian(0.5, -2.0).unwrap().exact_poincare_constant().unwrap();
    let finite_volume = 1e-6;
    assert!((tilted.mid() - 0.4046807).abs() < finite_volume && tilted.relative_width() < ROOT, "{tilted}");
    assert!((constant.mid() - 0.7818825).abs() < finite_volume);
    let cut_normal = |a, b| normal.restricted(a, b).unwrap().exact_poincare_constant().unwrap();
    assert!((cut_normal(-1.0, 2.0).mid() - 0.5792018).abs() < finite_volume);
    assert!((cut_normal(-0.5, infinite).mid() - 0.6064887).abs() < finite_volume);
    assert!((cut_normal(-infinite, 1.5).mid() - 0.8273534).abs() < finite_volume);
    assert!(LineMeasure::student(7.0, 0.0, 1.0).unwrap().exact_poincare_constant().unwrap().is_infinite());
    assert!(on_line("x^4").exact_poincare_constant().is_none());
}

#[test]
fn a_constant_is_never_below_the_variance() {
    for (name, measure) in all_families() {
        if let Some(c) = measure.exact_poincare_constant() {
            assert!(c.hi() >= measure.variance().lo(), "{name}");
            if let Some(l) = measure.exact_log_sobolev_constant() {
                assert!(l.hi() >= 2.0 * c.lo(), "{name}");
            }
        }
    }
}

#[test]
fn affine_images_scale_everything() {
    for (name, x) in all_families() {
        for (scale, shift) in [(2.0, 1.0), (-0.25, 3.0)] {
            let y = x.affine_image(scale, shift).unwrap();
            let same = |a: Enclosure, b: Enclosure| {
                // Rounding of the ends of the domain; what matters is checked by the enclosures.
                let room = READING * (1.0 + a.interval().mignitude());
                assert!(a.widened(room).interval().intersects(b.interval()), "{name}: {a} against {b}");
            };
            same(y.mean(), x.mean() * scale + shift);
            same(y.variance(), x.variance() * scale * scale);
            same(y.log_normalizer(), x.log_normalizer() + Enclosure::exact(scale.abs()).ln());
            let p = 0.3;
            let q = x.quantile(if scale > 0.0 { p } else { 1.0 - p }).unwrap();
            same(y.quantile(p).unwrap(), q * scale + shift);
            let (a, b) = (x.exact_poincare_constant(), y.exact_poincare_constant());
            assert_eq!(a.is_some(), b.is_some(), "{name}");
            if let (Some(a), Some(b)) = (a, b) {
                same(b, a * scale * scale);
            }
        }
    }
    let laplace = LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap().affine_image(-2.0, 1.0).unwrap();
    assert_eq!(laplace.kinks(), [1.0]);
    assert_eq!(laplace.tails(), (Tail::Exponential { rate: 1.5 }, Tail::Exponential { rate: 0.5 }));
    for (scale, shift) in [(0.0, 0.0), (f64::NAN, 0.0), (1.0, f64::INFINITY)] {
        assert!(laplace.affine_image(scale, shift).is_err());
    }
}

#[test]
fn a_measure_says_what_it_is() {
    let cut = LineMeasure::laplace(2.0).unwrap().restricted(-1.0, 1.0).unwrap();
    assert_eq!(cut.to_string(), "laplace, rate 2 on (-1, 1)");
    assert_eq!(on_line("x^2 + x").to_string(), "V = x^2 + x on (-inf, inf)");
}

#[test]
fn shapes_are_found() {
    let wells = on_line("x^4/4 - 3*x^2/2");
    let places: Vec<f64> = wells.local_minima().iter().map(|w| w.0).collect();
    // A minimum is only as sharp as the root of the rounding of its value.
    let blur = f64::EPSILON.sqrt() * 4.0;
    assert!(places.len() == 2 && (places[0] + 3_f64.sqrt()).abs() < blur, "{places:?}");
    let (lo, hi) = wells.support(45.0);
    let v = |x: f64| wells.potential(x) - wells.minimum().1;
    assert!((v(lo) - 45.0).abs() < READING && (v(hi) - 45.0).abs() < READING && lo < 0.0 && hi > 0.0);
    let kinked = on_line("x^2 + abs(x - 1) + 3*abs(2*x + 1) + abs(x^2)");
    assert_eq!(kinked.kinks(), [-0.5, 1.0]);
    let far = LineMeasure::gaussian_mixture(&[1.0, 1.0], &[-1e4, 1e4], &[0.1, 0.1]).unwrap();
    let (lo, hi) = far.support(0.5);
    assert!((lo + 1e4 + 0.1).abs() < ABSCISSAE && (hi - 1e4 - 0.1).abs() < ABSCISSAE, "({lo}, {hi})");
    let half = LineMeasure::gamma(3.0).unwrap();
    assert!(half.support(10.0).0 > 0.0 && half.domain() == (0.0, f64::INFINITY));
    assert_eq!(LineMeasure::exponential(1.0).unwrap().support(3.0).0, 0.0);
    assert_eq!(LineMeasure::exponential(1.0).unwrap().minimum(), (0.0, 0.0));
}

#[test]
fn potentials_work_on_every_kind_of_number() {
    for (name, measure) in all_families() {
        let x = measure.quantile(0.3).unwrap().mid();
        let value = measure.potential(x);
        let thin = measure.potential(Jet::<Interval, 2>::variable(Interval::point(x)));
        let jet = measure.potential(Jet::<f64, 2>::variable(x));
        let wide = measure.potential(Interval::new(x - 1e-3, x + 1e-3));
        assert!(thin.value().widened(ROUNDING * (1.0 + value.abs())).contains(value), "{name}");
        assert!(wide.widened(ROUNDING * (1.0 + value.abs())).contains(value), "{name}");
        for k in 1..=2 {
            let (rigorous, float) = (thin.derivative(k), jet.derivative(k));
            let room = Interval::around(float, QUADRATURE * (1.0 + float.abs()));
            assert!(
                rigorous.intersects(room) && rigorous.width() <= ABSCISSAE * (1.0 + float.abs()),
                "{name} {k}"
            );
        }
    }
}

trait Widened {
    fn widened(self, radius: f64) -> Self;
}

impl Widened for Interval {
    fn widened(self, radius: f64) -> Self {
        self + Self::new(-radius, radius)
    }
}
