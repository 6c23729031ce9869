//! The score of a mixture of anisotropic normal laws at many points: loops over rows, four components at a time.

#![expect(clippy::inline_always, reason = "loops are vectorised where they are inlined")]

use crate::numerics::vector::{Units, aligned, exp};

/// Components whose distances are summed together: four sums stay in registers or the nearest cache.
const TOGETHER: usize = 4;

/// What the other kinds of covariance share.
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

    /// A precision per component and coordinate, shape `[K, d]`. All slices of points have the shape `[d, lanes]`.
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
        let scratch = aligned(scratch, (count + 2) * n);
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
        let scratch = aligned(scratch, (count + 2 + (count + 1) * d) * n);
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
