//! Constants under perturbation against the bounds, as the perturbation grows.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{equidistant, wells};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::inequality::log_sobolev::maximise;
use crate::inequality::log_sobolev_perturbation::{
    ball_with_noise, lipschitz_perturbation_tightened, lipschitz_perturbation_transported,
};
use crate::inequality::perturbation::{
    ball_mixture, holley_stroock, lipschitz_constant, miclo_bound, small_lipschitz, transport_bound,
};
use crate::inequality::poincare::converged_poincare_constant;
use crate::measure::line::LineMeasure;
use rayon::prelude::*;

const READ: &str = " Points are computed, curves are bounds; the axis upwards is logarithmic.";

/// A quantity at each size of the perturbation; what has no value there is left out.
fn over(sizes: &[f64], f: impl Fn(f64) -> Result<Enclosure> + Sync) -> Vec<Point> {
    sizes.par_iter().filter_map(|&size| Some(Point::enclosed(size, f(size).ok()?))).collect()
}

fn law(potential: &str) -> Result<LineMeasure> {
    LineMeasure::parse(potential, f64::NEG_INFINITY, f64::INFINITY)
}

/// The computed Poincaré constant of a law.
fn constant(potential: &str) -> Result<Enclosure> {
    converged_poincare_constant(&law(potential)?)
}

pub(super) fn bounded() -> Result<Plot> {
    let heights = equidistant(0.0, 3.0, 12);
    let one = Enclosure::exact(1.0);
    Ok(Plot::new(
        "constants-bounded",
        "Poincaré constant under a bounded perturbation of N(0,1)",
        format!("The bound e^{{osc U}} holds whatever the shape; a barrier in the middle comes nearest, waves that average out stay far below.{READ}"),
        Axis::linear("oscillation of U"),
        Axis::logarithmic("C_P"),
    )
    .with(Series::new(0, Look::Curve, "bound e^{osc U}·C_P (C6)", over(&heights, |h| Ok(holley_stroock(one, Enclosure::exact(h))))))
    .with(Series::new(1, Look::Marks, "barrier U = h·e^{−2x²}", over(&heights, |h| constant(&format!("x^2/2 + {h}*exp(-2*x^2)")))))
    .with(Series::new(2, Look::Marks, "waves U = ½h·cos 2x", over(&heights, |h| constant(&format!("x^2/2 + {}*cos(2*x)", 0.5 * h)))))
    .with(Series::new(3, Look::Marks, "step U = ½h·tanh 2x", over(&heights, |h| constant(&format!("x^2/2 + {}*tanh(2*x)", 0.5 * h))))))
}

pub(super) fn under_small_slopes() -> Result<Plot> {
    let slopes = equidistant(0.0, 0.9, 9);
    let reference = Enclosure::exact(4.0);
    Ok(Plot::new(
        "constants-small",
        "Poincaré constant under a small Lipschitz perturbation of the law ∝ e^{−|x|}",
        format!("U = −L|x| attains the bound at every L < 1: the constant of e^{{−(1−L)|x|}} is 4/(1−L)². A perturbation that is Lipschitz with the same L but bounded stays below.{READ}"),
        Axis::linear("Lipschitz constant L of U"),
        Axis::logarithmic("C_P"),
    )
    .with(Series::new(0, Look::Curve, "bound C_P/(1 − ½L√C_P)² (C7)", over(&slopes, |l| small_lipschitz_bound(reference, l))))
    .with(Series::new(1, Look::Marks, "U = −L|x|", over(&slopes, |l| converged_poincare_constant(&LineMeasure::laplace(1.0 - l)?))))
    .with(Series::new(2, Look::Marks, "U = −L tanh(x)", over(&slopes, |l| constant(&format!("abs(x) - {l}*tanh(x)"))))))
}

fn small_lipschitz_bound(reference: Enclosure, lipschitz: f64) -> Result<Enclosure> {
    small_lipschitz(reference, Enclosure::exact(lipschitz))
}

