//! P7: laws of annealed Langevin dynamics along the path to ½N(−2, ¼) + ½N(2, ¼), for 5 values of κ and 2 schedules, both
//! divergences from the path to 4 digits.

use criterion::{Criterion, criterion_group, criterion_main};
use dald::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use dald::error::Result;
use dald::path::{MixtureCurve, Schedule};
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;
use std::hint::black_box;

/// From far beyond the adiabatic regime to deep within it.
const KAPPAS: [f64; 5] = [10.0, 1.0, 0.1, 0.01, 0.001];

/// The third grid (256 cells, 512 steps, extrapolated with two coarser ones) gives the digits; the set-up checks that.
const FAST: Accuracy = Accuracy { tolerance: 1e-12, finest: 3 };

/// Two grids more, to compare with.
const REFINED: Accuracy = Accuracy { tolerance: 1e-12, finest: 5 };

/// Half a unit of the fourth digit.
const FOUR_DIGITS: f64 = 5e-5;

/// `KL(p_1|q)` and `KL(q|p_1)` for all pairs, path included.
fn divergences(wells: &MixtureCurve, accuracy: Accuracy) -> Result<Vec<[f64; 2]>> {
    let line = AnnealedLine::new(wells, FRAC_PI_2, 0.0, &[])?;
    let pairs: Vec<(f64, Schedule)> =
        KAPPAS.iter().flat_map(|&kappa| [(kappa, Schedule::linear()), (kappa, Schedule::cosine())]).collect();
    let both = |(kappa, schedule): &(f64, Schedule)| -> Result<[f64; 2]> {
        let bias = line.law(schedule, *kappa, accuracy)?.bias();
        Ok([bias.forward_kl.mid(), bias.reverse_kl.mid()])
    };
    pairs.par_iter().map(both).collect()
}

fn benchmarks(c: &mut Criterion) {
    let wells =
        MixtureCurve::new(&[0.5, 0.5], &[-2.0, 2.0], &[0.5, 0.5]).expect("positive weights and deviations");
    let fast = divergences(&wells, FAST).expect("a smooth path");
    let refined = divergences(&wells, REFINED).expect("a smooth path");
    for (fast, refined) in fast.iter().flatten().zip(refined.iter().flatten()) {
        assert!((fast / refined - 1.0).abs() < FOUR_DIGITS, "{fast:e} against {refined:e}");
    }
    c.bench_function("P7", |b| b.iter(|| divergences(black_box(&wells), FAST)));
}

criterion_group! {
    name = fokker_planck;
    config = Criterion::default().sample_size(20);
    targets = benchmarks
}
criterion_main!(fokker_planck);
