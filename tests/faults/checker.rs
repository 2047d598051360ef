//! The judge of a run that was broken: believes nobody, asks the engine, the rows and the triggers that saw them change,
//! and says in words what does not fit together. It shares no code with the program.

mod books;
mod engine;
mod evidence;
mod repeats;
mod rows;
mod tampered;
mod truth;

use forewarm_fake::dragonfly::Dragonfly;
use forewarm_fake::registry::Pushed;
use serde_json::Value;

pub use engine::being_asked;
pub use evidence::Evidence;
pub use repeats::Repeats;
pub use rows::watch;

/// What is to be judged, and by what.
pub struct Case<'a> {
    pub database: &'a str,
    /// The registry's address, as the engine names it.
    pub registry: String,
    /// Every image that each execution must have tasks for.
    pub images: &'a [Pushed],
    /// Engines by the names of their instances; each execution is for all of them.
    pub engines: Vec<(&'a str, &'a Dragonfly)>,
    pub executions: &'a [i64],
    /// Nothing that was broken is an excuse for an error.
    pub all_succeed: bool,
}

/// What the judge found.
#[derive(Debug, Default)]
pub struct Verdict {
    pub complaints: Vec<String>,
    /// The logs of the first tasks that are complained about.
    pub history: Vec<String>,
    pub tasks: usize,
    pub errors: usize,
    pub repeats: Repeats,
}

impl Case<'_> {
    pub async fn evidence(&self) -> Result<Evidence, sqlx::Error> {
        let mut evidence = Evidence::default();
        rows::read(self.database, &mut evidence).await?;
        for (name, fake) in &self.engines {
            engine::read(name, fake, &mut evidence);
            for execution in self.executions {
                let wanted = |image| engine::wanted(*execution, name, &self.registry, image);
                evidence.wanted.extend(self.images.iter().map(wanted));
            }
        }
        Ok(evidence)
    }

    /// `told` = what the API says of each execution.
    pub async fn judge(&self, told: &[(i64, Value)]) -> Verdict {
        let evidence = self.evidence().await.unwrap();
        let (repeats, mut complaints) = repeats::count(&evidence);
        complaints.extend(truth::complaints(&evidence, self.all_succeed));
        complaints.extend(books::complaints(&evidence));
        complaints.extend(told.iter().flat_map(|(id, answer)| books::told(&evidence, *id, answer)));
        let history = rows::history(self.database, &concerned(&complaints)).await.unwrap();
        Verdict {
            complaints,
            history,
            tasks: evidence.tasks.len(),
            errors: evidence.tasks.iter().filter(|task| task.status == "error").count(),
            repeats,
        }
    }
}

impl Verdict {
    /// Prints what was found, and fails the test if anything was.
    pub fn assert_clean(&self) {
        eprintln!("the checker: {} tasks, {} errors, {:?}", self.tasks, self.errors, self.repeats);
        assert!(
            self.complaints.is_empty(),
            "{} complaints:\n{}\n{}",
            self.complaints.len(),
            self.complaints.join("\n"),
            self.history.join("\n")
        );
    }
}

/// The first tasks that complaints begin with.
fn concerned(complaints: &[String]) -> Vec<i64> {
    let task = |text: &String| text.strip_prefix("task ")?.split(' ').next()?.parse().ok();
    complaints.iter().filter_map(task).take(3).collect()
}
