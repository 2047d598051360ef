//! The state directory: what lies where in it, who owns it, and its lock.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::EmbeddedError;
use super::account::Account;

/// Part of the socket's file name; nothing listens on TCP.
pub(super) const PORT: u16 = 5432;
/// The kernel's `sockaddr_un` holds 108 bytes, the last of them a zero.
const MAX_SOCKET_PATH: usize = 107;
const LOCK: &str = "lock";

/// An opened state directory. The lock lives as long as this does.
#[derive(Debug)]
pub(super) struct Layout {
    state_dir: PathBuf,
    socket_dir: PathBuf,
    account: Account,
    lock: File,
}

/// `/var/lib/forewarm` for root, whose home no other user can enter; else `$XDG_STATE_HOME/forewarm`.
pub fn default_state_dir() -> Result<PathBuf, EmbeddedError> {
    if rustix::process::geteuid().is_root() {
        return Ok("/var/lib/forewarm".into());
    }
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("forewarm"))
        .ok_or(EmbeddedError::NoHome)
}

impl Drop for Layout {
    /// Said aloud, because a child that another thread is just forking holds a copy of the lock until its `exec`.
    fn drop(&mut self) {
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

impl Layout {
    pub fn open(dir: &Path, account: Account) -> Result<Self, EmbeddedError> {
        fs::create_dir_all(dir).map_err(EmbeddedError::io("cannot create the state directory", dir))?;
        let state_dir = dir.canonicalize().map_err(EmbeddedError::io("cannot resolve", dir))?;
        refuse_foreign(&state_dir)?;
        refuse_unreachable(&state_dir, &account)?;
        let lock = lock(&state_dir)?;
        own(&state_dir, &account)?;
        let socket_dir = socket_dir(&state_dir, &account)?;
        Ok(Self { state_dir, socket_dir, account, lock })
    }

    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    pub fn data(&self) -> PathBuf {
        self.state_dir.join("data")
    }

    /// Where initdb works; becomes `data` by a rename, so that a half-made cluster is never taken for one.
    pub fn unfinished_data(&self) -> PathBuf {
        self.state_dir.join("data.init")
    }

    pub fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    /// Postgres's own lock on the socket, again with a process id in it.
    pub fn socket_lock(&self) -> PathBuf {
        self.socket_dir.join(format!(".s.PGSQL.{PORT}.lock"))
    }

    pub fn log(&self) -> PathBuf {
        self.state_dir.join("server.log")
    }
}

/// Owner and mode of the directory are about to change: that must not happen to somebody's home or to /tmp.
fn refuse_foreign(dir: &Path) -> Result<(), EmbeddedError> {
    let mut entries = fs::read_dir(dir).map_err(EmbeddedError::io("cannot read", dir))?;
    if entries.next().is_none() || dir.join(LOCK).is_file() {
        return Ok(());
    }
    Err(EmbeddedError::NotOurs { dir: dir.to_owned() })
}

fn refuse_unreachable(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if !account.switched {
        return Ok(());
    }
    for parent in dir.ancestors().skip(1) {
        let meta = fs::metadata(parent).map_err(EmbeddedError::io("cannot read", parent))?;
        if !account.may_enter(meta.uid(), meta.gid(), meta.mode()) {
            return Err(EmbeddedError::Unreachable {
                user: account.name.clone(),
                blocked: parent.to_owned(),
            });
        }
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File, EmbeddedError> {
    let path = dir.join(LOCK);
    let file = open_own(OpenOptions::new().write(true).create(true).truncate(false), &path)
        .map_err(EmbeddedError::io("cannot open", &path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(errno) if errno.kind() == ErrorKind::WouldBlock => {
            Err(EmbeddedError::InUse { dir: dir.to_owned() })
        }
        Err(errno) => Err(EmbeddedError::io("cannot lock", path)(errno.into())),
    }
}

/// Opens a file of ours, 0600. Never through a symbolic link: the directory may belong to the server's user while we
/// are root.
pub(super) fn open_own(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits() as i32).open(path)
}

fn own(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if account.switched {
        chown(dir, Some(account.uid), Some(account.gid)).map_err(EmbeddedError::io("cannot chown", dir))?;
    }
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(EmbeddedError::io("cannot chmod", dir))
}

/// The state directory itself, or a short one elsewhere when the socket's path would not fit.
fn socket_dir(state_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    if fits(state_dir) {
        return Ok(state_dir.to_owned());
    }
    let mut hasher = DefaultHasher::new();
    state_dir.hash(&mut hasher);
    let parent = if account.switched && Path::new("/run").is_dir() { "/run".into() } else { env::temp_dir() };
    let dir = parent.join(format!("forewarm-{:016x}", hasher.finish()));
    if !fits(&dir) {
        return Err(EmbeddedError::SocketDir { dir, reason: "its path is too long for a socket".to_owned() });
    }
    make_socket_dir(&dir, account)?;
    Ok(dir)
}

/// In a directory that all may write to, a stranger could have been there first.
fn make_socket_dir(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => return own(dir, account),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(EmbeddedError::io("cannot create", dir)(error)),
    }
    let meta = fs::symlink_metadata(dir).map_err(EmbeddedError::io("cannot read", dir))?;
    let trusted = [account.uid, rustix::process::geteuid().as_raw()];
    if !meta.is_dir() || !trusted.contains(&meta.uid()) {
        return Err(EmbeddedError::SocketDir {
            dir: dir.to_owned(),
            reason: "it belongs to somebody else".to_owned(),
        });
    }
    own(dir, account)
}

fn fits(dir: &Path) -> bool {
    let socket = dir.join(format!(".s.PGSQL.{PORT}"));
    socket.as_os_str().len() <= MAX_SOCKET_PATH
}
