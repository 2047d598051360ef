//! Key files: read, and made so that nobody else can read them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use forewarm_store::Keyring;
use forewarm_store::keyring::Key;
use zeroize::Zeroizing;

const NOTE: &str =
    "# Keys of Forewarm, one a line: the first encrypts, the others only decrypt. Keep a copy.\n";
const READABLE_BY_OTHERS: u32 = 0o044;
const WRITABLE_BY_OTHERS: u32 = 0o022;

pub fn read(path: &Path) -> anyhow::Result<Keyring> {
    Keyring::parse(&text(path)?).map_err(|reason| anyhow!(reason))
}

/// The text of a file that holds keys. One that others can read is used with a warning: that is how containers are
/// given secrets. One that others can write is not: they could make us encrypt with a key of theirs.
pub fn text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the key file {shown}"))?;
    let text = Zeroizing::new(text);
    let mode =
        fs::metadata(path).with_context(|| format!("cannot read the key file {shown}"))?.permissions().mode();
    ensure!(
        mode & WRITABLE_BY_OTHERS == 0,
        "the key file {shown} can be written by others: `chmod 600 {shown}`, and make sure that it still holds your key"
    );
    if mode & READABLE_BY_OTHERS != 0 {
        tracing::warn!(file = %shown, "the key file can be read by others; `chmod 600` would mend that");
    }
    Keyring::parse(&text).map_err(|reason| anyhow!("the key file {shown}: {reason}"))?;
    Ok(text)
}

pub fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & READABLE_BY_OTHERS != 0)
}

/// Makes a file with a new key and returns the key's id. A file that is there already is left as it is.
pub fn make(path: &Path) -> anyhow::Result<String> {
    let key = Key::generate();
    let file = written(path, &key, "")?;
    match file.persist_noclobber(path) {
        // Another process was faster, and its key is as good.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
        done => drop(done.with_context(|| format!("cannot make the key file {}", path.display()))?),
    }
    Ok(key.id().to_owned())
}

/// Puts a new key before those of a file and returns its id.
pub fn add(path: &Path) -> anyhow::Result<String> {
    let old = text(path)?;
    let key = Key::generate();
    let file = written(path, &key, old.strip_prefix(NOTE).unwrap_or(&old))?;
    file.persist(path).with_context(|| format!("cannot write the key file {}", path.display()))?;
    Ok(key.id().to_owned())
}

/// A file beside `path`, readable by us alone, that takes its place in one step.
fn written(path: &Path, key: &Key, rest: &str) -> anyhow::Result<tempfile::NamedTempFile> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<tempfile::NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(parent)?;
        file.write_all(NOTE.as_bytes())?;
        file.write_all(key.text().as_bytes())?;
        file.write_all(b"\n")?;
        file.write_all(rest.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().with_context(|| format!("cannot write the key file {}", path.display()))
}
