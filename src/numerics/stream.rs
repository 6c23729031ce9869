//! Named random streams.
//!
//! All randomness of the crate comes from one root seed. A stream is keyed by its purpose (for
//! instance a claim's id and the name of an instance family) and an index, so that adding a
//! claim, a family or an instance reseeds no other. The generator is `ChaCha12`.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

/// The generator behind every stream.
pub type Stream = ChaCha12Rng;

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
    let mut generator = Stream::from_seed(key);
    generator.set_stream(index);
    generator
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
