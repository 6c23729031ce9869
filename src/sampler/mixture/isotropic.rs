//! The score of a mixture of isotropic normal laws: tiles of points whose sums stay in registers.
//!
//! With y and `a_k` the point and `p_k m_k` seen from the centre of the means, the logarithm of a weight is
//! `⟨a_k, y⟩ − ½p_k|y|²` up to a constant and the score `Σ_k w_k a_k − (Σ_k w_k p_k) y`: two small matrix products.
//! From the centre, rounding moves the logarithm by no more than ε times the squared distances in units of the
//! variance.
//!
//! A tile is [`WIDE`] vectors of points. Every operation is one on a vector, so that a point's score does not depend on
//! its place; sums over coordinates and components are written out in a fixed order.

#![expect(clippy::inline_always, reason = "loops are vectorised where they are inlined")]

use crate::numerics::vector::{aligned, exps};
use pulp::{Simd, WithSimd};

/// Vectors in a tile. With [`TOGETHER`] components or [`COORDINATES`] coordinates the sums, what is
/// added to them and the factors just fit into 32 registers.
const WIDE: usize = 4;
/// Components whose scalar products are summed together.
const TOGETHER: usize = 4;
/// Coordinates of the score that are summed together.
const COORDINATES: usize = 2;

/// A row of a tile: a number per point.
type Row<S> = [<S as Simd>::f64s; WIDE];

/// The components at one time.
#[derive(Clone, Copy)]
pub(super) struct Components<'a> {
    /// `log w_k + ½d log p_k − ½p_k|m_k − centre|²`.
    pub(super) offsets: &'a [f64],
    /// `p_k`.
    pub(super) precisions: &'a [f64],
    /// `p_k(m_k − centre)`, shape `[d, K]`.
    pub(super) pulls: &'a [f64],
    /// Shape `[d]`; empty for the origin.
    pub(super) centre: &'a [f64],
}

/// Their scores at points.
pub(super) struct Isotropic<'a> {
    pub(super) components: Components<'a>,
    /// Number of points.
    pub(super) lanes: usize,
    /// Shape `[d, lanes]`.
    pub(super) points: &'a [f64],
    /// Shape `[d, lanes]`.
    pub(super) scores: &'a mut [f64],
    pub(super) scratch: &'a mut Vec<f64>,
}

impl WithSimd for Isotropic<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { components, lanes: n, points, scores, scratch } = self;
        let Components { offsets, pulls, centre, .. } = components;
        let (count, d) = (offsets.len(), points.len() / n);
        let width = WIDE * S::F64_LANES;
        let rows = aligned(scratch, (d + count) * width);
        let (rows, _) = S::as_mut_simd_f64s(rows);
        let (rows, _) = rows.as_chunks_mut::<WIDE>();
        let (y, rows) = rows.split_at_mut(d);
        let weights = &mut rows[..count];
        let mut from = 0;
        while from < n {
            let to = (from + width).min(n);
            for (j, (row, x)) in y.iter_mut().zip(points.chunks_exact(n)).enumerate() {
                *row = load(simd, &x[from..to]);
                if let Some(c) = centre.get(j) {
                    let c = simd.splat_f64s(*c);
                    *row = row.map(
                        #[inline(always)]
                        |x| simd.sub_f64s(x, c),
                    );
                }
            }
            let most = components.logarithms(simd, y, weights);
            let total = components.probabilities(simd, weights, &most);
            let (pairs, last) = y.as_chunks::<COORDINATES>();
            let mut j = 0;
            for pair in pairs {
                for score in pulls_of_two(simd, weights, &pulls[j * count..], &total, pair) {
                    store(simd, &mut scores[j * n + from..j * n + to], score);
                    j += 1;
                }
            }
            if let [y] = last {
                let score = pull(simd, weights, &pulls[j * count..], &total, y);
                store(simd, &mut scores[j * n + from..j * n + to], score);
            }
            from = to;
        }
    }
}

