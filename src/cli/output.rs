//! Standard streams and files: nothing half-written, no panic on a closed pipe.

use crate::error::{Error, Result};
use serde::Serialize;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes to standard output. A reader that closed the pipe has what it wanted.
///
/// # Errors
/// [`Error::Io`] if the stream cannot take the text for another reason.
pub(super) fn to_stdout(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(Error::io("standard output", &cause)),
        _ => Ok(()),
    }
}

/// Writes to standard error; there is nowhere to report a failure to.
pub(super) fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes the value as JSON where it was asked for, and the text to standard output, or to standard
/// error if the JSON takes that.
///
/// # Errors
/// Those of [`Target::write_json`] and [`to_stdout`].
pub(super) fn publish(text: &str, json: Option<Target>, value: &impl Serialize) -> Result<()> {
    let taken = json.as_ref().is_some_and(Target::is_stdout);
    if let Some(target) = json {
        target.write_json(value)?;
    }
    if taken {
        to_stderr(text);
        return Ok(());
    }
    to_stdout(text)
}

/// Where an output goes: standard output, a device, or a file that appears whole or not at all.
#[derive(Debug)]
pub(super) enum Target {
    /// `-`.
    Stdout,
    /// Something that is there and is no regular file, such as `/dev/null`: renaming would destroy it.
    Device {
        /// Its name.
        path: PathBuf,
        /// It, open.
        stream: File,
    },
    /// A file, with the temporary file beside it that takes its name in the end.
    File {
        /// The name in the end.
        path: PathBuf,
    },
}

impl Target {
    /// Opens the target, so that a directory that cannot be written is found out before the work.
    ///
    /// # Errors
    /// [`Error::Io`] if no file can be made there, [`Error::Input`] if the name is no file's.
    pub(super) fn new(name: &OsString) -> Result<Self> {
        if name == "-" {
            return Ok(Self::Stdout);
        }
        if name.is_empty() || Path::new(name).is_dir() {
            let what = if name.is_empty() { "empty" } else { "a directory" };
            return Err(Error::Input {
                location: format!("`{}`", name.display()),
                message: format!("is {what}: expected a file to write or `-`"),
            });
        }
        // Behind a symbolic link it is the file pointed to that gets the new content.
        let path = std::fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        if path.exists() && !path.is_file() {
            let stream = File::options().write(true).open(&path).map_err(|cause| Error::io(&path, &cause))?;
            return Ok(Self::Device { path, stream });
        }
        // Made and removed again: a process that is killed during the work leaves no temporary file behind.
        temporary_beside(&path)?;
        Ok(Self::File { path })
    }

    /// The file that it is going to be, unless it is a stream or a device.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path } => Some(path),
            Self::Stdout | Self::Device { .. } => None,
        }
    }

    /// Whether this is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }

    /// Opens the output for writing piece by piece.
    ///
    /// # Errors
    /// [`Error::Io`] if the temporary file cannot be made.
    pub(super) fn open(self) -> Result<Opened> {
        Ok(match self {
            Self::Stdout => Opened { path: "standard output".into(), sink: Sink::Stdout(std::io::stdout()) },
            Self::Device { path, stream } => Opened { path, sink: Sink::Device(stream) },
            Self::File { path } => {
                let sink = Sink::File(temporary_beside(&path)?);
                Opened { path, sink }
            }
        })
    }

    /// Writes the value as indented JSON and a line break.
    ///
    /// # Errors
    /// [`Error::Io`] if writing or renaming fails; the file is then as it was before.
    fn write_json(self, value: &impl Serialize) -> Result<()> {
        let name = match &self {
            Self::Stdout => Path::new("standard output"),
            Self::Device { path, .. } | Self::File { path } => path,
        };
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|cause| Error::io(name, &std::io::Error::other(cause)))?;
        text.push('\n');
        self.write_text(&text)
    }

    /// Writes the text.
    ///
    /// # Errors
    /// [`Error::Io`] if writing or renaming fails; the file is then as it was before.
    pub(super) fn write_text(self, text: &str) -> Result<()> {
        match self {
            Self::Stdout => to_stdout(text),
            Self::Device { path, mut stream } => {
                stream.write_all(text.as_bytes()).map_err(|cause| Error::io(&path, &cause))
            }
            Self::File { path } => {
                let mut temporary = temporary_beside(&path)?;
                let failed = |cause: &std::io::Error| Error::io(&path, cause);
                temporary.write_all(text.as_bytes()).map_err(|cause| failed(&cause))?;
                temporary.flush().map_err(|cause| failed(&cause))?;
                temporary.persist(&path).map_err(|cause| failed(&cause.error))?;
                Ok(())
            }
        }
    }
}

/// An output that is being written. A file takes its name when it is committed; dropped before, it vanishes.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Stdout(std::io::Stdout),
    Device(File),
    File(NamedTempFile),
}

impl Opened {
    /// The name for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the output.
    ///
    /// # Errors
    /// [`Error::Io`] if writing or renaming fails; a file is then as it was before.
    pub(super) fn commit(mut self) -> Result<()> {
        self.flush().map_err(|cause| Error::io(&self.path, &cause))?;
        match self.sink {
            Sink::Stdout(_) | Sink::Device(_) => Ok(()),
            Sink::File(temporary) => {
                let renamed = temporary.persist(&self.path);
                renamed.map(|_| ()).map_err(|cause| Error::io(&self.path, &cause.error))
            }
        }
    }
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.sink {
            Sink::Stdout(stream) => match stream.write(bytes) {
                // A reader that closed the pipe has what it wanted.
                Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
                other => other,
            },
            Sink::Device(stream) => stream.write(bytes),
            Sink::File(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.sink {
            Sink::Stdout(stream) => match stream.flush() {
                Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
                other => other,
            },
            Sink::Device(stream) => stream.flush(),
            Sink::File(stream) => stream.flush(),
        }
    }
}

/// A temporary file in the folder of `path`, with the permissions of a new file.
fn temporary_beside(path: &Path) -> Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dald-");
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    builder.tempfile_in(folder).map_err(|cause| Error::beside(path, folder, &cause))
}
