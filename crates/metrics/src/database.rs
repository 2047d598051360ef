//! What lies in the database at one moment. Every process tells the same, so take the maximum over them, not the sum.

use crate::bounded::Gauge;
use crate::list::List;

/// Made anew for each look, so that nothing of an earlier one stays.
pub struct Database {
    pub up: Gauge<0>,
    pub connections: Gauge<1>,
    pub connections_limit: Gauge<0>,
    pub acquire_duration: Gauge<0>,
    pub queue_depth: Gauge<2>,
    pub queue_oldest_age: Gauge<1>,
    pub queue_workers: Gauge<1>,
    pub queue_heartbeat_age: Gauge<1>,
    pub tasks: Gauge<2>,
    pub tasks_in_flight: Gauge<1>,
    pub tasks_in_flight_limit: Gauge<1>,
    pub tasks_overdue: Gauge<0>,
    pub executions_open: Gauge<1>,
    pub executions_oldest_age: Gauge<0>,
    pub provider_up: Gauge<1>,
    pub registry_up: Gauge<1>,
    pub policy_last_success: Gauge<2>,
    list: List,
}

impl Default for Database {
    fn default() -> Self {
        let mut list = List::new();
        Self {
            up: list.gauge("database_up", "Whether this process could ask the database", []),
            connections: list.gauge(
                "database_connections",
                "Connections to the database that this process holds: idle or in_use",
                ["state"],
            ),
            connections_limit: list.gauge(
                "database_connections_limit",
                "Connections to the database that this process may hold",
                [],
            ),
            acquire_duration: list.gauge(
                "database_acquire_seconds",
                "How long this look waited for a connection",
                [],
            ),
            queue_depth: list.gauge(
                "queue_depth",
                "Tickets in the queue: due, scheduled for later, or taken by a worker",
                ["queue", "state"],
            ),
            queue_oldest_age: list.gauge(
                "queue_oldest_age_seconds",
                "For how long the oldest due ticket has been waiting",
                ["queue"],
            ),
            queue_workers: list.gauge(
                "queue_workers",
                "Workers of a queue that gave a sign of life within 15 seconds",
                ["queue"],
            ),
            queue_heartbeat_age: list.gauge(
                "queue_heartbeat_age_seconds",
                "Time since the last sign of life of any worker of a queue",
                ["queue"],
            ),
            tasks: list.gauge("tasks", "Tasks that have not ended", ["instance", "status"]),
            tasks_in_flight: list.gauge(
                "tasks_in_flight",
                "Tasks in the window of an instance: with the engine, or about to be",
                ["instance"],
            ),
            tasks_in_flight_limit: list.gauge(
                "tasks_in_flight_limit",
                "The most tasks that may be in flight at an instance",
                ["instance"],
            ),
            tasks_overdue: list.gauge(
                "tasks_overdue",
                "Tasks whose next step is late by more than a minute, or whose lease ran out as long ago",
                [],
            ),
            executions_open: list.gauge("executions_open", "Executions that have not ended", ["status"]),
            executions_oldest_age: list.gauge(
                "executions_oldest_age_seconds",
                "Age of the oldest execution that has not ended",
                [],
            ),
            provider_up: list.gauge(
                "provider_up",
                "Whether the last look at an enabled instance found it healthy",
                ["instance"],
            ),
            registry_up: list.gauge(
                "registry_up",
                "Whether the last look at a registry found it healthy",
                ["registry"],
            ),
            policy_last_success: list.gauge(
                "policy_last_success_timestamp_seconds",
                "When the last successful execution of an enabled policy ended",
                ["project", "policy"],
            ),
            list,
        }
    }
}

impl Database {
    pub fn text(&self) -> String {
        self.list.text()
    }

    pub(crate) fn names(&self) -> &[String] {
        self.list.names()
    }
}
