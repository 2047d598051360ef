//! How much CPU a policy's filters take for 100,000 artifacts, and an event for 10,000 policies.

mod memory;

use std::hint::black_box;
use std::time::Duration;

use anyhow::ensure;
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::policy_index::{Indexed, PolicyIndex};
use forewarm_domain::severity::Severity;
use forewarm_registry::selection::Question;
use futures::TryStreamExt as _;
use futures::executor::block_on;
use rustix::time::{ClockId, clock_gettime};

use crate::figure::Figure;
use crate::statistics::{median, milliseconds};
use memory::{Memory, REPOSITORIES, TAGS};

const POLICIES: usize = 10_000;
const ROUNDS: usize = 7;

pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let figure = |what: &str, rounds: Vec<f64>, bound: f64| {
        Figure::new(what, median(&rounds), "ms").at_most(bound).rounds(rounds)
    };
    Ok(vec![
        figure("CPU for 100,000 artifacts against six filters", selection()?, 200.0),
        figure("CPU for one event against 10,000 policies", event()?, 5.0),
    ])
}

fn selection() -> anyhow::Result<Vec<f64>> {
    let filters = [
        Filter::Repository { pattern: "{team-*,shop}/**".to_owned() },
        Filter::Tag { pattern: "v[0-9]*".to_owned() },
        Filter::Tag { pattern: "*.?*".to_owned() },
        Filter::Label { labels: vec!["production".to_owned()] },
        Filter::Vulnerability { max_severity: Severity::High },
        Filter::Signature { signed: true },
    ];
    let selector = Selector::compile(&filters).map_err(|found| anyhow::anyhow!("{found:?}"))?;
    let question =
        Question { namespace: "company", selector, each_project: false, platforms: &[], sizes: false };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        // What a registry holds is made before the clock runs, and what was found is dropped after it has stopped.
        let memory = Memory::new()?;
        let (looked, time) = cpu(|| block_on(question.ask(&memory, None).try_collect::<Vec<_>>()));
        let looked = looked?;
        let chosen: usize = looked.iter().map(|looked| looked.chosen.len()).sum();
        let left_out: usize = looked.iter().map(|looked| looked.left_out.len()).sum();
        ensure!(
            chosen + left_out == REPOSITORIES * TAGS,
            "each artifact is chosen or left out with a reason"
        );
        ensure!(chosen == REPOSITORIES * TAGS / 2, "{chosen} are chosen");
        rounds.push(time);
    }
    Ok(rounds)
}

fn event() -> anyhow::Result<Vec<f64>> {
    let filters: Vec<Vec<Filter>> = (0..POLICIES).map(policy).collect();
    let policies = filters.iter().zip(1..).map(|(filters, id)| Indexed { id, namespace: "company", filters });
    let index = PolicyIndex::build(policies).map_err(|found| anyhow::anyhow!("{found:?}"))?;
    let tags = ["v1.2.3".to_owned(), "latest".to_owned()];
    let round = || index.candidates(black_box("company/team-42/web-42"), &tags);
    // The first look makes what the later ones use again.
    ensure!(round().contains(&43), "the policy is found");
    Ok((0..ROUNDS).map(|_| cpu(round).1).collect())
}

/// Every policy has patterns of its own.
fn policy(number: usize) -> Vec<Filter> {
    vec![
        Filter::Repository { pattern: format!("team-{number}/{{web,cart}}-*") },
        Filter::Tag { pattern: format!("v{}.*", number % 500) },
        Filter::Tag { pattern: "v*".to_owned() },
    ]
    .into_iter()
    .take(if number.is_multiple_of(2) { 1 } else { 3 })
    .collect()
}

/// What the work made, and the CPU time of this process that it took, in milliseconds.
fn cpu<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
        Duration::new(time.tv_sec.cast_unsigned(), nanoseconds)
    };
    let start = now();
    let made = work();
    (made, milliseconds(now() - start))
}
