//! **H1**: the score of the Student law and its derivative are bounded.
//!
//! *Statement.* For ν ∝ `(1 + |z|²/n)^{−(n+d)/2}` on `R^d`: `|∇log ν| ≤ (n+d)/(2√n)`, attained at `|z| = √n`, and the eigenvalues
//! of `∇²log ν` lie in `[−(n+d)/n, (n+d)/(8n)]`, the ends attained at `z = 0` and, along z, at `|z| = √(3n)`.
//!
//! *Hypotheses.* H1: n > 0 degrees of freedom, d ≥ 1.
//!
//! *Normalisation.* ν is the standard Student law: `∇log ν = −(n+d) z/(n + |z|²)`.
//!
//! *Why.* `r/(n + r²) ≤ 1/(2√n)`. The eigenvalues are `−(n+d)/(n + r²)` across z and `−(n+d)(n − r²)/(n + r²)²` along z, and
//! `(r² − n)/(n + r²)² ≤ 1/(8n)`.
//!
//! *Source.* \[CCG\] (heavy-tailed base); elementary.
//!
//! *Checked.* Left: first and second derivatives of `log ν` along lines, by Taylor arithmetic on intervals. Right: the formulae.
//! *Not checked:* nothing is left out.
//!
//! *Sharp.* `|z| = √n`; `z = 0`; `|z| = √(3n)` along z. *A base with lighter tails* has no bounded score.

use crate::claim::{About, Chapter, FalseTwin, Family, NonEmpty, SharpCase, SharpKind, Theorem, Wrong};
use crate::enclosure::{Enclosure, Evidence, Interval, Relation};
use crate::error::{Error, Result, finite, positive};
use crate::numerics::jet::Jet;
use crate::numerics::number::Number;
use crate::numerics::stream::Stream;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::fmt;

/// The claim.
pub struct StudentScore;

/// Which of the three bounds is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// `|∇log ν(z)|`.
    Slope,
    /// `⟨u, ∇²log ν(z) u⟩/|u|²`.
    Above,
    /// `−⟨u, ∇²log ν(z) u⟩/|u|²`.
    Below,
}

/// A base, a point and a direction.
#[derive(Clone, Debug)]
pub struct Instance {
    part: Part,
    /// Degrees of freedom; `None` for the Gaussian law.
    dof: Option<f64>,
    z: Vec<f64>,
    u: Vec<f64>,
}

impl Instance {
    fn new(part: Part, dof: f64, z: Vec<f64>, u: Vec<f64>) -> Result<Self> {
        positive("dof", dof)?;
        if z.is_empty() || z.len() != u.len() {
            return Err(Error::Dimension { name: "u".to_owned(), found: u.len(), expected: z.len() });
        }
        for &x in z.iter().chain(&u) {
            finite("coordinate", x)?;
        }
        positive("|u|", u.iter().map(|x| x * x).sum())?;
        Ok(Self { part, dof: Some(dof), z, u })
    }

    fn random(stream: &mut Stream, index: usize) -> Result<Self> {
        let part = [Part::Slope, Part::Above, Part::Below][index % 3];
        let dof = 2_f64.powf(stream.random_range(-4.0..7.0));
        let dim = [1, 2, 3, 5, 20, 200][index / 3 % 6];
        let mut normal = || (0..dim).map(|_| stream.sample::<f64, _>(StandardNormal)).collect::<Vec<_>>();
        let (mut z, across) = (normal(), normal());
        let length = z.iter().map(|x| x * x).sum::<f64>().sqrt();
        // Around the place of the extremes, √n and √(3n), and far from it.
        let reach = dof.sqrt() * 2_f64.powf(stream.random_range(-3.0..3.0)) / length;
        for x in &mut z {
            *x *= reach;
        }
        let u = if index.is_multiple_of(2) { across } else { z.clone() };
        Self::new(part, dof, z, u)
    }

    /// `|z| = √(3n)` in three dimensions, along z.
    fn in_space() -> Result<Self> {
        Self::new(Part::Above, 12.0, vec![2.0, 4.0, -4.0], vec![1.0, 2.0, -2.0])
    }

    /// `log ν` along `z + τu`, up to a constant, at `τ = 0`.
    fn along(&self, u: &[f64]) -> Jet<Interval, 2> {
        type Series = Jet<Interval, 2>;
        let tau = Series::variable(Interval::ZERO);
        let square = self.z.iter().zip(u).fold(Series::from_f64(0.0), |sum, (&z, &u)| {
            sum + (Series::from_f64(z) + Series::from_f64(u) * tau).square()
        });
        let one = Series::from_f64(1.0);
        match self.dof {
            None => -(square / Series::from_f64(2.0)),
            Some(n) => {
                let power =
                    (Series::from_f64(n) + Series::from_f64(self.z.len() as f64)) / Series::from_f64(2.0);
                -(power * (one + square / Series::from_f64(n)).ln())
            }
        }
    }

