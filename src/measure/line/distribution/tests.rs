//! Panels, remainders and the steps of a quantile, one by one.

use super::*;
use crate::numerics::tolerances::{MESH, SOLVED};

const INFINITY: f64 = f64::INFINITY;
/// Rounding of some ten operations.
const ROUNDING: f64 = 64.0 * f64::EPSILON;
/// What the bisection of a level leaves, relative.
const BISECTION: f64 = 1e-9;

fn normal() -> LineMeasure {
    LineMeasure::gaussian(1.0, 2.0).unwrap()
}

/// Without its closed forms.
fn blind(mut law: LineMeasure) -> LineMeasure {
    law.cut = true;
    law
}

#[test]
fn weight_is_the_density_relative_to_its_maximum() {
    let law = normal().restricted(-1.0, 4.0).unwrap();
    for (x, expected) in
        [(1.0, 1.0), (3.0, (-0.5_f64).exp()), (-1.0, (-0.5_f64).exp()), (-1.1, 0.0), (4.1, 0.0)]
    {
        assert!((law.weight(x) - expected).abs() <= ROUNDING, "{x}");
    }
    assert_eq!(law.log_density(-1.1), f64::NEG_INFINITY);
    assert_eq!(law.log_density(4.1), f64::NEG_INFINITY);
    assert!((law.density(3.0) / law.density(1.0) - (-0.5_f64).exp()).abs() <= ROUNDING);
}

#[test]
fn integration_range_makes_room_for_the_moments_that_exist() {
    for (law, order) in [
        (normal(), 2.0),
        (LineMeasure::student(5.0, 3.0, 0.5).unwrap(), 2.0),
        (LineMeasure::student(1.5, 3.0, 0.5).unwrap(), 1.0),
        (LineMeasure::student(0.8, -3.0, 0.5).unwrap(), 0.0),
        (LineMeasure::parse("x^4/4 - x^3/3", -INFINITY, INFINITY).unwrap(), 2.0),
    ] {
        let (from, to) = law.integration_range();
        let (at, lowest) = law.minimum();
        let width = law.local_minima().iter().map(|w| w.1).fold(INFINITY, f64::min);
        for end in [from, to] {
            let gain = (order + 1.0) * (1.0 + (end - at).abs() / width).ln();
            let level = law.potential(end) - lowest - gain;
            assert!((level - INTEGRATION_LEVEL).abs() <= BISECTION * 100.0, "{law}: {end}, {level}");
        }
        assert!(from < at && at < to, "{law}");
    }
}

#[test]
fn first_breaks_double_their_distance_from_the_wells() {
    let law = LineMeasure::parse("abs(x - 3) + (x - 1)^2", -INFINITY, INFINITY).unwrap();
    let (at, width) = law.local_minima()[0];
    let found = law.breaks(-7.0, 9.0);
    let mut expected = vec![-7.0, 9.0, 3.0, at];
    for sign in [-1.0, 1.0] {
        expected.extend((0..40).map(|k| at + sign * width * 2f64.powi(k)).filter(|x| *x > -7.0 && *x < 9.0));
    }
    expected.sort_by(f64::total_cmp);
    expected.dedup();
    assert_eq!(found, expected);
    assert!(found.len() > 6);
    // What lies outside of the range is left out.
    let inner = law.breaks(-0.5, 0.5);
    assert!(inner.iter().all(|x| (-0.5..=0.5).contains(x)) && inner[0] == -0.5);
}

