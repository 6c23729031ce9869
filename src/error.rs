//! The one error type: a variant per kind of violated precondition.
//!
//! Every variant carries the offending value and says what was expected, so that the
//! message alone tells a caller what to change.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A scalar argument lies outside its domain (NaN included).
    #[error("`{name}` is {value}: expected {expected}")]
    Domain {
        /// Name of the parameter.
        name: String,
        /// The value that was given, as text.
        value: String,
        /// What would have been accepted.
        expected: String,
    },
    /// Two objects that have to live in the same dimension do not.
    #[error("`{name}` has dimension {found}: expected dimension {expected}")]
    Dimension {
        /// Name of the offending object.
        name: String,
        /// Its dimension.
        found: usize,
        /// The dimension it has to have.
        expected: usize,
    },
    /// A matrix that has to be symmetric positive definite is not.
    #[error("`{name}` is not {expected}: {reason}")]
    Matrix {
        /// Name of the matrix.
        name: String,
        /// The property that it lacks.
        expected: String,
        /// The entry or eigenvalue that shows it.
        reason: String,
    },
    /// An instance does not satisfy a hypothesis of the claim it was built for.
    #[error("claim {claim}: hypothesis {hypothesis} fails: {reason}")]
    Hypothesis {
        /// Identifier of the claim, such as `B2`.
        claim: String,
        /// The hypothesis, as in the documentation of the claim.
        hypothesis: String,
        /// The value that violates it.
        reason: String,
    },
    /// A numerical method did not reach the accuracy it was asked for.
    #[error("{what} did not converge: reached {reached:e}, wanted {wanted:e}")]
    NoConvergence {
        /// The computation.
        what: String,
        /// The error estimate that was reached.
        reached: f64,
        /// The error that was wanted.
        wanted: f64,
    },
    /// A quantity does not exist for the object at hand (for instance the score of an atom).
    #[error("{what} does not exist: {reason}")]
    Undefined {
        /// The quantity.
        what: String,
        /// Why it does not exist.
        reason: String,
    },
    /// Bad input in a user's file or on the command line.
    #[error("{}: {message}", one_line(location))]
    Input {
        /// File and key, or command-line option.
        location: String,
        /// The value found and what was expected.
        message: String,
    },
    /// Reading or writing a file failed.
    #[error("{}: {message}", one_line(&path.display()))]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's message.
        message: String,
    },
}

/// The name of a file, which may hold line breaks, as part of a message of one line.
fn one_line(name: &dyn ToString) -> String {
    let mut shown = String::new();
    for c in name.to_string().chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Result with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A scalar `value` outside its domain.
    #[expect(clippy::needless_pass_by_value, reason = "a caller's value reads better than a reference to it")]
    pub fn domain(name: &str, value: impl ToString, expected: &str) -> Self {
        Self::Domain { name: name.to_owned(), value: value.to_string(), expected: expected.to_owned() }
    }

    /// A violated hypothesis of a claim.
    #[expect(clippy::needless_pass_by_value, reason = "a caller's value reads better than a reference to it")]
    pub fn hypothesis(claim: &str, hypothesis: &str, reason: impl ToString) -> Self {
        Self::Hypothesis {
            claim: claim.to_owned(),
            hypothesis: hypothesis.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// A failed file operation.
    pub fn io(path: impl Into<PathBuf>, cause: &std::io::Error) -> Self {
        Self::Io { path: path.into(), message: cause.to_string() }
    }

    /// Nothing can be made in `folder`, where `path` would be put together: the operating system's words,
    /// without the temporary name.
    pub fn beside(path: &Path, folder: &Path, cause: &std::io::Error) -> Self {
        let reason = match cause.kind() {
            ErrorKind::NotFound => "no such directory".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::ReadOnlyFilesystem => "read-only file system".to_owned(),
            _ => cause.to_string(),
        };
        Self::Io {
            path: path.to_owned(),
            message: format!("cannot write in {}: {reason}", one_line(&folder.display())),
        }
    }
}

/// Checks that `value` is finite and strictly positive.
///
/// # Errors
/// [`Error::Domain`] otherwise, NaN included.
pub fn positive(name: &str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(Error::domain(name, value, "a finite number > 0"))
    }
}

/// Checks that `value` is finite.
///
/// # Errors
/// [`Error::Domain`] otherwise.
pub fn finite(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::domain(name, value, "a finite number")) }
}

/// Checks that `value` lies in `[lo, hi]`.
///
/// # Errors
/// [`Error::Domain`] otherwise, NaN included.
pub fn within(name: &str, value: f64, lo: f64, hi: f64) -> Result<f64> {
    if value >= lo && value <= hi {
        Ok(value)
    } else {
        Err(Error::domain(name, value, &format!("a number in [{lo}, {hi}]")))
    }
}
