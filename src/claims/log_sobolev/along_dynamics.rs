//! **L16**: functional inequalities along a diffusion with a contracting drift.
//!
//! *Statement.* Along `dX = b_τ(X)dτ + √2 dB` with `½(∇b + ∇bᵀ) ≤ −ρ_τ`:
//! `C_LS(q_τ) ≤ e^{−2∫ρ} C_LS(q_0) + 4∫_0^τ e^{−2∫_s^τ ρ} ds`, and `C_P(q_τ)` likewise with 2 in place of 4. For annealed
//! Langevin dynamics `ρ = −sup λ_max(∇²log p̂)`.
//!
//! *Hypotheses.* H1: the drift is smooth with that bound (ρ of any sign). H2: `C(q_0) < ∞`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫|∇f|²`, `Var(f) ≤ C_P ∫|∇f|²`.
//!
//! *Why.* Synchronous coupling gives `|∇P_{s,τ}f| ≤ e^{−∫ρ} P_{s,τ}|∇f|`; differentiate the entropy of
//! `P_{s,τ}f²` along the way and add up.
//!
//! *Source.* Collet, Malrieu, *Logarithmic Sobolev inequalities for inhomogeneous Markov semigroups* (2008).
//!
//! *Checked.* Left: covariance of the law of annealed Langevin dynamics along Gaussian paths, from its
//! linear equations; closed form for linear drifts (contracting and expanding). Right: the integrals,
//! by quadrature in the angle. For mixtures on the line the law at the end is computed by the Fokker-Planck equation, and its constant
//! is the largest quotient `Ent(f²)/∫f'²` that the log-Sobolev engine finds: a search, which cannot exclude a better function, so
//! this part can refute the bound but not prove it; ρ is found by a search over each slice. *Not checked:* other drifts that are not
//! linear.
//!
//! *Sharp.* Ornstein-Uhlenbeck drifts; paths whose widest direction stays the same. *Dropping* the
//! initial term, or taking ρ at the target only, makes it false.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::claims::functional_instances::LinearImage;
use crate::claims::line_instances::near_bumps;
use crate::claims::log_sobolev::dynamics_instance::{Instance, Kind};
use crate::dynamics::fokker_planck::LineLaw;
use crate::dynamics::{LineContraction, law_covariance_norm};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::Result;
use crate::inequality::log_sobolev::maximise_tabulated;
use crate::inequality::{
    Contraction, contracted_constant, log_sobolev_along_dynamics, poincare_along_dynamics,
};
use crate::measure::gaussian::Gaussian;
use crate::path::GaussianPath;
use std::f64::consts::FRAC_PI_2;

/// The claim.
pub struct AlongDynamics;

