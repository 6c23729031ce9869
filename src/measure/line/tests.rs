use super::*;
use crate::enclosure::Interval;
use crate::numerics::jet::Jet;

const LINE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

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
                assert!(computed.width() <= 1e-11 * (1.0 + computed.interval().magnitude()), "{message}");
            }
        }
    }
}
