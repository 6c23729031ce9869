//! Products: blocks of coordinates with paths of their own and the same schedule.

use super::line::LineScore;
use super::mixture::{MixtureScore, MixtureScores};
use super::score::{PathScore, Score, Start};
use crate::error::{Error, Result};
use crate::numerics::vector::Units;
use crate::path::LinePath;

/// The path of one block of coordinates.
#[derive(Clone, Debug)]
pub enum Factor {
    /// A Gaussian mixture (or one normal law), base the standard normal law.
    Mixture(MixtureScores),
    /// A law on the line.
    Line(LinePath),
}

/// Independent blocks of coordinates.
#[derive(Clone, Debug)]
pub struct ProductScores {
    factors: Vec<Factor>,
}

impl ProductScores {
    /// The product of at least one factor.
    ///
    /// # Errors
    /// [`Error::Domain`] for no factors.
    pub fn new(factors: Vec<Factor>) -> Result<Self> {
        if factors.is_empty() {
            Err(Error::domain("factors", "[]", "at least one"))
        } else {
            Ok(Self { factors })
        }
    }

    /// The factors in the order of their coordinates.
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }
}

impl Factor {
    fn dim(&self) -> usize {
        match self {
            Self::Mixture(path) => path.dim(),
            Self::Line(path) => path.dim(),
        }
    }
}

/// The score of a product.
#[derive(Clone, Debug)]
pub struct ProductScore {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Mixture(MixtureScore),
    Line(LineScore),
}

impl Part {
    fn score(&self) -> &dyn Score {
        match self {
            Self::Mixture(score) => score,
            Self::Line(score) => score,
        }
    }
}

impl Score for ProductScore {
    fn dim(&self) -> usize {
        self.parts.iter().map(|part| part.score().dim()).sum()
    }

    fn scores(&self, units: Units, lanes: usize, points: &[f64], scores: &mut [f64], scratch: &mut Vec<f64>) {
        let mut from = 0;
        for part in &self.parts {
            let score = part.score();
            let rows = from..from + score.dim() * lanes;
            score.scores(units, lanes, &points[rows.clone()], &mut scores[rows.clone()], scratch);
            from = rows.end;
        }
    }

    /// The middle of the factors' extremes.
    fn linear_rate(&self) -> f64 {
        let rates = || self.parts.iter().map(|part| part.score().linear_rate());
        0.5 * (rates().fold(f64::INFINITY, f64::min) + rates().fold(0.0, f64::max))
    }

    fn steepest(&self) -> f64 {
        self.parts.iter().map(|part| part.score().steepest()).fold(0.0, f64::max)
    }
}

impl PathScore for ProductScores {
    type At = ProductScore;

    fn dim(&self) -> usize {
        self.factors.iter().map(Factor::dim).sum()
    }

    fn score_at(&self, t: f64) -> Result<ProductScore> {
        let part = |factor: &Factor| {
            Ok(match factor {
                Factor::Mixture(path) => Part::Mixture(path.score_at(t)?),
                Factor::Line(path) => Part::Line(path.score_at(t)?),
            })
        };
        Ok(ProductScore { parts: self.factors.iter().map(part).collect::<Result<_>>()? })
    }

    fn start_at(&self, t: f64) -> Result<Box<dyn Start + '_>> {
        let starts = self.factors.iter().map(|factor| {
            let start: Box<dyn Start + '_> = match factor {
                Factor::Mixture(path) => path.start_at(t)?,
                Factor::Line(path) => path.start_at(t)?,
            };
            Ok((factor.dim(), start))
        });
        Ok(Box::new(ProductStart { starts: starts.collect::<Result<_>>()? }))
    }

    fn footprint(&self) -> usize {
        let of = |factor: &Factor| match factor {
            Factor::Mixture(path) => path.footprint(),
            Factor::Line(path) => path.footprint(),
        };
        self.factors.iter().map(of).sum()
    }
}

/// The starts of the factors with their dimensions.
struct ProductStart<'a> {
    starts: Vec<(usize, Box<dyn Start + 'a>)>,
}

impl Start for ProductStart<'_> {
    fn place(&self, lanes: usize, uniforms: &[f64], points: &mut [f64]) {
        let mut from = 0;
        for (dim, start) in &self.starts {
            let rows = from..from + dim * lanes;
            start.place(lanes, &uniforms[rows.clone()], &mut points[rows.clone()]);
            from = rows.end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::gaussian::Gaussian;
    use crate::path::line::{LineBase, curve_on_line};
    use crate::path::{LinePath, Schedule};

    fn factors() -> (MixtureScores, LinePath) {
        let laws = [
            Gaussian::isotropic(vec![1.0, -1.0], 0.2).unwrap(),
            Gaussian::isotropic(vec![-2.0, 0.5], 0.6).unwrap(),
        ];
        let plane = MixtureScores::new(&[0.3, 0.7], &laws, Schedule::linear()).unwrap();
        let law = crate::measure::line::LineMeasure::gaussian(2.0, 3.0).unwrap();
        (plane, LinePath::new(curve_on_line(&law, LineBase::Gaussian).unwrap(), Schedule::linear()))
    }

    #[test]
    fn a_product_is_its_factors_side_by_side() {
        let (plane, line) = factors();
        let path =
            ProductScores::new(vec![Factor::Line(line.clone()), Factor::Mixture(plane.clone())]).unwrap();
        assert_eq!(path.dim(), 3);
        assert_eq!(path.footprint(), plane.footprint() + line.footprint());
        // A table's knots take most of it: 32 cells at least, with an edge, a score and a slope.
        assert!(line.footprint() > 24 * 64);
        let t = 0.7;
        let (whole, first, second) =
            (path.score_at(t).unwrap(), line.score_at(t).unwrap(), plane.score_at(t).unwrap());
        // Shape [d, lanes].
        let points = [0.3, -4.0, 1.0, 0.2, -0.7, 2.0];
        let mut found = [0.0; 6];
        whole.scores(Units::widest(), 2, &points, &mut found, &mut Vec::new());
        let (mut one, mut two) = ([0.0; 2], [0.0; 4]);
        first.scores(Units::widest(), 2, &points[..2], &mut one, &mut Vec::new());
        second.scores(Units::widest(), 2, &points[2..], &mut two, &mut Vec::new());
        assert_eq!((&found[..2], &found[2..]), (&one[..], &two[..]));
        assert!(one[0] != one[1] && two[0] != two[1]);
        let (slow, fast) = (first.linear_rate(), second.linear_rate());
        assert!(slow < fast && whole.linear_rate() == 0.5 * (slow + fast));
        assert!(first.steepest() < second.steepest() && whole.steepest() == second.steepest());

        let (mut placed, mut one, mut two) = (points, [points[0], points[1]], [0.0; 4]);
        two.copy_from_slice(&points[2..]);
        let uniforms = [0.9, 0.1, 0.2, 0.8, 0.5, 0.5];
        path.start_at(t).unwrap().place(2, &uniforms, &mut placed);
        line.start_at(t).unwrap().place(2, &uniforms[..2], &mut one);
        plane.start_at(t).unwrap().place(2, &uniforms[2..], &mut two);
        assert_eq!((&placed[..2], &placed[2..]), (&one[..], &two[..]));
        assert!(placed[0] != points[0] && placed[2] != points[2]);
        assert!(ProductScores::new(Vec::new()).is_err());
    }
}
