//! Probabilities of false alarm of the statistical checks, and what they catch.
//!
//! A check that samples may fail although nothing is wrong. [`CHECKS`] lists every such check of the crate, in claims and in unit
//! tests, with the probability of a false alarm over the choice of the seed; the sum is the probability that a whole `cargo test` and
//! a whole audit at level full give one. Seeds are fixed, so a check that has passed passes again; the levels say what to expect of another seed.
//!
//! The other side of a check is its power: a quantity that is off by [`detectable`] standard errors is noticed with probability at
//! least [`POWER`].

/// The budget of the suite.
pub const BUDGET: f64 = 1e-6;

/// The probability with which what [`Check::catches`] names is caught.
pub const POWER: f64 = 0.999;

/// A statistical check, or several of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Id of the claim, or module and subject of the unit test.
    pub name: &'static str,
    /// Source file that draws the samples.
    pub file: &'static str,
    /// Number of comparisons at level full.
    pub comparisons: usize,
    /// Probability that one of them or more fails although nothing is wrong.
    pub level: f64,
    /// What is caught with probability at least [`POWER`].
    pub catches: &'static str,
}

/// Every statistical check.
pub const CHECKS: &[Check] = &[
    Check {
        name: "N2",
        file: "src/claims/nelson/simulated_marginals.rs",
        comparisons: 64,
        level: 2e-7,
        catches: "a distribution function that is off by 0.075 + √(δ/2) somewhere, with 4000 chains: the bound is 0.050 + √(δ/2), \
                  and 3.1 standard errors of a proportion are 0.025",
    },
    Check {
        name: "B1",
        file: "src/claims/bias/likelihood_ratio.rs",
        comparisons: 32,
        level: 1e-7,
        catches: "a mean that is off by 9.1 standard errors and what the steps make; off by the resolution of the equality, always",
    },
    Check {
        name: "W5",
        file: "src/claims/well_posedness/strong_error.rs",
        comparisons: 20,
        level: 2.9e-7,
        catches: "a strong order that is off by 0.4, always: such an enclosure is too wide or lies elsewhere",
    },
    Check {
        name: "S1",
        file: "src/claims/sampler/convergence_orders.rs",
        comparisons: 8,
        level: 1.16e-7,
        catches: "a strong order that is off by 0.4, always: such an enclosure is too wide or lies elsewhere",
    },
    Check {
        name: "broken samplers",
        file: "tests/broken_samplers.rs",
        comparisons: 3,
        level: 1e-7,
        catches: "noise of 0.99·√2 in place of √2, the sign of the score, the schedule run backwards, the score of the step before",
    },
    Check {
        name: "normal variates",
        file: "src/numerics/vector/normals.rs",
        comparisons: 21,
        level: 5e-8,
        catches: "a mean of the 200 000 variates off by 0.021, a variance by 0.029, a mass of an interval by 0.011, a correlation of pairs by 0.029",
    },
    Check {
        name: "law of a batch",
        file: "src/sampler/integrator/tests.rs",
        comparisons: 4,
        level: 1e-8,
        catches: "a mean of the 20 000 chains off by 0.065 standard deviations, a variance by a tenth",
    },
    Check {
        name: "Student start",
        file: "src/sampler/mixture/tests.rs",
        comparisons: 4,
        level: 1e-8,
        catches: "a mass off by 0.033",
    },
    Check {
        name: "importance weights",
        file: "src/sampler/importance.rs",
        comparisons: 26,
        level: 6e-8,
        catches: "a score off by 9.1 of its estimated standard errors, the mean of 256 points by 0.51",
    },
];

/// The level of one comparison of the named check; 0 for one that is not in the table: it cannot pass.
pub fn level(name: &str) -> f64 {
    let check = CHECKS.iter().find(|check| check.name == name);
    check.map_or(0.0, |check| check.level / check.comparisons as f64)
}

/// The number of standard errors that one comparison of the named check allows a normal variable.
pub fn standard_errors(name: &str) -> f64 {
    z_of(level(name))
}

