//! **W6**: with a Student base the score is bounded and Lipschitz before the target, whatever the target is.
//!
//! *Statement.* For ν the standard Student law with n degrees of freedom on `R^d` and every law of X, at `λ < 1`:
//! `|s_t| ≤ (n+d)/(2√(n(1−λ)))`, and `−(n+d)/(n(1−λ)) ≤ ∇²log p_t ≤ [(n+d)/(8n) + (n+d)²/(4n)]/(1−λ)`. The bracket may be replaced
//! by `m(m+1)²/(4n(m+2))`, `m = n + d`, which is attained.
//!
//! *Hypotheses.* H1: Student base, n > 0. H2: `0 < λ < 1`. Nothing is asked of the target.
//!
//! *Normalisation.* ν ∝ `(1 + |z|²/n)^{−(n+d)/2}`; `X_t = √λ X + √(1−λ) Z`; `s_t = ∇log p_t`.
//!
//! *Why.* `s_t` is the conditional mean of `∇log ν_σ` and `∇²log p_t` the conditional mean of `∇²log ν_σ` plus the conditional
//! covariance of `∇log ν_σ` (W2): H1, and the two terms of H1 for the bracket. They are not largest at the same z: with
//! the mean subtracted last, `∇²log p_t ≤ E[∇²ν_σ/ν_σ | y]`, and `∇²ν/ν` is largest along z, at `|z|² = n(m+3)/(m+1)`.
//!
//! *Source.* \[CCG\] (heavy-tailed base); the sharp bracket is derived here.
//!
//! *Checked.* Left: derivatives of `log p_t` along lines: for atoms of the finite sum itself, by Taylor arithmetic on intervals; for
//! densities on the line by integrals of π against `ν_σ` and its derivatives; for atoms and mixtures in d = 2 and 3 that are not on a
//! line the extreme eigenvalues of the Hessian over all points, by a search. Right: the formulae. *Not checked:* targets with other
//! densities in more than one dimension; that the search finds the extremes (a value found is no more than the supremum).
//!
//! *Sharp.* Score and lower bound: one atom. Upper bound: two equal atoms, with the sharp bracket; the other bracket is larger
//! by the factor `(m+2)(2m+1)/(2(m+1)²)` and is approached as n → ∞ only: for n = 3, d = 1 no target comes nearer to it than
//! 0.9260. *A Gaussian base* gives no such bounds.

use super::student_slice::{Part, Slice, Target};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::Result;

/// The claim.
pub struct StudentBase;

/// Where `∇²ν/ν` is largest: two atoms at `±a e₁` with `√λ a = √(1−λ) √(n(m+3)/(m+1))`, seen from the middle.
fn extremal(part: Part, dof: f64, dim: usize, lambda: f64) -> Result<Slice> {
    let m = dof + dim as f64;
    let place = ((1.0 - lambda) / lambda * dof * (m + 3.0) / (m + 1.0)).sqrt();
    let unit = |x: f64| {
        let mut v = vec![0.0; dim];
        v[0] = x;
        v
    };
    let atoms = Target::Atoms(vec![(0.5, unit(place)), (0.5, unit(-place))]);
    Slice::new(part, atoms, Some(dof), lambda, unit(0.0), unit(1.0))
}

/// One atom at the origin.
fn point_mass(part: Part, dof: f64, lambda: f64, y: Vec<f64>) -> Result<Slice> {
    let atom = Target::Atoms(vec![(1.0, vec![0.0; y.len()])]);
    let u = if part == Part::Slope { y.clone() } else { (1..=y.len()).map(|i| i as f64).collect() };
    Slice::new(part, atom, Some(dof), lambda, y, u)
}

impl Theorem for StudentBase {
    type Instance = Slice;

