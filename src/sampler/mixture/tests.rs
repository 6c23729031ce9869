use super::*;
use crate::numerics::stream::stream;
use crate::numerics::vector::Normals;
use crate::path::MixturePath;
use rand::RngExt;

/// Mixtures of every kind of covariance, with numbers of components and dimensions around the widths of the kernels,
/// some of them far from the origin.
fn examples() -> Vec<Mixture> {
    let mut examples = Vec::new();
    for (index, (dim, count)) in
        [(1, 1), (1, 4), (2, 3), (2, 4), (3, 5), (5, 8), (7, 9)].into_iter().enumerate()
    {
        let mut stream = stream(1, "sampler/mixture tests", index as u64);
        let shift = if index % 2 == 0 { 0.0 } else { 100.0 };
        let weights: Vec<f64> = (0..count).map(|_| stream.random_range(0.1..1.0)).collect();
        let means: Vec<DVector<f64>> = (0..count)
            .map(|_| DVector::from_fn(dim, |_, _| shift + stream.random_range(-2.0..2.0)))
            .collect();
        let variances: Vec<f64> = (0..count).map(|_| stream.random_range(0.1..2.0)).collect();
        examples.push(Mixture::isotropic(&weights, means.clone(), &variances).unwrap());
        let diagonal = |stream: &mut crate::numerics::stream::Stream| {
            DMatrix::from_diagonal(&DVector::from_fn(dim, |_, _| stream.random_range(0.1..2.0)))
        };
        let covariances = (0..count).map(|_| diagonal(&mut stream)).collect();
        examples.push(Mixture::new(&weights, means.clone(), covariances).unwrap());
        let covariances = (0..count).map(|_| {
            let a = DMatrix::from_fn(dim, dim, |_, _| stream.random_range(-1.0..1.0));
            let product = &a * a.transpose() + diagonal(&mut stream);
            (&product + product.transpose()) * 0.5
        });
        examples.push(Mixture::new(&weights, means.clone(), covariances.collect()).unwrap());
    }
    examples
}

/// Points of the path at `t`, shape `[d, lanes]`.
fn points(path: &MixtureScores, t: f64, lanes: usize) -> Vec<f64> {
    let dim = path.dim();
    let streams = (0..lanes as u64).map(|i| stream(2, "sampler/mixture points", i));
    let mut points = vec![0.0; dim * lanes];
    Normals::new(streams).fill(Units::baseline(), &mut points);
    let mut stream = stream(3, "sampler/mixture uniforms", 0);
    let uniforms: Vec<f64> = points.iter().map(|_| stream.random()).collect();
    path.start_at(t).unwrap().place(lanes, &uniforms, &mut points);
    points
}

#[test]
fn scores_are_those_of_the_law_at_the_time() {
    for mixture in examples() {
        let path = MixtureScores::to_mixture(&mixture, Schedule::linear()).unwrap();
        for t in [0.25, 1.0] {
            let moved = Mixture::new(
                &(0..mixture.len()).map(|k| mixture.weight(k)).collect::<Vec<_>>(),
                (0..mixture.len())
                    .map(|k| DVector::from_column_slice(mixture.component_mean(k)) * f64::sqrt(t))
                    .collect(),
                (0..mixture.len())
                    .map(|k| {
                        let dim = mixture.dim();
                        let sum =
                            mixture.component_covariance(k) * t + DMatrix::identity(dim, dim) * (1.0 - t);
                        (&sum + sum.transpose()) * 0.5
                    })
                    .collect(),
            )
            .unwrap();
            let (lanes, dim) = (13, mixture.dim());
            let at = points(&path, t, lanes);
            let mut scores = vec![0.0; at.len()];
            let score = path.score_at(t).unwrap();
            score.scores(Units::widest(), lanes, &at, &mut scores, &mut Vec::new());
            for lane in 0..lanes {
                let column =
                    |rows: &[f64]| -> Vec<f64> { (0..dim).map(|j| rows[j * lanes + lane]).collect() };
                let expected = moved.score(&column(&at)).unwrap();
                let difference = (DVector::from_vec(column(&scores)) - &expected).norm();
                // Squared distances from the origin or the centre in units of the least variance, times ε.
                let logarithms = 1e4 * f64::EPSILON * dim as f64 / 0.1;
                let size = 1.0 + expected.norm();
                assert!(difference < logarithms * size, "{difference} at t = {t} for {mixture:?}");
            }
        }
    }
}

