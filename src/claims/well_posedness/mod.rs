//! Chapter W: well-posedness of annealed Langevin dynamics.

use crate::claim::Claim;

pub mod conditional_instance;
pub mod formula_instance;
pub mod hessian_formulae;
pub mod instance;
pub mod lipschitz_score;
pub mod mixture;
pub mod score_formulae;
pub mod space_slice;
pub mod strong_error;
pub mod strong_solution;
pub mod student_base;
pub mod student_slice;
pub mod student_space;
pub mod uniform_conditional_poincare;
pub mod wells;

/// The claims of the chapter, in the order of their ids.
pub(super) const CLAIMS: &[&dyn Claim] = &[
    &score_formulae::ScoreFormulae,
    &hessian_formulae::HessianFormulae,
    &lipschitz_score::LipschitzScore,
    &uniform_conditional_poincare::UniformConditionalPoincare,
    &strong_solution::StrongSolution,
    &student_base::StudentBase,
];
