//! Schedules as text.

use super::{Kind, Schedule};
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Linear => write!(f, "linear"),
            Kind::Power { exponent } => write!(f, "power {exponent}"),
            Kind::Cosine => write!(f, "cosine"),
            Kind::OrnsteinUhlenbeck { rate } => write!(f, "ou {rate}"),
            Kind::Table { times, lambdas } => write!(f, "table t={times:?} lambda={lambdas:?}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    /// The schedule that is displayed as `text`.
    ///
    /// # Errors
    /// [`Error::Domain`] for another text, and for parameters that the schedule cannot have.
    fn from_str(text: &str) -> Result<Self> {
        let unknown =
            || Error::domain("schedule", text, "linear, power, cosine, ou or table, with its numbers");
        let number = |word: &str| word.parse::<f64>().map_err(|_| unknown());
        let list = |words: &str| words.split(", ").map(number).collect::<Result<Vec<f64>>>();
        match text.split_once(' ') {
            None if text == "linear" => Ok(Self::linear()),
            None if text == "cosine" => Ok(Self::cosine()),
            Some(("power", exponent)) => Self::power(number(exponent)?),
            Some(("ou", rate)) => Self::ornstein_uhlenbeck(number(rate)?),
            Some(("table", columns)) => {
                let columns = columns.strip_prefix("t=[").and_then(|c| c.strip_suffix(']'));
                let (times, lambdas) =
                    columns.and_then(|c| c.split_once("] lambda=[")).ok_or_else(unknown)?;
                Self::table(list(times)?, list(lambdas)?)
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_schedule_is_read_back() {
        let table = Schedule::table(vec![0.0, 0.25, 1.0], vec![0.0, 1.0 / 3.0, 1.0]).unwrap();
        let ou = Schedule::ornstein_uhlenbeck(0.1).unwrap();
        for schedule in [Schedule::linear(), Schedule::power(2.5).unwrap(), Schedule::cosine(), ou, table] {
            assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
        }
        for text in [
            "",
            "cosine ",
            "power",
            "power x",
            "power -1",
            "ou NaN",
            "table t=[0, 1]",
            "table t=[0] lambda=[1]",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
    }
}
