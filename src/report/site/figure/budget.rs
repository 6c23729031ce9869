//! What each error of a chain contributes.

use super::super::plot::{Axis, Look, Plot, Point, Series};
use super::geometric;
use crate::dynamics::bias;
use crate::enclosure::Enclosure;
use crate::error::Result;
use crate::measure::gaussian::Gaussian;
use crate::path::{GaussianPath, Schedule};
use crate::sampler::Integrator;
use crate::sampler::plan::{Increments, PlanFactor, PlanPath, chain_divergence};
use rayon::prelude::*;

/// Number of steps of the chain.
const STEPS: usize = 2000;

pub(super) fn of_a_chain() -> Result<Plot> {
    let gaussian = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 0.25)?, Schedule::cosine())?;
    let path = PlanPath::new(vec![PlanFactor::gaussian(gaussian.clone())?], 0.0)?;
    let increments = Increments::of(&path)?;
    let kappas = geometric(2e-3, 3.0, 24);
    let series = |f: &(dyn Fn(f64) -> Result<Enclosure> + Sync)| -> Result<Vec<Point>> {
        kappas.par_iter().map(|&kappa| Ok(Point::enclosed(kappa, f(kappa)?))).collect()
    };
    let step = |kappa: f64| 1.0 / (kappa * STEPS as f64);
    Ok(Plot::new(
        "budget",
        format!("Error budget of {STEPS} Euler steps, target N(1, ¼), cosine"),
        "With so many steps a slower dynamics (small κ) has less bias but longer steps. The bounds for the two terms cross near where a plan \
         from bounds stands; together they are (√bias + √step)². The computed divergence of the chain is far lower, and has its least \
         at another κ: Girsanov's theorem compares whole paths, and the real error of a step does not accumulate.",
        Axis::logarithmic(format!("slowness κ; step 1/({STEPS} κ)")),
        Axis::logarithmic("KL(target | law of the chain)"),
    )
    .with(Series::new(1, Look::Marks, "computed divergence of the chain", series(&|kappa| {
        chain_divergence(&path, Integrator::EulerMaruyama, kappa, STEPS)
    })?))
    .with(Series::new(2, Look::Curve, "computed bias of the dynamics without steps", series(&|kappa| {
        Ok(bias(&gaussian, kappa, 0.0)?.forward_kl)
    })?))
    .with(Series::new(3, Look::Curve, "bound for the bias, κA/4", series(&|kappa| Ok(increments.bias_term(kappa)))?))
    .with(Series::new(4, Look::Curve, "bound for the step", series(&|kappa| Ok(increments.step_term(kappa, step(kappa))))?))
    .with(Series::new(0, Look::Curve, "both bounds together (S3, S4)", series(&|kappa| {
        let (bias, step) = (increments.bias_term(kappa), increments.step_term(kappa, step(kappa)));
        Ok((bias.sqrt() + step.sqrt()).square())
    })?)))
}
