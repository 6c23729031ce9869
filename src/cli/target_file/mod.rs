//! Target files: a TOML description of target, base, schedule and run.
//!
//! Keys are checked one by one, so that every message names the file, the key, the value found and
//! what was expected. Unknown keys are refused.

#[cfg(test)]
mod fuzz;
mod laws;
mod mixture;
mod node;
mod points;
mod sampled;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::measure::gaussian::Gaussian;
use crate::measure::target::Target;
use crate::path::line::LineBase;
use crate::path::{GaussianPath, Schedule};
use crate::report::Setting;
use nalgebra::{DMatrix, DVector};
use node::{Node, Section};
pub(super) use sampled::{Sampled, SampledLaw};
use std::io::Read;
use std::path::Path;

/// Largest file that is read, in bytes: a covariance in dimension 1000 has some ten million.
const LARGEST_FILE: u64 = 32 << 20;

/// Every kind of target that the file format has.
const TARGET_KINDS: &[&str] = &[
    "potential",
    "gaussian",
    "gaussian_mixture",
    "student",
    "uniform",
    "laplace",
    "logistic",
    "product",
    "radial",
    "points",
];

/// Every kind of base that the file format has.
const BASE_KINDS: &[&str] = &["gaussian", "student"];

/// Every kind of schedule.
const SCHEDULE_KINDS: &[&str] = &["linear", "power", "cosine", "ou", "table"];

/// Values of κ when the file gives none.
const DEFAULT_KAPPAS: [f64; 3] = [1.0, 0.3, 0.1];

/// What a target file asks for.
#[derive(Clone, Debug)]
pub(super) struct TargetFile {
    /// What is measured.
    pub(super) subject: Subject,
    /// Where what is measured differs from what is written.
    pub(super) notes: Vec<String>,
    /// Slownesses κ at which the bias is wanted.
    pub(super) kappas: Vec<f64>,
    /// Time of the path at which the dynamics begins.
    pub(super) start: f64,
}

/// What a target file describes.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// The path from the base to a Gaussian target.
    Path(Box<GaussianPath>),
    /// Another target, or another base.
    Law(Box<Setting>),
}

impl TargetFile {
    /// Reads and checks a target file.
    ///
    /// # Errors
    /// [`Error::Input`] that names the file and the key or line; [`Error::Io`] if the file cannot be read.
    pub(super) fn read(file: &Path) -> Result<Self> {
        Self::parse(&file.display().to_string(), &text_of(file, "a target file in TOML")?)
    }

    /// Checks the text of a target file; `file` is its name in messages.
    fn parse(file: &str, text: &str) -> Result<Self> {
        let table = Self::table(file, text)?;
        let root = Section::root(file, &table, &["target", "base", "schedule", "run"])?;
        let mut notes = Vec::new();
        let target =
            laws::target(&root.require("target", "a table with the key `kind`")?.section()?, &mut notes)?;
        let base = base_of(&root)?;
        let schedule = schedule_of(&root)?.unwrap_or_else(Schedule::cosine);
        let (kappas, start) = run_of(&root)?;
        let subject = match (target, base) {
            (Target::Gaussian(law), LineBase::Gaussian) => {
                Subject::Path(Box::new(GaussianPath::from_standard(law, schedule)?))
            }
            (target, base) => {
                Subject::Law(Box::new(Setting { target, base, schedule, kappas: kappas.clone(), start }))
            }
        };
        Ok(Self { subject, notes, kappas, start })
    }

    /// The text as TOML.
    fn table(file: &str, text: &str) -> Result<toml::Table> {
        text.parse().map_err(|error| syntax_error(file, text, &error))
    }
}

/// The schedule of a file, if it gives one.
fn schedule_of(root: &Section<'_>) -> Result<Option<Schedule>> {
    root.get("schedule").map(|s| schedule(&s.section()?)).transpose()
}

/// The base of a file, the standard normal law if it gives none.
fn base_of(root: &Section<'_>) -> Result<LineBase> {
    root.get("base").map_or(Ok(LineBase::Gaussian), |base| base_law(&base.section()?))
}

