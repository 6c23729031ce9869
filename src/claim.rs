//! What a claim is: a statement of the theory as data, with the means to check and to refute it.
//!
//! A claim is a unit struct that implements [`Theorem`]: it names its hypotheses and its source,
//! draws instances that satisfy the hypotheses, computes the two sides of its statement on an
//! instance by routes that share no code, lists the cases in which the statement is sharp, and
//! lists *false twins*: nearby statements that are false, each with an instance at which the same
//! comparison has to say Refuted. The type system asks for at least one instance family and one
//! false twin ([`NonEmpty`]); a sharp case has to be reached, and the claim with its constant
//! lowered by a thousandth has to be refuted there.

mod chapter;
mod record;

pub use chapter::Chapter;
pub use record::{FamilyRecord, Finding, Record, SharpRecord, TwinRecord};

use crate::enclosure::{Comparison, Enclosure, Evidence, Relation};
use crate::error::Result;
use crate::numerics::extrapolation::limit_at_zero;
use crate::numerics::stream::{Stream, stream};
use rayon::prelude::*;
use std::fmt;

/// Largest width of the ratio's enclosure at which a sharp case counts as reached.
///
/// Half of the thousandth by which [`BLUNT_FACTOR`] lowers the constant: a sharp case that is
/// reached then also refutes the lowered constant.
pub const SHARP_WIDTH: f64 = 5e-4;

/// Every sharp case is checked to refute the statement with its constant times this factor.
pub const BLUNT_FACTOR: f64 = 0.999;

/// The statement of a claim and everything a reader needs to judge its check, as data.
#[derive(Debug)]
pub struct About {
    /// Identifier: chapter letter and number, such as `B2`.
    pub id: &'static str,
    /// Chapter.
    pub chapter: Chapter,
    /// Title, at most some 50 characters.
    pub title: &'static str,
    /// The statement, formulae in Unicode, in the crate's normalisation.
    pub statement: &'static str,
    /// Hypotheses, each with its short name (`H1`, …).
    pub hypotheses: &'static [(&'static str, &'static str)],
    /// Why it is true, in a few lines.
    pub why: &'static str,
    /// What the check computes on each side.
    pub checked: &'static str,
    /// What the check does not cover.
    pub not_checked: &'static str,
    /// Where the constant comes from.
    pub source: &'static str,
    /// Relation between the two sides (an instance may state another, see [`Theorem::relation`]).
    pub relation: Relation,
    /// Ids of the claims that this one uses.
    pub rests_on: &'static [&'static str],
    /// Source file of the claim (`file!()`).
    pub file: &'static str,
}

/// A list with at least one element: claims without instances or false twins do not compile.
#[derive(Debug)]
pub struct NonEmpty<T> {
    first: T,
    rest: Vec<T>,
}

impl<T> NonEmpty<T> {
    /// A list that begins with `first`.
    pub fn new(first: T, rest: impl IntoIterator<Item = T>) -> Self {
        Self { first, rest: rest.into_iter().collect() }
    }

    /// The elements in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// A family of instances: random ones, or a list of fixed ones.
#[derive(Debug)]
pub struct Family<I> {
    /// What is drawn, in a few words.
    pub name: &'static str,
    /// The weakest evidence that instances of the family may carry; weaker is a failure.
    pub evidence: Evidence,
    /// Number of instances at level quick.
    pub quick: usize,
    /// Number of instances at level full.
    pub full: usize,
    /// Draws instance number `index`; an error (a violated hypothesis above all) fails the claim.
    pub draw: fn(stream: &mut Stream, index: usize) -> Result<I>,
}

/// A case in which the inequality is an equality.
#[derive(Debug)]
pub struct SharpCase<I> {
    /// What the case is.
    pub name: &'static str,
    /// How it is reached.
    pub kind: SharpKind<I>,
}

/// Attained at an instance, or approached along a family.
#[derive(Debug)]
pub enum SharpKind<I> {
    /// The two sides are equal at this instance.
    Attained(fn() -> Result<I>),
    /// The ratio tends to one as a parameter tends to 0, with an expansion in its powers.
    Limit {
        /// The instance at a value of the parameter.
        instance: fn(f64) -> Result<I>,
        /// The values, decreasing.
        at: &'static [f64],
    },
}

/// A nearby false statement, with the instance that has to refute it.
#[derive(Debug)]
pub struct FalseTwin<I> {
    /// The false statement, in a few words.
    pub name: &'static str,
    /// The instance.
    pub instance: fn() -> Result<I>,
    /// In what the twin differs from the claim.
    pub wrong: Wrong<I>,
}

/// One side of a statement as a function of the instance.
pub type Side<I> = fn(&I) -> Result<Enclosure>;

/// The one thing that a false twin changes.
#[derive(Debug)]
pub enum Wrong<I> {
    /// The right side is replaced: a wrong constant, exponent or sign.
    Bound(Side<I>),
    /// The left side is replaced.
    Observed(Side<I>),
    /// Nothing but the instance, which violates a hypothesis.
    Hypothesis,
}

/// A theorem together with its check; one file in `claims/` implements one.
pub trait Theorem: Send + Sync + 'static {
    /// An instance: everything that the two sides depend on. Its constructor returns an error
    /// when a hypothesis fails. `Display` describes it in a line from which it can be rebuilt.
    type Instance: fmt::Display + Send + Sync;