#[test]
fn scores_from_a_student_base_are_those_of_the_law_at_the_time() {
    for mixture in examples() {
        let freedom = 3.0;
        let from_normal = MixtureScores::to_mixture(&mixture, Schedule::cosine()).unwrap();
        let path = from_normal.from_student(freedom).unwrap();
        let exact = MixturePath::student(mixture.clone(), freedom).unwrap();
        for t in [0.0, 0.4, 0.9, 1.0] {
            let slice = exact.slice(path.schedule().angle(t)).unwrap();
            let (lanes, dim) = (9, mixture.dim());
            let at = points(&path, t, lanes);
            let score = path.score_at(t).unwrap();
            let mut steepest = 0.0_f64;
            for lane in 0..lanes {
                let y: Vec<f64> = (0..dim).map(|j| at[j * lanes + lane]).collect();
                let expected = slice.point(&y).unwrap();
                let difference = (DVector::from_vec(score.score(&y)) - &expected.score).norm();
                // Squared distances from the origin or the centre in units of the least variance, times ε.
                let logarithms = 1e4 * f64::EPSILON * dim as f64 / 0.1;
                let size = 1.0 + expected.score.norm();
                assert!(difference < logarithms * size, "{difference} at t = {t} for {mixture:?}");
                steepest = steepest.max(-expected.hessian.symmetric_eigenvalues().min());
            }
            // The curvature of the exact path comes from the same sums.
            let rounding = 1e-9 * score.steepest();
            assert!(steepest <= score.steepest() + rounding, "{steepest} {}", score.steepest());
        }
    }
    // At the base the bound is attained at the origin: −∇²log p(0) = (n + d)/n.
    let law = [Gaussian::standard(2).unwrap()];
    let path = MixtureScores::new(&[1.0], &law, Schedule::linear()).unwrap().from_student(3.0).unwrap();
    let rounding = 1e-12;
    assert!((path.score_at(0.0).unwrap().steepest() - 5.0 / 3.0).abs() < rounding);
}

#[test]
fn a_student_start_has_the_masses_of_the_student_law() {
    let law = [Gaussian::standard(1).unwrap()];
    let path = MixtureScores::new(&[1.0], &law, Schedule::linear()).unwrap().from_student(1.0).unwrap();
    let lanes = 20_000;
    let at = points(&path, 0.0, lanes);
    // The Cauchy law.
    for (x, mass) in
        [(-1.0, 0.25), (0.0, 0.5), (1.0, 0.75), (10.0, 0.5 + 10f64.atan() / std::f64::consts::PI)]
    {
        let below = at.iter().filter(|y| **y <= x).count() as f64 / lanes as f64;
        let standard_errors = crate::numerics::false_alarms::standard_errors("Student start");
        let chance = standard_errors * (mass * (1.0 - mass) / lanes as f64).sqrt();
        assert!((below - mass).abs() < chance, "{x}: {below} instead of {mass}");
    }
}

