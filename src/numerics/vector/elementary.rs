//! Elementary functions for use in vectorised loops.

use super::{Units, polynomial};
use pulp::Simd;
use std::f64::consts::LOG2_E;

/// `1.5·2^52`: adding it rounds to the nearest integer, which then stands in the low bits.
pub(super) const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Bits of the significand after the point.
pub(super) const FRACTION_BITS: u32 = 52;

/// `log 2` with its last 21 bits zero, so that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
/// `log 2 − LN_2_HIGH`.
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Where the result would be below the normal numbers: `e^x` is `e^LEAST` there.
const LEAST: f64 = -708.0;
/// Where the result would overflow.
const GREATEST: f64 = 709.0;

/// `(e^r − 1 − r)/r²` for `|r| ≤ ½ log 2`: minimax, error 1e-16.
const EXP: [f64; 10] = [
    0.500_000_000_000_000_1,
    0.166_666_666_666_666_74,
    0.041_666_666_666_624_13,
    0.008_333_333_333_322_222,
    0.001_388_888_891_721_345_4,
    0.000_198_412_698_865_464_28,
    2.480_152_129_647_672_4e-5,
    2.755_724_239_319_975_3e-6,
    2.762_008_820_261_81e-7,
    2.511_002_622_630_546_5e-8,
];

/// `(artanh f / f − 1)/f²` as a polynomial in f² for `|f| ≤ (√2−1)/(√2+1)`: minimax, error 4e-12.
const LOG: [f64; 5] = [
    0.333_333_333_336_923_17,
    0.199_999_993_934_134_48,
    0.142_858_781_688_299_82,
    0.110_956_510_055_071,
    0.096_821_737_998_513_28,
];

/// `sin(πy/2)/y` as a polynomial in y² for `|y| ≤ ½`: minimax, error 7e-12.
const SIN: [f64; 5] = [
    1.570_796_326_788_112_7,
    -0.645_964_096_148_291_2,
    0.079_692_582_754_481_39,
    -0.004_681_266_435_674_043,
    0.000_158_206_650_304_034_2,
];

/// `cos(πy/2)` as a polynomial in y² for `|y| ≤ ½`: minimax, error 6e-14.
const COS: [f64; 6] = [
    0.999_999_999_999_944_5,
    -1.233_700_550_120_174_8,
    0.253_669_507_154_188_2,
    -0.020_863_468_007_477_95,
    0.000_919_161_760_025_712_7,
    -2.485_099_890_229_210_7e-5,
];

/// `e^x` within 1.5 units in the last place for `−708 ≤ x ≤ 709`, the value at the nearer end beyond; NaN for NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // In this order NaN stays NaN.
    let x = if x < LEAST { LEAST } else { x };
    let x = if x > GREATEST { GREATEST } else { x };
    let shifted = x * LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let value = 1.0 + (r + (r * r) * polynomial(&EXP, r));
    let power = (shifted.to_bits() << FRACTION_BITS).wrapping_add(1.0_f64.to_bits());
    value * f64::from_bits(power)
}

/// [`exp`] of vectors, side by side.
#[inline(always)]
pub fn exps<S: Simd, const W: usize>(simd: S, mut x: [S::f64s; W]) -> [S::f64s; W] {
    let (mut shifted, mut r) = (x, x);
    for v in 0..W {
        x[v] =
            simd.select_f64s(simd.less_than_f64s(x[v], simd.splat_f64s(LEAST)), simd.splat_f64s(LEAST), x[v]);
        x[v] = simd.select_f64s(
            simd.greater_than_f64s(x[v], simd.splat_f64s(GREATEST)),
            simd.splat_f64s(GREATEST),
            x[v],
        );
        shifted[v] = simd.add_f64s(simd.mul_f64s(x[v], simd.splat_f64s(LOG2_E)), simd.splat_f64s(ROUNDER));
        let n = simd.sub_f64s(shifted[v], simd.splat_f64s(ROUNDER));
        let high = simd.sub_f64s(x[v], simd.mul_f64s(n, simd.splat_f64s(LN_2_HIGH)));
        r[v] = simd.sub_f64s(high, simd.mul_f64s(n, simd.splat_f64s(LN_2_LOW)));
    }
    let [.., last] = EXP;
    let mut sums = [simd.splat_f64s(last); W];
    for coefficient in EXP.iter().rev().skip(1) {
        for v in 0..W {
            sums[v] = simd.add_f64s(simd.mul_f64s(sums[v], r[v]), simd.splat_f64s(*coefficient));
        }
    }
    for v in 0..W {
        let value = simd.add_f64s(r[v], simd.mul_f64s(simd.mul_f64s(r[v], r[v]), sums[v]));
        let value = simd.add_f64s(simd.splat_f64s(1.0), value);
        // A product for want of a shift; compilers know better.
        let bits = simd.mul_u64s(simd.transmute_u64s_f64s(shifted[v]), simd.splat_u64s(1 << FRACTION_BITS));
        let power = simd.add_u64s(bits, simd.splat_u64s(1.0_f64.to_bits()));
        sums[v] = simd.mul_f64s(value, simd.transmute_f64s_u64s(power));
    }
    sums
}

