//! The chapters of the document.

use poem_openapi::Tags;

#[derive(Tags)]
pub enum Tag {
    /// The kinds of engines that can be used, and what each can do.
    Vendors,
    /// Where artifacts live.
    Registries,
    /// The configured engines.
    Instances,
    /// Namespaces of registries.
    Projects,
    /// Which artifacts go to which instances, when and how.
    Policies,
    /// Runs without a policy.
    Preheats,
    /// Runs of policies and of ad-hoc preheats.
    Executions,
    /// What registries tell us, and what comes of it.
    Events,
    /// One manifest, or one set of files, on one instance.
    Tasks,
    /// What is warm where, as far as preheats have proven it.
    Warm,
    /// Who may do what.
    Users,
    /// What machines introduce themselves with.
    Tokens,
    /// Who did what.
    Audit,
    /// For load balancers and orchestrators.
    Health,
}

/// The chapters of the document for clients of Harbor.
#[derive(Tags)]
pub enum HarborTag {
    /// Harbor's P2P preheat.
    #[oai(rename = "preheat")]
    Preheat,
    /// Namespaces of registries.
    #[oai(rename = "project")]
    Project,
    /// Who is asking.
    #[oai(rename = "user")]
    User,
    /// Which server this is, and how it is.
    #[oai(rename = "system")]
    System,
}
