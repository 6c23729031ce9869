//! A value of a TOML file that knows its key, so that every message names it.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Characters of a value that a message shows.
const SHOWN: usize = 60;

/// A value and where it stands, such as `target.covariance[0][1]` in `gaussian.toml`.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    file: &'a str,
    key: String,
    value: &'a Value,
}

/// A table whose keys have all been seen to be known ones.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    file: &'a str,
    key: String,
    table: &'a Table,
}

impl<'a> Section<'a> {
    /// The whole file, which may have the sections `known`.
    pub(super) fn root(file: &'a str, table: &'a Table, known: &[&str]) -> Result<Self> {
        Self { file, key: String::new(), table }.with_keys(known)
    }

    /// The same table, refused if it has a key that is not in `known`.
    pub(super) fn with_keys(self, known: &[&str]) -> Result<Self> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(self),
            Some(key) => {
                let location = format!("{}: {}", self.file, self.key_of(key));
                let message = format!("unknown key: expected one of {}", known.join(", "));
                Err(Error::Input { location, message })
            }
        }
    }

    fn key_of(&self, key: &str) -> String {
        if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) }
    }

    /// The value of a key that may be absent.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.table.get(key)?;
        Some(Node { file: self.file, key: self.key_of(key), value })
    }

    /// The value of a key that has to be there.
    pub(super) fn require(&self, key: &str, expected: &str) -> Result<Node<'a>> {
        self.get(key).ok_or_else(|| Error::Input {
            location: format!("{}: {}", self.file, self.key_of(key)),
            message: format!("missing: expected {expected}"),
        })
    }

    /// A number > 0, or what it is when left out.
    pub(super) fn positive_or(&self, key: &str, default: f64) -> Result<f64> {
        self.get(key).map_or(Ok(default), |node| node.positive())
    }

    /// As [`Node::refused`], for the table as a whole.
    pub(super) fn refused(&self, error: Error) -> Error {
        match error {
            Error::NoConvergence { .. } => error,
            other => self.error(&other.to_string()),
        }
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, message: &str) -> Error {
        Error::Input { location: format!("{}: {}", self.file, self.key), message: message.to_owned() }
    }
}

impl<'a> Node<'a> {
    /// An error about this value, which is shown: `value: expected …`.
    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let text = self.value.to_string();
        // A message is one line.
        let visible = |c: char| if c.is_control() { '·' } else { c };
        let mut shown: String = text.chars().take(SHOWN).map(visible).collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        self.error(&format!("{shown}: expected {expected}"))
    }

    /// An error about this value in the words given.
    pub(super) fn error(&self, message: &str) -> Error {
        Error::Input { location: format!("{}: {}", self.file, self.key), message: message.to_owned() }
    }

    /// An error of the library that this value led to. A lack of convergence is no bad input and stays what it is.
    pub(super) fn refused(&self, error: Error) -> Error {
        match error {
            Error::NoConvergence { .. } => error,
            other => self.error(&other.to_string()),
        }
    }

    /// A table with any keys; see [`Section::with_keys`].
    pub(super) fn section(&self) -> Result<Section<'a>> {
        match self.value {
            Value::Table(table) => Ok(Section { file: self.file, key: self.key.clone(), table }),
            _ => Err(self.unexpected("a table")),
        }
    }

    /// One of the words `known`; `noun` says what they are.
    pub(super) fn word(&self, noun: &str, known: &[&'static str]) -> Result<&'static str> {
        let found = self.value.as_str().and_then(|word| known.iter().find(|k| **k == word));
        found.copied().ok_or_else(|| self.unexpected(&format!("{noun}, one of {}", known.join(", "))))
    }

    /// A text in quotes.
    pub(super) fn text(&self, expected: &str) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.unexpected(expected))
    }

    /// The name of a file, relative to the folder of this one.
    pub(super) fn path(&self) -> Result<PathBuf> {
        let name = self.text("the name of a file, in quotes")?;
        if name.is_empty() {
            return Err(self.unexpected("the name of a file"));
        }
        Ok(Path::new(self.file).parent().unwrap_or_else(|| Path::new("")).join(name))
    }

    /// A whole number that is at least `least`.
    pub(super) fn count(&self, least: usize) -> Result<usize> {
        let number = self.value.as_integer().and_then(|i| usize::try_from(i).ok());
        number
            .filter(|n| *n >= least)
            .ok_or_else(|| self.unexpected(&format!("a whole number, at least {least}")))
    }

    /// A number that may be infinite.
    pub(super) fn number_or_infinity(&self) -> Result<f64> {
        match *self.value {
            Value::Float(x) if x.is_infinite() => Ok(x),
            _ => self.number(),
        }
    }

    /// Two numbers in increasing order, which may be infinite only if `unbounded`.
    pub(super) fn interval(&self, unbounded: bool) -> Result<(f64, f64)> {
        let expected = if unbounded {
            "two numbers [lo, hi] with lo < hi; either may be infinite (-inf, inf)"
        } else {
            "two numbers [lo, hi] with lo < hi"
        };
        let cells = self.list(expected)?;
        let [lo, hi] = cells.as_slice() else {
            return Err(self.unexpected(expected));
        };
        let end = |cell: &Node<'_>| if unbounded { cell.number_or_infinity() } else { cell.number() };
        let (lo, hi) = (end(lo)?, end(hi)?);
        if lo < hi { Ok((lo, hi)) } else { Err(self.unexpected(expected)) }
    }

    /// A finite number, written as an integer or with a point.
    pub(super) fn number(&self) -> Result<f64> {
        let number = match *self.value {
            Value::Float(x) => Some(x),
            Value::Integer(i) => Some(i as f64),
            _ => None,
        };
        number.filter(|x| x.is_finite()).ok_or_else(|| self.unexpected("a finite number"))
    }

    /// A finite number above 0.
    pub(super) fn positive(&self) -> Result<f64> {
        let number = self.number()?;
        if number > 0.0 { Ok(number) } else { Err(self.unexpected("a number > 0")) }
    }

    /// The elements of a list that is not empty.
    pub(super) fn list(&self, expected: &str) -> Result<Vec<Node<'a>>> {
        match self.value {
            Value::Array(values) if !values.is_empty() => Ok(values
                .iter()
                .enumerate()
                .map(|(i, value)| Node { file: self.file, key: format!("{}[{i}]", self.key), value })
                .collect()),
            _ => Err(self.unexpected(expected)),
        }
    }

    /// A list of finite numbers that is not empty.
    pub(super) fn numbers(&self) -> Result<Vec<f64>> {
        self.list("a list of numbers, not empty")?.iter().map(Self::number).collect()
    }

    /// Whether this is a single number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.value, Value::Float(_) | Value::Integer(_))
    }
}
