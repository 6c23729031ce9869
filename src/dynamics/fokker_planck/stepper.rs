//! One implicit step of a conservative equation for masses of cells on the line.
//!
//! Mass moves from cell `i` to `i+1` at the rate `up[i]` and back at the rate `down[i]`. With `F` the generator of
//! these rates a step solves `(1 − c·F)·x = r`. The matrix has column sums 1, so mass is conserved; it is an M-matrix for
//! every `c ≥ 0`, and its elimination needs no subtraction: each unknown inherits the relative accuracy of a
//! non-negative right-hand side.

/// Rates at which mass passes the faces between neighbouring cells.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::dynamics) struct Rates {
    /// From cell `i` to cell `i + 1`.
    pub(in crate::dynamics) up: Vec<f64>,
    /// From cell `i + 1` to cell `i`.
    pub(in crate::dynamics) down: Vec<f64>,
}

/// Coefficients of a backward differentiation formula on equal steps: `x_{n+1} = Σ history[m]·x_{n−m} + weight·k·ẋ_{n+1}`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::dynamics) struct Formula {
    pub(in crate::dynamics) weight: f64,
    pub(in crate::dynamics) history: [f64; 4],
}

/// Orders 4 to 1: the next one is taken where the result of one isn't positive. Order 3 helps in tails that fall by a large
/// factor `1/r` in a step, where `48 − 36r + 16r² − 3r³ < 0` but `18 − 9r + 2r² > 0` for all `r`. Order 1, backward Euler,
/// keeps positive laws positive whatever the step.
pub(in crate::dynamics) const FORMULAE: [Formula; 4] = [
    Formula { weight: 12.0 / 25.0, history: [48.0 / 25.0, -36.0 / 25.0, 16.0 / 25.0, -3.0 / 25.0] },
    Formula { weight: 6.0 / 11.0, history: [18.0 / 11.0, -9.0 / 11.0, 2.0 / 11.0, 0.0] },
    Formula { weight: 2.0 / 3.0, history: [4.0 / 3.0, -1.0 / 3.0, 0.0, 0.0] },
    Formula { weight: 1.0, history: [1.0, 0.0, 0.0, 0.0] },
];

/// Masses of the cells (component 0) and, if `R = 2`, their deviations from a reference law (component 1).
pub(in crate::dynamics) type Masses<const R: usize> = Vec<[f64; R]>;

/// The last four states of a multistep method, with room for the next one.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::dynamics) struct History<const R: usize> {
    /// Newest first; the last one is scratch space.
    states: [Masses<R>; 5],
    /// Ratio of elimination and reciprocal pivot for each cell.
    pivots: Vec<[f64; 2]>,
    /// Steps taken with each of [`FORMULAE`].
    pub(in crate::dynamics) taken: [usize; 4],
}

impl<const R: usize> History<R> {
    /// Starts at `state`, as if it had always been there.
    pub(in crate::dynamics) fn new(state: Masses<R>) -> Self {
        let pivots = vec![[0.0; 2]; state.len()];
        let states = [state.clone(), state.clone(), state.clone(), state.clone(), state];
        Self { states, pivots, taken: [0; 4] }
    }

    /// The newest state.
    pub(in crate::dynamics) fn state(&self) -> &Masses<R> {
        &self.states[0]
    }

    /// Forgets all but the newest state, as if that had always been there.
    pub(in crate::dynamics) fn restart(&mut self) {
        let (newest, older) = self.states.split_at_mut(1);
        for state in &mut older[..3] {
            state.copy_from_slice(&newest[0]);
        }
    }

    /// Advances by one step of length `step` (the time that the rates are per), with the first of [`FORMULAE`] that
    /// leaves all masses above `−`[`NEGLIGIBLE`]. `source(formula)[i]` is added to the deviation of cell `i`.
    pub(in crate::dynamics) fn advance<'s>(
        &mut self,
        up: &[f64],
        down: &[f64],
        step: f64,
        source: impl Fn(usize) -> std::borrow::Cow<'s, [f64]>,
    ) {
        for (order, formula) in FORMULAE.iter().enumerate() {
            let last = order + 1 == FORMULAE.len();
            self.assemble(formula);
            if R > 1 {
                for (x, s) in self.states[4].iter_mut().zip(source(order).iter()) {
                    x[R - 1] += s;
                }
            }
            let positive = solve(up, down, formula.weight * step, &mut self.states[4], &mut self.pivots);
            if positive || last {
                self.taken[order] += 1;
                self.states.rotate_right(1);
                return;
            }
        }
    }

    fn assemble(&mut self, formula: &Formula) {
        let [h0, h1, h2, h3] = formula.history;
        let [s0, s1, s2, s3, out] = &mut self.states;
        let old = s0.iter().zip(s1.iter()).zip(s2.iter()).zip(s3.iter());
        for (x, (((a, b), c), d)) in out.iter_mut().zip(old) {
            for r in 0..R {
                x[r] = h0 * a[r] + h1 * b[r] + h2 * c[r] + h3 * d[r];
            }
        }
    }
}

/// Masses that a formula of higher order makes negative by less than this are let pass: an implicit step damps them like all
/// others, and a tail without weight doesn't decide the order of a step (a single step of low order spoils the expansion
/// of all figures in powers of the step).
pub(super) const NEGLIGIBLE: f64 = 1e-13;

/// Solves `(1 − c·F)·x = r` in place; whether component 0 is above `−NEGLIGIBLE` everywhere.
///
/// With pivots `d_i` and `e_i = d_i − c·up_i` elimination reads `e_i = 1 + c·down_{i−1}·e_{i−1}/d_{i−1}`: the column sums
/// of what remains stay 1 plus what flows out to the left, so nothing is subtracted.
pub(in crate::dynamics) fn solve<const R: usize>(
    up: &[f64],
    down: &[f64],
    c: f64,
    x: &mut [[f64; R]],
    pivots: &mut [[f64; 2]],
) -> bool {
    let n = x.len();
    let (up, down) = (&up[..n - 1], &down[..n - 1]);
    let pivots = &mut pivots[..n];
    let mut rest = 1.0;
    let mut carried = [0.0; R];
    for i in 0..n {
        let outflow = if i + 1 < n { c * up[i] } else { 0.0 };
        let inverse = 1.0 / (rest + outflow);
        let passed = outflow * inverse;
        for r in 0..R {
            x[i][r] += carried[r];
            carried[r] = passed * x[i][r];
        }
        let back = if i + 1 < n { c * down[i] } else { 0.0 };
        pivots[i] = [back * inverse, inverse];
        rest = 1.0 + back * (rest * inverse);
    }
    let mut right = [0.0; R];
    let mut positive = true;
    for i in (0..n).rev() {
        let [ratio, inverse] = pivots[i];
        for r in 0..R {
            right[r] = x[i][r] * inverse + ratio * right[r];
            x[i][r] = right[r];
        }
        // False for NaN as well.
        positive &= right[0] >= -NEGLIGIBLE;
    }
    positive
}
