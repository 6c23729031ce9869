use super::*;
use crate::measure::gaussian::Gaussian;
use crate::measure::line::LineMeasure;
use crate::numerics::stream::stream;

fn vector(values: &[f64]) -> DVector<f64> {
    kernel::column(values)
}

fn matrix(d: usize, rows: &[f64]) -> DMatrix<f64> {
    DMatrix::from_row_slice(d, d, rows)
}

/// Skewed, off-centre, of different shapes.
fn skewed() -> Mixture {
    Mixture::new(
        &[0.3, 1.2, 0.5],
        vec![vector(&[1.0, -2.0]), vector(&[0.5, 1.5]), vector(&[-3.0, 0.25])],
        vec![
            matrix(2, &[1.0, 0.4, 0.4, 0.5]),
            matrix(2, &[0.25, 0.0, 0.0, 2.0]),
            matrix(2, &[1.5, -1.0, -1.0, 1.0]),
        ],
    )
    .unwrap()
}

#[test]
fn one_component_is_the_normal_law() {
    let (mean, covariance) = (vector(&[1.0, -0.5, 2.0]), [2.0, 0.5, 0.1, 0.5, 1.0, -0.3, 0.1, -0.3, 0.7]);
    let law = Mixture::new(&[2.0], vec![mean.clone()], vec![matrix(3, &covariance)]).unwrap();
    let exact = Gaussian::new(mean, matrix(3, &covariance)).unwrap();
    for y in [[0.0, 0.0, 0.0], [3.0, -1.0, 1.0], [1e3, 2e3, -1e3]] {
        let size = y.iter().map(|x: &f64| x * x).sum::<f64>() + 1.0;
        let rounding = 1e3 * f64::EPSILON * size;
        assert!((law.log_density(&y).unwrap() - exact.log_density(&y).unwrap().mid()).abs() < rounding);
        let score = exact.score(&y).unwrap();
        assert!(law.score(&y).unwrap().iter().zip(&score).all(|(a, b)| (a - b.mid()).abs() < rounding));
    }
}

#[test]
fn on_the_line_it_is_the_line_mixture() {
    let (weights, means, stds) = ([0.2, 0.8], [-1.0, 2.5], [0.5, 1.25]);
    let line = LineMeasure::gaussian_mixture(&weights, &means, &stds).unwrap();
    let at = means.map(|m| vector(&[m])).to_vec();
    let law = Mixture::isotropic(&weights, at, &stds.map(|s| s * s)).unwrap();
    for y in [-40.0, -1.0, 0.3, 1.0, 2.5, 60.0] {
        // Logarithms of densities are of the size of the squared distance.
        let rounding = 64.0 * f64::EPSILON * (1.0 + y * y * 4.0);
        let expected = line.log_density(y);
        assert!((law.log_density(&[y]).unwrap() - expected).abs() < rounding, "{y}");
    }
}

#[test]
fn score_and_hessian_are_derivatives() {
    let law = skewed();
    let step = 1e-4;
    for y in [[0.0, 0.0], [0.7, 0.9], [-2.0, 1.0], [10.0, -20.0]] {
        let (score, hessian) = (law.score(&y).unwrap(), law.hessian(&y).unwrap());
        for i in 0..2 {
            let moved = |by: f64| {
                let mut z = y;
                z[i] += by;
                z
            };
            let difference = |f: &dyn Fn(&[f64]) -> f64| (f(&moved(step)) - f(&moved(-step))) / (2.0 * step);
            // Third derivatives times step², and rounding over the step.
            let size = law.log_density(&y).unwrap().abs() + 10.0;
            let error = size * (step * step * 10.0 + 8.0 * f64::EPSILON / step);
            let slope = difference(&|z| law.log_density(z).unwrap());
            assert!((slope - score[i]).abs() < error, "{y:?}: {slope} {}", score[i]);
            for j in 0..2 {
                let slope = difference(&|z| law.score(z).unwrap()[j]);
                assert!((slope - hessian[(i, j)]).abs() < error, "{y:?}: {slope} {}", hessian[(i, j)]);
            }
        }
    }
}

#[test]
fn samples_have_the_moments() {
    let law = skewed();
    let mut stream = stream(11, "measure/mixture/tests", 0);
    let draws = 20_000;
    let points: Vec<Vec<f64>> = (0..draws).map(|_| law.sample(&mut stream)).collect();
    let (mean, covariance) = (law.mean(), law.covariance());
    let n = f64::from(draws);
    for i in 0..2 {
        let average = points.iter().map(|p| p[i]).sum::<f64>() / n;
        let standard_error = (covariance[(i, i)] / n).sqrt();
        let z = 6.0; // a false alarm once in 10⁹
        assert!((average - mean[i]).abs() < z * standard_error);
        let products: Vec<f64> = points.iter().map(|p| (p[0] - mean[0]) * (p[i] - mean[i])).collect();
        let product = products.iter().sum::<f64>() / n;
        let spread = products.iter().map(|x| (x - product).powi(2)).sum::<f64>() / n;
        assert!((product - covariance[(0, i)]).abs() < z * (spread / n).sqrt());
    }
    let trace = covariance.trace() + mean.norm_squared();
    assert!((law.second_moment() - trace).abs() < 64.0 * f64::EPSILON * trace);
}

