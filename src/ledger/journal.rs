//! Finished claims on disk while an audit still runs, so that an interrupted audit can be taken up.
//!
//! A journal is a text file: a line that says which audit it belongs to, then a line per finished
//! claim, in the order in which they were finished. A line that a sudden end left incomplete is dropped.

use crate::claim::{FamilyRecord, Record, SharpRecord, TwinRecord};
use crate::claims;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Which audit: a journal is taken up by this one alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditKey {
    /// Version of the program.
    pub version: String,
    /// Root seed.
    pub seed: u64,
    /// `quick` or `full`.
    pub level: String,
    /// Ids of the claims that the audit checks.
    pub claims: Vec<String>,
}

/// A claim's record as a line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    families: Vec<FamilyRecord>,
    sharp_cases: Vec<SharpRecord>,
    false_twins: Vec<TwinRecord>,
    seconds: f64,
}

/// A journal, open for more lines.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Where the journal of an audit with this output lies.
    pub fn beside(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_owned();
        name.push(".partial");
        name.into()
    }

    /// A new, empty journal.
    ///
    /// # Errors
    /// [`Error::Input`] if there is one already: it holds finished work; [`Error::Io`] if none can be made.
    pub fn create(path: &Path, key: &AuditKey) -> Result<Self> {
        let file = File::options().write(true).create_new(true).open(path).map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => Error::Input {
                location: path.display().to_string(),
                message: "holds the finished work of an audit that was interrupted: expected --resume, which takes it \
                          up, or the file removed"
                    .to_owned(),
            },
            _ => Error::io(path, &cause),
        })?;
        let journal = Self { path: path.to_owned(), file: Mutex::new(file) };
        journal.append(key).inspect_err(|_| {
            // On a full disk: without its first line it holds nothing, and would stand in the way of the next audit.
            let _ = std::fs::remove_file(path);
        })?;
        Ok(journal)
    }

    /// The journal at `path` and the records in it; a new one if there is none.
    ///
    /// # Errors
    /// [`Error::Input`] if it belongs to another audit or is no journal; [`Error::Io`] if it cannot be read or written.
    pub fn resume(path: &Path, key: &AuditKey) -> Result<(Self, Vec<Record>)> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                return Ok((Self::create(path, key)?, Vec::new()));
            }
            Err(cause) => return Err(Error::io(path, &cause)),
        };
        let wrong = |message: String| Error::Input { location: path.display().to_string(), message };
        let complete = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let text = std::str::from_utf8(&bytes[..complete])
            .map_err(|_| wrong("is not UTF-8: expected the journal of an audit".to_owned()))?;
        let mut lines = text.lines();
        if let Some(first) = lines.next() {
            let found: AuditKey = serde_json::from_str(first)
                .map_err(|cause| wrong(format!("line 1 is not that of a journal: {cause}")))?;
            if found != *key {
                return Err(wrong(format!(
                    "belongs to another audit (version {}, seed {}, level {}, {} claims): expected version {}, seed {}, \
                     level {}, {} claims",
                    found.version,
                    found.seed,
                    found.level,
                    found.claims.len(),
                    key.version,
                    key.seed,
                    key.level,
                    key.claims.len()
                )));
            }
        }
        let mut records: Vec<Record> = Vec::new();
        for (i, line) in lines.enumerate() {
            let at = |message: String| wrong(format!("line {}: {message}", i + 2));
            let line: Line = serde_json::from_str(line).map_err(|cause| at(cause.to_string()))?;
            let known = claims::find(&line.id).filter(|_| key.claims.contains(&line.id));
            let about = known.ok_or_else(|| at(format!("`{}` is no claim of this audit", line.id)))?.about();
            if records.iter().any(|record| record.about.id == about.id) {
                return Err(at(format!("{} stands there twice", line.id)));
            }
            let Line { families, sharp_cases, false_twins, seconds, .. } = line;
            records.push(Record { about, families, sharp_cases, false_twins, seconds });
        }
        let file = File::options().append(true).open(path).map_err(|cause| Error::io(path, &cause))?;
        file.set_len(complete as u64).map_err(|cause| Error::io(path, &cause))?;
        let journal = Self { path: path.to_owned(), file: Mutex::new(file) };
        if complete == 0 {
            journal.append(key)?;
        }
        Ok((journal, records))
    }

    /// Adds a finished claim.
    ///
    /// # Errors
    /// [`Error::Io`] if the line cannot be written.
    pub fn add(&self, record: &Record) -> Result<()> {
        let Record { about, families, sharp_cases, false_twins, seconds } = record.clone();
        self.append(&Line { id: about.id.to_owned(), families, sharp_cases, false_twins, seconds })
    }

    /// Removes the journal: its content is in the output now.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be removed.
    pub fn discard(self) -> Result<()> {
        drop(self.file);
        std::fs::remove_file(&self.path).map_err(|cause| Error::io(&self.path, &cause))
    }

    /// A line, in one write.
    fn append(&self, value: &impl Serialize) -> Result<()> {
        let failed = |cause: &std::io::Error| Error::io(&self.path, cause);
        let mut line = serde_json::to_vec(value).map_err(|cause| failed(&std::io::Error::other(cause)))?;
        line.push(b'\n');
        // A thread that panicked while it wrote has left at most an incomplete line behind.
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(&line).and_then(|()| file.flush()).map_err(|cause| failed(&cause))
    }
}