impl Components<'_> {
    /// Logarithms of the weights up to a constant, and the largest of them.
    #[inline(always)]
    fn logarithms<S: Simd>(&self, simd: S, y: &[Row<S>], weights: &mut [Row<S>]) -> Row<S> {
        let (count, norm) = (self.offsets.len(), squares(simd, y));
        let mut most = [simd.splat_f64s(f64::NEG_INFINITY); WIDE];
        let mut first = 0;
        let (blocks, rest) = weights.as_chunks_mut::<TOGETHER>();
        for block in blocks {
            let products = products_with_four(simd, y, self.pulls, (first, count));
            for (k, (row, product)) in block.iter_mut().zip(products).enumerate() {
                *row = self.logarithm(simd, first + k, product, &norm, &mut most);
            }
            first += TOGETHER;
        }
        for row in rest {
            let mut product = [simd.splat_f64s(0.0); WIDE];
            for (y, pull) in y.iter().zip(self.pulls.chunks_exact(count)) {
                let pull = simd.splat_f64s(pull[first]);
                for v in 0..WIDE {
                    product[v] = simd.add_f64s(product[v], simd.mul_f64s(pull, y[v]));
                }
            }
            *row = self.logarithm(simd, first, product, &norm, &mut most);
            first += 1;
        }
        most
    }

    /// The logarithm of the weight of component `k` from its scalar product, and the largest so far.
    #[inline(always)]
    fn logarithm<S: Simd>(
        &self,
        simd: S,
        k: usize,
        mut row: Row<S>,
        norm: &Row<S>,
        most: &mut Row<S>,
    ) -> Row<S> {
        let (offset, half) = (simd.splat_f64s(self.offsets[k]), simd.splat_f64s(-0.5 * self.precisions[k]));
        for v in 0..WIDE {
            row[v] = simd.add_f64s(simd.add_f64s(offset, row[v]), simd.mul_f64s(half, norm[v]));
            // Not `max`: what that does with NaN depends on the instruction set.
            let greater = simd.greater_than_f64s(row[v], most[v]);
            most[v] = simd.select_f64s(greater, row[v], most[v]);
        }
        row
    }

    /// Probabilities of the components from the logarithms of the weights, and minus the mean precision.
    #[inline(always)]
    fn probabilities<S: Simd>(&self, simd: S, weights: &mut [Row<S>], most: &Row<S>) -> Row<S> {
        let mut sum = [simd.splat_f64s(0.0); WIDE];
        let mut total = sum;
        for (row, precision) in weights.iter_mut().zip(self.precisions) {
            let precision = simd.splat_f64s(*precision);
            for v in 0..WIDE {
                row[v] = simd.sub_f64s(row[v], most[v]);
            }
            *row = exps(simd, *row);
            for v in 0..WIDE {
                sum[v] = simd.add_f64s(sum[v], row[v]);
                total[v] = simd.add_f64s(total[v], simd.mul_f64s(row[v], precision));
            }
        }
        for v in 0..WIDE {
            sum[v] = simd.div_f64s(simd.splat_f64s(1.0), sum[v]);
            total[v] = simd.mul_f64s(total[v], simd.neg_f64s(sum[v]));
        }
        for row in weights {
            for v in 0..WIDE {
                row[v] = simd.mul_f64s(row[v], sum[v]);
            }
        }
        total
    }
}

/// A row from at most as many numbers; zeros after them.
#[inline(always)]
fn load<S: Simd>(simd: S, numbers: &[f64]) -> Row<S> {
    let (vectors, rest) = S::as_simd_f64s(numbers);
    if let [row] = vectors.as_chunks::<WIDE>().0 {
        return *row;
    }
    std::array::from_fn(
        #[inline(always)]
        |v| {
            vectors.get(v).copied().unwrap_or_else(
                #[inline(always)]
                || if v == vectors.len() { simd.partial_load_f64s(rest) } else { simd.splat_f64s(0.0) },
            )
        },
    )
}

/// The numbers of a row that have a place.
#[inline(always)]
fn store<S: Simd>(simd: S, numbers: &mut [f64], row: Row<S>) {
    let (vectors, rest) = S::as_mut_simd_f64s(numbers);
    if let [place] = vectors.as_chunks_mut::<WIDE>().0 {
        *place = row;
        return;
    }
    let whole = vectors.len();
    for (v, value) in row.into_iter().enumerate() {
        if v < whole {
            vectors[v] = value;
        } else if v == whole {
            simd.partial_store_f64s(rest, value);
        }
    }
}