    /// n, and `n + d`; the Gaussian instance claims the bounds of n = 1.
    fn parameters(&self) -> (Enclosure, Enclosure) {
        let n = Enclosure::exact(self.dof.unwrap_or(1.0));
        (n, n + self.z.len() as f64)
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Slope => "|∇log ν|",
            Part::Above => "∇²log ν from above",
            Part::Below => "∇²log ν from below",
        };
        let d = self.z.len();
        match self.dof {
            Some(dof) => write!(f, "{part}, n={dof}, d={d}")?,
            None => write!(f, "{part}, Gaussian base, d={d}")?,
        }
        if d <= 5 {
            write!(f, ", z={:?}", self.z)?;
            if self.part != Part::Slope {
                write!(f, ", u={:?}", self.u)?;
            }
        }
        Ok(())
    }
}

impl Theorem for StudentScore {
    type Instance = Instance;

    const ABOUT: About = About {
        id: "H1",
        chapter: Chapter::HeavyTails,
        title: "Bounded score of the Student law",
        statement: "ν ∝ (1+|z|²/n)^{−(n+d)/2}: |∇log ν| ≤ (n+d)/(2√n), and the eigenvalues of ∇²log ν lie in [−(n+d)/n, (n+d)/(8n)]; \
                    attained at |z| = √n, at z = 0 and at |z| = √(3n)",
        hypotheses: &[("H1", "n > 0 degrees of freedom, d ≥ 1")],
        why: "r/(n+r²) ≤ 1/(2√n); the eigenvalues are −(n+d)/(n+r²) across z and −(n+d)(n−r²)/(n+r²)² along z.",
        checked: "First and second derivatives of log ν along lines, by Taylor arithmetic on intervals, in d = 1 to 200 for \
                  n from 1/16 to 128, against the formulae.",
        not_checked: "Nothing is left out.",
        source: "[CCG] (heavy-tailed base); elementary",
        relation: Relation::Upper,
        rests_on: &[],
        file: file!(),
    };

    fn families() -> NonEmpty<Family<Instance>> {
        let evidence = Evidence::Certified;
        NonEmpty::new(
            Family { name: "points and directions", evidence, quick: 36, full: 180, draw: Instance::random },
            [],
        )
    }

    fn sharp_cases() -> Vec<SharpCase<Instance>> {
        let attained = |name, instance| SharpCase { name, kind: SharpKind::Attained(instance) };
        vec![
            attained("|z| = √n: n = 4, d = 1", || Instance::new(Part::Slope, 4.0, vec![-2.0], vec![1.0])),
            attained("|z| = √n: n = 9, d = 3", || {
                Instance::new(Part::Slope, 9.0, vec![1.0, -2.0, 2.0], vec![1.0, 0.0, 0.0])
            }),
            attained("z = 0: n = 3, d = 5", || {
                Instance::new(Part::Below, 3.0, vec![0.0; 5], vec![1.0, -2.0, 0.5, 0.0, 3.0])
            }),
            attained("|z| = √(3n) along z: n = 12, d = 3", Instance::in_space),
            attained("|z| = √(3n): n = 3, d = 1", || {
                Instance::new(Part::Above, 3.0, vec![-3.0], vec![2.0])
            }),
        ]
    }

    fn false_twins() -> NonEmpty<FalseTwin<Instance>> {
        let at_root = || Instance::new(Part::Slope, 4.0, vec![-2.0], vec![1.0]);
        NonEmpty::new(
            FalseTwin {
                name: "(n+d)/(2n) in place of (n+d)/(2√n)",
                instance: at_root,
                wrong: Wrong::Bound(|i| Ok(i.parameters().1 / (2.0 * i.parameters().0))),
            },
            [
                FalseTwin {
                    name: "log ν concave",
                    instance: Instance::in_space,
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(0.0))),
                },
                FalseTwin {
                    name: "the bounds of d = 1 in every dimension",
                    instance: Instance::in_space,
                    wrong: Wrong::Bound(|i| Ok((i.parameters().0 + 1.0) / (8.0 * i.parameters().0))),
                },
                FalseTwin {
                    name: "second derivative above −1, as for a standard Gaussian law",
                    instance: || Instance::new(Part::Below, 3.0, vec![0.0; 2], vec![1.0, 1.0]),
                    wrong: Wrong::Bound(|_| Ok(Enclosure::exact(1.0))),
                },
                FalseTwin {
                    name: "a Gaussian base has a bounded score",
                    instance: || {
                        let point = Instance::new(Part::Slope, 1.0, vec![3.0, -4.0], vec![1.0, 0.0])?;
                        Ok(Instance { dof: None, ..point })
                    },
                    wrong: Wrong::Hypothesis,
                },
            ],
        )
    }

    fn observed(instance: &Instance) -> Result<Enclosure> {
        if instance.part == Part::Slope {
            let mut square = Interval::ZERO;
            for i in 0..instance.z.len() {
                let mut axis = vec![0.0; instance.z.len()];
                axis[i] = 1.0;
                square = square + instance.along(&axis).derivative(1).square();
            }
            return Ok(Enclosure::certified(square.sqrt()));
        }
        let length: Interval = instance.u.iter().map(|&u| Interval::point(u).square()).sum();
        let form = Enclosure::certified(instance.along(&instance.u).derivative(2) / length);
        Ok(if instance.part == Part::Above { form } else { -form })
    }

    fn bound(instance: &Instance) -> Result<Enclosure> {
        let (n, power) = instance.parameters();
        Ok(match instance.part {
            Part::Slope => power / (2.0 * n.sqrt()),
            Part::Above => power / (8.0 * n),
            Part::Below => power / n,
        })
    }
}