/// The values of κ and the start of a file.
fn run_of(root: &Section<'_>) -> Result<(Vec<f64>, f64)> {
    match root.get("run") {
        Some(run) => run_section(&run.section()?),
        None => Ok((DEFAULT_KAPPAS.to_vec(), 0.0)),
    }
}

/// The text of a file of reasonable size; `expected` says what kind of file it has to be.
pub(super) fn text_of(file: &Path, expected: &str) -> Result<String> {
    let input =
        |message: &str| Error::Input { location: file.display().to_string(), message: message.to_owned() };
    if file.is_dir() {
        return Err(input(&format!("is a directory: expected {expected}")));
    }
    let mut bytes = Vec::new();
    let mut stream =
        std::fs::File::open(file).map_err(|cause| Error::io(file, &cause))?.take(LARGEST_FILE + 1);
    stream.read_to_end(&mut bytes).map_err(|cause| Error::io(file, &cause))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(input(&format!("is larger than {} MiB: expected {expected}", LARGEST_FILE >> 20)));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(input(&format!("is empty: expected {expected}")));
    }
    String::from_utf8(bytes).map_err(|error| {
        input(&format!("byte {} is not UTF-8: expected {expected}", error.utf8_error().valid_up_to()))
    })
}

/// A syntax error with its line and column.
fn syntax_error(file: &str, text: &str, error: &toml::de::Error) -> Error {
    let message = format!("{}: expected TOML", error.message().lines().collect::<Vec<_>>().join(", "));
    let location = match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            format!("{file}: line {line}, column {column}")
        }
        None => file.to_owned(),
    };
    Error::Input { location, message }
}

fn gaussian(section: &Section<'_>) -> Result<Gaussian> {
    let mean = section.get("mean");
    // In one dimension a plain number will do.
    let mean_entries = match &mean {
        Some(node) if node.is_number() => Some(vec![node.number()?]),
        Some(node) => Some(node.numbers()?),
        None => None,
    };
    match (section.get("covariance"), section.get("std")) {
        (Some(covariance), None) => {
            let matrix = covariance_matrix(&covariance)?;
            let dim = matrix.nrows();
            let entries = mean_entries.unwrap_or_else(|| vec![0.0; dim]);
            if let Some(mean) = mean.filter(|_| entries.len() != dim) {
                return Err(mean.unexpected(&format!("{dim} numbers, as many as the covariance has rows")));
            }
            law(&covariance, entries, matrix)
        }
        (None, Some(std)) => {
            let deviation = std.positive()?;
            let entries = mean_entries.unwrap_or_else(|| vec![0.0]);
            if entries.len() != 1 {
                let dim = entries.len();
                return Err(std.unexpected(&format!("`covariance` instead, in dimension {dim}")));
            }
            Gaussian::isotropic(entries, deviation * deviation)
                .map_err(|_| std.unexpected("a number whose square is a finite number > 0"))
        }
        _ => Err(section.error("expected exactly one of `covariance` and `std` (in dimension 1)")),
    }
}

/// A square symmetric matrix.
fn covariance_matrix(node: &Node<'_>) -> Result<DMatrix<f64>> {
    let rows = node.list("a matrix: a list of rows, not empty")?;
    let dim = rows.len();
    let mut matrix = DMatrix::zeros(dim, dim);
    for (i, row) in rows.iter().enumerate() {
        let cells = row.list(&format!("a row of {dim} numbers"))?;
        if cells.len() != dim {
            return Err(row.unexpected(&format!("a row of {dim} numbers: the matrix has {dim} rows")));
        }
        for (j, cell) in cells.iter().enumerate() {
            matrix[(i, j)] = if i == j { cell.positive()? } else { cell.number()? };
            if j < i && matrix[(i, j)] != matrix[(j, i)] {
                let mirrored = matrix[(j, i)];
                return Err(
                    cell.unexpected(&format!("{mirrored}, the entry [{j}][{i}] of a symmetric matrix"))
                );
            }
        }
    }
    Ok(matrix)
}

