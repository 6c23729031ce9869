//! Random Gaussian targets and schedules for the instance families.

use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::numerics::stream::Stream;
use crate::path::Schedule;
use rand::RngExt;

/// A schedule by the name that its `Display` prints: `linear`, `cosine`, `power 2`, `ou 1`.
///
/// # Errors
/// [`Error::Domain`] for another name or a bad parameter.
pub fn schedule(name: &str) -> Result<Schedule> {
    let (kind, parameter) = name.split_once(' ').unwrap_or((name, ""));
    match (kind, parameter.parse::<f64>()) {
        ("linear", _) => Ok(Schedule::linear()),
        ("cosine", _) => Ok(Schedule::cosine()),
        ("power", Ok(exponent)) => Schedule::power(exponent),
        ("ou", Ok(rate)) => Schedule::ornstein_uhlenbeck(rate),
        _ => Err(Error::domain("schedule", name, "linear, cosine, power A or ou C")),
    }
}

/// One of the example schedules, tables included.
pub fn random_schedule(stream: &mut Stream) -> Schedule {
    let mut examples = Schedule::examples();
    let index = stream.random_range(0..examples.len());
    examples.swap_remove(index)
}

/// A random non-centred Gaussian target; the index runs through dimension and difficulty:
/// general covariances in d = 1 to 5 with condition numbers from 1 to 10⁸, then diagonal ones in
/// d = 20 and 1000.
///
/// # Errors
/// Never in practice: the parameters are in range.
pub fn random_target(stream: &mut Stream, index: usize) -> Result<Gaussian> {
    match index % 8 {
        0 => Gaussian::random(stream, 1, 1e4, 2.0),
        1 => Gaussian::random(stream, 2, 10.0, 1.0),
        2 => Gaussian::random(stream, 3, 100.0, 1.0),
        3 => Gaussian::random(stream, 2, 1e8, 1.0),
        4 => Gaussian::random(stream, 5, 1e4, 0.5),
        5 => random_diagonal(stream, 20),
        6 => random_diagonal(stream, 1000),
        _ => Gaussian::random(stream, 4, 3.0, 4.0),
    }
}

/// Independent coordinates with variances between 1/8 and 8 and means between −1 and 1.
fn random_diagonal(stream: &mut Stream, dim: usize) -> Result<Gaussian> {
    let mean = (0..dim).map(|_| stream.random_range(-1.0..1.0)).collect();
    let variances = (0..dim).map(|_| 2_f64.powf(stream.random_range(-3.0..3.0))).collect();
    Gaussian::diagonal(mean, variances)
}