    const ABOUT: About = About {
        id: "W6",
        chapter: Chapter::WellPosedness,
        title: "Student base: Lipschitz score for every target",
        statement: "ν Student with n degrees of freedom on R^d, any target: |s_t| ≤ (n+d)/(2√(n(1−λ))) and \
                    −(n+d)/(n(1−λ)) ≤ ∇²log p_t ≤ [(n+d)/(8n) + (n+d)²/(4n)]/(1−λ); the bracket may be replaced by \
                    m(m+1)²/(4n(m+2)), m = n+d, which is attained",
        hypotheses: &[("H1", "Student base with n > 0 degrees of freedom"), ("H2", "0 < λ < 1")],
        why: "s_t = E[∇log ν_σ|y] and ∇²log p_t = E[∇²log ν_σ|y] + Cov(∇log ν_σ|y) ≤ E[∇²ν_σ/ν_σ|y], with the bounds of H1; \
              ∇²ν/ν is largest along z at |z|² = n(m+3)/(m+1).",
        checked: "Derivatives of log p_t: certified for atoms in d = 1, 2, 5 (among them atoms at −20, −5, 0, 7, 15 with n = 3, λ = ½), by \
                  quadrature for mixtures with growing gaps, double wells and heavy tails on the line; extreme eigenvalues of the Hessian over \
                  all points by a search for atoms and mixtures in d = 2, 3 that are not on a line.",
        not_checked: "Densities in more than one dimension other than mixtures; that the search finds the extremes.",
        source: "[CCG] (heavy-tailed base); the sharp bracket is derived here",
        relation: Relation::Upper,
        rests_on: &["H1", "W2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Slice>> {
        let certified =
            |name, quick, full, draw| Family { name, evidence: Evidence::Certified, quick, full, draw };
        NonEmpty::new(
            certified("atoms in d = 1, 2 and 5", 36, 180, Slice::random_atoms),
            [
                certified("atoms at −20, −5, 0, 7, 15, n = 3, λ = ½", 8, 40, Slice::five_atoms),
                Family {
                    name: "densities on the line",
                    evidence: Evidence::Converged,
                    quick: 16,
                    full: 80,
                    draw: Slice::random_density,
                },
                Family {
                    name: "atoms and mixtures in d = 2 and 3, over all points",
                    evidence: Evidence::Converged,
                    quick: 4,
                    full: 36,
                    draw: Slice::whole_space,
                },
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Slice>> {
        let attained = |name, instance| SharpCase { name, kind: SharpKind::Attained(instance) };
        vec![
            attained("score: one atom, d = 1", || point_mass(Part::Slope, 4.0, 0.75, vec![1.0])),
            attained("score: one atom, d = 3", || point_mass(Part::Slope, 9.0, 0.75, vec![0.5, -1.0, 1.0])),
            attained("from below: one atom, d = 5", || point_mass(Part::Below, 3.0, 0.5, vec![0.0; 5])),
            attained("from above: two atoms, n = 3, d = 1", || extremal(Part::AboveSharp, 3.0, 1, 0.5)),
            attained("from above: two atoms, n = 2.5, d = 5", || extremal(Part::AboveSharp, 2.5, 5, 0.25)),
            SharpCase {
                name: "the first bracket: two atoms, n → ∞",
                kind: SharpKind::Limit {
                    instance: |parameter| extremal(Part::Above, 1.0 / parameter, 1, 0.5),
                    at: &[0.08, 0.04, 0.02, 0.01, 0.005],
                },
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Slice>> {
        NonEmpty::new(
            FalseTwin {
                name: "the same for a Gaussian base",
                instance: || {
                    let atoms = Target::Atoms(vec![(0.5, vec![10.0]), (0.5, vec![-10.0])]);
                    Slice::new(Part::Above, atoms, None, 0.5, vec![0.0], vec![1.0])
                },
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "the score of ν itself: (n+d)/(2√n), without 1−λ",
                    instance: || point_mass(Part::Slope, 4.0, 0.75, vec![1.0]),
                    wrong: Wrong::Bound(|s| Ok(s.power() / (2.0 * s.dof().sqrt()))),
                },
                FalseTwin {
                    name: "from above without the covariance: (n+d)/(8n(1−λ))",
                    instance: || extremal(Part::Above, 3.0, 1, 0.5),
                    wrong: Wrong::Bound(|s| Ok(s.power() / (8.0 * s.dof() * s.complement()))),
                },
                FalseTwin {
                    name: "log p_t concave for a point mass",
                    instance: || {
                        let atom = Target::Atoms(vec![(1.0, vec![0.0])]);
                        Slice::new(Part::Above, atom, Some(3.0), 0.5, vec![2.0], vec![1.0])
                    },
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "from below with the constant of a Gaussian base: 1/(1−λ)",
                    instance: || point_mass(Part::Below, 3.0, 0.5, vec![0.0; 5]),
                    wrong: Wrong::Bound(|s| Ok(1.0 / s.complement())),
                },
                FalseTwin {
                    name: "m² in place of (m+1)² in the sharp bracket",
                    instance: || extremal(Part::AboveSharp, 3.0, 1, 0.5),
                    wrong: Wrong::Bound(|s| {
                        let m = s.power();
                        Ok(m * m.square() / (4.0 * s.dof() * (m + 2.0) * s.complement()))
                    }),
                },
            ],
        )
    }

    fn observed(slice: &Slice) -> Result<Enclosure> {
        slice.observed()
    }

    fn bound(slice: &Slice) -> Result<Enclosure> {
        let (n, m, complement) = (slice.dof(), slice.power(), slice.complement());
        Ok(match slice.part() {
            Part::Slope => m / (2.0 * (n * complement).sqrt()),
            Part::Below => m / (n * complement),
            Part::Above => (m / (8.0 * n) + m.square() / (4.0 * n)) / complement,
            Part::AboveSharp => m * (m + 1.0).square() / (4.0 * n * (m + 2.0) * complement),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two atoms in space at the extremal distance: the search finds the sharp bracket, and −(n+d)/(n(1−λ)) is approached from inside.
    #[test]
    fn the_search_over_space_finds_the_sharp_bracket() {
        use super::super::student_space::StudentSpace;
        use crate::measure::mixture::Mixture;
        use nalgebra::DVector;
        let (n, d, lambda): (f64, usize, f64) = (3.0, 3, 0.5);
        let m = n + d as f64;
        let place = ((1.0 - lambda) / lambda * n * (m + 3.0) / (m + 1.0)).sqrt();
        // Not along an axis.
        let at = |sign: f64| DVector::from_vec(vec![sign * place * 0.6, 0.0, sign * place * 0.8]);
        let atoms = Mixture::isotropic(&[0.5, 0.5], vec![at(1.0), at(-1.0)], &[0.0, 0.0]).unwrap();
        let [least, most] = StudentSpace::new(atoms, n, lambda).unwrap().extremes().unwrap();
        let bracket = m * (m + 1.0).powi(2) / (4.0 * n * (m + 2.0) * (1.0 - lambda));
        let search = 1e-6 * bracket;
        assert!((most.mid() - bracket).abs() < search, "{most} {bracket}");
        assert!(least.lo() >= -m / (n * (1.0 - lambda)), "{least}");
    }

    /// Atoms at −20, −5, 0, 7, 15 with n = 3, λ = ½ and the best weights come within five per cent of the bounds; only of
    /// the first bracket no target can.
    #[test]
    fn five_atoms_come_near_the_bounds() {
        let mut stream = crate::numerics::stream::stream(1, "five atoms", 0);
        for (index, least) in [(0, 0.999), (1, 0.999), (2, 0.95), (3, 0.88)] {
            let slice = Slice::five_atoms(&mut stream, index).unwrap();
            let ratio = StudentBase::observed(&slice).unwrap() / StudentBase::bound(&slice).unwrap();
            assert!(ratio.lo() > least && ratio.hi() <= 1.0, "{slice}: {ratio}");
        }
        // m(m+1)²/(4n(m+2)) against m/(8n) + m²/(4n) for n = 3, d = 1: 25/27.
        let slice = extremal(Part::Above, 3.0, 1, 0.5).unwrap();
        let best = StudentBase::observed(&slice).unwrap() / StudentBase::bound(&slice).unwrap();
        let rounding = 1e-13;
        assert!((best.mid() - 25.0 / 27.0).abs() < rounding + best.width(), "{best}");
    }
}
