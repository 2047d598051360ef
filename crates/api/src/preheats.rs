//! Ad-hoc preheats: executions without a policy.

use forewarm_domain::Invalid;
use forewarm_domain::execution::{ImageRef, InstanceRef, Spec, Work};
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{Kind, OriginAccess};
use forewarm_domain::project::Project;
use forewarm_domain::registry::Registry;
use forewarm_domain::trigger::Start;
use forewarm_store::executions::NewExecution;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, Union};

use crate::access::AccessWrite;
use crate::answers::Created;
use crate::auth::{Auth, Need};
use crate::checks::Checks;
use crate::error::ApiError;
use crate::executions::{ExecutionView, created};
use crate::image_reference::Reference;
use crate::input::Input;
use crate::options::OptionsObject;
use crate::plan::{self, Wish};
use crate::policies::types::attempts;
use crate::projects;
use crate::reach;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// What to preheat, at once and without a policy.
#[derive(Union)]
#[oai(one_of = true, discriminator_name = "type", rename_all = "snake_case")]
enum Preheat {
    Image(ImagePreheat),
    File(FilePreheat),
}

/// Images, each by tag or digest.
#[derive(Object)]
struct ImagePreheat {
    /// `host/repository:tag` or `host/repository@digest`; without the host if `registry` is given.
    #[oai(validator(min_items = 1, max_items = 1000))]
    images: Vec<String>,
    /// Name of the registry that holds them.
    registry: Option<String>,
    /// Name of the project that they lie in and that the execution belongs to: its administrators may preheat what is
    /// in it. Left out: the execution belongs to no project, and only a system administrator may start it.
    project: Option<String>,
    /// Names of the instances; left out: every enabled one that can preheat images.
    #[oai(validator(min_items = 1, max_items = 100))]
    instances: Option<Vec<String>>,
    options: Option<OptionsObject>,
    access: Option<AccessWrite>,
    /// How often a task is tried before it has failed; left out: 5.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    max_attempts: Option<i64>,
    /// Leave out what is proven warm already, and count it as success. Left out: everything is preheated.
    skip_if_warm: Option<bool>,
}

/// Files by URL.
#[derive(Object)]
struct FilePreheat {
    #[oai(validator(min_items = 1, max_items = 1000))]
    urls: Vec<String>,
    /// Names of the instances; left out: every enabled one that can preheat files.
    #[oai(validator(min_items = 1, max_items = 100))]
    instances: Option<Vec<String>>,
    options: Option<OptionsObject>,
    access: Option<AccessWrite>,
    /// How often a task is tried before it has failed; left out: 5.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    max_attempts: Option<i64>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Preheats")]
impl Api {
    /// Preheat images or files at once
    ///
    /// Starts an execution without a policy. Files are for system administrators: engines fetch whatever address they
    /// are given.
    #[oai(path = "/preheats", method = "post", operation_id = "CreatePreheat")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Preheat>,
    ) -> Result<Created<ExecutionView>, ApiError> {
        let project = body.0.project(&state, &auth).await?;
        let new = body.0.execution(&state, project.as_ref()).await?;
        Ok(created(auth.store(&state).executions().start(&new).await?))
    }
}

impl Preheat {
    /// The project that it is for, if the caller may change it.
    async fn project(&self, state: &ApiState, auth: &Auth) -> Result<Option<Project>, ApiError> {
        match self {
            Self::Image(ImagePreheat { project: Some(name), .. }) => {
                Ok(Some(projects::find(state, auth, Need::Change, name).await?))
            }
            _ => auth.system_admin().map(|()| None),
        }
    }

    async fn execution(&self, state: &ApiState, project: Option<&Project>) -> Result<NewExecution, ApiError> {
        let mut checks = Checks::default();
        let work = match self {
            Self::Image(preheat) => preheat.work(state, project, &mut checks).await?,
            Self::File(preheat) => preheat.work(state, &mut checks),
        };
        let instances = self.instances(state, &mut checks).await?;
        let wish = Wish {
            kind: self.kind(),
            options: self.options(),
            access: self.access(),
            stored_access: OriginAccess::default(),
        };
        let plan = wish.plan(&mut checks, &instances);
        let plan = checks.finish(plan)?;
        Ok(NewExecution {
            policy: None,
            project: project.map(|project| (project.id, project.name.clone())),
            start: Start::Manual,
            scheduled_for: None,
            event_id: None,
            warnings: plan.options.warnings(self.kind()),
            origin: plan.access,
            spec: Spec {
                work,
                instances: InstanceRef::of(&instances),
                options: plan.options,
                max_attempts: attempts(self.max_attempts()),
                skip_if_warm: self.skip_if_warm(),
            },
        })
    }

