//! What the figures were measured on.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    pub cores: usize,
    pub processor: String,
    pub memory_gib: f64,
    pub kernel: String,
    pub postgres: String,
    /// Writes of 8 KiB a second, each flushed to the disk that the measurements ran on.
    pub flushes_per_second: f64,
}

/// How long the disk is tried.
const TRIAL: Duration = Duration::from_secs(2);
const PAGE: usize = 8192;
/// Filesystems of this type are no disk (statfs(2)).
const TMPFS: u64 = 0x0102_1994;

impl Machine {
    pub fn look(folder: &Path, postgres: String) -> anyhow::Result<Self> {
        let kib = line("/proc/meminfo", "MemTotal:");
        let kib: f64 = kib.trim_end_matches(" kB").parse().unwrap_or_default();
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            processor: line("/proc/cpuinfo", "model name"),
            memory_gib: kib / 1024.0 / 1024.0,
            kernel: line("/proc/sys/kernel/osrelease", ""),
            postgres,
            flushes_per_second: flushes(folder)?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cores ({}), {:.0} GiB, Linux {}, Postgres {}, fsync on, {:.0} flushed writes a second",
            self.cores, self.processor, self.memory_gib, self.kernel, self.postgres, self.flushes_per_second
        )
    }
}

/// Refuses a folder in memory, where nothing is ever flushed.
pub fn refuse_memory(folder: &Path) -> anyhow::Result<()> {
    let kind = rustix::fs::statfs(folder).with_context(|| folder.display().to_string())?.f_type;
    let is_memory = u64::try_from(kind).is_ok_and(|kind| kind == TMPFS);
    ensure!(!is_memory, "{} is in memory: choose a folder on a disk with --folder", folder.display());
    Ok(())
}

fn flushes(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("flushes");
    let file = File::create(&path)?;
    let page = [0_u8; PAGE];
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < TRIAL {
        file.write_all_at(&page, 0)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

/// The rest of the first line that starts so, without the colon.
fn line(path: &str, start: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let rest = text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or("unknown");
    rest.trim_start_matches([' ', '\t', ':']).trim().to_owned()
}
