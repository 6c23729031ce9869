//! A verified proof-companion for the theory of diffusion annealed Langevin dynamics.
//!
//! # The theory in a page
//!
//! A *target* law π and a *base* law ν are joined by the path `p_t` of laws of
//! `X_t = √λ_t X + √(1−λ_t) Z`, with `X ~ π` and `Z ~ ν` independent and a [schedule](path::Schedule) λ that
//! increases to 1 at `t = 1`. *Annealed Langevin dynamics* follows the scores of the path slowed
//! down by a factor κ, `p̂_τ = p_{κτ}`:
//!
//! `dX_τ = ∇log p̂_τ(X_τ) dτ + √2 dB_τ`,  with law `q_τ`.
//!
//! It never catches up with the path. The process that does, the *Nelson process*, has the extra
//! drift v̂, the slowed *transport field* `v_t` that solves `∂_t p_t + ∇·(v_t p_t) = 0` with the least norm;
//! that norm is the metric derivative `|p'_t|` of the path in the Wasserstein space, and
//! `A = ∫|p'_t|² dt` is the *action*. Girsanov's theorem turns the missing drift into a bound for the
//! bias, `KL(p_1|q_{1/κ}) ≤ KL(p_0|q_0) + κA/4`; functional inequalities (Poincaré, log-Sobolev) give
//! well-posedness of the dynamics and better rates.
//!
//! # Normalisation
//!
//! `C_P(μ)` is the least C with `Var_μ(f) ≤ C∫|∇f|²dμ`, `C_LS(μ)` the least C with
//! `Ent_μ(f²) ≤ C∫|∇f|²dμ`: for `N(0, σ²I)` they are `σ²` and `2σ²`. `KL(q|p) = ∫ q log(q/p)`.
//!
//! # From theory to code
//!
//! | the theory speaks of | in the code |
//! |---|---|
//! | a target, a base | [`measure::target::Target`], [`measure::gaussian::Gaussian`], [`measure::line::LineMeasure`], [`measure::mixture::Mixture`] |
//! | the schedule λ and the path `p_t` | [`path::Schedule`]; [`path::GaussianPath`], [`path::LineCurve`], [`path::MixturePath`] |
//! | the score `∇log p_t`, its Lipschitz constant, the law of X given `X_t` | [`path::LineSlice`], [`path::curvature_range`], [`inequality::conditional::ConditionalLaws`] |
//! | the transport field, `\|p'_t\|`, the action | [`transport::metric_derivative_squared`], [`transport::action`], [`transport::line::MetricDerivative`] |
//! | annealed Langevin dynamics, its law and bias | [`dynamics::bias`] for Gaussian laws, [`dynamics::fokker_planck::AnnealedLine`] on the line |
//! | the Nelson process | [`dynamics::NelsonProcess`], [`sampler::NelsonDrift`] |
//! | bounds for the bias | [`dynamics::poincare_energy`], [`dynamics::log_sobolev_bias_bound`], [`dynamics::LineContraction`] |
//! | Poincaré and log-Sobolev constants | [`inequality::poincare::poincare_constant`], [`inequality::log_sobolev::log_sobolev_constant`] |
//! | perturbation of constants | [`inequality::perturbation`], [`inequality::log_sobolev_perturbation`], [`inequality::ConvexityProfile`] |
//! | entropic transport | [`transport::sinkhorn`] |
//! | the chain that is run, its error and its plan | [`sampler::Batch`], [`sampler::chain_law`], [`sampler::plan::Plan`] |
//! | a statement, and what speaks for it | [`claim::Theorem`], [`claims`], [`ledger::Ledger`] |
//!
//! `docs/conformance.md` in the repository leads from every claim to its file, `docs/adding-a-claim.md` through the making of one.
//!
//! # The modules
//!
//! A module uses only those before it in this list.
//!
//! | module | what it holds |
//! |---|---|
//! | [`error`] | one variant per violated precondition |
//! | [`enclosure`] | numbers with two ends and the evidence for them; their comparison |
//! | [`numerics`] | quadrature, linear algebra, expressions and jets, extrapolation, named random streams |
//! | [`measure`] | laws, Gaussian and on the line: densities, scores, moments, exact constants |
//! | [`path`] | schedules, the path `p_t`, the conditional law of `X` given `X_t` |
//! | [`inequality`] | Poincaré and log-Sobolev constants from both sides, certified; how they travel |
//! | [`transport`] | metric derivative and action |
//! | [`dynamics`] | the law of annealed Langevin dynamics, its bias and bounds for it |
//! | [`sampler`] | scores along paths, integrators as pure steps, batches of chains; the law of the chain for Gaussian targets |
//! | [`claim`] | what a statement of the theory is as data, and how it is checked |
//! | [`claims`] | the statements, a folder per chapter, a file per claim |
//! | [`ledger`] | runs claims and says what came out, as a table, JSON, JUnit XML and Markdown |
//! | [`report`] | a claim in full; what was computed for a target; [`report::site`], the pages for the browser |
//! | [`cli`] | the `dald` command |
//!
//! # A number, and a claim
//!
//! ```
//! use dald::claim::Level;
//! use dald::dynamics::bias;
//! use dald::enclosure::Verdict;
//! use dald::measure::gaussian::Gaussian;
//! use dald::path::{GaussianPath, Schedule};
//! use dald::transport::action;
//!
//! // From N(0, 1) to N(1, 1/4) along λ = t², followed with slowness κ = 1.
//! let path = GaussianPath::from_standard(Gaussian::isotropic(vec![1.0], 0.25)?, Schedule::power(2.0)?)?;
//! let kl = bias(&path, 1.0, 0.0)?.forward_kl;
//! assert!((kl.mid() - 0.2825164).abs() < 1e-7 && kl.hi() <= (action(&path, 0.0, 1.0)? / 4.0).lo());
//!
//! // The claim that it is an instance of, on its own instances.
//! let record = dald::claims::find("B7").expect("in the registry").check(Level::Quick, 1);
//! assert_eq!(record.verdict(), Verdict::Holds, "{:?}", record.failures());
//! # Ok::<(), dald::error::Error>(())
//! ```

pub mod claim;
pub mod claims;
pub mod cli;
pub mod dynamics;
pub mod enclosure;
pub mod error;
pub mod inequality;
pub mod ledger;
pub mod measure;
pub mod numerics;
pub mod path;
pub mod report;
pub mod sampler;
pub mod transport;
