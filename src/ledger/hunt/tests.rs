use super::*;
use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, Theorem, Wrong};
use crate::enclosure::{Comparison, Enclosure, Evidence, Relation, Verdict};
use std::fmt;

/// Three numbers `x` in `[0, 4)`, and a choice of a kind of instance that the search has to get right.
struct Point {
    x: Vec<f64>,
    kind: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of kind {}", self.x, self.kind)
    }
}

/// `height/(1 + |x − (1, 2, 3)|²) ≤ 1`, for points of kind 2 alone; the height is a thousandth of the parameter.
struct Peak<const HEIGHT: usize>;

impl<const HEIGHT: usize> Theorem for Peak<HEIGHT> {
    type Instance = Point;

    const ABOUT: About = About {
        id: "X1",
        chapter: Chapter::Path,
        title: "A peak",
        statement: "height/(1 + |x − (1, 2, 3)|²) ≤ 1",
        hypotheses: &[],
        why: "",
        checked: "",
        not_checked: "",
        source: "",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Point>> {
        let family = |name, draw| Family { name, evidence: Evidence::Exact, quick: 1, full: 4, draw };
        NonEmpty::new(
            family("points", |stream: &mut Stream, index| {
                if index == 3 {
                    return Err(Error::hypothesis("X1", "H1", "the third"));
                }
                let kind = stream.random_range(0..3);
                Ok(Point { x: (0..3).map(|_| stream.random_range(0.0..4.0)).collect(), kind })
            }),
            [family("a fixed one", |_, _| Ok(Point { x: vec![0.0; 3], kind: 2 }))],
        )
    }

    fn false_twins() -> NonEmpty<FalseTwin<Point>> {
        let instance = || Ok(Point { x: vec![1.0, 2.0, 3.0], kind: 2 });
        NonEmpty::new(
            FalseTwin { name: "½", instance, wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.5))) },
            [],
        )
    }

    fn target_file(instance: &Point) -> Option<String> {
        Some(format!("[target]\nx = {:?}\n", instance.x))
    }

    fn observed(instance: &Point) -> Result<Enclosure> {
        let square: f64 = instance.x.iter().zip([1.0, 2.0, 3.0]).map(|(x, y)| (x - y) * (x - y)).sum();
        let share = [0.25, 0.5, 1.0][instance.kind];
        Ok(Enclosure::exact(share * HEIGHT as f64 / 1000.0 / (1.0 + square)))
    }

    fn bound(_: &Point) -> Result<Enclosure> {
        Ok(Enclosure::exact(1.0))
    }
}

const PATIENT: Duration = Duration::from_secs(600);

fn search(claim: &dyn Claim, seed: u64, instances: usize) -> HuntReport {
    let mut report = hunt(claim, seed, Budget { time: PATIENT, instances }, None, |_| {}).unwrap();
    report.seconds = 0.0;
    report
}

#[test]
fn a_peak_is_found_without_being_told_where() {
    for seed in 0..5 {
        let report = search(&Peak::<999>, seed, 3000);
        let found = report.tightest.unwrap();
        // A peak of height 0.999 is reached within a thousandth.
        assert!(found.closeness > 0.999 - 1e-3, "seed {seed}: {found:?}");
        assert!(report.counterexample.is_none() && report.failed > 0 && report.first_failure.is_some());
        assert_eq!((found.family.as_str(), found.tape.len()), ("points", 4));
        assert!(report.instances <= 3000);
    }
}

#[test]
fn a_counterexample_is_found_and_comes_first() {
    let report = search(&Peak::<1010>, 1, 3000);
    assert!(report.counterexample.as_ref().is_some_and(|found| found.verdict == Verdict::Refuted));
    let text = report.text();
    assert!(text.contains("# COUNTEREXAMPLE") && text.contains("\n\n[target]\nx = ["), "{text}");
}

#[test]
fn a_larger_budget_prolongs_the_same_search() {
    let (short, long) = (search(&Peak::<999>, 3, 150), search(&Peak::<999>, 3, 1500));
    assert_eq!(short.instances, 150);
    assert!(short.tightest.unwrap().closeness <= long.tightest.as_ref().unwrap().closeness);
    assert_eq!(long, search(&Peak::<999>, 3, 1500));
    assert_ne!(long, search(&Peak::<999>, 4, 1500));
}

#[test]
fn a_hunt_finds_the_same_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| search(&Peak::<999>, 7, 700))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn the_tape_of_what_was_found_leads_back_to_it() {
    let found = search(&Peak::<999>, 2, 500).tightest.unwrap();
    let trial = Peak::<999>.trial(0, found.index, 2, &found.tape);
    assert_eq!((trial.finding.instance, trial.drawn), (found.instance, found.tape.len()));
}

#[test]
fn a_family_without_random_numbers_is_seen_once() {
    let budget = Budget { time: PATIENT, instances: 1000 };
    let report = hunt(&Peak::<999>, 1, budget, Some(1), |_| {}).unwrap();
    assert_eq!(report.instances, 4);
    assert!(hunt(&Peak::<999>, 1, budget, Some(2), |_| {}).is_err());
    let none = Budget { time: Duration::ZERO, instances: 1000 };
    let report = hunt(&Peak::<999>, 1, none, None, |_| {}).unwrap();
    assert!(report.instances == 0 && report.text().contains("No instance"), "{}", report.text());
}

#[test]
fn closeness_is_the_ratio_or_the_share_of_the_resolution() {
    let compare = |relation, observed, bound| Comparison { relation, observed, bound, scale: 0.0 };
    let at = |x: f64| Enclosure::around(x, 0.01, Evidence::Converged);
    let one = Enclosure::exact(1.0);
    let upper = search::closeness(&compare(Relation::Upper, at(0.5), one)).unwrap();
    assert!((upper - 0.49).abs() < f64::EPSILON);
    let lower = search::closeness(&compare(Relation::Lower, at(2.0), one)).unwrap();
    assert!((lower - 1.0 / 2.01).abs() < f64::EPSILON);
    assert!(search::closeness(&compare(Relation::Upper, at(-0.5), -one)).is_none());
    let half = search::closeness(&compare(Relation::Equality { resolution: 0.04 }, at(1.0), one)).unwrap();
    // The hull is 0.02 wide, the resolution 0.04 times 1.01.
    assert!((half - 0.5 / 1.01).abs() < 1e-12);
    let rate = search::closeness(&compare(Relation::Rate { resolution: 0.04 }, at(1.0), one)).unwrap();
    assert!((rate - 0.5).abs() < 1e-12);
    let zero = Enclosure::exact(0.0);
    assert_eq!(search::closeness(&compare(Relation::Equality { resolution: 0.04 }, zero, zero)), Some(0.0));
    let underflow = Enclosure::around(0.0, 1e-317, Evidence::Exact);
    assert!(search::closeness(&compare(Relation::Equality { resolution: 0.04 }, underflow, zero)).is_none());
}

/// The score of the Student law is largest at `|z| = √n`, its second derivative at `|z| = √(3n)`: nobody tells the search.
#[test]
fn the_extremes_of_the_student_score_are_found() {
    let claim = crate::claims::find("H1").unwrap();
    let report = search(claim, 1, 1500);
    let found = report.tightest.unwrap();
    // As many random instances come within some 1e-4.
    assert!(found.closeness >= 1.0 - 1e-7, "{found:?}");
    assert!(report.counterexample.is_none());
}
