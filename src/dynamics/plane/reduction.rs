//! Mixtures in any dimension whose dynamics is that of a mixture on the line or in the plane and of normal laws across.

use super::{PlaneAccuracy, plane_bias};
use crate::dynamics::fokker_planck::{Accuracy, AnnealedLine};
use crate::dynamics::{InitialLaw, bias_at};
use crate::enclosure::Enclosure;
use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::mixture::Mixture;
use crate::path::{GaussianPath, MixturePath, Schedule};
use nalgebra::{DMatrix, DVector};

/// How far the law `q` of the dynamics is from the law `p` of the path at one time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MixtureBias {
    /// `KL(p|q)`.
    pub forward_kl: Enclosure,
    /// `KL(q|p)`.
    pub reverse_kl: Enclosure,
    /// Coordinates in which an equation was solved on grids; the others are normal laws in closed form.
    pub solved: usize,
}

/// The bias at time `until` of annealed Langevin dynamics with slowness `kappa`, started at time `from` in the law of the path, where
/// it splits into a part on the line or in the plane and normal laws across.
///
/// That is so on the line and in the plane for all mixtures; above, with a Gaussian base, for one component and for components
/// with the same covariance `v·I` whose means span at most a plane (scores of orthogonal coordinates then do not depend on each
/// other, so that neither the path nor the dynamics mixes them).
///
/// # Errors
/// [`Error::Undefined`] for all other mixtures; those of [`plane_bias`], [`AnnealedLine::along`] and [`bias_at`].
pub fn mixture_bias(
    path: &MixturePath,
    schedule: &Schedule,
    kappa: f64,
    from: f64,
    until: f64,
    accuracy: PlaneAccuracy,
) -> Result<MixtureBias> {
    let run = Run { schedule, kappa, from, until, accuracy };
    let (target, d) = (path.target(), path.dim());
    if !path.has_gaussian_base() {
        return match d {
            1 => run.line(path),
            2 => run.plane(path),
            _ => Err(refused("a Student base does not split into independent coordinates")),
        };
    }
    if target.len() == 1 {
        let mean = DVector::from_column_slice(target.component_mean(0));
        return run.normal(mean, target.component_covariance(0));
    }
    if d == 1 {
        return run.line(path);
    }
    let Some(variance) = target.common_variance() else {
        return match d {
            2 => run.plane(path),
            _ => Err(refused("the covariances are not all the same multiple of the identity")),
        };
    };
    let Some((axes, offset)) = span(target) else {
        return Err(refused("the means span more than a plane"));
    };
    if axes.len() == 2 && d == 2 {
        return run.plane(path);
    }
    // The normal law across: one coordinate that carries the offset, and identical ones without.
    let across = |directions: usize| -> Result<Option<MixtureBias>> {
        let normal =
            |mean: f64| run.normal(DVector::from_vec(vec![mean]), DMatrix::from_element(1, 1, variance));
        match directions {
            0 => Ok(None),
            1 => normal(offset).map(Some),
            _ => Ok(Some(normal(offset)?.plus(normal(0.0)?, (directions - 1) as f64))),
        }
    };
    if axes.is_empty() {
        let normal = across(d)?;
        return normal.ok_or_else(|| refused("there are no coordinates"));
    }
    let weights: Vec<f64> = (0..target.len()).map(|k| target.weight(k)).collect();
    let means = (0..target.len())
        .map(|k| {
            let mean = DVector::from_column_slice(target.component_mean(k));
            DVector::from_iterator(axes.len(), axes.iter().map(|a| a.dot(&mean)))
        })
        .collect();
    let inside = MixturePath::gaussian(Mixture::isotropic(&weights, means, &vec![variance; weights.len()])?);
    let inside = if axes.len() == 1 { run.line(&inside)? } else { run.plane(&inside)? };
    Ok(match across(d - axes.len())? {
        None => inside,
        Some(normal) => inside.plus(normal, 1.0),
    })
}

fn refused(reason: &str) -> Error {
    let what = "the law of annealed Langevin dynamics for a mixture".to_owned();
    Error::Undefined { what, reason: reason.to_owned() }
}

impl MixtureBias {
    /// With so many independent coordinates of another bias.
    fn plus(self, other: Self, times: f64) -> Self {
        let times = Enclosure::exact(times);
        Self {
            forward_kl: self.forward_kl + times * other.forward_kl,
            reverse_kl: self.reverse_kl + times * other.reverse_kl,
            solved: self.solved,
        }
    }
}

/// What is common to all parts.
struct Run<'a> {
    schedule: &'a Schedule,
    kappa: f64,
    from: f64,
    until: f64,
    accuracy: PlaneAccuracy,
}

impl Run<'_> {
    fn line(&self, path: &MixturePath) -> Result<MixtureBias> {
        crate::error::within("start", self.from, 0.0, self.until)?;
        crate::error::within("end", self.until, self.from, 1.0)?;
        let angle = |t: f64| self.schedule.angle(t);
        let line =
            AnnealedLine::new(path, angle(self.from), angle(self.until), &self.schedule.angle_breaks())?;
        let accuracy = Accuracy { tolerance: self.accuracy.tolerance, ..Accuracy::default() };
        let bias = line.law(self.schedule, self.kappa, accuracy)?.bias();
        Ok(MixtureBias { forward_kl: bias.forward_kl, reverse_kl: bias.reverse_kl, solved: 1 })
    }

    fn plane(&self, path: &MixturePath) -> Result<MixtureBias> {
        let bias = plane_bias(path, self.schedule, self.kappa, self.from, self.until, self.accuracy)?;
        Ok(MixtureBias { forward_kl: bias.forward_kl, reverse_kl: bias.reverse_kl, solved: 2 })
    }

    fn normal(&self, mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<MixtureBias> {
        let initial = InitialLaw::exact(mean.len());
        let path = GaussianPath::from_standard(Gaussian::new(mean, covariance)?, self.schedule.clone())?;
        let bias = bias_at(&path, self.kappa, self.from, self.until, &initial)?;
        Ok(MixtureBias { forward_kl: bias.forward_kl, reverse_kl: bias.reverse_kl, solved: 0 })
    }
}

/// Means within this share of their size from a line or plane lie in it.
const FLAT: f64 = 1e-12;

/// An orthonormal basis of the differences of the means, two vectors at most, and the length of what of the means is across;
/// `None` if they span more than a plane.
fn span(target: &Mixture) -> Option<(Vec<DVector<f64>>, f64)> {
    let means: Vec<DVector<f64>> =
        (0..target.len()).map(|k| DVector::from_column_slice(target.component_mean(k))).collect();
    let size = means.iter().map(DVector::norm).fold(0.0, f64::max);
    let mut axes: Vec<DVector<f64>> = Vec::new();
    let across = |mut v: DVector<f64>, axes: &[DVector<f64>]| {
        // Twice: the first time leaves the rounding of a long vector.
        for axis in axes.iter().chain(axes) {
            let along = v.dot(axis);
            v.axpy(-along, axis, 1.0);
        }
        v
    };
    loop {
        let rests = means.iter().map(|m| across(m - &means[0], &axes));
        let farthest = rests.max_by(|a, b| a.norm().total_cmp(&b.norm()));
        match farthest.filter(|v| v.norm() > FLAT * size) {
            Some(_) if axes.len() == 2 => return None,
            Some(v) => axes.push(v.normalize()),
            None => break,
        }
    }
    let offset = across(means[0].clone(), &axes).norm();
    Some((axes, offset))
}
