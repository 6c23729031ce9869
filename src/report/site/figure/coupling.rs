//! Solutions from different starts with the same noise.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{equidistant, wells};
use crate::error::Result;
use crate::numerics::stream::stream;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{LineCurve, Schedule, largest_curvature};
use rand_distr::{Distribution, StandardNormal};

const KAPPA: f64 = 2.0;
const STEPS: u32 = 3000;
/// A point of a curve is shown after so many steps.
const SHOWN: u32 = 30;
/// Where the pairs start.
const PAIRS: [(f64, f64); 3] = [(0.2, 1.0), (-0.5, 0.5), (-2.0, 2.0)];

pub(super) fn in_two_wells() -> Result<Plot> {
    let curve = curve_on_line(&wells(2.0, 0.5)?, LineBase::Gaussian)?;
    let curve: &dyn LineCurve = curve.as_ref();
    let schedule = Schedule::cosine();
    let mut noise = stream(crate::ledger::DEFAULT_SEED, "figure/coupled solutions", 0);
    let times = equidistant(0.0, 1.0, STEPS);
    let step = 1.0 / (KAPPA * f64::from(STEPS));
    let mut at = PAIRS;
    let mut gaps: Vec<Vec<Point>> = vec![vec![Point::new(0.0, 1.0)]; PAIRS.len()];
    let mut bound = vec![Point::new(0.0, 1.0)];
    let mut exponent = 0.0;
    let mut before = f64::NAN;
    for (k, &t) in (0_u32..).zip(&times) {
        let slice = curve.slice(schedule.angle(t))?;
        if k % SHOWN == 0 {
            // ∫Λ by the trapezoidal rule on the times that are shown.
            let now = largest_curvature(slice.as_ref());
            if k > 0 {
                exponent += 0.5 * (before + now) * step * f64::from(SHOWN);
                bound.push(Point::new(t, core_math::exp(exponent)));
                for ((gap, pair), start) in gaps.iter_mut().zip(&at).zip(&PAIRS) {
                    gap.push(Point::new(t, (pair.0 - pair.1).abs() / (start.0 - start.1).abs()));
                }
            }
            before = now;
        }
        let kick: f64 = StandardNormal.sample(&mut noise);
        let kick = kick * (2.0 * step).sqrt();
        for pair in &mut at {
            pair.0 += step * slice.point(pair.0).score + kick;
            pair.1 += step * slice.point(pair.1).score + kick;
        }
    }
    let mut plot = Plot::new(
        "coupling",
        "Distance of solutions with the same noise, relative to that at the start, two wells ½N(±2, ¼), κ = 2",
        "Each curve is a pair of solutions driven by one Brownian path (Euler's scheme, 3000 steps). While the law has one mode the score \
         pulls them together; where the wells separate a pair that stands on two sides moves apart again. The bound follows the \
         supremum Λ of the Hessian over all points, so it must grow as soon as the score expands anywhere.",
        Axis::linear("time t of the path (cosine schedule)").within(0.0, 1.0),
        Axis::logarithmic("distance, relative to the start"),
    )
    .with(Series::new(0, Look::Curve, "bound e^{∫Λ}", bound));
    for (i, (gap, start)) in gaps.into_iter().zip(&PAIRS).enumerate() {
        let label = format!("from {} and {}", start.0, start.1);
        plot = plot.with(Series::new(i + 1, Look::Curve, label, gap));
    }
    Ok(plot)
}
