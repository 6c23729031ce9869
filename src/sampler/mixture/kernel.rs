//! The score of a Gaussian mixture at many points: loops over rows, four components at a time.

#![expect(clippy::inline_always, reason = "loops are vectorised where they are inlined")]

use crate::numerics::vector::{Units, exp};

/// Components whose distances are summed together: four sums stay in registers or the nearest cache.
const TOGETHER: usize = 4;

/// What all kinds of covariance share.
pub(super) struct Components<'a> {
    /// Number of points.
    pub(super) lanes: usize,
    /// `log w_k + ½ log det Σ_k⁻¹`.
    pub(super) offsets: &'a [f64],
    /// Shape `[K, d]`.
    pub(super) means: &'a [f64],
}

impl Components<'_> {
    fn dim(&self) -> usize {
        self.means.len() / self.offsets.len()
    }

    /// A precision per component. All slices of points have the shape `[d, lanes]`.
    pub(super) fn isotropic(
        &self,
        units: Units,
        precisions: &[f64],
        points: &[f64],
        scores: &mut [f64],
        scratch: &mut Vec<f64>,
    ) {
        let (n, count, d) = (self.lanes, self.offsets.len(), self.dim());
        let Self { offsets, means, .. } = *self;
        scratch.resize((count + 2) * n, 0.0);
        units.run(
            #[inline(always)]
            || {
                let (weights, rest) = scratch.split_at_mut(count * n);
                let (most, sum) = rest.split_at_mut(n);
                let sum = &mut sum[..n];
                weights.fill(0.0);
                let mut blocks = weights.chunks_exact_mut(TOGETHER * n);
                let mut first = 0;
                for block in &mut blocks {
                    let mean: [&[f64]; TOGETHER] =
                        std::array::from_fn(|i| &means[(first + i) * d..(first + i + 1) * d]);
                    squares_of_four(n, points, mean, block);
                    first += TOGETHER;
                }
                for row in blocks.into_remainder().chunks_exact_mut(n) {
                    for (x, m) in points.chunks_exact(n).zip(&means[first * d..(first + 1) * d]) {
                        add_squares(row, x, *m);
                    }
                    first += 1;
                }
                for ((row, offset), precision) in weights.chunks_exact_mut(n).zip(offsets).zip(precisions) {
                    for w in row.iter_mut() {
                        *w = offset - 0.5 * precision * *w;
                    }
                }
                probabilities(weights, most, sum);
                // From here on `sum` is Σ_k w_k p_k.
                sum.fill(0.0);
                for (row, precision) in weights.chunks_exact_mut(n).zip(precisions) {
                    for (w, s) in row.iter_mut().zip(sum.iter_mut()) {
                        *w *= precision;
                        *s += *w;
                    }
                }
                for (j, (s, x)) in scores.chunks_exact_mut(n).zip(points.chunks_exact(n)).enumerate() {
                    for ((s, x), total) in s.iter_mut().zip(x).zip(sum.iter()) {
                        *s = -(total * x);
                    }
                    add_means(n, s, weights, |k| means[k * d + j]);
                }
            },
        );
    }

    /// A precision per component and coordinate, shape `[K, d]`.
    pub(super) fn diagonal(
        &self,
        units: Units,
        precisions: &[f64],
        points: &[f64],
        scores: &mut [f64],
        scratch: &mut Vec<f64>,
    ) {
        let (n, count, d) = (self.lanes, self.offsets.len(), self.dim());
        let Self { offsets, means, .. } = *self;
        scratch.resize((count + 2) * n, 0.0);
        units.run(
            #[inline(always)]
            || {
                let (weights, rest) = scratch.split_at_mut(count * n);
                let (most, sum) = rest.split_at_mut(n);
                let rows = |k: usize| (&means[k * d..(k + 1) * d], &precisions[k * d..(k + 1) * d]);
                for (k, row) in weights.chunks_exact_mut(n).enumerate() {
                    row.fill(0.0);
                    let (mean, precision) = rows(k);
                    for ((x, m), p) in points.chunks_exact(n).zip(mean).zip(precision) {
                        for (w, x) in row.iter_mut().zip(x) {
                            let offset = x - m;
                            *w += offset * offset * p;
                        }
                    }
                    for w in row.iter_mut() {
                        *w = offsets[k] - 0.5 * *w;
                    }
                }
                probabilities(weights, most, &mut sum[..n]);
                scores.fill(0.0);
                for (k, row) in weights.chunks_exact(n).enumerate() {
                    let (mean, precision) = rows(k);
                    let coordinates = scores.chunks_exact_mut(n).zip(points.chunks_exact(n));
                    for (((s, x), m), p) in coordinates.zip(mean).zip(precision) {
                        for ((s, x), w) in s.iter_mut().zip(x).zip(row) {
                            *s += w * (p * (m - x));
                        }
                    }
                }
            },
        );
    }

    /// A matrix per component, shape `[K, d, d]`.
    pub(super) fn dense(
        &self,
        units: Units,
        precisions: &[f64],
        points: &[f64],
        scores: &mut [f64],
        scratch: &mut Vec<f64>,
    ) {
        let (n, count, d) = (self.lanes, self.offsets.len(), self.dim());
        let Self { offsets, means, .. } = *self;
        scratch.resize((count + 2 + (count + 1) * d) * n, 0.0);
        units.run(
            #[inline(always)]
            || {
                let (weights, rest) = scratch.split_at_mut(count * n);
                let (most, rest) = rest.split_at_mut(n);
                let (sum, rest) = rest.split_at_mut(n);
                let (offset, pulls) = rest.split_at_mut(d * n);
                let kinds = weights.chunks_exact_mut(n).zip(pulls.chunks_exact_mut(d * n));
                for (k, (weight, pull)) in kinds.enumerate() {
                    let rows = offset.chunks_exact_mut(n).zip(points.chunks_exact(n));
                    for ((o, x), m) in rows.zip(&means[k * d..(k + 1) * d]) {
                        for (o, x) in o.iter_mut().zip(x) {
                            *o = m - x;
                        }
                    }
                    apply(n, &precisions[k * d * d..(k + 1) * d * d], offset, pull);
                    weight.fill(0.0);
                    for (o, p) in offset.chunks_exact(n).zip(pull.chunks_exact(n)) {
                        for ((w, o), p) in weight.iter_mut().zip(o).zip(p) {
                            *w += o * p;
                        }
                    }
                    for w in weight.iter_mut() {
                        *w = offsets[k] - 0.5 * *w;
                    }
                }
                probabilities(weights, most, sum);
                scores.fill(0.0);
                for (weight, pull) in weights.chunks_exact(n).zip(pulls.chunks_exact(d * n)) {
                    for (s, p) in scores.chunks_exact_mut(n).zip(pull.chunks_exact(n)) {
                        for ((s, w), p) in s.iter_mut().zip(weight).zip(p) {
                            *s += w * p;
                        }
                    }
                }
            },
        );
    }
}