/// [`exp`] of every entry.
pub fn exp_in_place(units: Units, row: &mut [f64]) {
    units.run(
        #[inline(always)]
        || {
            for x in row.iter_mut() {
                *x = exp(*x);
            }
        },
    );
}

/// Bits of the least significand's value above which a number is halved: those of `√½`.
const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;

/// `log u` for normal `u ∈ (0, 1]`, with a relative error of 2e-13: no sample of normal variates could show it.
#[inline(always)]
pub(super) fn log_unit(u: f64) -> f64 {
    const INTEGER: f64 = 4_503_599_627_370_496.0;
    let moved = u.to_bits().wrapping_sub(SQRT_HALF_BITS).wrapping_add(1.0_f64.to_bits());
    let exponent = f64::from_bits((moved >> FRACTION_BITS) | INTEGER.to_bits()) - (INTEGER + 1023.0);
    let fraction = moved & ((1 << FRACTION_BITS) - 1);
    let m = f64::from_bits(fraction.wrapping_add(SQRT_HALF_BITS));
    let f = (m - 1.0) / (m + 1.0);
    let z = f * f;
    let twice = f + f;
    exponent * LN_2_HIGH + (twice + (twice * (z * polynomial(&LOG, z)) + exponent * LN_2_LOW))
}

/// `(cos(πy/2), sin(πy/2))` for `|y| ≤ ½`, with a relative error of 5e-12.
#[inline(always)]
pub(super) fn cos_sin_quarter(y: f64) -> (f64, f64) {
    let z = y * y;
    (polynomial(&COS, z), y * polynomial(&SIN, z))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::stream::stream;
    use rand::RngExt;

    /// Distance in units in the last place of the reference.
    fn ulps(value: f64, reference: f64) -> f64 {
        let unit = (reference.abs().next_up() - reference.abs()).max(f64::MIN_POSITIVE);
        ((value - reference) / unit).abs()
    }

    #[test]
    fn exp_is_accurate() {
        let mut stream = stream(1, "numerics/vector exp", 0);
        let mut worst = 0.0_f64;
        for _ in 0..200_000 {
            for scale in [1.0, 30.0, 708.0] {
                let x = scale * stream.random_range(-1.0..1.0);
                worst = worst.max(ulps(exp(x), core_math::exp(x)));
            }
        }
        let promised = 1.5;
        assert!(worst < promised, "{worst}");
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        assert_eq!((exp(f64::NEG_INFINITY), exp(-1e300)), (exp(LEAST), exp(LEAST)));
        assert!(exp(f64::NAN).is_nan() && exp(LEAST) < 1e-307 && exp(f64::INFINITY) > 1e307);
    }

    #[test]
    fn log_is_accurate() {
        let mut stream = stream(1, "numerics/vector log", 0);
        let mut worst = 0.0_f64;
        for _ in 0..200_000 {
            let v: f64 = stream.random_range(0.0..1.0);
            for u in [1.0 - v, 1.0 - 1e-9 * v, (1.0 - v) * 2.0_f64.powi(-40)] {
                if u < 1.0 {
                    worst = worst.max((log_unit(u) / core_math::log(u) - 1.0).abs());
                }
            }
        }
        let promised = 2e-13;
        assert!(worst < promised, "{worst}");
        assert_eq!(log_unit(1.0), 0.0);
        let smallest = 2.0_f64.powi(-52);
        assert!((log_unit(smallest) / core_math::log(smallest) - 1.0).abs() < promised);
    }

    #[test]
    fn trigonometry_is_accurate() {
        let mut stream = stream(1, "numerics/vector trigonometry", 0);
        let mut worst = 0.0_f64;
        for _ in 0..200_000 {
            let y: f64 = stream.random_range(-0.5..0.5);
            let (c, s) = cos_sin_quarter(y);
            let relative = |value: f64, reference: f64| (value / reference - 1.0).abs();
            worst = worst.max(relative(c, core_math::cospi(0.5 * y)));
            worst = worst.max(relative(s, core_math::sinpi(0.5 * y)));
        }
        let promised = 5e-12;
        assert!(worst < promised, "{worst}");
    }

    /// [`exps`] of a row, two vectors at a time, and [`exp`] of what is left.
    struct InVectors<'a>(&'a mut [f64]);

    impl pulp::WithSimd for InVectors<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let (vectors, rest) = S::as_mut_simd_f64s(self.0);
            let (pairs, last) = vectors.as_chunks_mut::<2>();
            for pair in pairs {
                *pair = exps(simd, *pair);
            }
            for vector in last {
                [*vector] = exps(simd, [*vector]);
            }
            for x in rest {
                *x = exp(*x);
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let mut stream = stream(1, "numerics/vector units", 0);
        let mut inputs: Vec<f64> = (0..1003).map(|_| stream.random_range(-800.0..800.0)).collect();
        inputs[..4].copy_from_slice(&[f64::NEG_INFINITY, f64::INFINITY, 0.0, -0.0]);
        let expected: Vec<u64> = inputs.iter().map(|&x| exp(x).to_bits()).collect();
        for units in Units::available() {
            let mut row = inputs.clone();
            exp_in_place(units, &mut row);
            assert_eq!(row.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected, "{units:?}");
            let mut row = inputs.clone();
            units.run_with(InVectors(&mut row));
            assert_eq!(row.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected, "{units:?}");
        }
    }
}
