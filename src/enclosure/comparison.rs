//! Comparing two enclosures: Holds, Refuted or Inconclusive.

use super::{Enclosure, Evidence};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a claim says of its two sides.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Relation {
    /// `observed = bound`, resolved to `resolution` (relative to the scale of the comparison):
    /// enclosures wider than that cannot confirm an equality.
    Equality {
        /// Largest relative uncertainty at which the equality still counts as checked.
        resolution: f64,
    },
    /// `observed ≤ bound`.
    Upper,
    /// `observed ≥ bound`.
    Lower,
    /// A fitted exponent equals the predicted one, resolved to `resolution` (absolute).
    Rate {
        /// Largest uncertainty of the exponent at which it still counts as checked.
        resolution: f64,
    },
}

impl Relation {
    /// The relation as a lower-case word, as in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equality { .. } => "equality",
            Self::Upper => "upper",
            Self::Lower => "lower",
            Self::Rate { .. } => "rate",
        }
    }
}

/// Outcome of a comparison. Only [`Verdict::Holds`] is a pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole enclosure of the left side is on the right side of the bound.
    Holds,
    /// The whole enclosure of the left side is on the wrong side of the bound.
    Refuted,
    /// The enclosures overlap (or, for an equality, are too wide): nothing was decided.
    Inconclusive,
}

impl Verdict {
    /// Verdict on a statement made of several: refuted if one part is, holds if all do.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refuted, _) | (_, Self::Refuted) => Self::Refuted,
            (Self::Holds, Self::Holds) => Self::Holds,
            _ => Self::Inconclusive,
        }
    }

    /// The verdict as a lower-case word, as in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Refuted => "refuted",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The two sides of a claim at one instance, and the relation between them.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// What the claim says of the two sides.
    pub relation: Relation,
    /// Left side: what was computed.
    pub observed: Enclosure,
    /// Right side: the formula of the claim.
    pub bound: Enclosure,
    /// Natural size of the quantities, for equalities between numbers that may vanish; 0 leaves
    /// it to the two sides themselves.
    pub scale: f64,
}

impl Comparison {
    /// Holds, Refuted or Inconclusive: the only place where the two sides of a claim meet.
    ///
    /// An equality or a rate holds if the two enclosures intersect and their hull is narrower
    /// than the resolution; it is refuted as soon as they are disjoint. A side of which an end is infinite gives no size
    /// to be narrow beside: only infinity itself equals infinity.
    pub fn verdict(&self) -> Verdict {
        let (left, right) = (self.observed, self.bound);
        match self.relation {
            Relation::Upper => Self::below(left, right),
            Relation::Lower => Self::below(right, left),
            Relation::Equality { resolution } => {
                let scale = self.scale.max(left.interval().magnitude()).max(right.interval().magnitude());
                self.same(resolution * scale)
            }
            Relation::Rate { resolution } => self.same(resolution),
        }
    }

    fn below(small: Enclosure, large: Enclosure) -> Verdict {
        if small.hi() <= large.lo() {
            Verdict::Holds
        } else if small.lo() > large.hi() {
            Verdict::Refuted
        } else {
            Verdict::Inconclusive
        }
    }

    fn same(&self, allowed_width: f64) -> Verdict {
        let (left, right) = (self.observed.interval(), self.bound.interval());
        let width = left.hull(right).width();
        if !left.intersects(right) {
            Verdict::Refuted
        } else if left.is_infinite_point() && left == right || width.is_finite() && width <= allowed_width {
            Verdict::Holds
        } else {
            Verdict::Inconclusive
        }
    }

    /// `observed / bound` (for [`Relation::Lower`] its inverse, so that 1 is tight and more than
    /// 1 a violation in either case); an equality between infinities or between zeros counts as 1.
    pub fn ratio(&self) -> Enclosure {
        let (left, right) = match self.relation {
            Relation::Lower => (self.bound, self.observed),
            _ => (self.observed, self.bound),
        };
        if left == right && (left.is_infinite() || left.interval() == super::Interval::ZERO) {
            return Enclosure::exact(1.0).weakened(self.evidence());
        }
        left / right
    }

    /// Whether the side that [`Comparison::ratio`] divides by is certainly positive.
    pub fn ratio_is_of_positive_numbers(&self) -> bool {
        let denominator = if self.relation == Relation::Lower { self.observed } else { self.bound };
        denominator.lo() > 0.0
    }

    /// How far the observed side lies on the wrong side of the bound, as a fraction of the size
    /// of the bound (or of the scale, if that is larger): certainly positive for a refuted
    /// comparison.
    pub fn excess(&self) -> Enclosure {
        let gap = match self.relation {
            Relation::Upper => self.observed - self.bound,
            Relation::Lower => self.bound - self.observed,
            Relation::Equality { .. } | Relation::Rate { .. } => (self.observed - self.bound).abs(),
        };
        let size = self.bound.abs().max(Enclosure::exact(self.scale));
        // Against a bound of exactly 0 the observed side is its own measure.
        gap / if size.hi() == 0.0 { self.observed.abs() } else { size }
    }

    /// The weaker evidence of the two sides.
    pub fn evidence(&self) -> Evidence {
        self.observed.evidence().weakest(self.bound.evidence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_side_never_confirms_an_equality() {
        let unknown = Enclosure::unknown(Evidence::Converged);
        let half_known = Enclosure::at_least(1.0, Evidence::Converged);
        for (observed, bound) in [(unknown, Enclosure::exact(2.0)), (Enclosure::exact(2.0), half_known)] {
            for relation in [Relation::Equality { resolution: 0.01 }, Relation::Rate { resolution: 0.4 }] {
                let comparison = Comparison { relation, observed, bound, scale: 0.0 };
                assert_eq!(comparison.verdict(), Verdict::Inconclusive, "{comparison:?}");
            }
        }
        let infinity = Enclosure::infinite(Evidence::Exact);
        let relation = Relation::Equality { resolution: 0.01 };
        let same = Comparison { relation, observed: infinity, bound: infinity, scale: 0.0 };
        assert_eq!(same.verdict(), Verdict::Holds);
    }
}