/// `row += (x − m)²`.
#[inline(always)]
fn add_squares(row: &mut [f64], x: &[f64], m: f64) {
    for (w, x) in row.iter_mut().zip(x) {
        let offset = x - m;
        *w += offset * offset;
    }
}

/// The squared distances to four means, two coordinates at a time; `block` has the shape `[4, n]`.
#[inline(always)]
fn squares_of_four(n: usize, points: &[f64], means: [&[f64]; TOGETHER], block: &mut [f64]) {
    let [a, b, c, d] = rows_of(n, block);
    let mut pairs = points.chunks_exact(2 * n);
    let mut j = 0;
    for pair in &mut pairs {
        let (x, y) = pair.split_at(n);
        let y = &y[..n];
        let m: [(f64, f64); TOGETHER] = std::array::from_fn(|i| (means[i][j], means[i][j + 1]));
        let both = |sum: f64, x: f64, y: f64, m: (f64, f64)| {
            let (u, v) = (x - m.0, y - m.1);
            sum + (u * u + v * v)
        };
        for i in 0..n {
            let (x, y) = (x[i], y[i]);
            a[i] = both(a[i], x, y, m[0]);
            b[i] = both(b[i], x, y, m[1]);
            c[i] = both(c[i], x, y, m[2]);
            d[i] = both(d[i], x, y, m[3]);
        }
        j += 2;
    }
    let x = pairs.remainder();
    if !x.is_empty() {
        for (row, mean) in [a, b, c, d].into_iter().zip(means) {
            add_squares(row, x, mean[j]);
        }
    }
}

