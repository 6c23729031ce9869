//! Arithmetic on rows of numbers, vectorised for the widest units that the processor has.
//!
//! The loops are plain Rust; [`Units::run`] compiles them once per instruction set and chooses at run time.
//! Every entry of a result depends on its own entries only, sums are written out in a fixed order and no
//! multiplication is fused with an addition: the bytes are the same on every instruction set.

// A loop is compiled for an instruction set only where it is inlined into the closure that asks for it.
#![expect(clippy::inline_always, reason = "multiversioning works by inlining")]

mod elementary;
mod normals;

pub use elementary::{exp, exp_in_place, exps};
pub use normals::Normals;

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// Which vector units of the processor are used; the results are the same.
#[derive(Clone, Copy, Debug)]
pub struct Units(Arch);

impl Units {
    /// The widest that this processor has: 512 bits (x86-64-v4), 256 bits (x86-64-v3) or the baseline.
    pub fn widest() -> Self {
        Self(Arch::new())
    }

    /// Those that every processor of the architecture has (SSE2 on x86-64).
    pub fn baseline() -> Self {
        Self(Arch::Scalar)
    }

    /// All that this processor has, from the narrowest.
    pub fn available() -> Vec<Self> {
        #[cfg_attr(
            not(target_arch = "x86_64"),
            expect(unused_mut, reason = "only x86-64 has several levels")
        )]
        let mut units = vec![Self::baseline()];
        #[cfg(target_arch = "x86_64")]
        {
            units.extend(pulp::x86::V3::try_new().map(|v3| Self(Arch::V3(v3))));
            units.extend(pulp::x86::V4::try_new().map(|v4| Self(Arch::V4(v4))));
        }
        units
    }

    /// Runs a closure compiled for these units: what is inlined into it is vectorised for them.
    #[inline]
    pub fn run<R>(self, work: impl FnOnce() -> R) -> R {
        self.0.dispatch(work)
    }

    /// Runs work that is written in vectors of these units; the baseline's are of two numbers.
    #[inline]
    pub fn run_with<W: WithSimd>(self, work: W) -> W::Output {
        match self.0 {
            Arch::Scalar => Scalar128b.vectorize(work),
            wider => wider.dispatch(work),
        }
    }
}

impl Default for Units {
    fn default() -> Self {
        Self::widest()
    }
}

/// Bytes of a line of the nearest cache: a vector that lies in two of them takes twice the time.
const LINE: usize = 64;

/// `length` numbers of the memory that begin with a line of the cache. They stay where they are as long as the length
/// does; otherwise what they are is left open.
pub fn aligned<T: Copy + Default>(memory: &mut Vec<T>, length: usize) -> &mut [T] {
    memory.resize(length + LINE / size_of::<T>(), T::default());
    let from = memory.as_ptr().align_offset(LINE);
    &mut memory[from..][..length]
}

/// `Σ_i coefficients[i] x^i` by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = coefficients[N - 1];
    for i in (0..N - 1).rev() {
        sum = sum * x + coefficients[i];
    }
    sum
}
