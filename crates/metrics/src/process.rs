//! What happens in this process, counted since its start.

use std::sync::LazyLock;

use crate::bounded::{Counter, Gauge, Histogram};
use crate::list::{Buckets, List};

static PROCESS: LazyLock<Process> = LazyLock::new(Process::new);

/// The metrics of this process.
pub fn process() -> &'static Process {
    &PROCESS
}

pub struct Process {
    pub http_requests: Counter<3>,
    pub http_request_duration: Histogram<2>,
    pub provider_requests: Counter<3>,
    pub provider_request_duration: Histogram<2>,
    pub provider_responses: Counter<2>,
    pub registry_requests: Counter<2>,
    pub registry_request_duration: Histogram<1>,
    pub executions: Counter<3>,
    pub execution_duration: Histogram<2>,
    pub tasks_ended: Counter<2>,
    pub task_duration: Histogram<2>,
    pub task_retries: Counter<1>,
    pub event_deliveries: Counter<3>,
    pub event_notices: Counter<2>,
    list: List,
}

impl Process {
    fn new() -> Self {
        let mut list = List::new();
        let version: Gauge<1> = list.gauge("build_info", "The program that answers", ["version"]);
        version.set([env!("CARGO_PKG_VERSION")], 1.0);
        Self {
            http_requests: list.counter(
                "http_requests",
                "Requests of clients that were answered",
                ["method", "route", "status"],
            ),
            http_request_duration: list.histogram(
                "http_request_duration_seconds",
                "How long clients waited for the head of an answer",
                ["method", "route"],
                Buckets::Calls,
            ),
            provider_requests: list.counter(
                "provider_requests",
                "What was asked of engines, and what came of it; the attempts of tasks are the call preheat",
                ["instance", "call", "result"],
            ),
            provider_request_duration: list.histogram(
                "provider_request_duration_seconds",
                "How long a call to an engine took with all of its requests: preheat submits, progress checks",
                ["instance", "call"],
                Buckets::Calls,
            ),
            provider_responses: list.counter(
                "provider_responses",
                "Single answers of engines, by HTTP status or by what went wrong",
                ["instance", "code"],
            ),
            registry_requests: list.counter(
                "registry_requests",
                "Single requests to registries, their token servers and mirrors, by HTTP status or by what went wrong",
                ["host", "code"],
            ),
            registry_request_duration: list.histogram(
                "registry_request_duration_seconds",
                "How long the head of a registry's answer took",
                ["host"],
                Buckets::Calls,
            ),
            executions: list.counter(
                "executions",
                "Executions that ended",
                ["vendor", "trigger", "status"],
            ),
            execution_duration: list.histogram(
                "execution_duration_seconds",
                "How long executions took from their creation to their end",
                ["trigger", "status"],
                Buckets::Work,
            ),
            tasks_ended: list.counter("tasks_ended", "Tasks that ended", ["instance", "status"]),
            task_duration: list.histogram(
                "task_duration_seconds",
                "How long tasks took from their first step to their end",
                ["instance", "status"],
                Buckets::Work,
            ),
            task_retries: list.counter("task_retries", "Steps of tasks that have to be repeated", ["reason"]),
            event_deliveries: list.counter(
                "event_deliveries",
                "Deliveries of registries' events whose sender was believed",
                ["registry", "format", "result"],
            ),
            event_notices: list.counter(
                "event_notices",
                "What deliveries told, one by one",
                ["registry", "fate"],
            ),
            list,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.list.text()
    }

    pub(crate) fn names(&self) -> &[String] {
        self.list.names()
    }
}