#[test]
fn atoms_have_moments_and_no_density() {
    let atoms =
        Mixture::isotropic(&[1.0, 3.0], vec![vector(&[0.0, 1.0]), vector(&[4.0, 1.0])], &[0.0; 2]).unwrap();
    assert_eq!((atoms.mean()[0], atoms.covariance()[(0, 0)]), (3.0, 3.0));
    assert!(matches!(atoms.log_density(&[0.0, 1.0]), Err(Error::Undefined { .. })));
    let drawn = atoms.sample(&mut stream(1, "measure/mixture/tests", 1));
    assert!(drawn == [0.0, 1.0] || drawn == [4.0, 1.0]);
    // A covariance of rank one, given with entries that are rounded.
    let a = [0.1, 0.3];
    let rank_one = matrix(2, &[a[0] * a[0], a[0] * a[1], a[0] * a[1], a[1] * a[1]]);
    let line = Mixture::new(&[1.0], vec![vector(&[0.0, 0.0])], vec![rank_one]).unwrap();
    assert!(!line.has_density() && line.component_variances(0).contains(&0.0));
}

#[test]
fn bad_input_is_refused() {
    let (m, c) = (|| vec![vector(&[0.0, 0.0])], |e: f64| vec![matrix(2, &[1.0, e, e, 1.0])]);
    assert!(Mixture::new(&[], vec![], vec![]).is_err());
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Mixture::new(&[weight], m(), c(0.0)).is_err());
    }
    for entry in [1.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(Mixture::new(&[1.0], m(), c(entry)), Err(Error::Matrix { .. })), "{entry}");
    }
    assert!(Mixture::new(&[1.0], m(), vec![matrix(2, &[1.0, 0.5, 0.4, 1.0])]).is_err());
    assert!(Mixture::new(&[1.0], vec![vector(&[0.0])], c(0.0)).is_err());
    assert!(Mixture::new(&[1.0], vec![vector(&[0.0, f64::NAN])], c(0.0)).is_err());
    assert!(Mixture::new(&[1.0, 1.0], m(), c(0.0)).is_err());
    assert!(Mixture::isotropic(&[1.0], m(), &[-1.0]).is_err());
    assert!(Mixture::isotropic(&[f64::MAX, f64::MAX], vec![vector(&[0.0]); 2], &[1.0; 2]).is_err());
    let law = skewed();
    assert!(law.log_density(&[0.0]).is_err() && law.score(&[f64::NAN, 0.0]).is_err());
    assert!(law.score(&[1e200, 0.0]).is_err() && law.score(&[1e100, 0.0]).is_ok());
}

#[test]
fn draws_come_from_components_by_their_weights() {
    // Points without width: which one a draw comes from is seen.
    let places = [[-1.0, 0.0], [2.0, 1.0], [5.0, -3.0]];
    let law = Mixture::new(
        &[1.0, 2.0, 5.0],
        places.iter().map(|m| vector(m)).collect(),
        vec![DMatrix::zeros(2, 2); 3],
    )
    .unwrap();
    let count = 16_000;
    let mut draws = crate::numerics::stream::stream(3, "measure/mixture draws", 0);
    let mut found = [0.0; 3];
    for _ in 0..count {
        let draw = law.sample(&mut draws);
        let k = places.iter().position(|m| m[..] == draw[..]).unwrap();
        found[k] += 1.0 / f64::from(count);
    }
    for (share, weight) in found.into_iter().zip([0.125, 0.25, 0.625]) {
        // Seven standard errors; the seed is fixed.
        let error = 7.0 * (weight * (1.0 - weight) / f64::from(count)).sqrt();
        assert!((share - weight).abs() < error, "{found:?}");
    }
}

#[test]
fn what_rounding_leaves_of_a_singular_covariance_is_none() {
    // Of rank one: the small eigenvalue is rounding, of either sign.
    for (x, y) in [(1.0, 3.0), (0.1, 0.7), (-2.0, 0.3)] {
        let covariance = matrix(2, &[x * x, x * y, x * y, y * y]);
        let (axes, variances) = axes_of(covariance).unwrap();
        let mut sorted = variances.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(axes.is_some() && sorted[0] == 0.0);
        let rounding = 16.0 * f64::EPSILON;
        assert!((sorted[1] / (x * x + y * y) - 1.0).abs() < rounding, "{variances:?}");
    }
    let (axes, variances) = axes_of(matrix(2, &[4.0, 0.0, 0.0, 1e-30])).unwrap();
    assert!(axes.is_none() && variances == [4.0, 1e-30]);
    // Clearly negative, and of a diagonal matrix however little.
    assert!(axes_of(matrix(2, &[1.0, 1.1, 1.1, 1.0])).is_err());
    assert!(axes_of(matrix(2, &[1.0, 0.0, 0.0, -1e-30])).is_err());
    assert!(axes_of(matrix(2, &[1.0, 0.0, 0.0, f64::NAN])).is_err());
}
