//! Shows how an execution goes on: bars on a terminal, plain lines elsewhere.

use std::collections::{HashMap, HashSet};
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::view::{Execution, Task};

/// Where progress goes and what it looks like.
pub struct Progress {
    look: Look,
}

enum Look {
    Bars(Bars),
    Lines(Lines),
}

impl Progress {
    /// Bars where stderr is a terminal, lines on `lines` otherwise.
    pub fn new(lines: Box<dyn Write + Send>) -> Self {
        let look = if std::io::stderr().is_terminal() {
            Look::Bars(Bars::new())
        } else {
            Look::Lines(Lines::new(lines))
        };
        Self { look }
    }

    /// Shows the state of things. `tasks` may be empty where there are too many to look at each.
    pub fn show(&mut self, execution: &Execution, tasks: &[Task]) {
        match &mut self.look {
            Look::Bars(bars) => bars.show(execution, tasks),
            Look::Lines(lines) => lines.show(execution, tasks),
        }
    }

    /// Something to know that is no step forward.
    pub fn say(&mut self, text: &str) {
        match &mut self.look {
            Look::Bars(bars) => bars.say(text),
            Look::Lines(lines) => lines.write(text),
        }
    }

    /// Takes the bars away, so that what is printed next stands alone.
    pub fn end(&mut self) {
        if let Look::Bars(bars) = &mut self.look {
            bars.clear();
        }
    }
}

/// How many running tasks have a bar of their own.
const MAX_BARS: usize = 8;
const TICK: Duration = Duration::from_millis(120);

struct Bars {
    screen: MultiProgress,
    overall: ProgressBar,
    running: HashMap<i64, ProgressBar>,
}

impl Bars {
    fn new() -> Self {
        let screen = MultiProgress::new();
        let overall = screen.add(ProgressBar::new(0));
        overall.set_style(style("{spinner} {prefix} [{bar:30}] {pos}/{len} {wide_msg}"));
        overall.enable_steady_tick(TICK);
        Self { screen, overall, running: HashMap::new() }
    }

    fn show(&mut self, execution: &Execution, tasks: &[Task]) {
        let counts = execution.facts.counts;
        self.overall.set_prefix(format!("execution {}", execution.facts.id));
        self.overall.set_length(counts.total());
        self.overall.set_position(counts.finished());
        self.overall.set_message(remarks(execution));
        let running = tasks.iter().filter(|task| task.facts.status == "running");
        let running: Vec<&Task> = running.take(MAX_BARS).collect();
        self.running.retain(|id, bar| {
            let stays = running.iter().any(|task| task.facts.id == *id);
            if !stays {
                bar.finish_and_clear();
            }
            stays
        });
        for task in running {
            self.task(task);
        }
    }

    fn task(&mut self, task: &Task) {
        let bar = self.running.entry(task.facts.id).or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new_spinner());
            bar.set_style(style("  {spinner} {prefix} {wide_msg}"));
            bar.set_prefix(task.title());
            bar.enable_steady_tick(TICK);
            bar
        });
        bar.set_message(task.remark());
    }

    fn say(&self, text: &str) {
        // Only a terminal that went away makes this fail, and then nobody looks.
        let _ = self.screen.println(text);
    }

    fn clear(&mut self) {
        for (_, bar) in self.running.drain() {
            bar.finish_and_clear();
        }
        self.overall.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is well formed").progress_chars("━╸─")
}

/// What the counts do not say at a glance.
fn remarks(execution: &Execution) -> String {
    let counts = execution.facts.counts;
    let mut remarks = Vec::new();
    for (number, word) in [(counts.running, "running"), (counts.error, "failed"), (counts.stopped, "stopped")]
    {
        if number > 0 {
            remarks.push(format!("{number} {word}"));
        }
    }
    remarks.join(", ")
}

struct Lines {
    out: Box<dyn Write + Send>,
    /// Tasks whose end has been told.
    told: HashSet<i64>,
    last: String,
}

impl Lines {
    fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, told: HashSet::new(), last: String::new() }
    }

    fn show(&mut self, execution: &Execution, tasks: &[Task]) {
        for task in tasks.iter().filter(|task| task.is_final()) {
            if self.told.insert(task.facts.id) {
                self.write(&format!("{} {}", task.facts.status, task.title()));
            }
        }
        let counts = execution.facts.counts;
        let mut line = format!("{} of {} tasks done", counts.finished(), counts.total());
        let remarks = remarks(execution);
        if !remarks.is_empty() {
            line = format!("{line}, {remarks}");
        }
        if counts.total() > 0 && line != self.last {
            self.write(&line);
            self.last = line;
        }
    }

    /// Whoever reads may have gone away, as `head` does; that is no reason to stop.
    fn write(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}
