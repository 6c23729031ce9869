//! The log-Sobolev inequality of a star with two edges: how the two sides of a centre fit together.
//!
//! With `w = f(c)`, `m_R` and `m_L` the root mean squares of `f` on the two sides and `α`, `β` their masses, the two
//! supersolutions give `Ent(f²) − C∫f'² ≤ −D`,
//!
//! `D = αK_R(w/m_R)(m_R−w)² + βK_L(w/m_L)(m_L−w)² − Ent_{α,β}(m_R², m_L²)`,
//!
//! so `D ≥ 0` for all `w, m_R, m_L ≥ 0` proves the inequality. `D` is homogeneous: one of the three is set to 1, the
//! others run through `[0,1]²`. Completing the square in `w`,
//! `D = (K̄ − λ(m_R/m_L))(m_R−m_L)² + (αK_R+βK_L)(w−w*)²` with `1/K̄ = 1/(αK_R) + 1/(βK_L)` and `λ(q)` the quotient
//! `Ent_{α,β}(q²,1)/(q−1)²`, which leaves no cancellation at `m_R = m_L = w`.

use crate::enclosure::Interval;

/// One edge of the star.
pub(super) struct Edge<'a> {
    /// Mass of the side.
    pub mass: Interval,
    /// The columns of the supersolution.
    pub columns: &'a [f64],
    /// Its values at the centre.
    pub values: &'a [f64],
}

impl Edge<'_> {
    /// Lower bound of `K` over an interval of its argument: piecewise linear, so the ends and the columns between them decide;
    /// beyond the last column `K` increases.
    fn lowest(&self, g: Interval) -> f64 {
        let inside =
            self.columns.partition_point(|c| *c <= g.lo())..self.columns.partition_point(|c| *c < g.hi());
        let nodes = self
            .values
            .get(inside)
            .map_or(f64::INFINITY, |k| k.iter().copied().fold(f64::INFINITY, f64::min));
        self.at(g.lo()).min(self.at(g.hi())).min(nodes)
    }

    /// Lower bound of `K` at a point.
    fn at(&self, g: f64) -> f64 {
        let last = self.columns.len() - 1;
        let right = self.columns.partition_point(|c| *c <= g);
        if right > last {
            return self.values[last];
        }
        let right = right.max(1);
        let point = Interval::point;
        let (c, d) = (point(self.columns[right - 1]), point(self.columns[right]));
        let (u, v) = (point(self.values[right - 1]), point(self.values[right]));
        (u + (v - u) * ((point(g) - c) / (d - c))).lo()
    }
}

/// Enclosure of `Ent_{α,β}(q²,1)/(q−1)²` for `q` in an interval within `[0, 1]`.
fn quotient(alpha: Interval, beta: Interval, q: Interval) -> Interval {
    let two = Interval::point(2.0);
    let four = Interval::point(4.0);
    let ab = alpha * beta;
    if q.lo() > 0.9 {
        // F''(1)/2 + F'''/6·(q−1) + F''''/24·(q−1)², the last by the range of F'''.
        let hull = q.hull(Interval::ONE);
        let n = alpha * hull.square() + beta;
        let third = four * ab / (hull * n) - Interval::point(8.0) * alpha * ab * hull / n.square();
        return two * ab + third / Interval::point(6.0) * (q - Interval::ONE);
    }
    let entropy = |q: Interval| {
        let square = q.square();
        let n = alpha * square + beta;
        let own = if q.hi() > 0.0 { (square / n).ln() } else { Interval::ZERO };
        let first = alpha * square * own;
        let first = if q.lo() <= 0.0 {
            // q² log(q²/N) → 0: between its value at the largest |·| and 0; −1/e bounds t log t.
            Interval::new(-0.37, 0.0) * alpha * n
        } else {
            first
        };
        first - beta * n.ln()
    };
    let middle = Interval::point(q.mid());
    let n = alpha * q.square() + beta;
    let direct = entropy(q);
    let value = if q.lo() > 0.0 {
        let derivative = two * alpha * q * (q.square() / n).ln();
        let centred = entropy(middle) + derivative * (q - middle);
        centred.intersection(direct).unwrap_or(direct)
    } else {
        // F decreases on [0,1].
        let at_zero = -(beta * beta.ln());
        let at_end = if q.hi() > 0.0 { entropy(Interval::point(q.hi())) } else { at_zero };
        Interval::new(at_end.lo().max(0.0).min(at_zero.hi()), at_zero.hi())
    };
    value / (Interval::ONE - q).square()
}

