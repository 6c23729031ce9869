//! The hunt: a search of a claim's instances for the tightest one, or for a counterexample.
//!
//! What a family draws from its random stream is a function on the unit cube, once the stream is read off a tape
//! ([`Stream::along`](crate::numerics::stream::Stream::along)). Over that cube an evolution strategy (CMA-ES with bounds) looks for
//! the largest ratio of the two sides; for an equality, for the largest share of its resolution that the discrepancy takes up.
//! Every pair of a family and an instance number is an *arm*: first some are drawn at random, then the searches start from the
//! best, again and again with other step sizes, while some go elsewhere.
//!
//! The sequence of instances depends on the claim and the seed alone, not on the number of threads; a budget of seconds or of instances
//! only says where it ends. Nothing is claimed about what the hunt does not find.

mod report;
mod search;

pub use report::{Found, HuntReport};

use crate::claim::{Claim, Outline};
use crate::error::{Error, Result};
use crate::numerics::stream::{Stream, stream};
use rand::{Rng, RngExt};
use rayon::prelude::*;
use search::{Arm, Outcome, Task};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Instance numbers that are tried of each family: the kinds of instances repeat far earlier.
const NUMBERS: usize = 24;
/// Entries of a tape; what an instance draws beyond them stays as it is.
const TAPE: usize = 40;
/// Instances drawn in the first wave, and in a later one.
const FIRST_SCAN: usize = 48;
const SCAN: usize = 16;
/// Initial step sizes of the searches from one place, in turn.
const STEPS: [f64; 4] = [0.1, 0.03, 0.3, 0.01];
/// Initial step size of a search at a new place.
const WIDE: f64 = 0.3;
/// What an arm loses in the order of the searches with each search.
const FATIGUE: f64 = 0.02;

/// How long to hunt.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Budget {
    /// No instance is begun later than this.
    pub time: Duration,
    /// Number of instances judged.
    pub instances: usize,
}

/// Where the hunt stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Instances judged so far.
    pub instances: usize,
    /// Closeness of the tightest one.
    pub closeness: f64,
}

/// Tells searches that their time is over.
#[derive(Debug)]
pub(super) struct Clock {
    deadline: Instant,
    over: AtomicBool,
}

impl Clock {
    /// Whether the time is over.
    fn is_over(&self) -> bool {
        if !self.over.load(Ordering::Relaxed) && Instant::now() >= self.deadline {
            self.over.store(true, Ordering::Relaxed);
        }
        self.over.load(Ordering::Relaxed)
    }
}

/// The arms and what they gave so far.
struct State {
    arms: Vec<Arm>,
    /// Arms, instance numbers first: the order of the scans.
    scanned: usize,
    total: Outcome,
    streams: Stream,
}

/// Searches the instances of a claim; of one family alone if `family` is its number. `progress` is called after every wave of searches.
///
/// # Errors
/// [`Error::Input`] if there is no family with that number.
pub fn hunt(
    claim: &dyn Claim,
    seed: u64,
    budget: Budget,
    family: Option<usize>,
    progress: impl Fn(Progress),
) -> Result<HuntReport> {
    let start = Instant::now();
    let outline = claim.outline();
    let mut state = State {
        arms: arms(&outline, family)?,
        scanned: 0,
        total: Outcome::default(),
        streams: stream(seed, &format!("{}/hunt", claim.about().id), 0),
    };
    // A budget beyond the range of the clock is none.
    let deadline =
        start.checked_add(budget.time).unwrap_or_else(|| start + Duration::from_secs(u32::MAX.into()));
    let clock = Clock { deadline, over: AtomicBool::new(false) };
    let mut left = budget.instances;
    while left > 0 && !clock.is_over() {
        let mut tasks = state.wave();
        allot(&mut tasks, left);
        let outcomes: Vec<Outcome> =
            tasks.par_iter().map(|task| task.run(claim, seed, &state.arms, &clock)).collect();
        let judged: usize = outcomes.iter().map(|outcome| outcome.instances).sum();
        for (task, outcome) in tasks.iter().zip(outcomes) {
            state.take(task, outcome);
        }
        if judged == 0 {
            break;
        }
        left -= judged.min(left);
        let closeness = state.total.tightest().map_or(f64::NAN, |found| found.closeness);
        progress(Progress { instances: state.total.instances, closeness });
        if state.exhausted() {
            break;
        }
    }
    Ok(HuntReport::new(claim, seed, &outline, state.total, start.elapsed().as_secs_f64()))
}