#[test]
fn lanes_and_units_do_not_change_a_bit() {
    for mixture in examples() {
        let path = MixtureScores::to_mixture(&mixture, Schedule::linear()).unwrap();
        let (lanes, dim) = (37, mixture.dim());
        let at = points(&path, 0.5, lanes);
        let score = path.score_at(0.5).unwrap();
        let expected: Vec<Vec<f64>> = (0..lanes)
            .map(|i| score.score(&at.iter().skip(i).step_by(lanes).copied().collect::<Vec<_>>()))
            .collect();
        for units in Units::available() {
            let mut scores = vec![0.0; at.len()];
            score.scores(units, lanes, &at, &mut scores, &mut vec![f64::NAN; 5]);
            for (i, expected) in expected.iter().enumerate() {
                for j in 0..dim {
                    assert_eq!(scores[j * lanes + i].to_bits(), expected[j].to_bits(), "{units:?}");
                }
            }
        }
    }
}

#[test]
fn far_points_have_the_score_of_the_nearest_component() {
    let laws = [Gaussian::isotropic(vec![0.0], 1.0).unwrap(), Gaussian::isotropic(vec![1e3], 0.01).unwrap()];
    let path = MixtureScores::new(&[1.0, 1.0], &laws, Schedule::linear()).unwrap();
    let score = path.score_at(1.0).unwrap();
    let rounding = 1e-9;
    assert!((score.score(&[-50.0])[0] - 50.0).abs() < rounding);
    assert!((score.score(&[1e3 - 0.1])[0] - 10.0).abs() < rounding);
    assert!(score.score(&[f64::NAN])[0].is_nan());
}

#[test]
fn points_without_width_have_scores_before_the_end() {
    let points = [[-1.0, 0.5], [2.0, 0.0], [2.0, 3.0]];
    let means = points.iter().map(|p| DVector::from_column_slice(p)).collect();
    let atoms = Mixture::isotropic(&[0.5, 0.25, 0.25], means, &[0.0; 3]).unwrap();
    for freedom in [None, Some(3.0)] {
        let mut path = MixtureScores::to_mixture(&atoms, Schedule::cosine()).unwrap();
        let mut exact = MixturePath::gaussian(atoms.clone());
        if let Some(freedom) = freedom {
            path = path.from_student(freedom).unwrap();
            exact = MixturePath::student(atoms.clone(), freedom).unwrap();
        }
        for t in [0.0, 0.5, 0.97] {
            let slice = exact.slice(path.schedule().angle(t)).unwrap();
            let score = path.score_at(t).unwrap();
            for y in [[0.0, 0.0], [1.5, -0.7], [-2.0, 4.0]] {
                let expected = slice.point(&y).unwrap().score;
                let difference = (DVector::from_vec(score.score(&y)) - &expected).norm();
                // Squared distances in units of 1 − λ, times ε.
                let logarithms = 1e6 * f64::EPSILON;
                assert!(
                    difference < logarithms * (1.0 + expected.norm()),
                    "{freedom:?} {t} {y:?}: {difference}"
                );
            }
        }
        assert!(path.score_at(1.0).is_err() && path.start_at(1.0).is_ok());
    }
}

#[test]
fn bad_mixtures_are_refused() {
    let law = |dim| Gaussian::standard(dim).unwrap();
    let new = |weights: &[f64], laws: &[Gaussian]| MixtureScores::new(weights, laws, Schedule::linear());
    assert!(new(&[], &[]).is_err() && new(&[1.0], &[]).is_err() && new(&[1.0, 1.0], &[law(1)]).is_err());
    assert!(new(&[1.0, 1.0], &[law(1), law(2)]).is_err());
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(new(&[weight], &[law(1)]).is_err());
    }
    // Width in one direction only, or for one component only.
    let at = |x: f64| DVector::from_vec(vec![x, 0.0]);
    let needle = DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, 0.0]));
    let flat = Mixture::new(&[1.0], vec![at(0.0)], vec![needle]);
    let mixed = Mixture::isotropic(&[0.5, 0.5], vec![at(0.0), at(1.0)], &[0.0, 1.0]);
    for mixture in [flat, mixed].into_iter().flatten() {
        assert!(MixtureScores::to_mixture(&mixture, Schedule::linear()).is_err());
    }
    assert!(new(&[1.0], &[law(1)]).unwrap().score_at(f64::NAN).is_err());
}

