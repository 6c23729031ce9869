//! The path on the line as a curve of laws in its angle.
//!
//! With `√λ = cos φ` the interpolation is `X_φ = cos φ·X + sin φ·Z`: it is smooth up to both ends, and no schedule
//! occurs in it. A schedule only says when which angle is passed ([`Schedule::angle`], [`Schedule::time_rate`]); fields
//! and norms per angle are turned into those per time by `|dφ/dt| = 1/time_rate(φ)`.

use super::Schedule;
use crate::error::Result;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// What is known of the law at one angle in one point `y`, with `p_φ` its density.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct SlicePoint {
    /// `log p_φ(y)`, normalised.
    pub log_density: f64,
    /// `∂_y log p_φ(y)`.
    pub score: f64,
    /// `∂_y² log p_φ(y)`.
    pub curvature: f64,
    /// The transport field per angle, `w_φ(y) = E[−sin φ·X + cos φ·Z | X_φ = y] = −∂_φF_φ(y)/p_φ(y)`.
    pub velocity: f64,
    /// `∂_φ log p_φ(y) = −(w' + w·∂_y log p_φ)(y)`.
    pub log_density_rate: f64,
}

/// The law at one angle.
pub trait LineSlice: Send + Sync {
    /// Everything about a point.
    fn point(&self, y: f64) -> SlicePoint;

    /// `log p_φ(y)` alone, where that is cheaper.
    fn log_density(&self, y: f64) -> f64 {
        self.point(y).log_density
    }

    /// `log p_φ` at many points; `values` is as long as `points`.
    fn log_densities(&self, points: &[f64], values: &mut [f64]) {
        for (value, &y) in values.iter_mut().zip(points) {
            *value = self.log_density(y);
        }
    }

    /// Masses of `(−∞, y)` and `(y, ∞)`, each with its own relative accuracy.
    fn masses(&self, y: f64) -> (f64, f64);

    /// An interval whose complement has mass at most `level` on either side, `0 < level < 1/2`; not much larger than needed.
    fn window(&self, level: f64) -> (f64, f64);

    /// Points between which the density is smooth on its own scale, ascending: panel edges for quadrature (may be empty).
    fn breaks(&self) -> Vec<f64>;

    /// Weight (in any unit), centre and width of each bump of the density, for grids that follow them; may be empty.
    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        Vec::new()
    }

    /// Estimated relative error of the density, and of the fields relative to their natural size.
    fn relative_error(&self) -> f64;
}

/// A law of which points are read in another way; all else is as it was.
pub(crate) struct Reread<S, F> {
    /// The law.
    pub law: S,
    /// What to say of a point.
    pub point: F,
}

impl<S, F> LineSlice for Reread<S, F>
where
    S: Deref<Target: LineSlice> + Send + Sync,
    F: Fn(&S::Target, f64) -> SlicePoint + Send + Sync,
{
    fn point(&self, y: f64) -> SlicePoint {
        (self.point)(&self.law, y)
    }

    fn log_density(&self, y: f64) -> f64 {
        self.law.log_density(y)
    }

    fn masses(&self, y: f64) -> (f64, f64) {
        self.law.masses(y)
    }

    fn window(&self, level: f64) -> (f64, f64) {
        self.law.window(level)
    }

    fn breaks(&self) -> Vec<f64> {
        self.law.breaks()
    }

    fn bumps(&self) -> Vec<(f64, f64, f64)> {
        self.law.bumps()
    }

    fn relative_error(&self) -> f64 {
        self.law.relative_error()
    }
}

/// A curve of laws on the line, from the target at angle 0 to the base at angle `π/2`.
pub trait LineCurve: Send + Sync + fmt::Display + fmt::Debug {
    /// The law at `angle ∈ [0, π/2]`.
    ///
    /// # Errors
    /// [`Error::Domain`](crate::error::Error::Domain) outside that range, or where the law has no density (atoms at angle 0).
    fn slice(&self, angle: f64) -> Result<Box<dyn LineSlice + '_>>;
}

/// A curve on the line passed with a schedule.
#[derive(Clone, Debug)]
pub struct LinePath {
    curve: Arc<dyn LineCurve>,
    schedule: Schedule,
}

impl LinePath {
    /// A curve and a schedule.
    pub fn new(curve: Arc<dyn LineCurve>, schedule: Schedule) -> Self {
        Self { curve, schedule }
    }

    /// The curve.
    pub fn curve(&self) -> &dyn LineCurve {
        self.curve.as_ref()
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }
}

impl fmt::Display for LinePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.curve, self.schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Law;

    impl LineSlice for Law {
        fn point(&self, y: f64) -> SlicePoint {
            SlicePoint { log_density: y, score: 2.0, curvature: 3.0, velocity: 4.0, log_density_rate: 5.0 }
        }
        fn masses(&self, y: f64) -> (f64, f64) {
            (y, 0.25)
        }
        fn window(&self, level: f64) -> (f64, f64) {
            (-level, 3.0 * level)
        }
        fn breaks(&self) -> Vec<f64> {
            vec![-1.0, 2.5]
        }
        fn bumps(&self) -> Vec<(f64, f64, f64)> {
            vec![(0.5, -1.0, 0.1)]
        }
        fn relative_error(&self) -> f64 {
            1e-3
        }
    }

    #[test]
    fn only_points_are_read_in_another_way() {
        let point = |law: &Law, y: f64| SlicePoint { velocity: -y, ..law.point(y) };
        let reread = Reread { law: &Law, point };
        assert_eq!(reread.point(7.0), SlicePoint { velocity: -7.0, ..Law.point(7.0) });
        assert_eq!(reread.log_density(7.0), 7.0);
        assert_eq!(reread.masses(0.5), (0.5, 0.25));
        assert_eq!(reread.window(0.1), Law.window(0.1));
        assert_eq!(reread.breaks(), [-1.0, 2.5]);
        assert_eq!(reread.bumps(), [(0.5, -1.0, 0.1)]);
        assert_eq!(reread.relative_error(), 1e-3);
    }

    #[test]
    fn what_a_law_does_not_say_itself_follows() {
        assert_eq!(Law.log_density(0.75), 0.75);
        let mut values = [0.0; 3];
        Law.log_densities(&[1.0, -2.0, 3.5], &mut values);
        assert_eq!(values, [1.0, -2.0, 3.5]);
    }
}
