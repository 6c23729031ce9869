//! The path to a Gaussian mixture in any dimension, from a Gaussian or a Student base, as a curve of laws in its angle.
//!
//! `X_φ = cos φ·X + sin φ·Z` with `X ~ Σ w_k N(m_k, Σ_k)`. Given the component and, for a Student base, the scale `s` of `Z = sG`,
//! the pair `(X, Z)` is normal, so `p_φ` is a mixture of `N(cos φ·m_k, C)`, `C = cos²φ·Σ_k + s² sin²φ·I`, and every
//! conditional mean is affine on a component. With `U = −sin φ·X + cos φ·Z` the pair `(X_φ, U)` is `(X, Z)` rotated; hence
//! `w_φ(y) = E[U|X_φ=y]` gives `E[X|y] = cos φ·y − sin φ·w(y)` and `Cov(X|y) = sin²φ·Cov(U|y)`.

mod hessian_range;
mod line;
mod scales;

pub use hessian_range::HessianRange;
pub use scales::{Scale, StudentScales};

use crate::error::{Error, Result, finite, within};
use crate::measure::mixture::kernel::{self, Group, Member};
use crate::measure::mixture::{Component, Mixture};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::FRAC_PI_2;
use std::fmt;
use std::sync::Arc;

/// The law of `Z`.
#[derive(Clone, PartialEq, Debug)]
pub enum MixtureBase {
    /// `N(0, I)`.
    Gaussian,
    /// `∝ (1 + |z|²/n)^{−(n+d)/2}`.
    Student(Arc<StudentScales>),
}

/// The curve `φ ↦ law of cos φ·X + sin φ·Z`, from the target at angle 0 to the base at `π/2`.
#[derive(Clone, PartialEq, Debug)]
pub struct MixturePath {
    target: Mixture,
    base: MixtureBase,
}

/// The law at one angle.
#[derive(Clone, PartialEq, Debug)]
pub struct MixtureSlice<'a> {
    path: &'a MixturePath,
    sine: f64,
    cosine: f64,
    groups: Vec<Group>,
}

/// What is known of the law at one angle in one point `y`.
#[derive(Clone, PartialEq, Debug)]
pub struct MixturePoint {
    /// `log p_φ(y)`, normalised.
    pub log_density: f64,
    /// `∇log p_φ(y)`, shape `[d]`.
    pub score: DVector<f64>,
    /// `∇²log p_φ(y)`, shape `[d, d]`.
    pub hessian: DMatrix<f64>,
    /// The field per angle `w_φ(y) = E[−sin φ·X + cos φ·Z | X_φ = y]`, shape `[d]`.
    pub velocity: DVector<f64>,
    /// Its derivative, row `i` column `l`: `∂_l w_i`; symmetric with a Gaussian base.
    pub jacobian: DMatrix<f64>,
    /// `∂_φ log p_φ(y) = −(div w + w·∇log p_φ)(y)`.
    pub log_density_rate: f64,
    /// `E[X | X_φ = y]`, shape `[d]`.
    pub posterior_mean: DVector<f64>,
    /// `Cov(X | X_φ = y)`, shape `[d, d]`.
    pub posterior_covariance: DMatrix<f64>,
}

impl MixturePoint {
    /// The curl `∂_1 w_2 − ∂_2 w_1` of the field in the plane.
    ///
    /// # Errors
    /// [`Error::Dimension`] in any other dimension.
    pub fn curl(&self) -> Result<f64> {
        if self.score.len() != 2 {
            let name = "velocity".to_owned();
            return Err(Error::Dimension { name, found: self.score.len(), expected: 2 });
        }
        Ok(self.jacobian[(1, 0)] - self.jacobian[(0, 1)])
    }
}

impl MixturePath {
    /// The path from `N(0, I)`.
    pub fn gaussian(target: Mixture) -> Self {
        Self { target, base: MixtureBase::Gaussian }
    }

    /// The path from the Student law `∝ (1 + |z|²/n)^{−(n+d)/2}`, `n = freedom`.
    ///
    /// # Errors
    /// As [`StudentScales::standard`].
    pub fn student(target: Mixture, freedom: f64) -> Result<Self> {
        let scales = StudentScales::standard(freedom, target.dim())?;
        Ok(Self { target, base: MixtureBase::Student(Arc::new(scales)) })
    }