#[test]
fn a_footprint_is_the_memory_of_a_score() {
    for mixture in examples() {
        for freedom in [None, Some(3.0)] {
            let path = MixtureScores::to_mixture(&mixture, Schedule::linear()).unwrap();
            let path = freedom.map_or(Ok(path.clone()), |n| path.from_student(n)).unwrap();
            let score = path.score_at(0.5).unwrap();
            let precisions = match &score.precisions {
                Precisions::Isotropic(p) | Precisions::Diagonal(p) | Precisions::Dense(p, _) => p.len(),
            };
            let numbers = score.offsets.len() + score.means.len() + score.pulls.len() + precisions;
            assert_eq!(path.footprint(), 8 * numbers);
        }
    }
}

#[test]
fn a_start_has_the_mean_and_the_covariance_of_a_component() {
    /// Sums of a few terms of size one.
    const ROUNDING: f64 = 1e-13;
    let mean = [1.5, -2.0, 0.5];
    let skew = DMatrix::from_row_slice(3, 3, &[1.3, 0.4, -0.2, 0.4, 0.9, 0.3, -0.2, 0.3, 2.1]);
    let covariances = [
        skew,
        DMatrix::from_diagonal(&DVector::from_column_slice(&[0.3, 2.0, 0.7])),
        DMatrix::identity(3, 3) * 0.4,
    ];
    for covariance in covariances {
        let means = vec![DVector::from_column_slice(&mean)];
        let mixture = Mixture::new(&[1.0], means, vec![covariance.clone()]).unwrap();
        let path = MixtureScores::to_mixture(&mixture, Schedule::linear()).unwrap();
        let t = 0.36_f64;
        // Four points side by side: the origin and the unit vectors.
        let mut points = vec![0.0; 12];
        (0..3).for_each(|j| points[j * 4 + j + 1] = 1.0);
        path.start_at(t).unwrap().place(4, &[0.5; 12], &mut points);
        let centre = DVector::from_fn(3, |i, _| points[4 * i]);
        let root = DMatrix::from_fn(3, 3, |i, j| points[4 * i + j + 1] - points[4 * i]);
        let expected = covariance * t + DMatrix::identity(3, 3) * (1.0 - t);
        assert!((root.clone() * root.transpose() - expected).norm() < ROUNDING);
        assert!((centre - DVector::from_column_slice(&mean) * t.sqrt()).norm() < ROUNDING);
    }
}

#[test]
fn uniform_numbers_choose_components_by_their_weights() {
    let (weights, points) = ([0.2, 0.3, 0.5], [vec![-1.0], vec![0.0], vec![3.0]]);
    let path = MixtureScores::to_points(&weights, &points, Schedule::linear()).unwrap();
    let start = path.start_at(1.0).unwrap();
    for (uniform, expected) in
        [(0.0, -1.0), (0.1999, -1.0), (0.2, 0.0), (0.4999, 0.0), (0.5, 3.0), (1.0_f64.next_down(), 3.0)]
    {
        let mut point = [0.7];
        start.place(1, &[uniform], &mut point);
        assert!(point[0] == expected, "{uniform}: {}", point[0]);
    }
}

/// `−s'` of a score on the line, by a difference.
fn descent(score: &MixtureScore, x: f64) -> f64 {
    let h = 1e-5;
    (score.score(&[x - h])[0] - score.score(&[x + h])[0]) / (2.0 * h)
}

