//! Normal variates for many chains at once: a generator per chain, side by side in memory.

use super::elementary::{FRACTION_BITS, cos_sin_quarter, log_unit};
use super::{Units, aligned};
use rand::Rng;

/// A `xoshiro256++` (Blackman, Vigna, *Scrambled linear pseudorandom number generators*, 2021) per lane, and
/// Box and Muller's transform (1958) of its words.
///
/// A lane's variates depend on its seed only, not on the other lanes, on how they are asked for or on the
/// units that compute them. The uniforms are multiples of 2^−52, so no variate is beyond 8.5, where a normal
/// law has the mass 2e-17.
#[derive(Debug)]
pub struct Normals {
    lanes: usize,
    /// The four words of every lane's state, shape `[4, lanes]`, from where a line of the cache begins.
    state: Vec<u64>,
    /// The second variate of the last pair, if it has not been given.
    spare: Option<Vec<f64>>,
}

impl Normals {
    /// A generator per lane, its state drawn from the lane's stream.
    pub fn new<R: Rng>(streams: impl IntoIterator<Item = R>) -> Self {
        let seeds: Vec<[u64; 4]> = streams
            .into_iter()
            .map(|mut stream| {
                loop {
                    let seed = std::array::from_fn(|_| stream.next_u64());
                    // The one state that the generator never leaves.
                    if seed != [0; 4] {
                        break seed;
                    }
                }
            })
            .collect();
        let mut state = Vec::new();
        let words = (0..4).flat_map(|word| seeds.iter().map(move |seed| seed[word]));
        aligned(&mut state, 4 * seeds.len()).iter_mut().zip(words).for_each(|(place, word)| *place = word);
        Self { lanes: seeds.len(), state, spare: None }
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The next variates of every lane, `out` of shape `[count, lanes]`.
    ///
    /// # Panics
    /// If the length of `out` is no multiple of the number of lanes.
    pub fn fill(&mut self, units: Units, out: &mut [f64]) {
        let lanes = self.lanes;
        assert!(lanes > 0 && out.len().is_multiple_of(lanes), "rows of another width");
        let state = aligned(&mut self.state, 4 * lanes);
        let mut rest = out;
        if !rest.is_empty()
            && let Some(spare) = self.spare.take()
        {
            let (first, others) = rest.split_at_mut(lanes);
            first.copy_from_slice(&spare);
            rest = others;
        }
        let mut pairs = rest.chunks_exact_mut(2 * lanes);
        for pair in &mut pairs {
            let (first, second) = pair.split_at_mut(lanes);
            next_pair(units, state, first, second);
        }
        let last = pairs.into_remainder();
        if !last.is_empty() {
            let mut spare = vec![0.0; lanes];
            next_pair(units, state, last, &mut spare);
            self.spare = Some(spare);
        }
    }
}

/// Draws a pair per lane.
fn next_pair(units: Units, state: &mut [u64], first: &mut [f64], second: &mut [f64]) {
    units.run(
        #[inline(always)]
        || {
            let lanes = first.len();
            let (a, others) = state.split_at_mut(lanes);
            let (b, others) = others.split_at_mut(lanes);
            let (c, d) = others.split_at_mut(lanes);
            let (d, second) = (&mut d[..lanes], &mut second[..lanes]);
            for i in 0..lanes {
                let mut words = [a[i], b[i], c[i], d[i]];
                let (radial, angular) = (next_word(&mut words), next_word(&mut words));
                [a[i], b[i], c[i], d[i]] = words;
                (first[i], second[i]) = box_muller(radial, angular);
            }
        },
    );
}

/// One step of `xoshiro256++`.
#[inline(always)]
fn next_word(s: &mut [u64; 4]) -> u64 {
    let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
    let t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3].rotate_left(45);
    result
}

