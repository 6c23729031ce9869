//! Moments of a sample, coordinate by coordinate, gathered piece by piece.

/// Sums over points.
#[derive(Clone, PartialEq, Debug)]
pub struct SampleMoments {
    centre: Vec<f64>,
    count: u64,
    /// `Σ(x − c)`, `Σ(x − c)²`, `Σ(x − c)⁴` and how many `x ≤ c`, for every coordinate.
    sums: Vec<[f64; 4]>,
}

/// What a sample says about one coordinate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CoordinateMoments {
    /// Mean.
    pub mean: f64,
    /// Its standard error.
    pub mean_error: f64,
    /// `E(x − c)²` about the centre.
    pub second_moment: f64,
    /// Its standard error.
    pub second_moment_error: f64,
    /// Part of the points with `x ≤ c`.
    pub below: f64,
}

impl SampleMoments {
    /// No points yet; moments about `centre`, shape `[d]`.
    pub fn about(centre: Vec<f64>) -> Self {
        let sums = vec![[0.0; 4]; centre.len()];
        Self { centre, count: 0, sums }
    }

    /// Adds points, shape `[n, d]`.
    pub fn add(&mut self, points: &[f64]) {
        for point in points.chunks_exact(self.centre.len()) {
            for ((x, c), sums) in point.iter().zip(&self.centre).zip(&mut self.sums) {
                let offset = x - c;
                let square = offset * offset;
                sums[0] += offset;
                sums[1] += square;
                sums[2] += square * square;
                sums[3] += f64::from(u8::from(x <= c));
            }
            self.count += 1;
        }
    }

    /// Number of points.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What the moments are about, shape `[d]`.
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// Moments of a coordinate; NaN if there are no points.
    ///
    /// # Panics
    /// If there is no such coordinate.
    pub fn coordinate(&self, j: usize) -> CoordinateMoments {
        let n = self.count as f64;
        let [first, second, fourth, below] = self.sums[j].map(|sum| sum / n);
        CoordinateMoments {
            mean: self.centre[j] + first,
            mean_error: ((second - first * first).max(0.0) / n).sqrt(),
            second_moment: second,
            second_moment_error: ((fourth - second * second).max(0.0) / n).sqrt(),
            below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_four_points() {
        let mut moments = SampleMoments::about(vec![1.0]);
        moments.add(&[0.0, 1.0]);
        moments.add(&[2.0, 3.0]);
        let found = moments.coordinate(0);
        // Offsets −1, 0, 1, 2: mean ½, squares 1, 0, 1, 4 with mean 3/2 and mean square 18/4.
        assert_eq!((found.mean, found.second_moment, found.below), (1.5, 1.5, 0.5));
        assert_eq!(found.mean_error, (1.25_f64 / 4.0).sqrt());
        assert_eq!(found.second_moment_error, (2.25_f64 / 4.0).sqrt());
        assert_eq!(moments.count(), 4);
    }
}
