//! How long an audit takes, chapter by chapter, and the Gaussian kernels below it.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dald::claim::{Chapter, Level};
use dald::claims;
use dald::dynamics::{bias, log_sobolev_bias_bound};
use dald::ledger::{DEFAULT_SEED, Ledger};
use dald::measure::gaussian::Gaussian;
use dald::path::{GaussianPath, Schedule};
use dald::report::MeasureReport;
use dald::transport::action;
use nalgebra::{DMatrix, DVector};
use std::hint::black_box;

/// A path to a Gaussian target with correlated coordinates.
fn path(dim: usize) -> GaussianPath {
    let covariance = DMatrix::from_fn(dim, dim, |i, j| {
        if i == j { 1.0 + 0.1 * i as f64 } else { 0.5_f64.powf(i.abs_diff(j) as f64) }
    });
    let target = Gaussian::new(DVector::from_element(dim, 1.0), covariance).expect("diagonally dominant");
    GaussianPath::from_standard(target, Schedule::cosine()).expect("dimensions agree")
}

fn chapters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("audit");
    group.sample_size(10);
    for chapter in Chapter::ALL {
        let claims: Vec<_> = claims::all().filter(|c| c.about().chapter == chapter).collect();
        if !claims.is_empty() {
            group.bench_function(BenchmarkId::from_parameter(chapter.letter()), |b| {
                b.iter(|| Ledger::run(black_box(&claims), Level::Quick, DEFAULT_SEED, |_| {}));
            });
        }
    }
    group.finish();
}

fn gaussian_kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gaussian");
    for dim in [1, 2, 10] {
        let path = path(dim);
        // The spectrum is computed once per law, and is not what these measure.
        path.target().spectrum();
        group.bench_with_input(BenchmarkId::new("action", dim), &path, |b, path| {
            b.iter(|| action(black_box(path), 0.0, 1.0));
        });
        for kappa in [1.0, 0.01] {
            group.bench_with_input(BenchmarkId::new(format!("bias κ={kappa}"), dim), &path, |b, path| {
                b.iter(|| bias(black_box(path), kappa, 0.0));
            });
            group.bench_with_input(
                BenchmarkId::new(format!("log-Sobolev bound κ={kappa}"), dim),
                &path,
                |b, path| {
                    b.iter(|| log_sobolev_bias_bound(black_box(path), kappa, 0.0));
                },
            );
        }
        group.bench_with_input(BenchmarkId::new("measure", dim), &path, |b, path| {
            b.iter(|| MeasureReport::gaussian(black_box(path), &[1.0, 0.3, 0.1], 0.0));
        });
    }
    group.finish();
}

criterion_group!(benches, chapters, gaussian_kernels);
criterion_main!(benches);
