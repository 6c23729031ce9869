//! **H3**: with a Student base the path moves with finite speed in W₂ iff `n > 2`, unless the tails of the target are as heavy.
//!
//! *Statement.* d = 1, ν Student with n degrees of freedom, per angle φ (`√λ = cos φ`). (i) If `n > 2` and `E X² < ∞`:
//! `|p'|²(φ) ≤ sin²φ·E X² + cos²φ·n/(n−2)`, so the path is absolutely continuous, and B2 holds:
//! `KL(p_1|q) ≤ (κ/4)A`. (ii) If the tails of X are lighter than those of Z, then for two angles the quantiles at
//! `u` and `1 − u` differ by `(sin φ' − sin φ)(C/u)^{1/n}(1 + o(1))` in absolute value, `P(Z > z) ~ C z^{−n}`: the part of `W₂²(p_φ, p_{φ'})` in
//! `u ∈ [ε', ε]` at both ends is `2(sin φ' − sin φ)²C^{2/n}∫u^{−2/n}du·(1 + o(1))`, and for `n ≤ 2` `W₂(p_φ, p_{φ'}) = ∞`. For such targets the path
//! is absolutely continuous iff `n > 2`. (iii) If π = ν, `σ(φ) = (cos^n φ + sin^n φ)^{1/n}` takes the place of `sin φ`: for n = 2
//! it is 1, and the tails do not move.
//!
//! *Hypotheses.* H1: (i) `n > 2`, `E X² < ∞`. H2: (ii) `P(|X| > x) = o(x^{−n})`, which `E X² < ∞` implies for `n ≤ 2`.
//!
//! *Normalisation.* ν ∝ `(1 + z²/n)^{−(n+1)/2}`; `C = Γ((n+1)/2) n^{n/2−1}/(√π Γ(n/2))`; angles rather than times: `|p'_t| = |p'|(φ)·|φ̇|`.
//!
//! *Why.* (i) `w_φ(y) = E[−sin φ·X + cos φ·Z|y]`, and Jensen. (ii) One large summand makes a large sum: `P(X_φ > y) ~ P(sin φ·Z > y)`;
//! on the line `W₂² = ∫(Q' − Q)²du`. (iii) Two equal tails add up: `P(X_φ > y) ~ C(cos^n φ + sin^n φ)y^{−n}`.
//!
//! *Source.* \[CCG\] (heavy-tailed base); (iii) and the constants are derived here. Embrechts, Klüppelberg, Mikosch, *Modelling Extremal
//! Events* (1997) for sums with regularly varying tails.
//!
//! *Checked.* (i) `∫w²p` for atoms, and from quantile distances alone (one to four atoms); KL of the dynamics with a Student target and base, n = 3, by
//! Fokker-Planck. (ii), (iii) distances truncated to far quantiles, by monotone maps. *Not checked:* `d ≥ 2`; finite speed for n = 2 and π = ν
//! beyond the leading order of the tails.
//!
//! *Sharp.* (i) one atom. *“Iff n > 2” for every target* is false: n = 2 and π = ν.

use super::tail_instance::{Bias, Instance, Speed, Tails};
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::Result;

/// The claim.
pub struct AbsoluteContinuity;

/// Relative accuracy of a squared metric derivative by distances: what the last extrapolation changes.
const DISTANCES: f64 = 1e-9;
/// Relative accuracy of growth in far quantiles: corrections are at most of the order `z^{−n}` at `z = 10⁶` with `n ≥ 1`.
const TAILS: f64 = 4e-6;