#[test]
fn remainders_are_the_asymptotic_tails() {
    let law = LineMeasure::student(5.0, 3.0, 0.5).unwrap();
    let (from, to) = (-400.0, 900.0);
    for order in [0.0, 1.0, 2.0] {
        let found = law.remainders(order, from, to);
        for (found, last) in [(found.0, from), (found.1, to)] {
            // ∫ r^{order−6} (0.5²·5)^3 beyond R, with a correction of 3·5·0.25/R² that is smaller than the accuracy.
            let r = f64::abs(last - 3.0);
            let exact = 1.25_f64.powi(3) * r.powf(order - 5.0) / (5.0 - order);
            assert!((found / exact - 1.0).abs() <= 20.0 / (r * r), "{order}, {last}: {found}, {exact}");
        }
    }
    // A Weibull tail: (order + 1)/exponent times distance times the integrand at the end.
    let weibull = LineMeasure::parse("abs(x)^0.5*2", -INFINITY, INFINITY).unwrap();
    for order in [0.0, 2.0] {
        let found = weibull.remainders(order, -900.0, 1600.0);
        for (found, r) in [(found.0, 900.0_f64), (found.1, 1600.0)] {
            let expected = (order + 1.0) / 0.5 * r.powf(order + 1.0) * (-2.0 * r.sqrt()).exp();
            assert!((found / expected - 1.0).abs() <= MESH, "{order}, {r}: {found}, {expected}");
        }
    }
    // Light tails: distance times the integrand. A finite end at which the panels stop leaves nothing.
    let cut = normal().restricted(-3.0, INFINITY).unwrap();
    let found = cut.remainders(1.0, -3.0, 9.0);
    assert_eq!(found.0, 0.0);
    let expected = 64.0 * (-8.0_f64).exp();
    assert!((found.1 / expected - 1.0).abs() <= ROUNDING, "{}, {expected}", found.1);
    // A finite end before which they stop: the distance to it.
    let found = cut.remainders(2.0, -2.0, 9.0);
    let expected = 1.0 * (-9.0_f64 / 8.0).exp() * 9.0;
    assert!((found.0 / expected - 1.0).abs() <= ROUNDING, "{}, {expected}", found.0);
}

#[test]
fn integrals_carry_their_remainders_and_the_rounding_of_the_potential() {
    let mut law = blind(normal());
    (law.remainders, law.rounding) = ((0.25, 0.5), 0.125);
    let found = law.with_remainders(Enclosure::around(2.0, 0.5, Evidence::Converged), law.remainders);
    let radius = 0.5 + 0.75 + 0.125 * 2.5;
    assert!(
        (found.lo() - (2.0 - radius)).abs() <= ROUNDING && (found.hi() - (2.0 + radius)).abs() <= ROUNDING,
        "{found}"
    );
    // Half the width of the potential of an abscissa that is rounded: V' times half an ulp, and the operations.
    let far = LineMeasure::gaussian(1e6, 1e-3).unwrap();
    let x = 1e6 + 2e-3;
    let noise = far.noise(x);
    let abscissa = 2.0 / 1e-3 * 0.5 * f64::EPSILON * 1e6;
    assert!(noise >= 0.5 * abscissa && noise <= 8.0 * abscissa, "{noise}, {abscissa}");
    let mean = far.rounding_of_potential();
    assert!(mean >= 0.1 * abscissa && mean <= 8.0 * abscissa, "{mean}, {abscissa}");
    let plain = LineMeasure::uniform(0.0, 1.0).unwrap();
    assert_eq!((plain.noise(0.3), plain.rounding_of_potential()), (0.0, f64::EPSILON));
}

#[test]
fn moments_about_any_centre() {
    let law = blind(normal());
    for centre in [-2.0, 1.0, 3.0] {
        let (first, second) = (law.moment(1, centre), law.moment(2, centre));
        let shift = 1.0 - centre;
        let accuracy = 1e-11;
        assert!(first.contains(shift) && first.width() <= accuracy, "{centre}: {first}");
        let exact = 4.0 + shift * shift;
        assert!(second.contains(exact) && second.width() <= accuracy * exact, "{centre}: {second}");
    }
    assert!(law.mean().contains(1.0) && law.variance().contains(4.0));
}

#[test]
fn parts_of_the_mass_add_up() {
    let law = blind(LineMeasure::exponential(0.5).unwrap());
    for x in [1e-3, 0.7, 2.0, 5.0, 11.0, law.panels[2].a, law.panels[2].b, 30.0] {
        let (left, right) = law.split(x);
        let (below, above) = (-2.0 * (-0.5 * x).exp_m1(), 2.0 * (-0.5 * x).exp());
        let accuracy = 1e-13;
        assert!((left.mid() - below).abs() <= accuracy, "{x}: {left}, {below}");
        // What lies beyond the last panel is not in the right part.
        assert!((right.mid() - above).abs() <= accuracy, "{x}: {right}, {above}");
        assert!(left.width() + right.width() <= 10.0 * accuracy, "{x}: {left}, {right}");
        let (cdf, survival) = (law.cdf(x), law.survival(x));
        let wide = |p: Enclosure| p.widened(ROUNDING * p.mid());
        assert!(
            wide(cdf).contains(0.5 * below) && wide(survival).contains(0.5 * above),
            "{x}: {cdf}, {survival}"
        );
    }
    assert!((law.partial(1.0, 3.0).mid() - 2.0 * ((-0.5_f64).exp() - (-1.5_f64).exp())).abs() <= ROUNDING);
    assert!(!law.cdf(f64::NAN).is_finite() && !law.survival(f64::NAN).is_finite());
    assert_eq!((law.cdf(-1.0).mid(), law.survival(-1.0).mid()), (0.0, 1.0));
    let short = blind(LineMeasure::uniform(0.0, 2.0).unwrap());
    assert_eq!((short.cdf(2.0).mid(), short.survival(2.0).mid()), (1.0, 0.0));
}

