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
    /// `p_k(m_k − centre)` for precisions that are numbers, shape `[d, K]`; else empty.
    pub(super) pulls: &'a [f64],
    /// What points are seen from, shape `[d]`; empty for the origin.
    pub(super) centre: &'a [f64],
}

impl Components<'_> {
    fn dim(&self) -> usize {
        self.means.len() / self.offsets.len()
    }

    /// A precision per component. All slices of points have the shape `[d, lanes]`.
    ///
    /// With y and `a_k` the point and `p_k m_k` seen from the centre of the means, the logarithm of a weight is
    /// `⟨a_k, y⟩ − ½p_k|y|²` up to a constant and the score `Σ_k w_k a_k − (Σ_k w_k p_k) y`. From the
    /// centre, rounding moves the logarithm by no more than ε times the squared distances in units of the variance.
    pub(super) fn isotropic(
        &self,
        units: Units,
        precisions: &[f64],
        points: &[f64],
        scores: &mut [f64],
        scratch: &mut Vec<f64>,
    ) {
        let (n, count) = (self.lanes, self.offsets.len());
        let Self { offsets, pulls, centre, .. } = *self;
        let moved = if centre.is_empty() { 0 } else { points.len() };
        scratch.resize((count + 3) * n + moved, 0.0);
        units.run(
            #[inline(always)]
            || {
                let (weights, rest) = scratch.split_at_mut(count * n);
                let (most, rest) = rest.split_at_mut(n);
                let (sum, rest) = rest.split_at_mut(n);
                let (norm, y) = rest.split_at_mut(n);
                let y = if centre.is_empty() { points } else { from_centre(n, points, centre, y) };
                norms(norm, y);
                weights.fill(0.0);
                let mut blocks = weights.chunks_exact_mut(TOGETHER * n);
                let mut first = 0;
                for block in &mut blocks {
                    products_with_four(n, y, pulls, (first, count), block);
                    first += TOGETHER;
                }
                for row in blocks.into_remainder().chunks_exact_mut(n) {
                    for (y, pull) in y.chunks_exact(n).zip(pulls.chunks_exact(count)) {
                        add_multiple(row, y, pull[first]);
                    }
                    first += 1;
                }
                most.fill(f64::NEG_INFINITY);
                for ((row, offset), precision) in weights.chunks_exact_mut(n).zip(offsets).zip(precisions) {
                    logarithms(row, most, norm, *offset, -0.5 * precision);
                }
                sum.fill(0.0);
                // From here on `norm` is −Σ_k w_k p_k.
                norm.fill(0.0);
                for (row, precision) in weights.chunks_exact_mut(n).zip(precisions) {
                    exponentials(row, most, sum, norm, *precision);
                }
                for (s, total) in sum.iter_mut().zip(norm.iter_mut()) {
                    *s = 1.0 / *s;
                    *total *= -*s;
                }
                for row in weights.chunks_exact_mut(n) {
                    for (w, s) in row.iter_mut().zip(sum.iter()) {
                        *w *= s;
                    }
                }
                let mut pairs = scores.chunks_exact_mut(2 * n);
                let mut j = 0;
                for pair in &mut pairs {
                    let rows = &pulls[j * count..(j + 2) * count];
                    pulls_of_two(pair, weights, rows.split_at(count), norm, &y[j * n..(j + 2) * n]);
                    j += 2;
                }
                let last = pairs.into_remainder();
                if !last.is_empty() {
                    for ((s, y), total) in last.iter_mut().zip(&y[j * n..]).zip(norm.iter()) {
                        *s = total * y;
                    }
                    for (row, pull) in weights.chunks_exact(n).zip(&pulls[j * count..]) {
                        add_multiple(last, row, *pull);
                    }
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

/// `row += m·x`.
#[inline(always)]
fn add_multiple(row: &mut [f64], x: &[f64], m: f64) {
    for (s, x) in row.iter_mut().zip(x) {
        *s += m * x;
    }
}

/// `x − centre`, in the memory of `y`.
#[inline(always)]
fn from_centre<'a>(n: usize, points: &[f64], centre: &[f64], y: &'a mut [f64]) -> &'a [f64] {
    for ((y, x), c) in y.chunks_exact_mut(n).zip(points.chunks_exact(n)).zip(centre) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = x - c;
        }
    }
    y
}

/// `norm = |y|²`, two coordinates at a time.
#[inline(always)]
fn norms(norm: &mut [f64], y: &[f64]) {
    let n = norm.len();
    norm.fill(0.0);
    let mut pairs = y.chunks_exact(2 * n);
    for pair in &mut pairs {
        let (x, y) = pair.split_at(n);
        for ((norm, x), y) in norm.iter_mut().zip(x).zip(y) {
            *norm += x * x + y * y;
        }
    }
    for (norm, x) in norm.iter_mut().zip(pairs.remainder()) {
        *norm += x * x;
    }
}

