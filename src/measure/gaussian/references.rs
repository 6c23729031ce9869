//! Reference values from exact rational arithmetic on the same floats, with square roots, logarithms
//! and exponentials to 200 digits (an independent Python program), rounded to floats at the end.

use super::Gaussian;
use super::tests::{ACCURACY, QUANTITIES};
use crate::enclosure::Interval;
use nalgebra::{DMatrix, DVector};

/// Means and covariances (by rows) of two laws, and KL, χ², W₂² and I of the first relative to the
/// second.
struct Reference {
    means: [&'static [f64]; 2],
    covariances: [&'static [f64]; 2],
    values: [Option<f64>; 4],
}

const REFERENCES: [Reference; 5] = [
    // far
    Reference {
        means: [&[0.8240235859576972, -0.6759755132337824], &[0.844649993330834, -0.9419895434327705]],
        covariances: [
            &[1.3111903284561517, 0.35618255815680017, 0.35618255815680017, 0.4254610149689963],
            &[1.0, 0.24580338977940386, 0.24580338977940386, 0.31160794957800353],
        ],
        values: [
            Some(0.18818189700628268),
            Some(0.7077391271163355),
            Some(0.10154856102212052),
            Some(1.6165842237696042),
        ],
    },
    // near, well conditioned
    Reference {
        means: [&[0.08752171837448369, 0.14788237579954752], &[0.08752171847186085, 0.14788237585620156]],
        covariances: [
            &[1.0000000001603602, 0.29794910629589483, 0.29794910629589483, 0.33996231305378144],
            &[1.0, 0.2979491062738484, 0.2979491062738484, 0.33996231308034297],
        ],
        values: [
            Some(1.6577868524613408e-20),
            Some(3.3155737051070454e-20),
            Some(1.973658834536646e-20),
            Some(1.0420101804280818e-19),
        ],
    },
    // near, condition about 1e8
    Reference {
        means: [&[-0.7224651632022683, 0.23490504093213366], &[-0.7224651632021937, 0.2349050409322333]],
        covariances: [
            &[1.0000000000001665, -0.4410352679777861, -0.4410352679777861, 0.19451211760020518],
            &[1.0, -0.44103526797777937, -0.44103526797777937, 0.19451211760023165],
        ],
        values: [
            Some(1.3916509699277484e-18),
            Some(2.7833019370638853e-18),
            Some(2.576125649739004e-26),
            Some(4.0188064519098224e-10),
        ],
    },
    // near, three dimensions
    Reference {
        means: [
            &[0.9331286246341132, 0.7874833551522888, -0.4024222042929731],
            &[0.9331286246343908, 0.787483355152957, -0.4024222042922645],
        ],
        covariances: [
            &[
                1.0000000000019296,
                0.7428094894499665,
                -0.5810872350099818,
                0.7428094894499665,
                0.5527659376158554,
                -0.4496316632119988,
                -0.5810872350099818,
                -0.4496316632119988,
                0.6614672349543672,
            ],
            &[
                1.0,
                0.7428094894485642,
                -0.5810872350097642,
                0.7428094894485642,
                0.5527659376148366,
                -0.4496316632118379,
                -0.5810872350097642,
                -0.4496316632118379,
                0.6614672349541947,
            ],
        ],
        values: [
            Some(1.517459953952732e-16),
            Some(3.0349198596725683e-16),
            None,
            Some(2.550544367915912e-07),
        ],
    },
    // far3
    Reference {
        means: [
            &[-0.8610186386992927, 0.9846872152272835, -1.0024621199567056],
            &[-0.8859981409284201, 0.9501991262884706, -0.9542688734945586],
        ],
        covariances: [
            &[
                0.9031429071360948,
                -0.810821257516969,
                -0.370597343488149,
                -0.810821257516969,
                1.0646304132048363,
                0.4521489180908346,
                -0.370597343488149,
                0.4521489180908346,
                0.29857396897376604,
            ],
            &[
                1.0,
                -0.8697205732486475,
                -0.39728179846107503,
                -0.8697205732486475,
                1.072641641548794,
                0.46149017866400743,
                -0.39728179846107503,
                0.46149017866400743,
                0.30035951365009217,
            ],
        ],
        values: [Some(0.027974204885890964), Some(0.06048832360410156), None, Some(0.6072488911925793)],
    },
];

#[test]
fn divergences_agree_with_exact_arithmetic() {
    for reference in REFERENCES {
        let law = |k: usize| {
            let d = reference.means[k].len();
            let covariance = DMatrix::from_row_slice(d, d, reference.covariances[k]);
            Gaussian::new(DVector::from_column_slice(reference.means[k]), covariance).unwrap()
        };
        let (first, second) = (law(0), law(1));
        for ((name, quantity), value) in QUANTITIES.into_iter().zip(reference.values) {
            let Some(value) = value else { continue };
            let found = quantity(&first, &second);
            // The reference was rounded once.
            let expected = Interval::new(value.next_down(), value.next_up());
            assert!(found.interval().intersects(expected), "{name}: {found} misses {value:e}");
            assert!(found.relative_width() <= ACCURACY, "{name}: {found}");
        }
    }
}