#[test]
fn a_mass_is_reached_inside_its_panel_from_either_end() {
    let law = LineMeasure::exponential(1.0).unwrap();
    for (start, end, mass) in [(0.0, 1.0, 0.2), (0.5, 3.0, 0.5), (0.5, 3.0, 1e-9), (2.0, 2.5, 0.05)] {
        // e^{−start} − e^{−x} = mass.
        let exact = -(f64::exp(-start) - mass).ln();
        let found = law.solve_in_panel(start, end, mass, 1.0);
        assert!((found - exact).abs() <= 4.0 * ROUNDING * exact, "{start}, {mass}: {found}, {exact}");
        // From the right: e^{−x} − e^{−end} = mass.
        let exact = -(f64::exp(-end) + mass).ln();
        if exact > start {
            let found = law.solve_in_panel(end, start, mass, -1.0);
            assert!(
                (found - exact).abs() <= 40.0 * ROUNDING * exact.max(1.0),
                "{end}, {mass}: {found}, {exact}"
            );
        }
    }
    // A density that vanishes at the start: Newton's first steps leave the bracket.
    let chi = LineMeasure::chi(6.0).unwrap();
    let (total, low) = (chi.mass().mid(), 0.02);
    let wanted = 1e-9 * total;
    let found = chi.solve_in_panel(low, 3.0, wanted, 1.0);
    let reached = fine_rule().integrate(low, found, |y| chi.weight(y));
    assert!((reached / wanted - 1.0).abs() <= SOLVED, "{found}: {reached}, {wanted}");
}

#[test]
fn quantiles_are_bracketed_narrowly() {
    for law in [
        normal(),
        blind(normal()),
        blind(LineMeasure::laplace(2.0).unwrap()),
        blind(LineMeasure::student(3.0, 1.0, 2.0).unwrap()),
    ] {
        for p in [1e-6, 0.02, 0.3, 0.5, 0.8, 0.999] {
            let found = law.quantile(p).unwrap();
            let (low, high) = (law.cdf(found.lo()), law.cdf(found.hi()));
            assert!(low.lo() <= p && high.hi() >= p, "{law}, {p}: {found}");
            // Wide enough for what the distribution function is known by, not much wider.
            let known = (law.cdf(found.mid()).width() + 1e-15 * p) / law.density(found.mid());
            assert!(
                found.width() <= 64.0 * known + 64.0 * f64::EPSILON * found.mid().abs(),
                "{law}, {p}: {found}, {known}"
            );
        }
        for p in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(law.quantile(p).is_err() && law.survival_quantile(p).is_err());
        }
        let (a, b) = (law.quantile(0.2).unwrap(), law.survival_quantile(0.8).unwrap());
        assert!(a.interval().intersects(b.interval()), "{law}: {a}, {b}");
        let (a, b) = (law.quantile(0.7).unwrap(), law.survival_quantile(0.3).unwrap());
        assert!(a.interval().intersects(b.interval()), "{law}: {a}, {b}");
    }
    // Approximate ones from either end.
    let law = blind(normal());
    for share in [0.01, 0.2, 0.5] {
        let left = law.approximate_quantile(share, law.panels.iter().copied(), 1.0);
        let right = law.approximate_quantile(share, law.panels.iter().rev().copied(), -1.0);
        // The law is symmetric about 1.
        assert!((left + right - 2.0).abs() <= SOLVED, "{share}: {left}, {right}");
        assert!((law.cdf(left).mid() - share).abs() <= 1e2 * ROUNDING, "{share}: {left}");
    }
}