impl Theorem for AbsoluteContinuity {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "H3",
        chapter: Chapter::HeavyTails,
        title: "Finite speed in W₂ with a Student base iff n > 2",
        statement: "d=1, ν Student, n degrees of freedom, √λ=cos φ. (i) n>2, E X²<∞: |p'|²(φ) ≤ sin²φ E X² + cos²φ n/(n−2), and \
                    KL(p_1|q) ≤ (κ/4)A. (ii) X with lighter tails: the quantiles in [ε',ε] at both ends have the part \
                    2(sin φ'−sin φ)²C^{2/n}∫u^{−2/n}du·(1+o(1)) of W₂²(p_φ,p_φ'), P(Z>z) ~ Cz^{−n}: infinite for n≤2, so absolutely continuous iff \
                    n>2. (iii) π=ν: (cosⁿφ+sinⁿφ)^{1/n} in place of sin φ: for n=2 the tails do not move",
        hypotheses: &[
            ("H1", "(i) n > 2, E X² < ∞"),
            ("H2", "(ii) P(|X|>x) = o(x^{−n}); implied by E X² < ∞ for n ≤ 2"),
        ],
        why: "(i) w = E[−sin φ X + cos φ Z|y] and Jensen. (ii) A large sum has one large summand: P(X_φ>y) ~ P(sin φ Z>y), and \
              W₂² = ∫(Q'−Q)²du. (iii) Equal tails add up.",
        checked: "(i) ∫w²p for atoms, and the same from quantile distances (one to four atoms); KL of the dynamics with Student target and base, n=3, by \
                  Fokker-Planck. (ii), (iii) distances truncated to far quantiles by monotone maps: atoms, and Student targets with lighter \
                  and with equal tails.",
        not_checked: "d ≥ 2; for n = 2 and π = ν what is beyond the leading order of the tails.",
        source: "[CCG] (heavy-tailed base); (iii) and the constants are derived here; Embrechts, Klüppelberg, Mikosch (1997) for sums with \
                 regularly varying tails",
        relation: Relation::Upper,
        rests_on: &["T4", "B2"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("(i) atoms, n > 2", 6, 60, Instance::random_speed),
            [
                family("(i) field and distances", 1, 8, Instance::random_distances),
                family("(i) bias with a Student target", 1, 6, Instance::random_bias),
                family("(ii) tails, atoms", 6, 60, Instance::random_atoms),
                family("(ii) tails, Student target", 1, 12, Instance::random_lighter),
                family("(iii) equal tails", 2, 12, Instance::random_equal),
            ],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        vec![
            SharpCase {
                name: "(i) one atom, n = 3",
                kind: SharpKind::Attained(|| Instance::speed(3.0, &[1.0], &[2.0], 0.6)),
            },
            SharpCase {
                name: "(i) one atom, n = 7, near the base",
                kind: SharpKind::Attained(|| Instance::speed(7.0, &[1.0], &[-0.5], 0.2)),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let heavy = || Instance::atoms(1.5, &[0.3, 0.7], &[-1.0, 2.0], (0.4, 0.9));
        NonEmpty::new(
            FalseTwin {
                name: "iff n > 2 for every target: n = 2, π = ν",
                instance: || Ok(Instance::Tail(Tails::equal(2.0, (0.3, 0.8))?.claimed_lighter())),
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "(ii) finite distance for n = 3/2: nothing grows",
                    instance: heavy,
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "(ii) sin²φ' − sin²φ in place of (sin φ' − sin φ)²",
                    instance: heavy,
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Tail(tails) => Ok(tails.constant() * tails.difference_of_squares()),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(ii) the part of one end only",
                    instance: heavy,
                    wrong: Wrong::Bound(|i| Ok(Self::bound(i)? / 2.0)),
                },
                FalseTwin {
                    name: "(i) a base of variance 1",
                    instance: || Instance::speed(3.0, &[1.0], &[2.0], 0.6),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Speed(speed) => Ok(speed.coupling_bound_with(Enclosure::exact(1.0))),
                        _ => Self::bound(i),
                    }),
                },
                FalseTwin {
                    name: "(iii) n = 1: tails that do not move",
                    instance: || Ok(Instance::Tail(Tails::equal(1.0, (0.1, 0.6))?)),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Speed(Speed { by_distances: false, .. }) | Instance::Bias(_) => Relation::Upper,
            Instance::Speed(_) => Relation::Equality { resolution: DISTANCES },
            Instance::Tail(_) => Relation::Equality { resolution: TAILS },
        }
    }

    /// Growth may vanish: its size is that of the other tails.
    fn scale(instance: &Instance) -> f64 {
        match instance {
            Instance::Tail(tails) => tails.size(),
            _ => 0.0,
        }
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Speed(speed) if speed.by_distances => speed.by_distances(),
            Instance::Speed(speed) => speed.by_field(),
            Instance::Tail(tails) => tails.growth(),
            Instance::Bias(bias) => bias.forward_kl(),
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Speed(speed) if speed.by_distances => speed.by_field(),
            Instance::Speed(speed) => Ok(speed.coupling_bound_with(speed.base_variance())),
            Instance::Tail(tails) => Ok(tails.constant() * tails.scale_gap().square()),
            Instance::Bias(bias) => Ok(bias.girsanov()),
        }
    }
}

impl Bias {
    /// `(κ/4)A` with the action of the coupling for A: for the cosine schedule `φ̇ = π/2`, and `sin²`, `cos²` have mean ½.
    fn girsanov(self) -> Enclosure {
        let rate = Enclosure::certified(Interval::PI) / 2.0;
        // E X² = E Z² = 3.
        Enclosure::exact(self.kappa) / 4.0 * rate.square() * 3.0
    }
}
