//! **L15**: exponential and heavier tails have no log-Sobolev inequality: the constant of the law cut at R grows without
//! bound.
//!
//! *Statement.* For exponential, logistic and Student laws `C_LS(μ | [−R, R]) → ∞` as `R → ∞`; quantitatively
//! `C_LS ≥ 4 log μ(e^{s(X − EX)})/s²` for all s, which grows at least like R for exponential tails.
//!
//! *Hypotheses.* H1: `μ(e^{sX²}) = ∞` for every `s > 0`.
//!
//! *Normalisation.* `Ent(f²) ≤ C_LS ∫f'²`; `N(0, σ²)` has `2σ²`.
//!
//! *Why.* Herbst's argument: a log-Sobolev inequality makes every Lipschitz function sub-Gaussian.
//!
//! *Source.* Bakry, Gentil, Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §5.4.
//!
//! *Checked.* Left: the quotient of the best function found on the cut law, a lower bound of its constant. Right: the bound from
//! exponential moments, at the best of several s; and 3/2 of the quotient found with half of R, a
//! test of growth on the range `6 ≤ R ≤ 40`, not of a rate. *Not checked:* the limit itself; that no function beats the
//! best one found at half of R.
//!
//! *Dropping* the heavy tail makes it false: cut normal laws stay below `2σ²`.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::claims::log_sobolev::line_law::LineLaw;
use crate::enclosure::{Enclosure, Evidence, Relation};
use crate::error::{Error, Result};
use crate::inequality::log_sobolev_perturbation::exponential_moment_lower_bound;
use crate::numerics::stream::Stream;
use rand::RngExt;
use std::fmt;

/// The claim.
pub struct HeavyTailsCut;

/// A law, the place of the cut, and what its constant is compared with.
#[derive(Clone, Debug)]
pub struct Instance {
    law: LineLaw,
    cut: f64,
    against: Against,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Against {
    Moments,
    HalfCut,
}

/// Growth over a doubling of R that is asked for: less than the factor 2 of linear growth.
const GROWTH: f64 = 1.5;

/// Values of s for which exponential moments are compared.
const RATES: [f64; 6] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0];

impl Instance {
    fn new(law: LineLaw, cut: f64, against: Against) -> Result<Self> {
        let tails = law.measure()?.tails();
        if tails.0.allows_log_sobolev() && tails.1.allows_log_sobolev() {
            return Err(Error::hypothesis("L15", "H1 (a tail heavier than Gaussian)", law));
        }
        Ok(Self { law, cut, against })
    }

    fn law(index: usize) -> LineLaw {
        match index % 4 {
            0 => LineLaw::new("x", 0.0, f64::INFINITY),
            1 => LineLaw::whole("2*log(1 + x^2/3)"),
            2 => LineLaw::whole("abs(x) - 0.5*x"),
            _ => LineLaw::new("1.25*log(1 + x^2/1.5)", -1.0, f64::INFINITY),
        }
    }

    fn random_moments(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new(Self::law(index), stream.random_range(6.0..40.0), Against::Moments)
    }

    fn random_growth(stream: &mut Stream, index: usize) -> Result<Self> {
        Self::new(Self::law(index), stream.random_range(12.0..40.0), Against::HalfCut)
    }

    fn exponential(cut: f64, against: Against) -> Result<Self> {
        Self::new(Self::law(0), cut, against)
    }

    fn at(&self, cut: f64) -> LineLaw {
        self.law.restricted(-cut, cut)
    }

    fn moment_bounds(&self) -> Result<Vec<(f64, Enclosure)>> {
        let law = self.at(self.cut);
        let mean = law.measure()?.mean();
        RATES.iter().map(|&s| Ok((s, exponential_moment_lower_bound(law.tilted(s)?.0, mean, s)))).collect()
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cut at R={}, against {:?}", self.law, self.cut, self.against)
    }
}

impl Theorem for HeavyTailsCut {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "L15",
        chapter: Chapter::LogSobolev,
        title: "No inequality for heavy tails",
        statement: "For exponential and Student tails the constant of the law cut at R grows without bound: \
                    C_LS ≥ 4 log μ(e^{s(X−EX)})/s² for all s",
        hypotheses: &[("H1", "μ(e^{sX²}) = ∞ for every s > 0")],
        why: "Herbst's argument: a log-Sobolev inequality makes every Lipschitz function sub-Gaussian.",
        checked: "The quotient of the best function found on the cut law against exponential moments, and against 3/2 of what \
                  is found with half of R (exponential, two-sided exponential and Student laws, asymmetric ones among them).",
        not_checked: "The limit itself, and a rate; that no function beats the best one found at half of R.",
        source: "Bakry, Gentil, Ledoux, Analysis and Geometry of Markov Diffusion Operators (2014), §5.4",
        relation: Relation::Lower,
        rests_on: &["L11"],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let family =
            |name, quick, full, draw| Family { name, evidence: Evidence::Converged, quick, full, draw };
        NonEmpty::new(
            family("exponential moments", 4, 24, Instance::random_moments),
            [family("growth over a doubling of R", 4, 24, Instance::random_growth)],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        NonEmpty::new(
            FalseTwin {
                name: "Gaussian tails: the same growth",
                instance: || {
                    let law = LineLaw::whole("x^2/2");
                    Ok(Instance { law, cut: 8.0, against: Against::HalfCut })
                },
                wrong: Wrong::Hypothesis,
            },
            [
                FalseTwin {
                    name: "growth like R² for the exponential law",
                    instance: || Instance::exponential(32.0, Against::HalfCut),
                    wrong: Wrong::Bound(|i| Ok(4.0 * i.at(i.cut / 2.0).maximum()?)),
                },
                FalseTwin {
                    name: "s in place of s² under the exponential moment",
                    instance: || Instance::exponential(16.0, Against::Moments),
                    wrong: Wrong::Bound(|i| {
                        let bounds = i.moment_bounds()?;
                        Ok(bounds.into_iter().map(|(s, b)| b * s).fold(Enclosure::exact(0.0), Enclosure::max))
                    }),
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        instance.at(instance.cut).maximum()
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        match instance.against {
            Against::Moments => {
                let bounds = instance.moment_bounds()?;
                Ok(bounds.into_iter().map(|(_, b)| b).fold(Enclosure::exact(0.0), Enclosure::max))
            }
            Against::HalfCut => Ok(GROWTH * instance.at(instance.cut / 2.0).maximum()?),
        }
    }
}