#[test]
fn the_steepest_descent_is_a_bound_that_is_attained() {
    /// Of a difference.
    const DIFFERENCE: f64 = 1e-6;
    let parts = |laws: &[(f64, f64)]| -> Vec<Gaussian> {
        laws.iter().map(|(m, v)| Gaussian::isotropic(vec![*m], *v).unwrap()).collect()
    };
    let apart = MixtureScores::new(&[0.4, 0.6], &parts(&[(-40.0, 0.25), (50.0, 2.0)]), Schedule::linear());
    let apart = apart.unwrap();
    for t in [0.3, 0.9] {
        let score = apart.score_at(t).unwrap();
        let precision = |v: f64| 1.0 / (t * v + 1.0 - t);
        let at = |m: f64| descent(&score, t.sqrt() * m);
        assert!((score.steepest() - precision(0.25)).abs() < DIFFERENCE);
        assert!((at(-40.0) - score.steepest()).abs() < DIFFERENCE);
        assert!((score.linear_rate() - 0.5 * (precision(0.25) + precision(2.0))).abs() < DIFFERENCE);
    }
    for freedom in [2.5, 7.0] {
        let one = MixtureScores::new(&[1.0], &parts(&[(1.5, 0.5)]), Schedule::linear()).unwrap();
        let score = one.from_student(freedom).unwrap().score_at(0.4).unwrap();
        let middle = 1.5 * 0.4_f64.sqrt();
        assert!((descent(&score, middle) - score.steepest()).abs() < DIFFERENCE);
        assert!((score.linear_rate() - 0.5 * score.steepest()).abs() < DIFFERENCE);
        let largest = (-60..60).map(|k| descent(&score, middle + 0.1 * f64::from(k))).fold(0.0, f64::max);
        assert!(largest <= score.steepest() + DIFFERENCE);
    }
    let diagonal = Gaussian::diagonal(vec![0.0, 1.0], vec![0.2, 3.0]).unwrap();
    let score = MixtureScores::new(&[1.0], &[diagonal], Schedule::linear()).unwrap().score_at(1.0).unwrap();
    assert!((score.steepest() - 5.0).abs() < DIFFERENCE);
    assert!((score.linear_rate() - 0.5 * (5.0 + 1.0 / 3.0)).abs() < DIFFERENCE);
}

#[test]
fn the_origin_is_left_when_it_is_far_from_the_means() {
    // Means 1 and 3 on the line: spread 1 about the centre 2, width 0.5; four times their sum is 6.
    assert!(near_origin(&[2.0], &[1.0, 3.0], 0.5));
    assert!(near_origin(&[5.9], &[4.9, 6.9], 0.5) && !near_origin(&[6.1], &[5.1, 7.1], 0.5));
    assert!(near_origin(&[-3.5, 4.8], &[-3.5, 4.8 - 1.0, -3.5, 4.8 + 1.0], 0.5));
    assert!(!near_origin(&[-3.7, 4.8], &[-3.7, 4.8 - 1.0, -3.7, 4.8 + 1.0], 0.5));
}

#[test]
fn moments_of_the_target_are_those_of_the_mixture() {
    /// Relative to squares of the means.
    const ROUNDING: f64 = 1e-13;
    for mixture in examples() {
        let path = MixtureScores::to_mixture(&mixture, Schedule::linear()).unwrap();
        let mean = DVector::from_vec(path.target_mean());
        let total: f64 = (0..mixture.len()).map(|k| mixture.weight(k)).sum();
        // Second moments minus the square of the mean, which cancels: the other way round from the sum of offsets.
        let mut second = DMatrix::zeros(mixture.dim(), mixture.dim());
        let mut first = DVector::zeros(mixture.dim());
        for k in 0..mixture.len() {
            let m = DVector::from_column_slice(mixture.component_mean(k));
            let share = mixture.weight(k) / total;
            second += (mixture.component_covariance(k) + &m * m.transpose()) * share;
            first += m * share;
        }
        let rounding = ROUNDING * second.norm().max(1.0);
        assert!((&first - &mean).norm() < rounding);
        let covariance = &second - &first * first.transpose();
        assert!((path.target_covariance() - covariance).norm() < rounding);
    }
}