fn arms(outline: &Outline, only: Option<usize>) -> Result<Vec<Arm>> {
    if let Some(family) = only.filter(|f| *f >= outline.families.len()) {
        return Err(Error::Input {
            location: "hunt".to_owned(),
            message: format!("no family number {family}: expected one below {}", outline.families.len()),
        });
    }
    let mut arms: Vec<Arm> = Vec::new();
    for (family, (_, _, _, full)) in outline.families.iter().enumerate() {
        if only.is_none_or(|f| f == family) {
            arms.extend((0..NUMBERS.min(*full)).map(|index| Arm::new(family, index)));
        }
    }
    arms.sort_by_key(|arm| (arm.index, arm.family));
    Ok(arms)
}

/// Cuts what the tasks may judge so that they judge at most `left` instances together.
fn allot(tasks: &mut [Task], mut left: usize) {
    for task in tasks {
        task.limit = task.limit.min(left);
        left -= task.limit;
    }
}

impl State {
    /// The next tasks, all of which may run at the same time.
    fn wave(&mut self) -> Vec<Task> {
        let mut tasks = Vec::new();
        let scans = if self.scanned == 0 { FIRST_SCAN.min(self.arms.len()) } else { SCAN };
        for _ in 0..scans {
            let arm = self.scanned % self.arms.len();
            // A second look at an arm that draws nothing shows the same instance.
            if self.scanned < self.arms.len() || self.arms[arm].dimension > 0 {
                let tape = self.tape();
                tasks.push(Task::scan(arm, tape));
            }
            self.scanned += 1;
        }
        let order = self.order();
        if let Some(&best) = order.first() {
            // The best arm again, from where it is best.
            let step = STEPS[self.arms[best].searches % STEPS.len()];
            tasks.push(self.search(best, self.arms[best].tape.clone(), step));
        }
        if let Some(&second) = order.get(1) {
            tasks.push(self.search(second, self.arms[second].tape.clone(), WIDE));
        }
        if !order.is_empty() {
            // Somewhere else.
            let arm = order[self.streams.random_range(0..order.len())];
            let tape = self.tape();
            tasks.push(self.search(arm, tape, WIDE));
        }
        tasks
    }

    fn search(&mut self, arm: usize, tape: Vec<f64>, step: f64) -> Task {
        Task::search(arm, tape, self.arms[arm].dimension, step, self.streams.next_u64())
    }

    fn tape(&mut self) -> Vec<f64> {
        (0..TAPE).map(|_| self.streams.random_range(0.0..1.0)).collect()
    }

    /// The arms that can be searched: first the one where the tightest instance is, then by closeness less fatigue.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.arms.len()).filter(|&i| self.arms[i].searchable()).collect();
        let value = |i: &usize| self.arms[*i].rank(FATIGUE);
        order.sort_by(|i, j| value(j).partial_cmp(&value(i)).unwrap_or(std::cmp::Ordering::Equal));
        let top = |i: &usize| self.arms[*i].rank(0.0);
        let best = order
            .iter()
            .copied()
            .enumerate()
            .max_by(|(_, i), (_, j)| top(i).partial_cmp(&top(j)).unwrap_or(std::cmp::Ordering::Equal));
        if let Some((place, _)) = best {
            order[..=place].rotate_right(1);
        }
        order
    }

    fn take(&mut self, task: &Task, outcome: Outcome) {
        let arm = &mut self.arms[task.arm];
        arm.searches += usize::from(task.is_search());
        arm.take(&outcome);
        self.total.take(outcome);
    }

    /// Every arm was seen and none can be searched.
    fn exhausted(&self) -> bool {
        self.scanned >= self.arms.len() && !self.arms.iter().any(Arm::searchable)
    }
}

#[cfg(test)]
mod tests;
