//! Entropic optimal transport between Gaussian laws.

use crate::error::{Error, Result, positive};
use crate::measure::gaussian::Gaussian;
use crate::numerics::double_double::Dd;
use crate::numerics::linalg::{Ball, Matrix, symmetric_eigen};
use crate::path::observation::{covariance_ball, times, whitened};

/// Covers the roundings of a radius itself.
const ROUND_UP: f64 = 1.0 + 1e-7;

/// The Jacobian J of the barycentric map `x ↦ E[Y|X=x]` of the entropic-optimal plan between
/// `source = N(·, A)` and `target = N(·, B)` for the cost `|x−y|²/2` at temperature ε, shape `[d, d]`:
/// the positive solution of `JAJ + εJ = B`, that is
/// `J = A^{−½}(A^{½}BA^{½} + ε²/4)^{½}A^{−½} − (ε/2)A^{−1}` (Janati, Muzellec, Peyré, Cuturi, *Entropic
/// optimal transport between unbalanced Gaussian measures has a closed form*, 2020).
///
/// The closed form is evaluated with a Cholesky factor in place of the square root and then
/// verified. If `R = B − JAJ − εJ` for a positive J, then J solves the equation for `B − R`;
/// in coordinates in which `A = I` the solution is `(B + ε²/4)^{½} − ε/2`, where the root changes by at most
/// `‖R‖/ε`. So J is off by at most `‖A‖‖A⁻¹‖‖R‖/ε`.
///
/// # Errors
/// [`Error::Domain`] unless ε is finite and positive; [`Error::Dimension`] if the dimensions differ;
/// [`Error::Matrix`] if a matrix is too ill-conditioned.
pub fn entropic_map_jacobian(source: &Gaussian, target: &Gaussian, epsilon: f64) -> Result<Ball> {
    positive("epsilon", epsilon)?;
    if source.dim() != target.dim() {
        let (found, expected) = (target.dim(), source.dim());
        return Err(Error::Dimension { name: "target".to_owned(), found, expected });
    }
    let d = source.dim();
    let (a, b) = (covariance_ball(source), covariance_ball(target));
    let white = whitened("covariance of the source", &a)?;
    let temperature = Dd::from(epsilon);
    let half = temperature.times_power_of_two(0.5);
    let inner = white.lower.transpose().product(&b.centre.product(&white.lower)).symmetrised();
    let shifted =
        Matrix::from_fn(d, d, |i, j| if i == j { inner[(i, j)] + half * half } else { inner[(i, j)] });
    let eigen = symmetric_eigen(&shifted);
    // √(s + ε²/4) − ε/2 = s/(√(s + ε²/4) + ε/2) without cancellation.
    let root = Matrix::from_fn(d, d, |i, k| {
        let s = eigen.values[k] - half * half;
        eigen.vectors[(i, k)] * (s / (eigen.values[k].sqrt() + half))
    });
    let core = root.product(&eigen.vectors.transpose());
    let x = &white.whitener;
    let jacobian = Ball::from(x.transpose().product(&core.product(x)).symmetrised());
    whitened("Jacobian of the entropic map", &jacobian)?;
    let residual =
        b.minus(&jacobian.product(&a.product(&jacobian))).minus(&times(&jacobian, temperature, 0.0));
    let condition = a.norm() / white.smallest_eigenvalue_bound();
    let radius = condition * residual.norm() / epsilon * ROUND_UP;
    Ok(Ball { centre: jacobian.centre, radius })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::stream::stream;

    #[test]
    fn the_plan_has_a_precision_with_the_cost_off_the_diagonal() {
        for index in 0..8 {
            let stream = &mut stream(7, "entropic map", index);
            let source = Gaussian::random(stream, 3, 50.0, 0.0).unwrap();
            let target = Gaussian::random(stream, 3, 10.0, 0.0).unwrap();
            let epsilon = 0.5;
            let jacobian = entropic_map_jacobian(&source, &target, epsilon).unwrap();
            let (a, b) = (covariance_ball(&source), covariance_ball(&target));
            let cross = a.product(&jacobian);
            let centre = Matrix::from_fn(6, 6, |i, j| match (i < 3, j < 3) {
                (true, true) => a.centre[(i, j)],
                (true, false) => cross.centre[(i, j - 3)],
                (false, true) => cross.centre[(j, i - 3)],
                (false, false) => b.centre[(i - 3, j - 3)],
            });
            let joint = whitened("joint", &Ball { centre, radius: 2.0 * cross.radius }).unwrap();
            let precision = joint.times_inverse(&Ball::from(Matrix::identity(6)));
            for i in 0..3 {
                for j in 0..3 {
                    let entry = precision.entry(i, j + 3);
                    let expected = if i == j { -1.0 / epsilon } else { 0.0 };
                    assert!(entry.contains(expected) && entry.width() < 1e-12, "{entry:?}");
                }
            }
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let law = Gaussian::standard(2).unwrap();
        for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(entropic_map_jacobian(&law, &law, epsilon).is_err());
        }
        assert!(entropic_map_jacobian(&law, &Gaussian::standard(3).unwrap(), 1.0).is_err());
    }
}
