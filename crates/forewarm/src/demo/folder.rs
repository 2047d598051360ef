//! The folder that everything of the demo lies in.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

/// Where everybody may go, should the temporary directory be somebody's own.
const OPEN_TO_ALL: &str = "/var/tmp";

/// A new folder, gone with the value.
pub fn make() -> anyhow::Result<TempDir> {
    let usual = std::env::temp_dir();
    let folder = make_in(&usual)?;
    // Root's Postgres runs as another user, who must get through.
    let of_root = folder.path().metadata().is_ok_and(|folder| folder.uid() == 0);
    if of_root && !is_passable(folder.path()) {
        return make_in(Path::new(OPEN_TO_ALL));
    }
    Ok(folder)
}

fn make_in(parent: &Path) -> anyhow::Result<TempDir> {
    let made = tempfile::Builder::new().prefix("forewarm-demo-").tempdir_in(parent);
    let folder = made.with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    // Afterwards, since a creation heeds the umask.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))
        .with_context(|| format!("cannot open up {}", folder.path().display()))?;
    Ok(folder)
}

/// Whether any user may go through this folder and all above it.
fn is_passable(folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else {
        return false;
    };
    folder.ancestors().all(|folder| folder.metadata().is_ok_and(|folder| folder.mode() & 0o001 != 0))
}
