//! What processes have used so far, by what Linux tells in `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// Ticks of a second in `/proc/<pid>/stat`: the same on every machine that Linux's 64-bit ports are for.
const TICKS: u64 = 100;
/// Fields of `/proc/<pid>/stat` after the name, from 0: proc(5) numbers them from 3.
const PARENT: usize = 1;
const OWN: std::ops::Range<usize> = 11..13;
const OWN_AND_ENDED_CHILDREN: std::ops::Range<usize> = 11..15;

/// CPU time of one process, user and system.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    Ok(ticks(&stat(pid)?, OWN))
}

/// CPU time of a process and all its children, ended ones included.
pub fn family_cpu(pid: u32) -> anyhow::Result<Duration> {
    let own = ticks(&stat(pid)?, OWN_AND_ENDED_CHILDREN);
    Ok(children(pid).iter().fold(own, |sum, fields| sum + ticks(fields, OWN)))
}

/// Largest resident memory ever, in MiB.
pub fn peak_memory(pid: u32) -> anyhow::Result<f64> {
    memory(pid, "VmHWM:")
}

/// Resident memory now, in MiB.
pub fn resident_memory(pid: u32) -> anyhow::Result<f64> {
    memory(pid, "VmRSS:")
}

fn memory(pid: u32, name: &str) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| path.clone())?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().with_context(|| path)?;
    Ok(kib / 1024.0)
}

fn stat(pid: u32) -> anyhow::Result<Vec<u64>> {
    let path = format!("/proc/{pid}/stat");
    let line = fs::read_to_string(&path).with_context(|| path.clone())?;
    fields(&line).with_context(|| path)
}

/// The numbers after the name, which may itself hold blanks and brackets; the state's letter counts as 0.
fn fields(line: &str) -> Option<Vec<u64>> {
    let (_, rest) = line.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect())
}

fn children(parent: u32) -> Vec<Vec<u64>> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // One that has just ended counts for its parent from now on.
    let stats = pids.filter_map(|pid| stat(pid).ok());
    stats.filter(|fields| fields.get(PARENT) == Some(&u64::from(parent))).collect()
}

fn ticks(fields: &[u64], which: std::ops::Range<usize>) -> Duration {
    let ticks: u64 = fields.get(which).into_iter().flatten().sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}
