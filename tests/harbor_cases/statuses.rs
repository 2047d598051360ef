//! From the tasks to the execution: the status is the one of Harbor's table, at once and not half a minute later.

use forewarm_domain::execution::Counts;
use forewarm_domain::status::Status;

#[test]
fn an_execution_sums_its_tasks_up_as_harbors_table_does() {
    // success, error, stopped, open, and the status; open tasks keep it running.
    let table = [
        (1, 0, 0, 0, Some(Status::Success)),
        (1, 0, 1, 0, Some(Status::Stopped)),
        (1, 1, 1, 0, Some(Status::Error)),
        (1, 1, 1, 3, None),
        (5, 0, 0, 1, None),
        (0, 1, 3, 0, Some(Status::Error)),
        (0, 0, 2, 0, Some(Status::Stopped)),
    ];
    for (success, error, stopped, open, expected) in table {
        let counts = Counts { success, error, stopped, pending: open, running: 0 };
        let outcome = (counts.open() == 0).then(|| counts.outcome());
        assert_eq!(outcome, expected, "{counts:?}");
        assert_eq!(counts.total(), success + error + stopped + open);
    }
}
