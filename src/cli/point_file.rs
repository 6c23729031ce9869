//! Files of points: npy, csv and parquet.

use super::output::Opened;
use crate::error::{Error, Result};
use parquet::data_type::DoubleType;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// How points are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// `NumPy`'s format, version 1.0: doubles, little-endian, shape `(n, d)`.
    Npy,
    /// A line `x0,x1,…` and a line per point; numbers as short as they can be read back without loss.
    Csv,
    /// Apache Parquet: a column of doubles per coordinate, `x0`, `x1`, …
    Parquet,
}

impl Format {
    /// The format that the ending of a name stands for; CSV for standard output.
    ///
    /// # Errors
    /// [`Error::Input`] for another ending.
    pub(super) fn of(name: &Path) -> Result<Self> {
        match name.extension().and_then(|ending| ending.to_str()) {
            _ if name == Path::new("-") => Ok(Self::Csv),
            Some("npy") => Ok(Self::Npy),
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(Error::Input {
                location: format!("--output `{}`", name.display()),
                message: "expected a name that ends in .npy, .csv or .parquet, or `-`".to_owned(),
            }),
        }
    }
}

/// A file of points that is being written.
pub(super) struct PointFile {
    dim: usize,
    sink: Sink,
}

enum Sink {
    Npy(BufWriter<Opened>),
    Csv(BufWriter<Opened>),
    Parquet(Box<SerializedFileWriter<Opened>>),
}

impl PointFile {
    /// Begins a file of `count` points in dimension `dim`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn new(output: Opened, format: Format, count: u64, dim: usize) -> Result<Self> {
        let path = output.path().to_owned();
        let failed = |cause: std::io::Error| Error::io(&path, &cause);
        let sink = match format {
            Format::Npy => {
                let mut stream = BufWriter::new(output);
                stream.write_all(&npy_header(count, dim)).map_err(failed)?;
                Sink::Npy(stream)
            }
            Format::Csv => {
                let names: Vec<String> = (0..dim).map(|j| format!("x{j}")).collect();
                let mut stream = BufWriter::new(output);
                writeln!(stream, "{}", names.join(",")).map_err(failed)?;
                Sink::Csv(stream)
            }
            Format::Parquet => {
                let columns = (0..dim).fold(String::new(), |mut text, j| {
                    // Writing to a string does not fail.
                    let _ = write!(text, "REQUIRED DOUBLE x{j}; ");
                    text
                });
                let schema =
                    parquet::schema::parser::parse_message_type(&format!("message points {{ {columns}}}"))
                        .map_err(|cause| failed(std::io::Error::other(cause)))?;
                // Samples hardly repeat: a dictionary would only cost.
                let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
                let writer = SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties))
                    .map_err(|cause| failed(std::io::Error::other(cause)))?;
                Sink::Parquet(Box::new(writer))
            }
        };
        Ok(Self { dim, sink })
    }

    /// Adds points, shape `[n, dim]`.
    ///
    /// # Errors
    /// [`std::io::Error`] if they cannot be written.
    pub(super) fn add(&mut self, points: &[f64]) -> std::io::Result<()> {
        let dim = self.dim;
        match &mut self.sink {
            Sink::Npy(stream) => points.iter().try_for_each(|x| stream.write_all(&x.to_le_bytes())),
            Sink::Csv(stream) => points.chunks_exact(dim).try_for_each(|point| {
                for (j, x) in point.iter().enumerate() {
                    let comma = if j == 0 { "" } else { "," };
                    write!(stream, "{comma}{x:?}")?;
                }
                stream.write_all(b"\n")
            }),
            Sink::Parquet(writer) => {
                let mut group = writer.next_row_group()?;
                let mut j = 0;
                while let Some(mut column) = group.next_column()? {
                    let values: Vec<f64> = points.iter().skip(j).step_by(dim).copied().collect();
                    column.typed::<DoubleType>().write_batch(&values, None, None)?;
                    column.close()?;
                    j += 1;
                }
                group.close()?;
                Ok(())
            }
        }
    }

    /// Ends the file, which gets its name.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn commit(self) -> Result<()> {
        match self.sink {
            Sink::Npy(stream) | Sink::Csv(stream) => {
                let path = stream.get_ref().path().to_owned();
                let output = stream.into_inner().map_err(|cause| Error::io(&path, cause.error()))?;
                output.commit()
            }
            Sink::Parquet(writer) => {
                let path = writer.inner().path().to_owned();
                let output = writer.into_inner();
                output.map_err(|cause| Error::io(&path, &std::io::Error::other(cause)))?.commit()
            }
        }
    }
}

/// Magic, version, length and a Python dictionary, padded with spaces to a multiple of 64 bytes
/// (`numpy.lib.format`, version 1.0).
fn npy_header(count: u64, dim: usize) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    /// Magic, version and length.
    const PREFIX: usize = 10;
    let mut dictionary = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({count}, {dim}), }}");
    let unpadded = PREFIX + dictionary.len() + 1;
    let padding = unpadded.next_multiple_of(ALIGNMENT) - unpadded;
    dictionary.extend(std::iter::repeat_n(' ', padding));
    dictionary.push('\n');
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    // Three numbers do not fill 64 KiB.
    let length = u16::try_from(dictionary.len()).unwrap_or(u16::MAX);
    header.extend(length.to_le_bytes());
    header.extend(dictionary.into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_npy_header_is_aligned_and_says_its_length() {
        for (count, dim) in [(1, 1), (1_000_000, 2), (u64::MAX, 100_000)] {
            let header = npy_header(count, dim);
            assert_eq!(header.len() % 64, 0);
            let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
            assert_eq!(header.len(), 10 + length);
            assert!(String::from_utf8_lossy(&header).contains(&format!("'shape': ({count}, {dim})")));
        }
    }
}
