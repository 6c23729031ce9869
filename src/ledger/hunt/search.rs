//! Tasks of a hunt: single instances, and searches over tapes.

use super::report::Found;
use super::{Clock, TAPE};
use crate::claim::{Claim, Trial};
use crate::enclosure::{Comparison, Relation, Verdict};
use basin::{
    BoundedCmaEs, BoxBounds, ConstraintDescription, ConstraintSet, Constraints, CostFunction, DenseMatrix,
    Executor, PopulationProgress,
};
use std::cell::RefCell;

/// Instances that a search judges at most, for each of `dimension + 4` directions.
const PER_DIRECTION: usize = 20;
/// A search ends when its step is below this.
const SMALLEST_STEP: f64 = 1e-7;
/// Tapes of a search stay this far from 0 and 1: what has probability zero, such as a direction that is exactly 0, is no instance to look for.
const EDGE: f64 = 1e-9;
/// Cost of an instance that could not be judged: above that of every other.
const NOT_JUDGED: f64 = 2.0;

/// A family and an instance number.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    pub family: usize,
    pub index: usize,
    /// Random numbers that its instances draw, up to the length of a tape.
    pub dimension: usize,
    /// Tape of its tightest instance.
    pub tape: Vec<f64>,
    /// Number of searches so far.
    pub searches: usize,
    best: Option<(bool, f64)>,
}

impl Arm {
    pub fn new(family: usize, index: usize) -> Self {
        Self { family, index, dimension: 0, tape: Vec::new(), searches: 0, best: None }
    }

    /// It draws random numbers, and an instance of it was judged.
    pub fn searchable(&self) -> bool {
        self.dimension > 0 && self.best.is_some()
    }

    /// Inequalities before equalities, then by closeness less `fatigue` for each search.
    pub fn rank(&self, fatigue: f64) -> (bool, f64) {
        let (inequality, closeness) = self.best.unwrap_or((false, f64::NEG_INFINITY));
        (inequality, closeness - fatigue * self.searches as f64)
    }

    pub fn take(&mut self, outcome: &Outcome) {
        self.dimension = self.dimension.max(outcome.drawn.min(TAPE));
        for found in [&outcome.inequality, &outcome.equality].into_iter().flatten() {
            let best = (found.is_inequality(), found.closeness);
            if self.best.is_none_or(|old| best > old) {
                self.best = Some(best);
                self.tape.clone_from(&found.tape);
            }
        }
    }
}

/// How near the comparison is to failing: the lower end of the ratio for an inequality between positive numbers, otherwise the share of
/// its resolution that an equality takes up; above 1 where it fails. `None` if the ratio says nothing.
pub(super) fn closeness(comparison: &Comparison) -> Option<f64> {
    let resolution = match comparison.relation {
        Relation::Upper | Relation::Lower => {
            let ratio = comparison.ratio();
            let judged = comparison.ratio_is_of_positive_numbers() && ratio.lo() > f64::NEG_INFINITY;
            return judged.then(|| ratio.lo());
        }
        Relation::Equality { resolution } | Relation::Rate { resolution } => resolution,
    };
    let (left, right) = (comparison.observed.interval(), comparison.bound.interval());
    let scale = match comparison.relation {
        Relation::Equality { .. } => comparison.scale.max(left.magnitude()).max(right.magnitude()),
        _ => 1.0,
    };
    let width = left.hull(right).width();
    // Both sides exactly 0; or nothing but underflow, which has no scale.
    let share = if width == 0.0 { 0.0 } else { width / (resolution * scale) };
    (width == 0.0 || scale >= f64::MIN_POSITIVE).then_some(share).filter(|share| share.is_finite())
}

/// What tasks found.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub inequality: Option<Found>,
    pub equality: Option<Found>,
    pub counterexample: Option<Found>,
    pub instances: usize,
    pub undecided: usize,
    pub failed: usize,
    pub first_failure: Option<String>,
    /// Most random numbers drawn for an instance.
    pub drawn: usize,
}

impl Outcome {
    /// The tightest inequality, or equality if there is no inequality.
    pub fn tightest(&self) -> Option<&Found> {
        self.inequality.as_ref().or(self.equality.as_ref())
    }

