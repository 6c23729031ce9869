//! Workload P6: log-Sobolev constants to 1e-8, asymmetric wells included.

use criterion::{Criterion, criterion_group, criterion_main};
use dald::inequality::log_sobolev::maximise;
use dald::measure::line::LineMeasure;
use std::hint::black_box;

/// The asymmetric wells of the workload.
fn wells() -> Vec<LineMeasure> {
    let line = (f64::NEG_INFINITY, f64::INFINITY);
    ["x^4/4 - 3*x^2/2 + 0.3*x", "x^4/4 - x^2/2"]
        .into_iter()
        .map(|v| LineMeasure::parse(v, line.0, line.1))
        .chain([
            LineMeasure::gaussian_mixture(&[0.1, 0.9], &[-1.0, 1.0], &[1.0, 1.0]),
            LineMeasure::gaussian_mixture(&[0.001, 0.999], &[-2.0, 2.0], &[1.0, 1.0]),
        ])
        .map(|measure| measure.expect("the workload's measures are valid"))
        .collect()
}

fn p6(criterion: &mut Criterion) {
    let wells = wells();
    criterion.bench_function("P6", |bencher| {
        bencher.iter(|| {
            wells.iter().map(|well| maximise(black_box(well)).map(|m| m.value.mid())).collect::<Vec<_>>()
        });
    });
}

criterion_group!(benches, p6);
criterion_main!(benches);