/// The law, kept as independent coordinates if the matrix is diagonal.
fn law(node: &Node<'_>, mean: Vec<f64>, matrix: DMatrix<f64>) -> Result<Gaussian> {
    let dim = matrix.nrows();
    let diagonal = (0..dim).all(|i| (0..i).all(|j| matrix[(i, j)] == 0.0));
    if diagonal {
        return Gaussian::diagonal(mean, matrix.diagonal().as_slice().to_vec());
    }
    Gaussian::new(DVector::from_vec(mean), matrix).map_err(|error| match error {
        Error::Matrix { reason, .. } => node.error(&format!("{reason}: expected a positive definite matrix")),
        other => other,
    })
}

fn base_law(section: &Section<'_>) -> Result<LineBase> {
    let kind = section.require("kind", &format!("one of {}", BASE_KINDS.join(", ")))?;
    if kind.word("a kind of base", BASE_KINDS)? == "gaussian" {
        return section.clone().with_keys(&["kind"]).map(|_| LineBase::Gaussian);
    }
    let section = section.clone().with_keys(&["kind", "dof"])?;
    Ok(LineBase::Student { dof: section.require("dof", "a number > 0")?.positive()? })
}

fn schedule(section: &Section<'_>) -> Result<Schedule> {
    let kind = section.require("kind", &format!("one of {}", SCHEDULE_KINDS.join(", ")))?;
    let name = kind.word("a kind of schedule", SCHEDULE_KINDS)?;
    let parameters: &[&str] = match name {
        "power" => &["kind", "exponent"],
        "ou" => &["kind", "rate"],
        "table" => &["kind", "t", "lambda"],
        _ => &["kind"],
    };
    let section = section.clone().with_keys(parameters)?;
    match name {
        "linear" => Ok(Schedule::linear()),
        "power" => Schedule::power(section.require("exponent", "a number > 0")?.positive()?),
        "ou" => Schedule::ornstein_uhlenbeck(section.require("rate", "a number > 0")?.positive()?),
        "table" => table(&section),
        _ => Ok(Schedule::cosine()),
    }
}

fn table(section: &Section<'_>) -> Result<Schedule> {
    const EXPECTED: &str = "an increasing list from 0 to 1";
    let (t, lambda) = (section.require("t", EXPECTED)?, section.require("lambda", EXPECTED)?);
    let (times, lambdas) = (increasing(&t)?, increasing(&lambda)?);
    if times.len() != lambdas.len() {
        return Err(lambda.unexpected(&format!("{} numbers, as many as `t` has", times.len())));
    }
    Schedule::table(times, lambdas)
}

/// Numbers that increase from 0 to 1.
fn increasing(node: &Node<'_>) -> Result<Vec<f64>> {
    let cells = node.list("an increasing list of numbers from 0 to 1")?;
    let mut numbers: Vec<f64> = Vec::with_capacity(cells.len());
    for (i, cell) in cells.iter().enumerate() {
        let number = cell.number()?;
        match numbers.last() {
            None if number != 0.0 => {
                return Err(cell.unexpected("0, the first of an increasing list from 0 to 1"));
            }
            Some(previous) if number <= *previous => {
                return Err(cell.unexpected(&format!("a number above {previous}: the list has to increase")));
            }
            _ => {}
        }
        if i + 1 == cells.len() && number != 1.0 {
            return Err(cell.unexpected("1, the last of an increasing list from 0 to 1"));
        }
        numbers.push(number);
    }
    Ok(numbers)
}

/// The values of κ and the start.
fn run_section(section: &Section<'_>) -> Result<(Vec<f64>, f64)> {
    let section = section.clone().with_keys(&["kappa", "start"])?;
    let kappas = match section.get("kappa") {
        Some(node) => node
            .list("a list of numbers > 0, not empty")?
            .iter()
            .map(Node::positive)
            .collect::<Result<_>>()?,
        None => DEFAULT_KAPPAS.to_vec(),
    };
    let start = match section.get("start") {
        Some(node) => {
            let start = node.number()?;
            if !(0.0..1.0).contains(&start) {
                return Err(node.unexpected("a number in [0, 1)"));
            }
            // −0 is 0.
            start.abs()
        }
        None => 0.0,
    };
    Ok((kappas, start))
}