    /// Statement, source and the rest of the prose.
    const ABOUT: About;

    /// Families of instances on which the claim is checked.
    fn families() -> NonEmpty<Family<Self::Instance>>;

    /// Cases of equality; empty if the claim is nowhere sharp or is an equality itself.
    fn sharp_cases() -> Vec<SharpCase<Self::Instance>> {
        Vec::new()
    }

    /// Nearby false statements.
    fn false_twins() -> NonEmpty<FalseTwin<Self::Instance>>;

    /// Relation at an instance, where it differs from the headline of the claim.
    fn relation(_instance: &Self::Instance) -> Relation {
        Self::ABOUT.relation
    }

    /// Natural size of the two sides, for equalities of numbers that may vanish.
    fn scale(_instance: &Self::Instance) -> f64 {
        0.0
    }

    /// The instance as the text of a target file for `dald measure`, where it is a target.
    fn target_file(_instance: &Self::Instance) -> Option<String> {
        None
    }

    /// Left side.
    ///
    /// # Errors
    /// When the computation fails; the claim then fails too.
    fn observed(instance: &Self::Instance) -> Result<Enclosure>;

    /// Right side: a literal transcription of the formula.
    ///
    /// # Errors
    /// When the computation fails; the claim then fails too.
    fn bound(instance: &Self::Instance) -> Result<Enclosure>;
}

/// How much work a check does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// A few instances of each family.
    Quick,
    /// All of them.
    Full,
}

impl Level {
    /// The level as a lower-case word, as in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}

/// A claim as the ledger sees it; implemented for every [`Theorem`].
pub trait Claim: Send + Sync {
    /// Statement, source and the rest of the prose.
    fn about(&self) -> &'static About;
    /// Names of the instance families and of the false twins, for `explain`.
    fn outline(&self) -> Outline;
    /// Checks the claim.
    fn check(&self, level: Level, seed: u64) -> Record;
    /// Judges the claim at one instance: number `index` of the family with number `family`, the first random numbers
    /// from which it is drawn replaced by those of the tape (see [`Stream::along`]).
    fn trial(&self, family: usize, index: usize, seed: u64, tape: &[f64]) -> Trial;
}

/// What came out at an instance that was drawn along a tape.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The instance and the comparison there.
    pub finding: Finding,
    /// The instance as the text of a target file, where it is one.
    pub target_file: Option<String>,
    /// How many random numbers were drawn for it.
    pub drawn: usize,
}

/// What a claim is checked on, by name.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Instance families: name, evidence, instances at quick and at full.
    pub families: Vec<(&'static str, Evidence, usize, usize)>,
    /// Sharp cases.
    pub sharp_cases: Vec<&'static str>,
    /// False twins.
    pub false_twins: Vec<&'static str>,
}

fn compare<T: Theorem>(instance: &T::Instance) -> Result<Comparison> {
    Ok(Comparison {
        relation: T::relation(instance),
        observed: T::observed(instance)?,
        bound: T::bound(instance)?,
        scale: T::scale(instance),
    })
}

fn judge_twin<T: Theorem>(twin: &FalseTwin<T::Instance>) -> Result<Comparison> {
    let instance = (twin.instance)()?;
    let (mut observed, mut bound): (Side<T::Instance>, Side<T::Instance>) = (T::observed, T::bound);
    match twin.wrong {
        Wrong::Bound(wrong) => bound = wrong,
        Wrong::Observed(wrong) => observed = wrong,
        Wrong::Hypothesis => {}
    }
    Ok(Comparison {
        relation: T::relation(&instance),
        observed: observed(&instance)?,
        bound: bound(&instance)?,
        scale: T::scale(&instance),
    })
}