    /// The path with a given rule for the Student base.
    ///
    /// # Errors
    /// [`Error::Dimension`] if the rule is for another dimension.
    pub fn student_with(target: Mixture, scales: StudentScales) -> Result<Self> {
        if scales.dim() != target.dim() {
            let name = "Student base".to_owned();
            return Err(Error::Dimension { name, found: scales.dim(), expected: target.dim() });
        }
        Ok(Self { target, base: MixtureBase::Student(Arc::new(scales)) })
    }

    /// The path to the target moved by minus its mean.
    #[must_use]
    pub fn centred(&self) -> Self {
        Self { target: self.target.centred(), base: self.base.clone() }
    }

    /// Number of coordinates.
    pub fn dim(&self) -> usize {
        self.target.dim()
    }

    /// The target.
    pub fn target(&self) -> &Mixture {
        &self.target
    }

    /// The base.
    pub fn base(&self) -> &MixtureBase {
        &self.base
    }

    /// Whether the base is `N(0, I)`, so that the field is a gradient.
    pub fn has_gaussian_base(&self) -> bool {
        self.base == MixtureBase::Gaussian
    }

    /// Degrees of freedom of a Student base.
    pub fn freedom(&self) -> Option<f64> {
        match &self.base {
            MixtureBase::Gaussian => None,
            MixtureBase::Student(scales) => Some(scales.freedom()),
        }
    }

    /// `E|Z|²`, infinite for a Student base with at most two degrees of freedom.
    pub fn base_second_moment(&self) -> f64 {
        match &self.base {
            MixtureBase::Gaussian => self.dim() as f64,
            MixtureBase::Student(scales) => scales.second_moment(),
        }
    }

    /// Relative error of the density by the finite mixture that stands for the base.
    pub fn relative_error(&self) -> f64 {
        match &self.base {
            MixtureBase::Gaussian => 0.0,
            MixtureBase::Student(scales) => scales.relative_error(),
        }
    }

    /// The law at `angle ∈ [0, π/2]`.
    ///
    /// # Errors
    /// [`Error::Domain`] outside that range, or at angle 0 (to underflow) if a component of the target has no density.
    pub fn slice(&self, angle: f64) -> Result<MixtureSlice<'_>> {
        within("angle", angle, 0.0, FRAC_PI_2)?;
        let (sine, cosine) = (core_math::sin(angle), core_math::cos(angle));
        let unit = [Scale { std: 1.0, log_weight: 0.0 }];
        let scales = match &self.base {
            MixtureBase::Gaussian => &unit[..],
            // At angle 0 the base does not occur; its scales would be copies of one law.
            MixtureBase::Student(scales) => scales.scales(),
        };
        let mut groups = Vec::with_capacity(self.target.len());
        for component in self.target.components() {
            let mut members = Vec::with_capacity(scales.len());
            for scale in scales {
                members.push(member(component, *scale, sine, cosine)?);
            }
            groups.push(Group {
                mean: component.mean.iter().map(|m| cosine * m).collect(),
                axes: component.axes.clone(),
                offset: component.mean.iter().map(|m| -sine * m).collect(),
                members,
            });
        }
        Ok(MixtureSlice { path: self, sine, cosine, groups })
    }
}

/// Given component and scale: the law of `X_φ` and the regression of `U` on it.
fn member(component: &Component, scale: Scale, sine: f64, cosine: f64) -> Result<Member> {
    let noise = scale.std * scale.std;
    let variances: Vec<f64> =
        component.variances.iter().map(|v| cosine * cosine * v + noise * (sine * sine)).collect();
    if variances.iter().any(|c| c.is_nan() || *c <= 0.0 || !c.recip().is_finite()) {
        return Err(Error::domain("angle", sine.asin(), "an angle at which the law has a density"));
    }
    let mut member = Member::new(component.weight.ln() + scale.log_weight, &variances);
    member.gains =
        component.variances.iter().zip(&variances).map(|(v, c)| sine * cosine * ((noise - v) / c)).collect();
    member.spreads = component.variances.iter().zip(&variances).map(|(v, c)| noise * (v / c)).collect();
    Ok(member)
}