impl Theorem for AlongDynamics {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L16",
        chapter: Chapter::LogSobolev,
        title: "Inequalities along a contracting diffusion",
        statement: "½(∇b + ∇bᵀ) ≤ −ρ gives C_LS(q_τ) ≤ e^{−2∫ρ} C_LS(q_0) + 4∫e^{−2∫_s^τ ρ} ds; C_P with 2 for 4",
        hypotheses: &[
            ("H1", "the symmetrised Jacobian of the drift is at most −ρ_τ"),
            ("H2", "C(q_0) is finite"),
        ],
        why: "Synchronous coupling contracts gradients by e^{−∫ρ}; add up the entropy produced along the way.",
        checked: "Covariances of annealed Langevin dynamics along Gaussian paths (widest direction fixed: equality; \
                  crossing or turning: inequality), all schedules, κ from 10⁻³ to 20; linear drifts that contract \
                  or expand, in closed form. Mixtures on the line: the largest quotient Ent(f²)/∫f'² that the log-Sobolev \
                  engine finds for the law from the Fokker-Planck equation (a search: it may refute, not prove), against \
                  the bound with ρ by a search over the slices.",
        not_checked: "Drifts that are not linear, beyond annealed Langevin dynamics on the line.",
        source: "Collet, Malrieu, Logarithmic Sobolev inequalities for inhomogeneous Markov semigroups (2008)",
        relation: Relation::Upper,
        rests_on: &["L1"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("annealed Langevin from the standard base", 16, 120, Instance::random_fixed),
            [
                family("coordinates that change roles", 12, 90, Instance::random_crossing),
                family("covariances that do not commute", 4, 30, Instance::random_dense),
                family("linear drifts", 12, 90, Instance::random_linear),
                family("annealed Langevin to mixtures on the line", 1, 20, Instance::random_on_line),
            ],
        )
    }

    fn relation(instance: &Instance) -> Relation {
        match instance {
            Instance::Annealed { fixed_direction: false, .. } | Instance::Line { .. } => Relation::Upper,
            // Two quadratures with relative errors of some 1e-11 at the smallest κ.
            Instance::Annealed { .. } | Instance::Linear { .. } => Relation::Equality { resolution: 1e-9 },
        }
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        fn drift(kind: Kind) -> Result<Instance> {
            Instance::linear(kind, LinearImage::aligned()?.law, 0.75, 0.5)
        }
        vec![
            SharpCase {
                name: "Ornstein-Uhlenbeck drift, log-Sobolev",
                kind: SharpKind::Attained(|| drift(Kind::LogSobolev)),
            },
            SharpCase {
                name: "Ornstein-Uhlenbeck drift, Poincaré",
                kind: SharpKind::Attained(|| drift(Kind::Poincare)),
            },
            SharpCase {
                name: "annealed Langevin with a fixed widest direction",
                kind: SharpKind::Attained(|| Instance::slow(Kind::LogSobolev, 0.01)),
            },
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "2 in place of 4 for the log-Sobolev constant",
                instance: || Instance::slow(Kind::LogSobolev, 0.1),
                wrong: Wrong::Bound(|i| i.formula(2.0, 1.0, i.initial()?)),
            },
            [
                FalseTwin {
                    name: "1 in place of 2 for the Poincaré constant",
                    instance: || Instance::slow(Kind::Poincare, 0.1),
                    wrong: Wrong::Bound(|i| i.formula(1.0, 1.0, i.initial()?)),
                },
                FalseTwin {
                    name: "ρ in place of 2ρ, drift that expands",
                    instance: || Instance::linear(Kind::LogSobolev, Gaussian::standard(2)?, -1.0, 1.0),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 2.0, i.initial()?)),
                },
                FalseTwin {
                    name: "ρ in place of 2ρ, annealed Langevin",
                    instance: || Instance::slow(Kind::LogSobolev, 0.1),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 2.0, i.initial()?)),
                },
                FalseTwin {
                    name: "the initial constant left out",
                    instance: || Instance::crossing(2.0),
                    wrong: Wrong::Bound(|i| i.formula(i.kind().source(), 1.0, Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "ρ of the target in place of ρ along the path",
                    instance: || Instance::crossing(2.0),
                    wrong: Wrong::Bound(|i| match i {
                        Instance::Annealed { kind, path, kappa, .. } => {
                            let still = GaussianPath::new(
                                path.target().clone(),
                                path.target().clone(),
                                path.schedule().clone(),
                            )?;
                            let contraction = Contraction::of_annealed_langevin(&still, 0.0, 1.0)?;
                            contracted_constant(&contraction, *kappa, kind.source(), i.initial()?)
                        }
                        Instance::Linear { .. } | Instance::Line { .. } => AlongDynamics::bound(i),
                    }),
                },
                FalseTwin {
                    name: "2Var(q_τ), as for Gaussian laws, for a mixture on the line",
                    instance: || Instance::on_line(near_bumps()?, "cosine", 1.0),
                    wrong: Wrong::Bound(|i| {
                        let law = i.law_on_line()?.law;
                        let moment = |k: i32| law.integral(|y, log_q| y.powi(k) * core_math::exp(log_q));
                        let variance = moment(2) / moment(0) - (moment(1) / moment(0)).powi(2);
                        Ok(Enclosure::exact(2.0 * variance).weakened(Evidence::Converged))
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Annealed { kind, path, kappa, range: (from, until), factor, .. } => {
                Ok(kind.gaussian(law_covariance_norm(path, *kappa, *from, *until, *factor)?))
            }
            Instance::Linear { kind, law, rate, duration } => {
                // Cov = e^{−2ρτ}Σ_0 + (1 − e^{−2ρτ})/ρ·I.
                let exponent = Interval::point(-2.0) * Interval::point(*rate) * Interval::point(*duration);
                let kept = Enclosure::certified(exponent.exp());
                let made = Enclosure::certified(-exponent.exp_m1() / Interval::point(*rate));
                Ok(kind.gaussian(kept * law.spectrum().largest() + made))
            }
            Instance::Line { .. } => {
                let law = instance.law_on_line()?;
                let constant = |law: &LineLaw| maximise_tabulated(law.nodes(), law.log_density());
                let (fine, coarse) = (constant(&law.law)?.value, constant(&law.coarser)?.value);
                Ok(fine.widened((fine.mid() - coarse.mid()).abs()))
            }
        }
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance {
            Instance::Annealed { kind, path, kappa, range: (from, until), .. } => {
                let along = match kind {
                    Kind::Poincare => poincare_along_dynamics,
                    Kind::LogSobolev => log_sobolev_along_dynamics,
                };
                along(path, *kappa, *from, *until, instance.initial()?)
            }
            Instance::Linear { kind, .. } => instance.formula(kind.source(), 1.0, instance.initial()?),
            Instance::Line { line, kappa } => {
                let contraction = LineContraction::of(line.path.curve(), FRAC_PI_2, true)?;
                let initial = instance.initial()?.hi();
                contraction.log_sobolev_constant(line.path.schedule(), *kappa, 0.0, initial)
            }
        }
    }
}