/// The comparison at a sharp case: at the instance itself, or between the extrapolated limit of
/// the ratio and 1.
fn judge_sharp<T: Theorem>(case: &SharpCase<T::Instance>) -> Result<(Comparison, Enclosure)> {
    match case.kind {
        SharpKind::Attained(instance) => {
            let comparison = compare::<T>(&instance()?)?;
            Ok((comparison, comparison.ratio()))
        }
        SharpKind::Limit { instance, at } => {
            let mut points = Vec::with_capacity(at.len());
            for &parameter in at {
                points.push((parameter, compare::<T>(&instance(parameter)?)?.ratio()));
            }
            let limit = limit_at_zero(&points);
            let comparison = Comparison {
                relation: Relation::Upper,
                observed: limit,
                bound: Enclosure::exact(1.0),
                scale: 0.0,
            };
            Ok((comparison, limit))
        }
    }
}

/// The statement with its constant lowered by [`BLUNT_FACTOR`], at a sharp case.
fn blunted(mut sharp: Comparison) -> Comparison {
    match sharp.relation {
        Relation::Lower => sharp.observed = sharp.observed * BLUNT_FACTOR,
        _ => sharp.bound = sharp.bound * BLUNT_FACTOR,
    }
    sharp
}

impl<T: Theorem> Claim for T {
    fn about(&self) -> &'static About {
        const { &T::ABOUT }
    }

    fn outline(&self) -> Outline {
        Outline {
            families: T::families().iter().map(|f| (f.name, f.evidence, f.quick, f.full)).collect(),
            sharp_cases: T::sharp_cases().iter().map(|c| c.name).collect(),
            false_twins: T::false_twins().iter().map(|t| t.name).collect(),
        }
    }

    fn trial(&self, family: usize, index: usize, seed: u64, tape: &[f64]) -> Trial {
        let families = T::families();
        let Some(family) = families.iter().nth(family) else {
            let error = format!("{} has no family number {family}", T::ABOUT.id);
            let finding = Finding { instance: String::new(), outcome: Err(error) };
            return Trial { finding, target_file: None, drawn: 0 };
        };
        let purpose = format!("{}/{}", T::ABOUT.id, family.name);
        let mut stream = stream(seed, &purpose, index as u64).along(tape);
        let drawn = (family.draw)(&mut stream, index);
        let (finding, target_file) = match drawn {
            Ok(instance) => {
                let outcome = compare::<T>(&instance).map_err(|e| e.to_string());
                (Finding { instance: instance.to_string(), outcome }, T::target_file(&instance))
            }
            Err(error) => {
                let instance = format!("instance {index} of seed {seed} along a tape");
                (Finding { instance, outcome: Err(error.to_string()) }, None)
            }
        };
        Trial { finding, target_file, drawn: stream.drawn() }
    }

    fn check(&self, level: Level, seed: u64) -> Record {
        let start = std::time::Instant::now();
        let about = self.about();
        let families = T::families()
            .iter()
            .map(|family| {
                let count = if level == Level::Quick { family.quick } else { family.full };
                let purpose = format!("{}/{}", about.id, family.name);
                let findings = (0..count)
                    .into_par_iter()
                    .map(|index| {
                        let instance = (family.draw)(&mut stream(seed, &purpose, index as u64), index);
                        match instance {
                            Ok(instance) => Finding {
                                instance: instance.to_string(),
                                outcome: compare::<T>(&instance).map_err(|e| e.to_string()),
                            },
                            Err(error) => Finding {
                                instance: format!("instance {index} of seed {seed}"),
                                outcome: Err(error.to_string()),
                            },
                        }
                    })
                    .collect();
                FamilyRecord { name: family.name.to_owned(), evidence: family.evidence, findings }
            })
            .collect();
        let sharp: Vec<_> = T::sharp_cases().into_iter().map(|c| (c.name, judge_sharp::<T>(&c))).collect();
        let mut false_twins: Vec<TwinRecord> = T::false_twins()
            .iter()
            .map(|twin| TwinRecord {
                name: twin.name.to_owned(),
                outcome: judge_twin::<T>(twin).map_err(|e| e.to_string()),
            })
            .collect();
        false_twins.extend(sharp.iter().map(|(name, outcome)| TwinRecord {
            name: format!("constant × {BLUNT_FACTOR} at “{name}”"),
            outcome: outcome.as_ref().map(|(c, _)| blunted(*c)).map_err(ToString::to_string),
        }));
        let sharp_cases = sharp
            .into_iter()
            .map(|(name, outcome)| SharpRecord {
                name: name.to_owned(),
                ratio: outcome.map(|(_, r)| r).map_err(|e| e.to_string()),
            })
            .collect();
        Record { about, families, sharp_cases, false_twins, seconds: start.elapsed().as_secs_f64() }
    }
}
