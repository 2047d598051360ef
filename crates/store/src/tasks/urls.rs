//! Column `urls`: the addresses of a task's files, with their queries encrypted.

use forewarm_domain::task::Target;
use sqlx::PgConnection;
use url::Url;

use super::NewTask;
use crate::keyring::Place;
use crate::{Keyring, StoreError, file_urls};

/// The addresses without their queries: that is how they are first written, since to be encrypted they need the id of
/// their row.
pub(super) fn bare(urls: &[Url]) -> Vec<String> {
    let bare = |url: &Url| {
        let mut url = url.clone();
        url.set_query(None);
        url.into()
    };
    urls.iter().map(bare).collect()
}

/// Completes the addresses of tasks that the same transaction has just written.
pub(super) async fn complete(
    connection: &mut PgConnection,
    keys: &Keyring,
    execution_id: i64,
    tasks: &[NewTask],
) -> Result<(), StoreError> {
    for task in tasks {
        let Target::Files { urls } = &task.target else { continue };
        if urls.iter().all(|url| url.query().is_none()) {
            continue;
        }
        // One that was written before is complete already.
        let id = sqlx::query_scalar!(
            "SELECT id FROM tasks WHERE execution_id = $1 AND instance_id = $2 AND digest = '' AND urls = $3",
            execution_id,
            task.instance_id,
            &bare(urls),
        );
        let Some(id) = id.fetch_optional(&mut *connection).await? else { continue };
        let sealed: Vec<String> =
            file_urls::seal(keys, place(id), urls)?.into_iter().map(String::from).collect();
        sqlx::query!("UPDATE tasks SET urls = $2 WHERE id = $1", id, &sealed)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Reads the addresses; also says why, if one of them cannot be opened.
pub(super) fn read(
    keys: &Keyring,
    id: i64,
    texts: &[String],
) -> Result<(Vec<Url>, Option<String>), StoreError> {
    let urls = texts.iter().map(|text| text.parse()).collect::<Result<Vec<Url>, _>>();
    let mut urls = urls.map_err(|error| StoreError::Corrupt {
        table: "task",
        id,
        column: "urls",
        reason: error.to_string(),
    })?;
    let locked = file_urls::open(keys, place(id), &mut urls);
    Ok((urls, locked))
}

fn place(id: i64) -> Place<'static> {
    Place::new("tasks", id, "urls")
}
