//! Who may do what: roles, where they hold, and the rights that come of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// What somebody may do; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees a project: its policies, executions and tasks.
    ProjectViewer,
    /// Also edits a project's policies and runs them.
    ProjectAdmin,
    /// Everything, in every project; registries, instances, projects and users too.
    SystemAdmin,
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    /// The projects, by id with their names; None = every project, also later ones.
    pub projects: Option<BTreeMap<i64, String>>,
}

/// What somebody may do where: grants added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    everywhere: Option<Role>,
    projects: BTreeMap<i64, Role>,
}

/// Which projects somebody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    All,
    Projects(Vec<i64>),
}

impl Role {
    pub const ALL: [Self; 3] = [Self::ProjectViewer, Self::ProjectAdmin, Self::SystemAdmin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProjectViewer => "project_viewer",
            Self::ProjectAdmin => "project_admin",
            Self::SystemAdmin => "system_admin",
        }
    }
}

impl FromStr for Role {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found
            .ok_or_else(|| Invalid::new("role", "must be one of project_viewer, project_admin, system_admin"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Rights {
    pub fn of<'a>(grants: impl IntoIterator<Item = &'a Grant>) -> Self {
        let mut rights = Self::default();
        for grant in grants {
            rights.add(grant);
        }
        rights
    }

    fn add(&mut self, grant: &Grant) {
        let Some(projects) = &grant.projects else {
            self.everywhere = self.everywhere.max(Some(grant.role));
            return;
        };
        // A system administrator is one everywhere or not at all.
        let role = grant.role.min(Role::ProjectAdmin);
        for id in projects.keys() {
            let held = self.projects.entry(*id).or_insert(role);
            *held = role.max(*held);
        }
    }

    pub fn is_system_admin(&self) -> bool {
        self.everywhere == Some(Role::SystemAdmin)
    }

    /// The role in a project; None = it is not even seen.
    pub fn role_in(&self, project: i64) -> Option<Role> {
        self.everywhere.max(self.projects.get(&project).copied())
    }

    /// The highest role anywhere.
    pub fn highest(&self) -> Option<Role> {
        self.everywhere.max(self.projects.values().max().copied())
    }

    /// The same as grants, given the names of the projects.
    pub fn grants(&self, names: &BTreeMap<i64, String>) -> Vec<Grant> {
        let everywhere = self.everywhere.map(|role| Grant { role, projects: None });
        let mut by_role: BTreeMap<Role, BTreeMap<i64, String>> = BTreeMap::new();
        for (id, role) in &self.projects {
            if let Some(name) = names.get(id) {
                by_role.entry(*role).or_default().insert(*id, name.clone());
            }
        }
        let named = by_role.into_iter().map(|(role, projects)| Grant { role, projects: Some(projects) });
        everywhere.into_iter().chain(named).collect()
    }

    pub fn reach(&self) -> Reach {
        match self.everywhere {
            Some(_) => Reach::All,
            None => Reach::Projects(self.projects.keys().copied().collect()),
        }
    }

    /// What is in both: a token's rights under those of its user.
    pub fn within(&self, other: &Self) -> Self {
        let everywhere = self.everywhere.min(other.everywhere);
        let named = self.projects.keys().chain(other.projects.keys());
        let projects = named.filter_map(|id| {
            let role = self.role_in(*id).min(other.role_in(*id))?;
            Some((*id, role.min(Role::ProjectAdmin)))
        });
        Self { everywhere, projects: projects.collect() }
    }

    /// Whether these include the others, so that who has them may give the others away.
    pub fn include(&self, others: &Self) -> bool {
        others.everywhere <= self.everywhere
            && others.projects.iter().all(|(id, role)| Some(*role) <= self.role_in(*id))
    }
}

impl Reach {
    /// The ids to bind to a statement that narrows by them; None = it does not narrow.
    pub fn ids(&self) -> Option<&[i64]> {
        match self {
            Self::All => None,
            Self::Projects(ids) => Some(ids),
        }
    }
}