/// `|y|²`, two coordinates at a time.
#[inline(always)]
fn squares<S: Simd>(simd: S, y: &[Row<S>]) -> Row<S> {
    let mut norm = [simd.splat_f64s(0.0); WIDE];
    let (pairs, last) = y.as_chunks::<2>();
    for [x, y] in pairs {
        for v in 0..WIDE {
            let both = simd.add_f64s(simd.mul_f64s(x[v], x[v]), simd.mul_f64s(y[v], y[v]));
            norm[v] = simd.add_f64s(norm[v], both);
        }
    }
    for x in last {
        for v in 0..WIDE {
            norm[v] = simd.add_f64s(norm[v], simd.mul_f64s(x[v], x[v]));
        }
    }
    norm
}

/// The scalar products with the pulls of four components from the first of `range.1`, two coordinates at a time.
#[inline(always)]
fn products_with_four<S: Simd>(
    simd: S,
    y: &[Row<S>],
    pulls: &[f64],
    (first, count): (usize, usize),
) -> [Row<S>; TOGETHER] {
    let mut sums = [[simd.splat_f64s(0.0); WIDE]; TOGETHER];
    let (pairs, last) = y.as_chunks::<2>();
    let mut rows = pulls.chunks_exact(count);
    for [x, y] in pairs {
        let (Some(p), Some(q)) = (rows.next(), rows.next()) else { break };
        let (p, q) = (&p[first..first + TOGETHER], &q[first..first + TOGETHER]);
        for k in 0..TOGETHER {
            let (p, q) = (simd.splat_f64s(p[k]), simd.splat_f64s(q[k]));
            for v in 0..WIDE {
                let both = simd.add_f64s(simd.mul_f64s(p, x[v]), simd.mul_f64s(q, y[v]));
                sums[k][v] = simd.add_f64s(sums[k][v], both);
            }
        }
    }
    if let ([x], Some(p)) = (last, rows.next()) {
        for k in 0..TOGETHER {
            let p = simd.splat_f64s(p[first + k]);
            for v in 0..WIDE {
                sums[k][v] = simd.add_f64s(sums[k][v], simd.mul_f64s(p, x[v]));
            }
        }
    }
    sums
}

/// `total·y + Σ_k w_k·(p_k, q_k)` for two coordinates, four components at a time; `pulls` begins with those of the
/// first coordinate.
#[inline(always)]
fn pulls_of_two<S: Simd>(
    simd: S,
    weights: &[Row<S>],
    pulls: &[f64],
    total: &Row<S>,
    y: &[Row<S>; COORDINATES],
) -> [Row<S>; COORDINATES] {
    let count = weights.len();
    let mut scores = *y;
    for row in &mut scores {
        for v in 0..WIDE {
            row[v] = simd.mul_f64s(total[v], row[v]);
        }
    }
    let (blocks, rest) = weights.as_chunks::<TOGETHER>();
    let mut k = 0;
    for [a, b, c, d] in blocks {
        for (j, row) in scores.iter_mut().enumerate() {
            let pulls = &pulls[j * count + k..][..TOGETHER];
            let [p, q, r, s]: [S::f64s; TOGETHER] = std::array::from_fn(
                #[inline(always)]
                |i| simd.splat_f64s(pulls[i]),
            );
            for v in 0..WIDE {
                let former = simd.add_f64s(simd.mul_f64s(p, a[v]), simd.mul_f64s(q, b[v]));
                let latter = simd.add_f64s(simd.mul_f64s(r, c[v]), simd.mul_f64s(s, d[v]));
                row[v] = simd.add_f64s(row[v], simd.add_f64s(former, latter));
            }
        }
        k += TOGETHER;
    }
    for weight in rest {
        for (j, row) in scores.iter_mut().enumerate() {
            let p = simd.splat_f64s(pulls[j * count + k]);
            for v in 0..WIDE {
                row[v] = simd.add_f64s(row[v], simd.mul_f64s(p, weight[v]));
            }
        }
        k += 1;
    }
    scores
}

/// `total·y + Σ_k w_k·p_k` for one coordinate.
#[inline(always)]
fn pull<S: Simd>(simd: S, weights: &[Row<S>], pulls: &[f64], total: &Row<S>, y: &Row<S>) -> Row<S> {
    let mut score = *y;
    for v in 0..WIDE {
        score[v] = simd.mul_f64s(total[v], score[v]);
    }
    for (weight, p) in weights.iter().zip(pulls) {
        let p = simd.splat_f64s(*p);
        for v in 0..WIDE {
            score[v] = simd.add_f64s(score[v], simd.mul_f64s(p, weight[v]));
        }
    }
    score
}
