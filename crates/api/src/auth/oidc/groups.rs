//! Which groups of the issuer have which roles here.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use forewarm_domain::access::{Grant, Rights, Role};

/// `GROUP=ROLE`, `GROUP=ROLE:project,project`, or `sub:SUBJECT=…` for one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRule {
    whose: Whose,
    role: Role,
    /// Names; None = everywhere.
    projects: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Group(String),
    /// The claim `sub`, which the issuer gives to one user or service only.
    Subject(String),
}

impl RoleRule {
    pub fn applies_to(&self, subject: Option<&str>, groups: &[&str]) -> bool {
        match &self.whose {
            Whose::Group(name) => groups.contains(&name.as_str()),
            Whose::Subject(name) => subject == Some(name),
        }
    }
}

/// Names of all the projects that the rules are about.
pub fn projects(rules: &[RoleRule]) -> Vec<String> {
    let names: BTreeSet<&String> = rules.iter().filter_map(|rule| rule.projects.as_ref()).flatten().collect();
    names.into_iter().cloned().collect()
}

/// What the rules give, where `existing` holds ids and names of the projects that there are. Others give nothing.
pub fn rights(rules: &[RoleRule], existing: &BTreeMap<i64, String>) -> Rights {
    let grants: Vec<Grant> = rules.iter().map(|rule| grant(rule, existing)).collect();
    Rights::of(&grants)
}

fn grant(rule: &RoleRule, existing: &BTreeMap<i64, String>) -> Grant {
    let named = |names: &BTreeSet<String>| {
        let found = existing.iter().filter(|(_, name)| names.contains(*name));
        found.map(|(id, name)| (*id, name.clone())).collect()
    };
    Grant { role: rule.role, projects: rule.projects.as_ref().map(named) }
}

impl FromStr for RoleRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The last one: names of groups may be like `CN=ops,OU=groups`.
        let (whose, what) =
            text.rsplit_once('=').ok_or("must be like GROUP=project_admin:shop or GROUP=system_admin")?;
        let (role, projects) = match what.split_once(':') {
            Some((role, projects)) => (role, Some(names(projects)?)),
            None => (what, None),
        };
        let role: Role = role.parse().map_err(|_| {
            format!("'{role}' is no role; there are project_viewer, project_admin and system_admin")
        })?;
        if role == Role::SystemAdmin && projects.is_some() {
            return Err("system_admin holds everywhere: leave the projects out".to_owned());
        }
        Ok(Self { whose: whose.parse()?, role, projects })
    }
}

impl FromStr for Whose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, whose) = match text.strip_prefix("sub:") {
            Some(subject) => (subject, Self::Subject(subject.to_owned())),
            None => (text, Self::Group(text.to_owned())),
        };
        if name.trim().is_empty() {
            return Err("names no group before the '='".to_owned());
        }
        Ok(whose)
    }
}

fn names(text: &str) -> Result<BTreeSet<String>, String> {
    let names: BTreeSet<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.contains("") {
        return Err("names no project after a ':' or ','".to_owned());
    }
    Ok(names)
}
