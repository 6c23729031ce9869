//! P4: converged Poincaré constants to relative 1e-12; P5: certified two-sided ones to 1e-9.

use criterion::{Criterion, criterion_group, criterion_main};
use dald::enclosure::Enclosure;
use dald::inequality::poincare::{converged_poincare_constant, poincare_constant};
use dald::measure::line::LineMeasure;
use rayon::prelude::*;
use std::hint::black_box;

fn line(potential: &str) -> LineMeasure {
    LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY).expect("a potential that grows")
}

fn wells(std: f64) -> LineMeasure {
    LineMeasure::gaussian_mixture(&[0.5, 0.5], &[-2.0, 2.0], &[std, std]).expect("positive deviations")
}

fn benchmarks(c: &mut Criterion) {
    let double_wells = [line("x^4/4 - x^2/2"), line("x^4/4 - 3*x^2/2")];
    let mut laws = double_wells.to_vec();
    laws.push(line("x^2/2 + cos(3*x)/2"));
    laws.extend([0.5, 0.35, 0.25, 0.2].map(wells));
    c.bench_function("P4", |b| {
        b.iter(|| {
            let constants: Vec<f64> = laws
                .par_iter()
                .map(|law| converged_poincare_constant(black_box(law)).map_or(f64::NAN, Enclosure::mid))
                .collect();
            constants
        });
    });
    c.bench_function("P5", |b| {
        b.iter(|| {
            let widths: Vec<f64> = double_wells
                .par_iter()
                .map(|law| poincare_constant(black_box(law)).map_or(f64::NAN, |r| r.value.relative_width()))
                .collect();
            widths
        });
    });
}

criterion_group! {
    name = poincare;
    config = Criterion::default().sample_size(20);
    targets = benchmarks
}
criterion_main!(poincare);
