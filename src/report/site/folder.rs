//! A report on disk: it appears whole or not at all, and replaces nothing but a report.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// What every page says of itself, and by which a report is known.
pub(super) const GENERATOR: &str = "dald report";
/// Endings of the names that a report has files of.
const ENDINGS: [&str; 2] = ["html", "json"];
/// How much of the first page is searched for [`GENERATOR`].
const HEAD: usize = 2048;

/// The pages of a report, each with its name: HTML without anything to be fetched.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pages: Vec<(String, String)>,
}

impl Site {
    pub(super) fn add(&mut self, name: impl Into<String>, content: impl Into<String>) {
        self.pages.push((name.into(), content.into()));
    }

    /// Names and contents of the files.
    pub fn pages(&self) -> &[(String, String)] {
        &self.pages
    }
}

/// A place for a report, looked at before the work begins.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder `path`, which does not exist yet, is empty or holds an earlier report.
    ///
    /// # Errors
    /// [`Error::Input`] if there is anything else there; [`Error::Io`] if nothing can be written beside it.
    pub fn new(path: &Path) -> Result<Self> {
        let wrong = |message: String| Error::Input { location: format!("`{}`", path.display()), message };
        if path.as_os_str().is_empty() {
            return Err(wrong("is empty: expected a folder for the report".to_owned()));
        }
        if path.exists() && !path.is_dir() {
            return Err(wrong("is a file: expected a folder for the report".to_owned()));
        }
        // Behind a symbolic link it is the folder pointed to that gets the new content.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if path.is_dir()
            && let Some(stranger) = stranger(&path).map_err(|cause| Error::io(&path, &cause))?
        {
            return Err(wrong(format!(
                "holds `{stranger}`, which no report does: expected a new or empty folder, or that of an earlier report"
            )));
        }
        let folder = Self { path };
        // Made and removed again: what cannot be written is found out before the work.
        folder.temporary()?;
        Ok(folder)
    }

    /// Where the report is going to be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn temporary(&self) -> Result<tempfile::TempDir> {
        let parent = match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dald-report-");
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        #[cfg(unix)]
        builder.permissions(permissions);
        builder.tempdir_in(parent).map_err(|cause| Error::beside(&self.path, parent, &cause))
    }

    /// Writes the report beside its place, then gives it its name.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written or the folder not be renamed; an earlier report is then as it was.
    pub fn write(&self, site: &Site) -> Result<()> {
        let new = self.temporary()?;
        for (name, content) in site.pages() {
            let file = new.path().join(name);
            std::fs::write(&file, content).map_err(|cause| Error::io(self.path.join(name), &cause))?;
        }
        let failed = |cause: &std::io::Error| Error::io(&self.path, cause);
        let old = self.temporary()?;
        let earlier = old.path().join("report");
        let replaces = self.path.is_dir();
        if replaces {
            std::fs::rename(&self.path, &earlier).map_err(|cause| failed(&cause))?;
        }
        match std::fs::rename(new.path(), &self.path) {
            Ok(()) => {
                // The temporary name is free again: there is nothing left to remove.
                let _ = new.keep();
                Ok(())
            }
            Err(cause) => {
                if replaces {
                    let _ = std::fs::rename(&earlier, &self.path);
                }
                Err(failed(&cause))
            }
        }
    }
}

/// Something in a folder that no report leaves there, if there is such a thing.
fn stranger(folder: &Path) -> std::io::Result<Option<String>> {
    let mut any = false;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        any = true;
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = Path::new(&name).extension().is_some_and(|e| ENDINGS.iter().any(|known| e == *known));
        if !known || !entry.file_type()?.is_file() {
            return Ok(Some(name));
        }
    }
    if !any {
        return Ok(None);
    }
    let first = std::fs::read(folder.join("index.html")).unwrap_or_default();
    let head = String::from_utf8_lossy(&first[..first.len().min(HEAD)]).into_owned();
    Ok((!head.contains(GENERATOR)).then(|| "index.html".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Site {
        let mut site = Site::default();
        site.add("index.html", format!("<meta name=generator content=\"{GENERATOR}\">{text}"));
        site
    }

    #[test]
    fn a_report_replaces_a_report_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("report");
        for text in ["first", "second"] {
            Folder::new(&path).unwrap().write(&site(text)).unwrap();
            assert!(std::fs::read_to_string(path.join("index.html")).unwrap().ends_with(text));
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "nothing else is left behind");
        std::fs::write(path.join("notes.txt"), "mine").unwrap();
        let refused = Folder::new(&path).unwrap_err().to_string();
        assert!(refused.contains("notes.txt"), "{refused}");
        assert_eq!(std::fs::read_to_string(path.join("notes.txt")).unwrap(), "mine");
    }

    #[test]
    fn folders_of_others_files_and_places_out_of_reach_are_refused() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("index.html"), "<p>a page of somebody else").unwrap();
        assert!(Folder::new(place.path()).is_err());
        assert!(Folder::new(&place.path().join("index.html")).is_err());
        let message = Folder::new(&place.path().join("no/such/parent")).unwrap_err().to_string();
        assert!(message.contains("no such directory") && !message.contains(".dald-report"), "{message}");
        assert!(Folder::new(Path::new("")).is_err());
        let empty = tempfile::tempdir().unwrap();
        assert!(Folder::new(empty.path()).is_ok());
    }
}
