//! What policies and ad-hoc preheats have in common: how, to which instances, with which access to the origin.

use forewarm_domain::Invalid;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};

use crate::access::AccessWrite;
use crate::checks::Checks;
use crate::error::ApiError;
use crate::options::OptionsObject;
use crate::state::ApiState;

/// How a preheat is asked for.
pub struct Wish<'a> {
    pub kind: Kind,
    pub options: Option<&'a OptionsObject>,
    pub access: Option<&'a AccessWrite>,
    /// The access of now, where something is being changed.
    pub stored_access: OriginAccess,
}

/// How a preheat will be done: checked, and honoured by every instance.
pub struct Plan {
    pub options: PreheatOptions,
    pub access: OriginAccess,
}

impl Wish<'_> {
    /// The plan, or notes of everything that is wrong with it.
    pub fn plan(self, checks: &mut Checks, instances: &[Instance]) -> Option<Plan> {
        let options = self.options.map_or(Ok(PreheatOptions::default()), OptionsObject::resolve);
        let options = checks.take_within("options", options)?;
        checks.take_within("options", options.check(self.kind));
        let access = match self.access {
            Some(access) => access.resolve(&self.stored_access),
            None => self.stored_access,
        };
        checks.take_within("access", access.check());
        for instance in instances {
            checks.add(refusals(instance, self.kind, &options, &access));
        }
        Some(Plan { options, access })
    }
}

/// The instances with these names; the default one if none is named.
pub async fn instances(
    state: &ApiState,
    checks: &mut Checks,
    names: &[String],
) -> Result<Vec<Instance>, ApiError> {
    let found = state.store.instances().chosen(names).await?;
    if found.is_empty() && names.is_empty() {
        let reason = "name one: there is no default instance";
        checks.check(Err(Invalid::new("instances", reason)));
    }
    for (i, name) in names.iter().enumerate() {
        let field = format!("instances[{i}]");
        if !found.iter().any(|instance| instance.name == *name) {
            checks.check(Err(Invalid::new(field, format!("there is no instance '{name}'"))));
        } else if names[..i].contains(name) {
            checks.check(Err(Invalid::new(field, format!("'{name}' is given twice"))));
        }
    }
    Ok(found)
}

/// What an instance cannot honour.
pub fn refusals(
    instance: &Instance,
    kind: Kind,
    options: &PreheatOptions,
    access: &OriginAccess,
) -> Vec<Invalid> {
    let Some(vendor) = forewarm_provider::vendor(&instance.vendor) else {
        let reason = format!("'{}' is of vendor {}, which is not built in", instance.name, instance.vendor);
        return vec![Invalid::new("instances", reason)];
    };
    let complaints = vendor.check_instance(instance, kind, options).err();
    let options = complaints.into_iter().flatten().map(|invalid| match invalid.field.as_str() {
        "type" => Invalid::new("instances", format!("'{}': {}", instance.name, invalid.reason)),
        _ => invalid.within("options"),
    });
    let complaints = vendor.check_origin(access).err();
    let access = complaints.into_iter().flatten().map(|invalid| invalid.within("access"));
    options.chain(access).collect()
}