pub(super) fn lipschitz() -> Result<Plot> {
    let slopes = equidistant(0.0, 3.0, 12);
    Ok(Plot::new(
        "constants-lipschitz",
        "Poincaré constant under a Lipschitz perturbation of N(0,1), and how far each bound is",
        format!("The sharp bound is the constant of e^{{−x²/2+L|x|}}, in every dimension: H = −L|x| lies on it. Bounds by transport and Miclo's are far above, and C7 ends at L = 2.{READ}"),
        Axis::linear("Lipschitz constant L of H"),
        Axis::logarithmic("C_P").within(0.5, 1e4),
    )
    .with(Series::new(0, Look::Curve, "sharp bound c(1, L) (C9)", over(&slopes, |l| lipschitz_constant(1.0, Enclosure::exact(l)))))
    .with(Series::new(3, Look::Curve, "bound by transport, e^{L²+4L}", over(&slopes, |l| transport_bound(1.0, l))))
    .with(Series::new(4, Look::Curve, "Miclo's bound, one dimension", over(&slopes, |l| miclo_bound(1.0, l, 1))))
    .with(Series::new(5, Look::Curve, "bound for small perturbations (C7)", over(&equidistant(0.0, 1.9, 19), |l| small_lipschitz_bound(Enclosure::exact(1.0), l))))
    .with(Series::new(1, Look::Marks, "H = −L|x|", over(&slopes, |l| constant(&format!("x^2/2 - {l}*abs(x)")))))
    .with(Series::new(2, Look::Marks, "H = L sin x", over(&slopes, |l| constant(&format!("x^2/2 + {l}*sin(x)"))))))
}

pub(super) fn two_points() -> Result<Plot> {
    let radii = equidistant(0.0, 3.0, 12);
    Ok(Plot::new(
        "constants-mixture",
        "Poincaré constant of laws in a ball of radius R with noise of variance 1",
        format!("Two points at ±R are the worst law on the line, so the sharp bound is their own constant; the bound that holds in every dimension is above it.{READ}"),
        Axis::linear("radius R"),
        Axis::logarithmic("C_P"),
    )
    .with(Series::new(0, Look::Curve, "bound (1 + e^{4R²})/2, every dimension (C10)", over(&equidistant(0.0, 1.7, 17), |r| ball_mixture(r, 1.0))))
    .with(Series::new(1, Look::Marked, "½N(±R, 1): attains the sharp bound on the line", over(&radii, |r| converged_poincare_constant(&wells(r.max(1e-6), 1.0)?))))
    .with(Series::new(2, Look::Marks, "uniform law on [−R, R] with the noise", over(&radii[1..], uniform_with_noise))))
}

/// Nine points for the uniform law.
fn uniform_with_noise(radius: f64) -> Result<Enclosure> {
    let means = equidistant(-radius, radius, 8);
    converged_poincare_constant(&LineMeasure::gaussian_mixture(&[1.0; 9], &means, &[1.0; 9])?)
}

pub(super) fn log_sobolev_lipschitz() -> Result<Plot> {
    let (slopes, places) = (equidistant(0.0, 3.0, 24), [0.25, 0.75, 1.25, 1.75]);
    Ok(Plot::new(
        "constants-lsi",
        "Log-Sobolev constant under a Lipschitz perturbation of N(0,1)",
        format!("Two bounds that hold in every dimension, and the largest quotient Ent(f²)/∫f'² that a search finds for e^{{−x²/2+L|x|}}: a bound from below for its constant.{READ}"),
        Axis::linear("Lipschitz constant L of H"),
        Axis::logarithmic("C_LS").within(1.0, 1e4),
    )
    .with(Series::new(0, Look::Curve, "by Herbst and Rothaus (L9)", over(&slopes, |l| lipschitz_perturbation_tightened(1.0, l))))
    .with(Series::new(3, Look::Curve, "by transport (L9)", over(&slopes, |l| lipschitz_perturbation_transported(1.0, l))))
    .with(Series::new(1, Look::Marks, "H = −L|x|, largest quotient found", over(&places, |l| {
        Ok(maximise(&law(&format!("x^2/2 - {l}*abs(x)"))?)?.value)
    }))))
}

pub(super) fn log_sobolev_two_points() -> Result<Plot> {
    let (radii, places) = (equidistant(0.0, 2.0, 20), [0.25, 0.75, 1.25, 1.75]);
    Ok(Plot::new(
        "constants-lsi-mixture",
        "Log-Sobolev constant of laws in a ball of radius R with noise of variance 1",
        format!("The largest quotient Ent(f²)/∫f'² that a search finds for two points at ±R with the noise, against the bound for every law in the ball and every dimension; twice the Poincaré constant is a bound from below as well.{READ}"),
        Axis::linear("radius R"),
        Axis::logarithmic("C_LS"),
    )
    .with(Series::new(0, Look::Curve, "bound 2e^{R²} (L10)", over(&radii, |r| ball_with_noise(r, 1.0))))
    .with(Series::new(1, Look::Marks, "½N(±R, 1), largest quotient found", over(&places, |r| Ok(maximise(&wells(r, 1.0)?)?.value))))
    .with(Series::new(2, Look::Marks, "twice its Poincaré constant (L2)", over(&places, |r| Ok(converged_poincare_constant(&wells(r, 1.0)?)? * 2.0)))))
}