    /// Notes a trial; its closeness if it was judged.
    fn note(&mut self, arm: &Arm, tape: &[f64], trial: Trial) -> Option<f64> {
        self.instances += 1;
        self.drawn = self.drawn.max(trial.drawn);
        let comparison = match &trial.finding.outcome {
            Ok(comparison) => *comparison,
            Err(error) => {
                self.failed += 1;
                let failure = || format!("{}: {error}", trial.finding.instance);
                self.first_failure.get_or_insert_with(failure);
                return None;
            }
        };
        let verdict = comparison.verdict();
        self.undecided += usize::from(verdict == Verdict::Inconclusive);
        let closeness = closeness(&comparison);
        if closeness.is_none() && verdict != Verdict::Refuted {
            return None;
        }
        let found = Found {
            family: arm.family,
            index: arm.index,
            tape: tape[..trial.drawn.min(tape.len())].to_vec(),
            instance: trial.finding.instance,
            closeness: closeness.unwrap_or(f64::MAX),
            comparison,
            target_file: trial.target_file,
        };
        if verdict == Verdict::Refuted {
            self.counterexample.get_or_insert_with(|| found.clone());
        }
        let place = if found.is_inequality() { &mut self.inequality } else { &mut self.equality };
        keep(place, found);
        closeness
    }

    /// Takes in what a later task found.
    pub fn take(&mut self, other: Self) {
        self.instances += other.instances;
        self.undecided += other.undecided;
        self.failed += other.failed;
        self.drawn = self.drawn.max(other.drawn);
        if self.first_failure.is_none() {
            self.first_failure = other.first_failure;
        }
        if self.counterexample.is_none() {
            self.counterexample = other.counterexample;
        }
        other.inequality.into_iter().for_each(|found| keep(&mut self.inequality, found));
        other.equality.into_iter().for_each(|found| keep(&mut self.equality, found));
    }
}

/// Keeps the tighter one, the earlier one of two equals.
fn keep(place: &mut Option<Found>, found: Found) {
    if place.as_ref().is_none_or(|old| found.closeness > old.closeness) {
        *place = Some(found);
    }
}

/// One instance, or a search.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// Number of the arm.
    pub arm: usize,
    /// Instances that it may judge.
    pub limit: usize,
    tape: Vec<f64>,
    /// Step and seed of a search.
    search: Option<(f64, u64)>,
}

impl Task {
    pub fn scan(arm: usize, tape: Vec<f64>) -> Self {
        Self { arm, limit: 1, tape, search: None }
    }

    /// A search from the first `dimension` entries of a tape.
    pub fn search(arm: usize, mut tape: Vec<f64>, dimension: usize, step: f64, seed: u64) -> Self {
        // The tape of an instance that drew fewer numbers than others of its arm.
        tape.resize(dimension, 0.5);
        Self { arm, limit: PER_DIRECTION * (dimension + 4), tape, search: Some((step, seed)) }
    }

    pub fn is_search(&self) -> bool {
        self.search.is_some()
    }

    pub fn run(&self, claim: &dyn Claim, seed: u64, arms: &[Arm], clock: &Clock) -> Outcome {
        let landscape = Landscape {
            claim,
            seed,
            arm: &arms[self.arm],
            clock,
            limit: self.limit,
            corners: [vec![EDGE; self.tape.len()], vec![1.0 - EDGE; self.tape.len()]],
            outcome: RefCell::new(Outcome::default()),
        };
        match self.search {
            None => {
                // Over the limit or the time: nothing was judged, which the outcome says.
                let _ = landscape.judge(&self.tape);
            }
            Some((step, seed)) => {
                let strategy = BoundedCmaEs::<_, DenseMatrix>::new(seed, step)
                    .with_absolute_distribution_size_tolerance(SMALLEST_STEP);
                let from = PopulationProgress::from_point(self.tape.clone());
                // Ends with an error when limit or time are over; what was found until then stands in the outcome.
                let _ = Executor::new(&landscape, strategy, from).run();
            }
        }
        landscape.outcome.into_inner()
    }
}

/// The time or the number of instances of a task is over.
#[derive(Debug)]
struct Over;

/// Minus the closeness, as a function on the cube of tapes.
struct Landscape<'a> {
    claim: &'a dyn Claim,
    seed: u64,
    arm: &'a Arm,
    clock: &'a Clock,
    limit: usize,
    corners: [Vec<f64>; 2],
    outcome: RefCell<Outcome>,
}

impl Landscape<'_> {
    fn judge(&self, tape: &[f64]) -> Result<f64, Over> {
        if self.outcome.borrow().instances >= self.limit || self.clock.is_over() {
            return Err(Over);
        }
        let trial = self.claim.trial(self.arm.family, self.arm.index, self.seed, tape);
        let closeness = self.outcome.borrow_mut().note(self.arm, tape, trial);
        Ok(closeness.map_or(NOT_JUDGED, |c| -c.clamp(-1.0, f64::MAX)))
    }
}

impl Constraints for &Landscape<'_> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        let [lower, upper] = &self.corners;
        ConstraintSet::new().with_bounds(BoxBounds::new(Some(lower), Some(upper)))
    }
}

impl CostFunction for &Landscape<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Over;

    fn cost(&self, tape: &Vec<f64>) -> Result<f64, Over> {
        self.judge(tape)
    }
}