/// The deviation, in standard errors, that a two-sided comparison of a normal variable at this level notices with probability at least
/// [`POWER`].
pub fn detectable(level: f64) -> f64 {
    z_of(level) + z_of(2.0 * (1.0 - POWER))
}

/// The number z of standard deviations that a normal variable exceeds in modulus with probability `level`; infinite for
/// level 0.
pub fn z_of(level: f64) -> f64 {
    let (mut lo, mut hi) = (0.0, 40.0);
    if core_math::erfc(hi * std::f64::consts::FRAC_1_SQRT_2) >= level {
        return f64::INFINITY;
    }
    for _ in 0..80 {
        let middle = f64::midpoint(lo, hi);
        if core_math::erfc(middle * std::f64::consts::FRAC_1_SQRT_2) > level {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    hi
}

/// The distance between an empirical and the true distribution function that `samples` independent samples exceed with
/// probability at most `level` (Dvoretzky, Kiefer, Wolfowitz; constant of Massart, 1990).
pub fn distribution_distance(samples: usize, level: f64) -> f64 {
    (core_math::log(2.0 / level) / (2.0 * samples as f64)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `P(N > z)`.
    fn above(z: f64) -> f64 {
        0.5 * core_math::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
    }

    #[test]
    fn levels_stay_within_the_budget() {
        assert!(CHECKS.iter().map(|check| check.level).sum::<f64>() <= BUDGET);
        for check in CHECKS {
            assert!(check.level > 0.0 && check.comparisons > 0 && !check.catches.is_empty(), "{check:?}");
            assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(check.file).exists(), "{check:?}");
        }
        assert!(standard_errors("not in the table").is_infinite());
    }

    #[test]
    fn quantiles_are_the_known_ones() {
        let tables = 1e-6;
        assert!((z_of(0.05) - 1.959_963_985).abs() < tables && (z_of(1e-6) - 4.891_638_476).abs() < tables);
        assert!(z_of(0.0).is_infinite() && z_of(1.0) < tables);
        // log(2/0.02)/2n with n = 100.
        assert!((distribution_distance(100, 0.02) - (100.0_f64.ln() / 200.0).sqrt()).abs() < tables);
    }

    #[test]
    fn detectable_deviations_are_detected() {
        for check in CHECKS {
            let (z, level) = (standard_errors(check.name), level(check.name));
            let deviation = detectable(level);
            assert!(
                above(z - deviation) >= POWER - 1e-12 && above(z - 0.99 * deviation) < POWER,
                "{check:?}"
            );
            // No check of means needs more than what its entry says.
            assert!(deviation < 9.1, "{check:?}: {deviation}");
        }
    }

    #[test]
    fn the_numbers_of_the_entries_follow_from_their_levels() {
        // N2: the bound, and 3.1 standard errors of a proportion near one half.
        let bound = distribution_distance(4000, level("N2"));
        let proportion = z_of(2.0 * (1.0 - POWER)) * 0.5 / 4000_f64.sqrt();
        assert!(bound < 0.0505 && bound + proportion < 0.0751, "{bound} {proportion}");
        let deviation = |name: &str, error: f64| detectable(level(name)) * error;
        let n = 200_000_f64;
        assert!(deviation("normal variates", 1.0 / n.sqrt()) < 0.021);
        assert!(deviation("normal variates", (2.0 / n).sqrt()) < 0.029);
        assert!(deviation("normal variates", 0.5 / n.sqrt()) < 0.011);
        assert!(deviation("normal variates", 1.0 / (n / 2.0).sqrt()) < 0.029);
        assert!(deviation("law of a batch", 1.0 / 20_000_f64.sqrt()) < 0.065);
        assert!(deviation("law of a batch", (2.0 / 20_000_f64).sqrt()) < 0.1);
        assert!(deviation("Student start", 0.5 / 20_000_f64.sqrt()) < 0.033);
        // A bias of a tenth is allowed for besides.
        assert!(0.1 + deviation("importance weights", (0.5 / 256.0_f64).sqrt()) < 0.51);
    }
}
