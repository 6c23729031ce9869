//! Named random streams.
//!
//! All randomness of the crate comes from one root seed. A stream is keyed by its purpose (for
//! instance a claim's id and the name of an instance family) and an index, so that adding a
//! claim, a family or an instance reseeds no other. The generator is `ChaCha12`.
//!
//! A stream can also be read off a tape of numbers in `[0, 1)`: what is drawn from it is then a
//! function on a cube, over which an optimiser can search.

use rand::rand_core::TryRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use std::convert::Infallible;

/// A stream of random numbers; every `rand` method works on it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Numbers that come first.
    tape: Vec<f64>,
    /// How many numbers were drawn so far.
    drawn: usize,
    generator: ChaCha12Rng,
}

impl Stream {
    /// The same stream with its first numbers replaced: draw number `i` is the 64-bit integer nearest
    /// below `2⁶⁴·tape[i]` (its upper half, where 32 bits are asked for), so that a uniform number on an interval is an increasing
    /// function of the tape's entry. Entries are clamped to `[0, 1)`, NaN counts as 0.
    pub fn along(self, tape: &[f64]) -> Self {
        Self { tape: tape.to_vec(), drawn: 0, ..self }
    }

    /// How many numbers were drawn so far.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    /// The stream number `index` of the same seed and purpose, from its beginning.
    pub fn sibling(&self, index: u64) -> Self {
        let mut generator = ChaCha12Rng::from_seed(self.generator.get_seed());
        generator.set_stream(index);
        Self { tape: Vec::new(), drawn: 0, generator }
    }

    fn draw(&mut self) -> u64 {
        const TWO_64: f64 = 18446744073709551616.0;
        let entry = self.tape.get(self.drawn).copied();
        self.drawn += 1;
        match entry {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in [0, 2⁶⁴), NaN becomes 0"
            )]
            Some(entry) => (entry.clamp(0.0, 1.0_f64.next_down()) * TWO_64) as u64,
            None => self.generator.next_u64(),
        }
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.draw().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The stream number `index` of the given purpose.
///
/// ```
/// use dald::numerics::stream::stream;
/// use rand::RngExt;
/// let draw = |purpose, index| stream(7, purpose, index).random::<u64>();
/// assert_eq!(draw("B2/random", 3), draw("B2/random", 3));
/// assert_ne!(draw("B2/random", 3), draw("B2/random", 4));
/// assert_ne!(draw("B2/random", 3), draw("B3/random", 3));
/// ```
pub fn stream(seed: u64, purpose: &str, index: u64) -> Stream {
    // Four rounds of a 64-bit mixer over seed and text give the 256-bit key; distinct purposes
    // collide with probability 2^-256 × pairs, index selects one of 2^64 disjoint streams.
    let mut key = [0_u8; 32];
    let mut state = seed;
    for (lane, bytes) in key.chunks_exact_mut(8).enumerate() {
        state = mix(state ^ (lane as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for &byte in purpose.as_bytes() {
            state = mix(state ^ u64::from(byte));
        }
        bytes.copy_from_slice(&state.to_le_bytes());
    }
    let mut generator = ChaCha12Rng::from_seed(key);
    generator.set_stream(index);
    Stream { tape: Vec::new(), drawn: 0, generator }
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_tape_comes_first_and_the_generator_after_it() {
        let mut taped = stream(7, "tape", 0).along(&[0.25, 0.75, 2.0, f64::NAN]);
        let draws: Vec<f64> = (0..4).map(|_| taped.random_range(0.0..1.0)).collect();
        for (draw, entry) in draws.iter().zip([0.25, 0.75, 1.0, 0.0]) {
            // A uniform double keeps the 52 leading bits.
            assert!((draw - entry).abs() <= 2.0 * f64::EPSILON, "{draw} for {entry}");
        }
        assert_eq!(taped.random::<u64>(), stream(7, "tape", 0).random::<u64>());
        assert_eq!(taped.drawn(), 5);
    }

    #[test]
    fn siblings_differ_in_the_index_alone() {
        let mut first = stream(7, "sibling", 0);
        first.random::<u64>();
        assert_eq!(first.sibling(5).random::<u64>(), stream(7, "sibling", 5).random::<u64>());
    }

    #[test]
    fn integers_follow_the_tape() {
        for (entry, expected) in [(0.0, 0), (0.1, 1), (0.55, 5), (1.0, 9)] {
            assert_eq!(stream(7, "tape", 0).along(&[entry]).random_range(0..10), expected);
            assert_eq!(stream(7, "tape", 0).along(&[entry]).random_range(0..10_u64), expected);
        }
    }
}