impl MixtureSlice<'_> {
    /// The path.
    pub fn path(&self) -> &MixturePath {
        self.path
    }

    /// `sin φ` and `cos φ`.
    pub fn sine_cosine(&self) -> (f64, f64) {
        (self.sine, self.cosine)
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    fn checked(&self, y: &[f64]) -> Result<()> {
        if y.len() != self.path.dim() {
            let name = "point".to_owned();
            return Err(Error::Dimension { name, found: y.len(), expected: self.path.dim() });
        }
        y.iter().try_for_each(|&x| finite("coordinate", x).map(|_| ()))
    }

    /// Everything about a point.
    ///
    /// # Errors
    /// [`Error::Dimension`] or [`Error::Domain`] for a point of another dimension, not finite, or so far away that its squared
    /// distance from a component overflows.
    pub fn point(&self, y: &[f64]) -> Result<MixturePoint> {
        self.checked(y)?;
        let point = self.evaluate(y);
        if point.log_density.is_finite() && point.hessian.iter().all(|h| h.is_finite()) {
            return Ok(point);
        }
        Err(Error::domain("point", format!("{y:?}"), "a point at which squared distances do not overflow"))
    }

    /// Log-density, score and field per angle in a point of the right dimension, without derivatives and without checks.
    pub(crate) fn first_order(&self, y: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
        let first = kernel::first(&self.groups, y);
        (first.log_density, first.score, first.field)
    }

    /// [`MixtureSlice::point`] without checks.
    pub(crate) fn evaluate(&self, y: &[f64]) -> MixturePoint {
        let first = kernel::first(&self.groups, y);
        let second = kernel::second(&self.groups, y, &first);
        let (score, velocity) = (kernel::column(&first.score), kernel::column(&first.field));
        MixturePoint {
            log_density: first.log_density,
            log_density_rate: -(second.jacobian.trace() + velocity.dot(&score)),
            posterior_mean: kernel::column(y) * self.cosine - &velocity * self.sine,
            posterior_covariance: second.covariance * (self.sine * self.sine),
            hessian: second.hessian,
            jacobian: second.jacobian,
            score,
            velocity,
        }
    }

    /// `log p_φ(y)`.
    ///
    /// # Errors
    /// As [`MixtureSlice::point`].
    pub fn log_density(&self, y: &[f64]) -> Result<f64> {
        self.checked(y)?;
        Ok(kernel::log_density(&self.groups, y))
    }

    /// The conditional law of `X` given `X_φ = y`: again a Gaussian mixture (for a Student base with a component for each
    /// scale of the base). Components whose weight underflows are left out.
    ///
    /// # Errors
    /// As [`MixtureSlice::point`].
    pub fn conditional(&self, y: &[f64]) -> Result<Mixture> {
        self.point(y)?;
        let weights = kernel::first(&self.groups, y).weights;
        let mut weights = weights.iter();
        let mut components = Vec::new();
        for group in &self.groups {
            let xi = group.along_axes(y);
            for member in &group.members {
                let weight = *weights.next().unwrap_or(&0.0);
                if weight <= 0.0 {
                    continue;
                }
                let slope = group.turned_out(xi.iter().zip(&member.gains).map(|(x, b)| x * b).collect());
                let velocity = slope.iter().zip(&group.offset).map(|(a, b)| a + b);
                components.push(Component {
                    weight,
                    mean: y.iter().zip(velocity).map(|(y, u)| self.cosine * y - self.sine * u).collect(),
                    axes: group.axes.clone(),
                    variances: member.spreads.iter().map(|v| self.sine * self.sine * v).collect(),
                });
            }
        }
        Ok(Mixture::from_components(self.path.dim(), components))
    }

    /// `E|w_φ|²` at one point is not more than this in the mean: `E|U|² = sin²φ·E|X|² + cos²φ·E|Z|²`, the squared norm of the
    /// coupling's own velocity.
    pub fn coupling_bound(&self) -> f64 {
        let kinetic =
            if self.cosine == 0.0 { 0.0 } else { self.cosine.powi(2) * self.path.base_second_moment() };
        self.sine.powi(2) * self.path.target.second_moment() + kinetic
    }
}

impl fmt::Display for MixturePath {
    /// Target and base, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.freedom() {
            None => write!(f, "target {}, base N(0, I)", self.target),
            Some(n) => write!(f, "target {}, base Student with {n} degrees of freedom", self.target),
        }
    }
}

#[cfg(test)]
mod tests;
