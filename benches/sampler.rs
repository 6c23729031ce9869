//! P1–P3: annealed Langevin dynamics for Gaussian mixtures, whole runs by the batch driver; and what a step costs
//! as dimension, components and chains grow. The throughput is in steps of a chain.

use criterion::measurement::WallTime;
use criterion::{Bencher, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dald::measure::gaussian::Gaussian;
use dald::numerics::stream::stream;
use dald::path::Schedule;
use dald::sampler::{Batch, Grid, Integrator, MixtureScores};
use rand::RngExt;
use std::hint::black_box;

/// A mixture of `components` isotropic normal laws with variances between ¼ and 1.
fn mixture(dim: usize, components: usize) -> MixtureScores {
    let mut stream = stream(1, "benches/sampler", (dim * components) as u64);
    let weights: Vec<f64> = (0..components).map(|_| stream.random_range(0.5..1.5)).collect();
    let laws: Vec<Gaussian> = (0..components)
        .map(|_| {
            let mean = (0..dim).map(|_| stream.random_range(-3.0..3.0)).collect();
            Gaussian::isotropic(mean, stream.random_range(0.25..1.0)).expect("a positive variance")
        })
        .collect();
    MixtureScores::new(&weights, &laws, Schedule::cosine()).expect("positive weights")
}

/// A whole run of `chains` chains of `steps` Euler steps.
fn run(b: &mut Bencher<'_, WallTime>, path: &MixtureScores, chains: usize, steps: usize) {
    let grid = Grid::new(0.0, 1.0, 0.05, steps).expect("a grid");
    let batch = Batch::new(1, chains);
    b.iter(|| batch.run(black_box(path), &grid, Integrator::EulerMaruyama, &|_| ()).expect("a stable run"));
}

fn workloads(c: &mut Criterion) {
    for (name, dim, components, chains, steps) in
        [("P1", 2, 4, 10_000, 1000), ("P2", 10, 16, 10_000, 200), ("P3", 100, 8, 2000, 200)]
    {
        let path = mixture(dim, components);
        // A throughput takes a group, and a group of one would be called `P1/P1`; without a parameter it lies in `P1`.
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements((chains * steps) as u64)).sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(""), |b| run(b, &path, chains, steps));
        group.finish();
    }
}

fn growth(c: &mut Criterion) {
    let mut group = c.benchmark_group("cost of a step");
    group.sample_size(10);
    for (dim, components, chains) in [
        (1, 4, 1000),
        (10, 4, 1000),
        (100, 4, 1000),
        (10, 1, 1000),
        (10, 64, 1000),
        (10, 4, 100),
        (10, 4, 10_000),
    ] {
        let (path, steps) = (mixture(dim, components), 100);
        group.throughput(Throughput::Elements((chains * steps) as u64));
        let id = BenchmarkId::from_parameter(format!("d={dim} K={components} chains={chains}"));
        group.bench_function(id, |b| run(b, &path, chains, steps));
    }
    group.finish();
}

criterion_group!(benches, workloads, growth);
criterion_main!(benches);
