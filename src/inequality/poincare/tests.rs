use super::*;
use crate::numerics::jet::Jet;
use crate::numerics::number::Number;

fn line(v: &str) -> LineMeasure {
    LineMeasure::parse(v, f64::NEG_INFINITY, f64::INFINITY).unwrap()
}

#[test]
fn prototype() {
    let inf = f64::INFINITY;
    let normal = LineMeasure::gaussian(0.0, 1.0).unwrap();
    let two = |s: f64| LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-2.0, 2.0], &[s, s]).unwrap();
    let laws: Vec<(&str, LineMeasure, f64)> = vec![
        ("double1", line("x^4/4 - x^2/2"), 1.2624853064933553665),
        ("double3", line("x^4/4 - 3*x^2/2"), 7.6576794652816214612),
        ("cos", line("x^2/2 + 0.5*cos(3*x)"), 1.2283362905928266649),
        ("asym", line("x^4/4 - 3*x^2/2 + 0.3*x"), 7.031348),
        ("x4/4", line("x^4/4"), 0.73067767),
        ("x4", line("x^4"), 0.36533884),
        ("s.5", two(0.5), 403.16104576),
        ("s.35", two(0.35), 541716.8146),
        ("s.25", two(0.25), 1.0 / 8.07e-13),
        ("s.2", two(0.2), 4.134862183474e19),
        ("s.2asym", LineMeasure::gaussian_mixture(&[0.3, 0.7], &[-2.0, 2.0], &[0.2, 0.25]).unwrap(), f64::NAN),
        ("triple", LineMeasure::gaussian_mixture(&[0.3, 0.4, 0.3], &[-2.0, 0.0, 2.0], &[0.2, 0.2, 0.2]).unwrap(), f64::NAN),
        ("gauss", LineMeasure::gaussian(1.0, 3.0).unwrap(), 9.0),
        ("uniform", LineMeasure::uniform(-1.0, 2.0).unwrap(), 9.0 / std::f64::consts::PI.powi(2)),
        ("expo", LineMeasure::exponential(2.0).unwrap(), 1.0),
        ("laplace", LineMeasure::laplace(1.0).unwrap(), 4.0),
        ("asylaplace", LineMeasure::asymmetric_laplace(1.0, 3.0).unwrap(), 4.0),
        ("logistic", LineMeasure::logistic(1.0).unwrap(), 4.0),
        ("cosh1", LineMeasure::cosh_power(1.0).unwrap(), 4.0),
        ("cosh2", LineMeasure::cosh_power(2.0).unwrap(), 1.0),
        ("cosh2.1", LineMeasure::cosh_power(2.1).unwrap(), 1.0/1.1),
        ("cosh2.5", LineMeasure::cosh_power(2.5).unwrap(), 1.0/1.5),
        ("cosh3", LineMeasure::cosh_power(3.0).unwrap(), 0.5),
        ("cos0", LineMeasure::cos_power(0.0).unwrap(), 1.0),
        ("cos1", LineMeasure::cos_power(1.0).unwrap(), 0.5),
        ("cos2.5", LineMeasure::cos_power(2.5).unwrap(), 1.0/3.5),
        ("gamma.5", LineMeasure::gamma(0.5).unwrap(), 4.0),
        ("gamma1", LineMeasure::gamma(1.0).unwrap(), 4.0),
        ("gamma1.5", LineMeasure::gamma(1.5).unwrap(), 2.5*2.5/1.5),
        ("gamma2", LineMeasure::gamma(2.0).unwrap(), 4.5),
        ("gamma5", LineMeasure::gamma(5.0).unwrap(), 36.0/5.0),
        ("chi1", LineMeasure::chi(1.0).unwrap(), 0.5),
        ("chi2", LineMeasure::chi(2.0).unwrap(), 0.5),
        ("chi3", LineMeasure::chi(3.0).unwrap(), 0.5),
        ("chi.7", LineMeasure::chi(0.7).unwrap(), 0.5),
        ("loggamma1", LineMeasure::log_gamma(1.0).unwrap(), 4.0),
        ("loggamma1.7", LineMeasure::log_gamma(1.7).unwrap(), 4.0/1.7/1.7),
        ("loggamma2", LineMeasure::log_gamma(2.0).unwrap(), 1.0),
        ("loggamma3", LineMeasure::log_gamma(3.0).unwrap(), 0.5),
        ("N[-1,1]", normal.restricted(-1.0, 1.0).unwrap(), 1.0/3.0),
        ("N[1,inf]", normal.restricted(1.0, inf).unwrap(), 0.25),
        ("N[0,r3]", normal.restricted(0.0, 3f64.sqrt()).unwrap(), 0.25),
        ("N[r3,inf]", normal.restricted(3f64.sqrt(), inf).unwrap(), 0.25),
        ("exp[0,3]", LineMeasure::exponential(1.0).unwrap().restricted(0.0, 3.0).unwrap(), 1.0/(0.25+std::f64::consts::PI.powi(2)/9.0)),
        ("c(1,.5)", LineMeasure::tilted_gaussian(1.0, 0.5).unwrap(), 1.54122273032613),
        ("c(1,1)", LineMeasure::tilted_gaussian(1.0, 1.0).unwrap(), 2.57573766842151),
        ("c(1,3)", LineMeasure::tilted_gaussian(1.0, 3.0).unwrap(), 86.1645299916791),
        ("c(1,-1)", LineMeasure::tilted_gaussian(1.0, -1.0).unwrap(), 0.5),
        ("student", LineMeasure::student(3.0, 0.0, 1.0).unwrap(), inf),
        ("|x|^1.5", line("abs(x)^1.5"), f64::NAN),
        ("lap cut", LineMeasure::laplace(1.0).unwrap().restricted(-4.0, 4.0).unwrap(), f64::NAN),
    ];
    for (name, law, exact) in laws {
        let start = std::time::Instant::now();
        match poincare_constant(&law) {
            Ok(r) => println!(
                "{name}: {:?} exact {exact:e} rel {:.1e} | conv rel {:.1e} width {:.1e} | value {:?} width {:.1e} | muck {:.3e} {:.3e} {}",
                start.elapsed(),
                (r.converged.mid() - exact).abs() / exact,
                (r.converged.mid() - exact).abs() / exact,
                r.converged.relative_width(),
                r.value.evidence(),
                r.value.relative_width(),
                r.muckenhoupt.lo(), r.muckenhoupt.hi(),
                match &r.certificate { Ok(c) => format!("pieces {}", c.floor.pieces.len()), Err(e) => e.to_string() }
            ),
            Err(e) => println!("{name}: {e}"),
        }
    }
}
#[test]
fn debug() {
    let l = line("x^4/4 - x^2/2");
    let s = LawSlope::new(&l);
    println!("{:?} {:?}", l.minimum(), s.tail_slope_range(Side::Right, 4.0));
    println!("{:?}", s.slope_at_infinity(Side::Right, 4.0));
    println!("{:?}", s.slope_on(Side::Right, 4.0, 4.5));
    let l = LineMeasure::chi(2.0).unwrap();
    let s = LawSlope::new(&l);
    println!("{:?} {:?}", s.tail_slope_range(Side::Left, 1e-7), s.slope_on(Side::Left, 0.0, 1e-9));
    println!("{:?}", l.potential(Jet::<crate::enclosure::Interval, 1>::variable(crate::enclosure::Interval::new(0.0, 1e-9))));
    println!("{:?}", Jet::<crate::enclosure::Interval, 1>::variable(crate::enclosure::Interval::new(0.0, 1e-9)).ln());
}