/// The four rows of a block, all of length `n`.
#[inline(always)]
fn rows_of(n: usize, block: &mut [f64]) -> [&mut [f64]; TOGETHER] {
    let (a, rest) = block.split_at_mut(n);
    let (b, rest) = rest.split_at_mut(n);
    let (c, d) = rest.split_at_mut(n);
    [a, b, c, &mut d[..n]]
}

/// Logarithms of weights, shape `[K, n]`, become probabilities; `most` and `sum` have the shape `[n]`.
#[inline(always)]
fn probabilities(weights: &mut [f64], most: &mut [f64], sum: &mut [f64]) {
    let n = sum.len();
    most.fill(f64::NEG_INFINITY);
    for row in weights.chunks_exact(n) {
        for (m, w) in most.iter_mut().zip(row) {
            // Not `max`: what that does with NaN depends on the instruction set.
            *m = if *w > *m { *w } else { *m };
        }
    }
    sum.fill(0.0);
    for row in weights.chunks_exact_mut(n) {
        for ((w, m), s) in row.iter_mut().zip(most.iter()).zip(sum.iter_mut()) {
            *w = exp(*w - m);
            *s += *w;
        }
    }
    for s in sum.iter_mut() {
        *s = 1.0 / *s;
    }
    for row in weights.chunks_exact_mut(n) {
        for (w, s) in row.iter_mut().zip(sum.iter()) {
            *w *= s;
        }
    }
}

/// `row += Σ_k weights[k]·mean(k)`, `weights` of shape `[K, n]`.
#[inline(always)]
fn add_means(n: usize, row: &mut [f64], weights: &[f64], mean: impl Fn(usize) -> f64) {
    let row = &mut row[..n];
    let mut k = 0;
    let mut blocks = weights.chunks_exact(TOGETHER * n);
    for block in &mut blocks {
        let m: [f64; TOGETHER] = std::array::from_fn(|i| mean(k + i));
        let (a, rest) = block.split_at(n);
        let (b, rest) = rest.split_at(n);
        let (c, d) = rest.split_at(n);
        let d = &d[..n];
        for i in 0..n {
            row[i] += (m[0] * a[i] + m[1] * b[i]) + (m[2] * c[i] + m[3] * d[i]);
        }
        k += TOGETHER;
    }
    for weight in blocks.remainder().chunks_exact(n) {
        let m = mean(k);
        for (s, w) in row.iter_mut().zip(weight) {
            *s += m * w;
        }
        k += 1;
    }
}

/// `out = M·x` for a symmetric matrix in columns; `x` and `out` have the shape `[d, n]`.
#[inline(always)]
pub(in crate::sampler) fn apply(n: usize, matrix: &[f64], x: &[f64], out: &mut [f64]) {
    let size = x.len() / n;
    out.fill(0.0);
    let mut i = 0;
    let mut blocks = out.chunks_exact_mut(TOGETHER * n);
    for block in &mut blocks {
        let [a, b, c, d] = rows_of(n, block);
        for (x, column) in x.chunks_exact(n).zip(matrix.chunks_exact(size)) {
            let m: [f64; TOGETHER] = std::array::from_fn(|l| column[i + l]);
            for l in 0..n {
                let x = x[l];
                a[l] += m[0] * x;
                b[l] += m[1] * x;
                c[l] += m[2] * x;
                d[l] += m[3] * x;
            }
        }
        i += TOGETHER;
    }
    for row in blocks.into_remainder().chunks_exact_mut(n) {
        for (x, column) in x.chunks_exact(n).zip(matrix.chunks_exact(size)) {
            let m = column[i];
            for (s, x) in row.iter_mut().zip(x) {
                *s += m * x;
            }
        }
        i += 1;
    }
}
