//! Finding the server's binaries on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::EmbeddedError;

/// The oldest major version that the SQL of this crate is written for.
const OLDEST: u32 = 14;

/// A directory with `initdb` and `postgres`.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    dir: PathBuf,
    major: u32,
}

impl Binaries {
    /// The first of the known places; when there is a cluster already, the first that holds the cluster's own major
    /// version, because no other can read its files.
    pub fn find(state_dir: &Path, data: &Path) -> Result<Self, EmbeddedError> {
        let found = candidates(state_dir)?;
        let Some(cluster) = cluster_major(data) else {
            let install = install_command();
            return found.into_iter().next().ok_or(EmbeddedError::NoBinaries { install });
        };
        let versions: Vec<String> = found.iter().map(|binaries| binaries.major.to_string()).collect();
        found.into_iter().find(|binaries| binaries.major == cluster).ok_or_else(|| {
            let found = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
            EmbeddedError::VersionMismatch { data: data.to_owned(), cluster, found }
        })
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn probe(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let output =
            Command::new(dir.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        (major >= OLDEST).then(|| Self { dir: dir.to_owned(), major })
    }
}

/// Every usable directory, best first. A `PG_BIN` is an order: if it is wrong nothing else is tried.
fn candidates(state_dir: &Path) -> Result<Vec<Binaries>, EmbeddedError> {
    if let Some(dir) = env::var_os("PG_BIN").filter(|dir| !dir.is_empty()).map(PathBuf::from) {
        return Binaries::probe(&dir).map(|binaries| vec![binaries]).ok_or(EmbeddedError::BadPgBin { dir });
    }
    let mut dirs: Vec<PathBuf> = pg_config().into_iter().collect();
    dirs.extend(versioned("/usr/lib/postgresql", ""));
    dirs.extend(versioned("/usr", "pgsql-"));
    for brew in ["/opt/homebrew/opt", "/usr/local/opt"] {
        dirs.extend(versioned(brew, "postgresql@"));
    }
    dirs.push(state_dir.join("pg/bin"));
    dirs.push(state_dir.join("pg"));
    Ok(dirs.iter().filter_map(|dir| Binaries::probe(dir)).collect())
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    (!dir.trim().is_empty()).then(|| dir.trim().into())
}

/// The `bin` directories of `<parent>/<prefix><major>`, highest version first.
fn versioned(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, dir)| dir).collect()
}

fn cluster_major(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, `… 19devel`.
fn parse_version(line: &str) -> Option<u32> {
    let version = line.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn install_command() -> &'static str {
    let commands = [
        ("/usr/bin/apt-get", "apt-get install -y --no-install-recommends postgresql"),
        ("/usr/bin/dnf", "dnf install -y postgresql-server"),
        ("/sbin/apk", "apk add postgresql"),
        ("/usr/bin/zypper", "zypper install -y postgresql-server"),
        ("/usr/bin/pacman", "pacman -S --noconfirm postgresql"),
    ];
    let here = commands.iter().find(|(program, _)| Path::new(program).exists());
    here.map_or("brew install postgresql@17", |(_, command)| command)
}
