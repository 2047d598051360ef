//! The server's log file.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::EmbeddedError;
use super::layout::{Layout, open_own};

/// A start finds a log of this size: it is put aside, so that two such files is all that can pile up.
const LARGE: u64 = 8 << 20;
/// How much of the end of the log is looked at.
const TAIL: u64 = 16 << 10;

/// The log file, and where this run's part of it begins.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    begin: u64,
}

impl Log {
    pub fn open(layout: &Layout) -> Result<Self, EmbeddedError> {
        let path = layout.log();
        let mut begin = fs::symlink_metadata(&path).map_or(0, |meta| meta.len());
        if begin > LARGE {
            fs::rename(&path, path.with_extension("log.old"))
                .map_err(EmbeddedError::io("cannot rename", &path))?;
            begin = 0;
        }
        Ok(Self { path, begin })
    }

    pub fn appender(&self) -> Result<File, EmbeddedError> {
        open_own(OpenOptions::new().append(true).create(true), &self.path)
            .map_err(EmbeddedError::io("cannot open", &self.path))
    }

    /// The complaints of this run in one line, or else its last words.
    pub fn tail(&self) -> String {
        let text = self.read().unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let is_complaint = |line: &&&str| {
            ["FATAL", "PANIC", "ERROR", "HINT", "DETAIL", "error:"].iter().any(|word| line.contains(word))
        };
        let mut complaints: Vec<&str> = lines.iter().filter(is_complaint).copied().collect();
        if complaints.is_empty() {
            complaints = lines;
        }
        let last = complaints.split_off(complaints.len().saturating_sub(3));
        if last.is_empty() {
            return format!("nothing was written to {}", self.path.display());
        }
        format!("{} (see {})", last.join(" / "), self.path.display())
    }

    fn read(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(self.begin.max(length.saturating_sub(TAIL))))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