/// The scalar products with the pulls of four components from the first of `range.1`, two coordinates at a time;
/// `block` has the shape `[4, n]`.
#[inline(always)]
fn products_with_four(n: usize, y: &[f64], pulls: &[f64], range: (usize, usize), block: &mut [f64]) {
    let (first, count) = range;
    let [a, b, c, d] = rows_of(n, block);
    let mut pairs = y.chunks_exact(2 * n);
    let mut rows = pulls.chunks_exact(count);
    for pair in &mut pairs {
        let (x, y) = pair.split_at(n);
        let y = &y[..n];
        let (Some(p), Some(q)) = (rows.next(), rows.next()) else { break };
        let p: [f64; TOGETHER] = std::array::from_fn(|i| p[first + i]);
        let q: [f64; TOGETHER] = std::array::from_fn(|i| q[first + i]);
        for i in 0..n {
            let (x, y) = (x[i], y[i]);
            a[i] += p[0] * x + q[0] * y;
            b[i] += p[1] * x + q[1] * y;
            c[i] += p[2] * x + q[2] * y;
            d[i] += p[3] * x + q[3] * y;
        }
    }
    let last = pairs.remainder();
    if let Some(pull) = rows.next().filter(|_| !last.is_empty()) {
        for (row, p) in [a, b, c, d].into_iter().zip(&pull[first..]) {
            add_multiple(row, last, *p);
        }
    }
}

/// `row = offset + row + half·norm` and the largest of these so far.
#[inline(always)]
fn logarithms(row: &mut [f64], most: &mut [f64], norm: &[f64], offset: f64, half: f64) {
    for ((w, m), norm) in row.iter_mut().zip(most).zip(norm) {
        *w = (offset + *w) + half * norm;
        // Not `max`: what that does with NaN depends on the instruction set.
        *m = if *w > *m { *w } else { *m };
    }
}

/// `row = e^{row − most}`, their sum, and their sum times the precisions.
#[inline(always)]
fn exponentials(row: &mut [f64], most: &[f64], sum: &mut [f64], total: &mut [f64], precision: f64) {
    for (((w, m), s), t) in row.iter_mut().zip(most).zip(sum).zip(total) {
        *w = exp(*w - m);
        *s += *w;
        *t += *w * precision;
    }
}

/// `pair = total·y + Σ_k w_k·(p_k, q_k)` for two coordinates, four components at a time.
#[inline(always)]
fn pulls_of_two(pair: &mut [f64], weights: &[f64], pulls: (&[f64], &[f64]), total: &[f64], y: &[f64]) {
    let n = total.len();
    let (s, t) = pair.split_at_mut(n);
    let t = &mut t[..n];
    let mut blocks = weights.chunks_exact(TOGETHER * n);
    let mut k = 0;
    if let Some(block) = blocks.next() {
        let (x, y) = y.split_at(n);
        let y = &y[..n];
        add_four(s, t, block, (pulls.0, pulls.1), |i, _, _| (total[i] * x[i], total[i] * y[i]));
        k = TOGETHER;
    } else {
        for ((s, total), y) in s.iter_mut().zip(total).zip(y) {
            *s = total * y;
        }
        for ((t, total), y) in t.iter_mut().zip(total).zip(&y[n..]) {
            *t = total * y;
        }
    }
    for block in &mut blocks {
        add_four(s, t, block, (&pulls.0[k..], &pulls.1[k..]), |_, s, t| (s, t));
        k += TOGETHER;
    }
    for row in blocks.remainder().chunks_exact(n) {
        add_multiple(s, row, pulls.0[k]);
        add_multiple(t, row, pulls.1[k]);
        k += 1;
    }
}

/// `(s, t) = before + Σ_{k<4} w_k·(p_k, q_k)`, where `before` is a function of the place and of s and t.
#[inline(always)]
fn add_four(
    s: &mut [f64],
    t: &mut [f64],
    block: &[f64],
    pulls: (&[f64], &[f64]),
    before: impl Fn(usize, f64, f64) -> (f64, f64),
) {
    let n = s.len();
    let t = &mut t[..n];
    let p: [f64; TOGETHER] = std::array::from_fn(|i| pulls.0[i]);
    let q: [f64; TOGETHER] = std::array::from_fn(|i| pulls.1[i]);
    let (a, rest) = block.split_at(n);
    let (b, rest) = rest.split_at(n);
    let (c, d) = rest.split_at(n);
    let d = &d[..n];
    for i in 0..n {
        let (u, v) = before(i, s[i], t[i]);
        s[i] = u + ((p[0] * a[i] + p[1] * b[i]) + (p[2] * c[i] + p[3] * d[i]));
        t[i] = v + ((q[0] * a[i] + q[1] * b[i]) + (q[2] * c[i] + q[3] * d[i]));
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
