//! The embedded Postgres: what a start of it meets on this machine.

use std::path::Path;

use forewarm_store::embedded::inspect;

use super::findings::Findings;

const CHECK: &str = "embedded";
/// The write-ahead log alone may grow to a gigabyte.
const LITTLE: u64 = 5 << 30;
const FAR_TOO_LITTLE: u64 = 500 << 20;

pub fn look(state_dir: &Path, findings: &mut Findings) {
    let found = inspect(state_dir);
    let dir = state_dir.display();
    match found.binaries {
        Ok((program, major)) => {
            findings.ok(CHECK, format!("Postgres {major} is installed ({})", program.display()))
        }
        Err(error) => findings.problem(CHECK, error.to_string()),
    }
    match found.has_data {
        true => findings.ok(CHECK, format!("its data is in {dir}")),
        false => findings.ok(CHECK, format!("{dir} holds no data yet: the first start makes it")),
    }
    if let Some((owner, wanted)) = found.foreign_owner {
        let message = format!(
            "the data in {dir} belongs to uid {owner}, and the server would run as {wanted}: start as who made it, or give \
             it away with chown -R"
        );
        findings.problem(CHECK, message);
    }
    if let Some(pid) = found.stale_pid {
        let message = format!(
            "a server died there and left its pid file (process {pid}): the next start clears that up"
        );
        findings.warning(CHECK, message);
    }
    match found.free_bytes {
        Some(free @ ..FAR_TOO_LITTLE) => {
            findings.problem(CHECK, format!("only {} MiB are free for {dir}: make room", free >> 20));
        }
        Some(free @ ..LITTLE) => {
            findings.warning(CHECK, format!("only {} MiB are free for {dir}", free >> 20))
        }
        Some(free) => findings.ok(CHECK, format!("{} GiB are free for {dir}", free >> 30)),
        None => {}
    }
}
