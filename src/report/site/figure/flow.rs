//! Density of the path and the field that moves it, over time.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{equidistant, wells};
use crate::error::Result;
use crate::measure::mixture::Mixture;
use crate::path::line::{LineBase, curve_on_line};
use crate::path::{LineCurve, MixturePath, Schedule};
use nalgebra::DVector;
use std::f64::consts::FRAC_PI_2;

/// Times that are shown, and height of the highest density in steps between them.
const ROWS: u32 = 5;
const PEAK: f64 = 0.78;
/// Points of a density, and arrows.
const POINTS: u32 = 240;
const ARROWS: u32 = 16;
/// What an arrow stands for: the way in this time.
const STRETCH: f64 = 0.15;
/// Mass on either side that is not shown.
const LEVEL: f64 = 2e-3;

pub(super) fn from_the_gaussian_base() -> Result<Plot> {
    let curve = curve_on_line(&wells(2.0, 0.5)?, LineBase::Gaussian)?;
    Ok(of_curve(
        "flow",
        "The path from N(0,1) to two wells, and the field that moves it",
        curve.as_ref(),
        &Schedule::cosine(),
        0.0,
    ))
}

pub(super) fn from_a_student_base() -> Result<Plot> {
    let means = [-2.0, 2.0].map(|m| DVector::from_element(1, m)).to_vec();
    let path = MixturePath::student(Mixture::isotropic(&[0.5, 0.5], means, &[0.25, 0.25])?, 5.0)?;
    Ok(of_curve(
        "flow-student",
        "The path from a Student base (5 degrees of freedom) to two wells",
        &path,
        &Schedule::cosine(),
        0.0,
    ))
}

/// The path from `start` on, on the line; rows without a density are left out.
pub(in super::super) fn of_curve(
    name: &str,
    title: &str,
    curve: &dyn LineCurve,
    schedule: &Schedule,
    start: f64,
) -> Plot {
    let times = equidistant(start, 1.0, ROWS);
    let spacing = (1.0 - start) / f64::from(ROWS);
    let mut rows = Vec::new();
    for &t in &times {
        let angle = schedule.angle(t).min(FRAC_PI_2);
        // Atoms have no density: the last row is missing then.
        let Ok(slice) = curve.slice(angle) else { continue };
        let (lo, hi) = slice.window(LEVEL);
        let density = |y: f64| core_math::exp(slice.log_density(y));
        let mut places = equidistant(lo, hi, POINTS);
        places.extend(slice.breaks().into_iter().filter(|y| lo < *y && *y < hi));
        places.sort_by(f64::total_cmp);
        let heights: Vec<(f64, f64)> = places.into_iter().map(|y| (y, density(y))).collect();
        // The field per time is that per angle over the time that an angle takes; angles descend.
        let rate = schedule.time_rate(angle);
        let field = |y: f64| -slice.point(y).velocity / rate;
        let arrows: Vec<(f64, f64)> = equidistant(lo, hi, ARROWS)
            .into_iter()
            .filter(|&y| density(y) > 0.02 * heights.iter().fold(0.0, |m: f64, h| m.max(h.1)))
            .map(|y| (y, y + STRETCH * (1.0 - start) * field(y)))
            .filter(|(_, tip)| tip.is_finite())
            .collect();
        rows.push((t, heights, arrows));
    }
    let highest = rows.iter().flat_map(|(_, heights, _)| heights).fold(0.0, |m: f64, h| m.max(h.1));
    let scale = PEAK * spacing / highest.max(f64::MIN_POSITIVE);
    let mut y = Axis::linear("time t of the path (upwards)").within(start - 0.3 * spacing, 1.0 + spacing);
    y.names = rows.iter().map(|(t, ..)| (*t, format!("{t:.1}"))).collect();
    let caption = format!(
        "Each row is the density p_t at a time t of the {schedule} schedule, all at one scale; below it the transport field \
         v_t, as the way that mass at the foot of an arrow would go in a time of {:.2}.",
        STRETCH * (1.0 - start)
    );
    let mut plot = Plot::new(name, title, caption, Axis::linear("y"), y);
    for (t, heights, arrows) in rows {
        let area = heights.into_iter().map(|(y, p)| Point::new(y, t + scale * p)).collect();
        let drop = t - 0.12 * spacing;
        let arrows = arrows.into_iter().map(|(y, tip)| Point { x: y, y: drop, ends: (tip, drop) }).collect();
        plot = plot.with(Series::new(1, Look::Area, "density p_t", area)).with(Series::new(
            2,
            Look::Arrows,
            "transport field v_t",
            arrows,
        ));
    }
    plot.tabulated = false;
    plot.height = Some(340.0);
    plot
}
