//! KL bias against κ with every bound and the predicted limit.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{geometric, wells};
use crate::dynamics::LineContraction;
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{GaussianPath, LinePath, Schedule};
use crate::report::{BiasReport, MeasureReport};
use crate::transport::line::MetricDerivative;
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;

/// Slownesses of the Gaussian figures.
const STEPS: u32 = 16;
/// Slownesses at which the Fokker-Planck equation is solved.
const SLOW: [f64; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];

const READ: &str = "Both axes are logarithmic: a slope of one decade per decade is a rate κ, two are κ². Points are computed, \
                    curves are bounds for KL(p|q); a point of KL(p|q) above one of them would refute it.";

pub(super) fn with_every_bound() -> Result<Plot> {
    let path = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 0.25)?, Schedule::power(2.0)?)?;
    let report = MeasureReport::gaussian(&path, &geometric(1e-3, 10.0, STEPS), 0.0)?;
    Ok(of_rows(
        "bias",
        "KL bias against κ with every bound, target N(1, ¼), λ = t²",
        "The bounds by Girsanov and by Poincaré are of order κ, the bias and the bound by log-Sobolev of order κ²; the bias tends \
         to the predicted limit ½Var(φ_1)κ² in both directions. ",
        &report.bias,
        report.small_kappa_limit,
    ))
}

pub(super) fn with_a_smooth_stop() -> Result<Plot> {
    let path = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 1.0)?, Schedule::cosine())?;
    let report = MeasureReport::gaussian(&path, &geometric(1e-2, 10.0, STEPS), 0.0)?;
    let first = report.bias.first().and_then(|row| Some((row.kappa, row.forward_kl?.mid())));
    let plot = of_rows(
        "bias-smooth",
        "KL bias against κ for a schedule that stops smoothly, target N(1, 1), cosine",
        "As λ̇(1) = 0 the bias is of order κ⁴: four decades per decade. The bound by log-Sobolev, integrated along the path, keeps that \
         gain; the bound by Girsanov does not see it. ",
        &report.bias,
        None,
    );
    let slope = |(kappa, kl): (f64, f64)| {
        let line = geometric(1e-2, 0.5, 2).into_iter();
        line.map(|k| Point::new(k, kl * (k / kappa).powi(4))).collect::<Vec<_>>()
    };
    Ok(match first {
        Some(first) => {
            plot.with(Series::new(6, Look::Curve, "slope κ⁴ through the first point", slope(first)))
        }
        None => plot,
    })
}

pub(super) fn of_two_wells() -> Result<Plot> {
    let schedule = Schedule::cosine();
    let path = LinePath::new(curve_on_line(&wells(2.0, 0.5)?, LineBase::Gaussian)?, schedule.clone());
    let derivative = MetricDerivative::of(path.curve(), (0.0, FRAC_PI_2))?;
    let action = derivative.action(&schedule, 0.0, 1.0)?;
    let contraction = LineContraction::of(path.curve(), FRAC_PI_2, true)?;
    let dynamics = AnnealedLine::along(&path, 0.0, 1.0)?;
    let row = |&kappa: &f64| {
        let bias = dynamics.law(&schedule, kappa, Accuracy::QUICK)?.bias();
        Ok(BiasReport {
            kappa,
            forward_kl: Some(bias.forward_kl),
            reverse_kl: Some(bias.reverse_kl),
            girsanov_bound: Some(action * kappa / 4.0),
            poincare_bound: None,
            // C_LS of the standard normal law at the start.
            log_sobolev_bound: Some(contraction.log_sobolev_bias_bound(
                &derivative,
                &schedule,
                kappa,
                0.0,
                2.0,
            )?),
        })
    };
    let rows: Vec<BiasReport> = SLOW.par_iter().map(row).collect::<Result<_>>()?;
    Ok(of_rows(
        "bias-wells",
        "KL bias against κ for two wells ½N(±2, ¼), cosine",
        "By the Fokker-Planck equation. Between the wells the score expands, so the log-Sobolev constant of the law of the dynamics is \
         only bounded by something of the order e^{c/κ}: that bound is no better than twice Girsanov's, although the bias falls much faster. ",
        &rows,
        None,
    ))
}

/// The bias at several κ and its bounds.
pub(in super::super) fn of_rows(
    name: &str,
    title: &str,
    caption: &str,
    rows: &[BiasReport],
    limit: Option<Enclosure>,
) -> Plot {
    let series = |pick: &dyn Fn(&BiasReport) -> Option<Enclosure>| {
        let points = rows.iter().filter_map(|row| Some(Point::enclosed(row.kappa, pick(row)?)));
        let mut points: Vec<Point> = points.filter(|p| p.y > 0.0).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    };
    let asymptote = |value: Enclosure| {
        rows.iter().map(|row| Point::new(row.kappa, value.mid() * row.kappa.powi(2))).collect::<Vec<_>>()
    };
    let (x, y) = (Axis::logarithmic("slowness κ"), Axis::logarithmic("KL divergence at the target"));
    let limit = limit.filter(|value| value.is_finite() && value.lo() > 0.0);
    let limit_points = limit.map(asymptote).unwrap_or_default();
    let mut limit_points = limit_points;
    limit_points.sort_by(|a, b| a.x.total_cmp(&b.x));
    Plot::new(name, title, format!("{caption}{READ}"), x, y)
        .with(Series::new(1, Look::Marks, "KL(p|q), computed", series(&|row| row.forward_kl)))
        .with(Series::new(2, Look::Marks, "KL(q|p), computed", series(&|row| row.reverse_kl)))
        .with(Series::new(
            0,
            Look::Curve,
            "bound κA/4 for KL(p|q), Girsanov (B2)",
            series(&|row| row.girsanov_bound),
        ))
        .with(Series::new(
            3,
            Look::Curve,
            "bound for KL(p|q) by Poincaré (B3)",
            series(&|row| row.poincare_bound),
        ))
        .with(Series::new(
            4,
            Look::Curve,
            "bound for KL(p|q) by log-Sobolev (B4)",
            series(&|row| row.log_sobolev_bound),
        ))
        .with(Series::new(5, Look::Curve, "predicted limit of both as κ → 0 (B7)", limit_points))
}
