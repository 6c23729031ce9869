//! Poincaré constants of the law of X given the noisy observation.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::{equidistant, wells};
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::inequality::conditional::{ConditionalLaws, Quantity};
use rayon::prelude::*;

/// λ of the curves.
const LAMBDAS: [f64; 3] = [0.2, 0.5, 0.8];
const PLACES: u32 = 36;

pub(super) fn of_two_wells() -> Result<Plot> {
    let mut plot = Plot::new(
        "conditional",
        "Poincaré constant of X given X_t = y, two wells ½N(±2, ¼), Gaussian base",
        "Between the wells, at y near 0, the observation leaves open which well X came from: the law of X given y has two modes and a \
         large constant. It falls as λ grows, since the observation says more, and it is bounded over y for each λ: the score is \
         Lipschitz. The variance, below it, is the largest constant of a linear test function.",
        Axis::linear("observation y"),
        Axis::logarithmic("C_P(X | X_t = y)"),
    );
    for (style, lambda) in LAMBDAS.into_iter().enumerate() {
        let laws = ConditionalLaws::on_path(wells(2.0, 0.5)?, None, lambda)?;
        let values = |quantity| -> Result<Vec<Point>> {
            let places = equidistant(-4.5, 4.5, PLACES);
            places.into_par_iter().map(|y| Ok(Point::enclosed(y, laws.value(quantity, y)?))).collect()
        };
        plot = plot.with(Series::new(
            style,
            Look::Curve,
            format!("constant, λ = {lambda}"),
            values(Quantity::Poincare)?,
        ));
        if style == 1 {
            let label = format!("variance of X given y, λ = {lambda}");
            plot = plot.with(Series::new(4, Look::Curve, label, values(Quantity::Variance)?));
        }
    }
    Ok(plot)
}

/// The supremum over y at several times, as `measure` reports it.
pub(in super::super) fn over_time(values: &[(f64, Enclosure)]) -> Plot {
    let points = values.iter().map(|&(t, value)| Point::enclosed(t, value)).collect();
    Plot::new(
        "conditional",
        "Poincaré constant of X given X_t, the largest over all values of X_t",
        "Where it is bounded uniformly in y and in time, the score is Lipschitz and the dynamics well posed.",
        Axis::linear("time t of the path").within(0.0, 1.0),
        Axis::logarithmic("sup_y C_P(X | X_t = y)"),
    )
    .with(Series::new(0, Look::Marked, "largest constant over y", points))
}
