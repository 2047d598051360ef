//! Who may do what: users, robots, and everybody on public projects.

use std::collections::BTreeSet;

use super::world::{Data, World};
use crate::registry::basic_pair;
use crate::{Answer, Recorded};

/// The rights of a robot that may read everything of its project, as `resource:action`; `project:read` is the project
/// itself (`pkg/permission/types` of Harbor 2.16).
pub const READER: [&str; 9] = [
    "project:read",
    "repository:list",
    "repository:pull",
    "artifact:list",
    "artifact:read",
    "artifact-addition:read",
    "tag:list",
    "label:read",
    "accessory:list",
];

/// A user or a robot.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) secret: String,
    /// `None`: a system administrator.
    pub(crate) scope: Option<Scope>,
}

/// What a robot is for.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) projects: BTreeSet<String>,
    pub(crate) rights: BTreeSet<String>,
}

impl Account {
    /// The administrator that every Harbor starts with.
    pub(crate) fn admin() -> Self {
        Self { name: super::ADMIN.to_owned(), secret: super::ADMIN_PASSWORD.to_owned(), scope: None }
    }

    fn may(&self, project: &str, right: &str) -> bool {
        let Some(scope) = &self.scope else {
            return true;
        };
        scope.projects.contains(project) && scope.rights.contains(right)
    }

    pub(crate) fn sees(&self, project: &str) -> bool {
        self.scope.as_ref().is_none_or(|scope| scope.projects.contains(project))
    }
}

/// Whose name and password the request carries; Harbor takes wrong ones for none at all.
pub(crate) fn who(data: &Data, request: &Recorded) -> Option<Account> {
    let (name, secret) = basic_pair(request)?;
    data.accounts.iter().find(|account| account.name == name && account.secret == secret).cloned()
}

/// Whether this one may do that in the project; a public project shows itself to all.
pub(crate) fn may(data: &Data, account: Option<&Account>, project: &str, right: &str) -> bool {
    let public = data.projects.get(project).is_some_and(super::project::Project::is_public);
    public && READER.contains(&right) || account.is_some_and(|account| account.may(project, right))
}

/// The refusal, if it is to be refused: 401 to strangers, 403 to those who lack the right (also where there is no such
/// project, so that nobody can probe for names; an administrator gets 404).
pub(crate) fn require(data: &Data, request: &Recorded, project: &str, right: &str) -> Result<(), Answer> {
    let account = who(data, request);
    if may(data, account.as_ref(), project, right) {
        return match data.projects.contains_key(project) {
            true => Ok(()),
            false => Err(super::routes::not_found(&format!("project {project} not found"))),
        };
    }
    Err(refusal(account.is_some()))
}

/// Only those who have signed in, whoever they are.
pub(crate) fn require_someone(world: &World, request: &Recorded) -> Result<(), Answer> {
    match who(&crate::lock(&world.data), request) {
        Some(_) => Ok(()),
        None => Err(refusal(false)),
    }
}

fn refusal(known: bool) -> Answer {
    match known {
        true => super::routes::error(403, "FORBIDDEN", "forbidden"),
        false => super::routes::error(401, "UNAUTHORIZED", "unauthorized"),
    }
}
