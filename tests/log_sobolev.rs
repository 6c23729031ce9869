//! Log-Sobolev constants against exact values and independent computations.
use dald::inequality::log_sobolev::{log_sobolev_constant, maximise};
use dald::measure::line::LineMeasure;
const INF: f64 = f64::INFINITY;
#[test]
fn explore() {
    let list: Vec<(&str, LineMeasure)> = vec![
        ("tilted quartic", LineMeasure::parse("x^4/4 - 3*x^2/2 + 0.3*x", -INF, INF).unwrap()),
        ("quartic", LineMeasure::parse("x^4/4 - x^2/2", -INF, INF).unwrap()),
        ("x^4", LineMeasure::parse("x^4", -INF, INF).unwrap()),
        ("gauss", LineMeasure::gaussian(1.0, 2.0).unwrap()),
        ("mix .5", LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-1.0, 1.0], &[1.0, 1.0]).unwrap()),
        ("mix .1", LineMeasure::gaussian_mixture(&[0.1, 0.9], &[-1.0, 1.0], &[1.0, 1.0]).unwrap()),
        ("mix .001", LineMeasure::gaussian_mixture(&[0.001, 0.999], &[-2.0, 2.0], &[1.0, 1.0]).unwrap()),
        ("uniform", LineMeasure::uniform(0.0, 1.0).unwrap()),
        ("gauss cut", LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(0.0, 3f64.sqrt()).unwrap()),
        ("half gauss", LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(0.0, INF).unwrap()),
        ("cos", LineMeasure::cos_power(1.0).unwrap()),
        ("cos2", LineMeasure::cos_power(2.0).unwrap()),
        ("chi3", LineMeasure::chi(3.0).unwrap()),
        ("exp 8", LineMeasure::exponential(1.0).unwrap().restricted(0.0, 8.0).unwrap()),
        ("exp 16", LineMeasure::exponential(1.0).unwrap().restricted(0.0, 16.0).unwrap()),
        ("exp 32", LineMeasure::exponential(1.0).unwrap().restricted(0.0, 32.0).unwrap()),
        ("tilted gauss -1", LineMeasure::tilted_gaussian(1.0, -1.0).unwrap()),
        ("tilted gauss +1", LineMeasure::tilted_gaussian(1.0, 1.0).unwrap()),
        ("cosine", LineMeasure::parse("x^2/2 + 0.5*cos(3*x)", -INF, INF).unwrap()),
        ("mix deep", LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).unwrap()),
        ("mix deep asym", LineMeasure::gaussian_mixture(&[0.2, 0.8], &[-2.0, 2.0], &[0.35, 0.35]).unwrap()),
        ("mix deeper", LineMeasure::gaussian_mixture(&[0.2, 0.8], &[-2.0, 2.0], &[0.25, 0.25]).unwrap()),
        ("logistic", LineMeasure::logistic(1.0).unwrap()),
    ];
    for (name, m) in &list {
        let t = std::time::Instant::now();
        let max = maximise(m).unwrap();
        let t1 = t.elapsed();
        let r = log_sobolev_constant(m).unwrap();
        println!("{name}: max [{:.10}, {:.10}] w {:.1e} 2CP {:.8} {} {:?}", max.value.lo(), max.value.hi(), max.value.width()/max.value.mid(), max.twice_poincare.mid(), max.attained, t1);
        println!("    value {} {:?}", r.value, t.elapsed());
        for b in r.lower.iter().chain(&r.upper) { println!("      {} {} {}", b.name, b.value, b.evidence); }
    }
}
#[test]
fn tails() {
    use dald::enclosure::Interval; use dald::numerics::jet::Jet;
    for m in [LineMeasure::gaussian(1.0, 2.0).unwrap(), LineMeasure::gaussian_mixture(&[0.1, 0.9], &[-1.0, 1.0], &[1.0, 1.0]).unwrap(), LineMeasure::gaussian_mixture(&[0.1, 0.9], &[-1.0, 1.0], &[1.0, 0.5]).unwrap(), LineMeasure::chi(3.0).unwrap(), LineMeasure::parse("x^2/2+abs(x)", -INF, INF).unwrap(), LineMeasure::parse("x^2/2-abs(x)", -INF, INF).unwrap()] {
        for x in [Interval::new(10.0, INF), Interval::new(-INF, -10.0), Interval::new(10.0, 1e10), Interval::new(10.,11.), Interval::new(-1e-3,1e-3), Interval::point(0.)] {
            let j = m.potential(Jet::<Interval, 4>::variable(x));
            println!("{x:?}: {:?} {:?} {:?}", j.coefficient(0), j.coefficient(1), j.coefficient(2));
        }
    }
}
#[test]
fn debug() {
    use dald::inequality::log_sobolev::Certificate;
    let list: Vec<(&str, LineMeasure, f64, f64)> = vec![
        ("tilted quartic", LineMeasure::parse("x^4/4 - 3*x^2/2 + 0.3*x", -INF, INF).unwrap(), 15.0426464, 0.1),
        ("x^4", LineMeasure::parse("x^4", -INF, INF).unwrap(), 0.7306776740, 0.0),
        ("mix .5", LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-1.0, 1.0], &[1.0, 1.0]).unwrap(), 4.12313338, 0.),
        ("uniform", LineMeasure::uniform(0.0, 1.0).unwrap(), 0.20264236, 0.5),
        ("gauss cut", LineMeasure::gaussian(0.0, 1.0).unwrap().restricted(0.0, 3f64.sqrt()).unwrap(), 0.520777, 0.8),
    ];
    for (name, m, low, c) in &list[..3] { for (slack, n) in [(0.0095,2000)] {
        println!("=== {name} {slack}"); let t=std::time::Instant::now();
        println!("{}", Certificate::search(m, low * (1.0 + slack), *c, n).unwrap().is_some()); println!("{:?}", t.elapsed());
    }}
}