    /// The chosen instances, or every enabled one that can do this.
    async fn instances(&self, state: &ApiState, checks: &mut Checks) -> Result<Vec<Instance>, ApiError> {
        if let Some(names) = self.chosen() {
            let instances = plan::instances(state, checks, names).await?;
            let disabled = instances.iter().filter(|instance| !instance.enabled);
            checks.add(disabled.map(|instance| {
                Invalid::new("instances", format!("instance '{}' is disabled", instance.name))
            }));
            return Ok(instances);
        }
        let mut instances = state.store.instances().all().await?;
        instances.retain(|instance| instance.enabled && can(instance, self.kind()));
        if instances.is_empty() {
            let reason =
                format!("no enabled instance can preheat {}s; create one first", self.kind().as_str());
            checks.add([Invalid::new("instances", reason)]);
        }
        Ok(instances)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Image(_) => Kind::Image,
            Self::File(_) => Kind::File,
        }
    }

    fn chosen(&self) -> Option<&[String]> {
        match self {
            Self::Image(preheat) => preheat.instances.as_deref(),
            Self::File(preheat) => preheat.instances.as_deref(),
        }
    }

    fn options(&self) -> Option<&OptionsObject> {
        match self {
            Self::Image(preheat) => preheat.options.as_ref(),
            Self::File(preheat) => preheat.options.as_ref(),
        }
    }

    fn access(&self) -> Option<&AccessWrite> {
        match self {
            Self::Image(preheat) => preheat.access.as_ref(),
            Self::File(preheat) => preheat.access.as_ref(),
        }
    }

    /// Nothing is known of files.
    fn skip_if_warm(&self) -> bool {
        match self {
            Self::Image(preheat) => preheat.skip_if_warm.unwrap_or(false),
            Self::File(_) => false,
        }
    }

    fn max_attempts(&self) -> Option<i64> {
        match self {
            Self::Image(preheat) => preheat.max_attempts,
            Self::File(preheat) => preheat.max_attempts,
        }
    }
}

fn can(instance: &Instance, kind: Kind) -> bool {
    forewarm_provider::vendor(&instance.vendor).is_some_and(|vendor| vendor.kinds.contains(&kind))
}

impl ImagePreheat {
    async fn work(
        &self,
        state: &ApiState,
        project: Option<&Project>,
        checks: &mut Checks,
    ) -> Result<Work, ApiError> {
        let registries = self.registries(state, project, checks).await?;
        let mut images = Vec::new();
        for (i, text) in self.images.iter().enumerate() {
            let field = format!("images[{i}]");
            let reference = checks.take(Reference::parse(&field, text, self.registry.is_none()));
            let image = reference.and_then(|reference| self.image(checks, &field, &registries, reference));
            if let (Some(image), Some(project)) = (&image, project) {
                checks.check(lies_in(project, &field, image));
            }
            images.extend(image);
        }
        Ok(Work::Images { images })
    }

    /// The registry that is named, or the project's, or all, to find those that the images' hosts belong to.
    async fn registries(
        &self,
        state: &ApiState,
        project: Option<&Project>,
        checks: &mut Checks,
    ) -> Result<Vec<Registry>, ApiError> {
        // Of others than the project's nothing may be learnt, not even that they exist.
        let named = project.map(|project| &project.registry).or(self.registry.as_ref());
        let Some(name) = named else {
            return Ok(state.store.registries().all().await?);
        };
        if self.registry.as_ref().is_some_and(|given| given != name) {
            checks.add([Invalid::new("registry", format!("the project lies in registry '{name}'"))]);
        }
        let found = state.store.registries().get(name).await?;
        if found.is_none() {
            checks.add([Invalid::new("registry", format!("there is no registry '{name}'"))]);
        }
        Ok(found.into_iter().collect())
    }

    fn image(
        &self,
        checks: &mut Checks,
        field: &str,
        registries: &[Registry],
        reference: Reference,
    ) -> Option<ImageRef> {
        let registry = match &self.registry {
            // A name that is unknown has been complained about already.
            Some(_) => registries.first(),
            // Only a project leaves a single one to choose from without a name.
            None if self.project.is_some() && reference.host.is_none() => registries.first(),
            None => checks.take(reference.registry(field, registries)),
        };
        Some(ImageRef {
            registry_id: registry?.id,
            repository: reference.repository,
            reference: reference.reference,
        })
    }
}

/// Whether an image lies in a project.
fn lies_in(project: &Project, field: &str, image: &ImageRef) -> Result<(), Invalid> {
    let is_in = image.registry_id == project.registry_id && project.holds(&image.repository);
    match is_in {
        true => Ok(()),
        false => Err(Invalid::new(field, format!("does not lie in project '{}'", project.name))),
    }
}

impl FilePreheat {
    fn work(&self, state: &ApiState, checks: &mut Checks) -> Work {
        let urls = self.urls.iter().enumerate();
        let parse = |(i, text): (usize, &String)| reach::file(&state.outbound, &format!("urls[{i}]"), text);
        let urls = urls.filter_map(|url| checks.take(parse(url)));
        Work::Files { urls: urls.collect() }
    }
}
