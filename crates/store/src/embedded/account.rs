//! Who the server runs as: Postgres refuses root.

use std::fs;
use std::process::Command;

use super::EmbeddedError;

/// The user of the server's processes and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Whether this is somebody else than ourselves, which only root can arrange.
    pub switched: bool,
}

impl Account {
    /// As root: `wanted`, or `postgres`, or `nobody`. As anybody else: ourselves.
    pub fn choose(wanted: Option<&str>) -> Result<Self, EmbeddedError> {
        let uid = rustix::process::geteuid();
        if !uid.is_root() {
            let gid = rustix::process::getegid().as_raw();
            return Ok(Self { name: format!("#{}", uid.as_raw()), uid: uid.as_raw(), gid, switched: false });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let names = wanted.map_or(vec!["postgres", "nobody"], |name| vec![name]);
        let missing = || EmbeddedError::NoUser { name: names[0].to_owned() };
        names.iter().find_map(|name| parse(&passwd, name)).ok_or_else(missing)
    }

    /// Makes `command` run as this user; std also clears root's supplementary groups on the way.
    pub fn apply(&self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        if self.switched {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Whether the permission bits let this user search a directory that `uid:gid` owns.
    pub fn may_enter(&self, uid: u32, gid: u32, mode: u32) -> bool {
        let bit = match () {
            () if uid == self.uid => 0o100,
            () if gid == self.gid => 0o010,
            () => 0o001,
        };
        mode & bit != 0
    }
}

/// A line of passwd(5): `name:password:uid:gid:comment:home:shell`.
fn parse(passwd: &str, name: &str) -> Option<Account> {
    let mut fields = passwd
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name: name.to_owned(), uid, gid, switched: true })
}
