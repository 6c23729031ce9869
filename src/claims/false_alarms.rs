//! Probabilities of false alarm of the statistical checks.
//!
//! A check that samples may fail although the claim holds. The levels below say with which probability, over the choice
//! of the seed, all instances of a claim at level full together, or all checks of a test program; their sum is the probability that the whole
//! suite gives a false alarm.

/// The budget of the suite.
pub const BUDGET: f64 = 1e-6;

/// Claims with statistical checks and their levels.
///
/// W5 and S1 allow slopes 6.5 standard errors from 64 blocks, beyond which Student's law has probability 1.4·10⁻⁸: twenty and eight
/// checks at level full.
pub const LEVELS: &[(&str, f64)] = &[("N2", 2e-7), ("B1", 2e-7), ("W5", 3e-7), ("S1", 1.2e-7)];

/// Test programs with statistical checks beside the claims, and their levels.
pub const TESTS: &[(&str, f64)] = &[("broken_samplers", 1e-7)];

/// The level of a claim, for one of `checks` checks.
///
/// A claim that is not in the table has the level 0: its checks cannot pass.
pub fn level(id: &str, checks: usize) -> f64 {
    let whole = LEVELS.iter().find(|(name, _)| *name == id).map_or(0.0, |(_, level)| *level);
    whole / checks.max(1) as f64
}

/// The same for a test program.
pub fn test_level(name: &str, checks: usize) -> f64 {
    let whole = TESTS.iter().find(|(test, _)| *test == name).map_or(0.0, |(_, level)| *level);
    whole / checks.max(1) as f64
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

    #[test]
    fn levels_stay_within_the_budget() {
        assert!(LEVELS.iter().chain(TESTS).map(|(_, level)| level).sum::<f64>() <= BUDGET);
        assert!(LEVELS.iter().all(|(id, level)| *level > 0.0 && crate::claims::find(id).is_some()));
    }

    #[test]
    fn quantiles_are_the_known_ones() {
        let tables = 1e-6;
        assert!((z_of(0.05) - 1.959_963_985).abs() < tables && (z_of(1e-6) - 4.891_638_476).abs() < tables);
        assert!(z_of(0.0).is_infinite() && z_of(1.0) < tables);
        // log(2/0.02)/2n with n = 100.
        assert!((distribution_distance(100, 0.02) - (100.0_f64.ln() / 200.0).sqrt()).abs() < tables);
        assert!(level("P1", 1) == 0.0 && (level("N2", 10) - level("N2", 1) / 10.0).abs() < tables);
    }
}