/// Enclosure of `λ(m_R/m_L)`; the two arguments must not both reach zero.
fn two_point(alpha: Interval, beta: Interval, right: Interval, left: Interval) -> Option<Interval> {
    let unit = Interval::new(0.0, 1.0);
    let mut result: Option<Interval> = None;
    let mut take = |value: Interval| result = Some(result.map_or(value, |r: Interval| r.hull(value)));
    if right.lo() <= left.hi() {
        if left.lo() <= 0.0 {
            return None;
        }
        take(quotient(alpha, beta, (right / left).intersection(unit)?));
    }
    if left.lo() <= right.hi() {
        if right.lo() <= 0.0 {
            return None;
        }
        take(quotient(beta, alpha, (left / right).intersection(unit)?));
    }
    result
}

/// Proves `D ≥ 0` by bisection; gives up after `budget` boxes.
pub(super) fn verify(right: &Edge<'_>, left: &Edge<'_>, budget: usize) -> bool {
    let total = right.mass + left.mass;
    let (alpha, beta) = (right.mass / total, left.mass / total);
    let mut boxes = 0;
    (0..3).all(|chart| {
        let mut stack = vec![(Interval::new(0.0, 1.0), Interval::new(0.0, 1.0))];
        while let Some((s, t)) = stack.pop() {
            boxes += 1;
            if boxes > budget {
                return false;
            }
            let one = Interval::ONE;
            let (w, m, l) = match chart {
                0 => (one, s, t),
                1 => (s, one, t),
                _ => (s, t, one),
            };
            if positive(right, left, alpha, beta, w, m, l) {
                continue;
            }
            if s.width() >= t.width() {
                let half = s.mid();
                stack.push((Interval::new(s.lo(), half), t));
                stack.push((Interval::new(half, s.hi()), t));
            } else {
                let half = t.mid();
                stack.push((s, Interval::new(t.lo(), half)));
                stack.push((s, Interval::new(half, t.hi())));
            }
            if s.width() < 1e-9 {
                return false;
            }
        }
        true
    })
}

/// `w/m` for non-negative intervals, `[.., ∞]` when `m` reaches zero.
fn ratio(w: Interval, m: Interval) -> Interval {
    if m.hi() <= 0.0 {
        return Interval::new(0.0, f64::INFINITY);
    }
    let lo = if w.lo() <= 0.0 { 0.0 } else { (Interval::point(w.lo()) / Interval::point(m.hi())).lo() };
    let hi =
        if m.lo() <= 0.0 { f64::INFINITY } else { (Interval::point(w.hi()) / Interval::point(m.lo())).hi() };
    Interval::new(lo, hi)
}

/// Whether `D ≥ 0` is seen on a box.
fn positive(
    right: &Edge<'_>,
    left: &Edge<'_>,
    alpha: Interval,
    beta: Interval,
    w: Interval,
    m: Interval,
    l: Interval,
) -> bool {
    // Lower bounds of K suffice: D increases with both.
    let a = Interval::point((alpha * Interval::point(right.lowest(ratio(w, m)))).lo());
    let b = Interval::point((beta * Interval::point(left.lowest(ratio(w, l)))).lo());
    let joint = a * b / (a + b);
    let difference = (m - l).square();
    let offset = ((a * (m - w) + b * (l - w)) / (a + b)).square() * (a + b);
    if let Some(lambda) = two_point(alpha, beta, m, l) {
        let gap = joint.lo() - lambda.hi();
        if gap >= 0.0 {
            return true;
        }
        return (Interval::point(gap) * Interval::point(difference.hi()) + Interval::point(offset.lo())).lo()
            >= 0.0;
    }
    // Both small, or one of them zero: Ent is at most max(α log 1/α …) times the larger square.
    let largest = m.hi().max(l.hi());
    let entropy = (alpha * alpha.ln().abs()).max(beta * beta.ln().abs()).hi() * largest * largest;
    let direct = a * (m - w).square() + b * (l - w).square();
    direct.lo() - 1.0001 * entropy >= 0.0
}

#[cfg(test)]
mod tests;