/// A pair of independent normal variates from two random words: a radius, and a point of the circle found as one
/// in a quarter around the axis, moved to one of the four quarters.
#[inline(always)]
fn box_muller(radial: u64, angular: u64) -> (f64, f64) {
    const ONE_BITS: u64 = 1.0_f64.to_bits();
    const SIGN: u64 = 1 << 63;
    // Multiples of 2^−52 in (0, 1], and of 2^−52 in [−½, ½).
    let u = 2.0 - f64::from_bits((radial >> (64 - FRACTION_BITS)) | ONE_BITS);
    let y = f64::from_bits((angular >> (64 - FRACTION_BITS)) | ONE_BITS) - 1.5;
    let (cosine, sine) = cos_sin_quarter(y);
    let cosine = f64::from_bits(cosine.to_bits() ^ ((angular << 63) & SIGN));
    let swapped = angular & 2 != 0;
    let (x, y) = if swapped { (sine, cosine) } else { (cosine, sine) };
    let radius = (-2.0 * log_unit(u)).sqrt();
    (radius * x, radius * y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::stream::stream;
    use std::f64::consts::FRAC_1_SQRT_2;

    fn lanes(count: u64) -> Normals {
        Normals::new((0..count).map(|i| stream(1, "numerics/vector normals", i)))
    }

    #[test]
    fn the_words_are_those_of_the_reference_implementation() {
        // The first outputs of xoshiro256++ 1.0 (Blackman, Vigna) from the state 1, 2, 3, 4.
        let mut state = [1, 2, 3, 4];
        let words: Vec<u64> = (0..4).map(|_| next_word(&mut state)).collect();
        assert_eq!(words, [41943041, 58720359, 3588806011781223, 3591011842654386]);
    }

    #[test]
    fn a_lane_does_not_depend_on_its_neighbours_the_requests_or_the_units() {
        let mut alone = vec![0.0; 9];
        Normals::new([stream(1, "numerics/vector normals", 3)]).fill(Units::baseline(), &mut alone);
        for units in Units::available() {
            let mut normals = lanes(11);
            let mut rows = vec![0.0; 9 * 11];
            let mut from = 0;
            for count in [1, 3, 0, 2, 3] {
                normals.fill(units, &mut rows[from * 11..(from + count) * 11]);
                from += count;
            }
            let lane: Vec<f64> = rows.iter().skip(3).step_by(11).copied().collect();
            assert_eq!(lane, alone, "{units:?}");
        }
    }

    #[test]
    fn variates_are_normal() {
        let mut rows = vec![0.0; 1000 * 200];
        lanes(1000).fill(Units::widest(), &mut rows);
        let n = rows.len() as f64;
        // Four moments, fifteen masses and two correlations.
        let standard_errors = crate::numerics::false_alarms::standard_errors("normal variates");
        for (power, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)]
        {
            let moment = rows.iter().map(|x| x.powi(power)).sum::<f64>() / n;
            assert!((moment - expected).abs() < standard_errors * (variance / n).sqrt(), "{power}: {moment}");
        }
        for i in -7..=7 {
            let z = f64::from(i) / 2.0;
            let expected = 0.5 * core_math::erfc(-z * FRAC_1_SQRT_2);
            let found = rows.iter().filter(|x| **x <= z).count() as f64 / n;
            let error = (expected * (1.0 - expected) / n).sqrt();
            assert!((found - expected).abs() < standard_errors * error, "{z}: {found}");
        }
        // The two variates of a pair stand in neighbouring rows.
        let pairs = rows.chunks_exact(2000).flat_map(|pair| pair[..1000].iter().zip(&pair[1000..]));
        let (mut product, mut of_squares) = (0.0, 0.0);
        for (x, y) in pairs {
            product += x * y;
            of_squares += (x * x - 1.0) * (y * y - 1.0);
        }
        let half = n / 2.0;
        assert!((product / half).abs() < standard_errors / half.sqrt());
        assert!((of_squares / half).abs() < standard_errors * 2.0 / half.sqrt());
    }
}
