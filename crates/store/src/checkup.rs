//! What a check-up asks the database server about itself.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};

use crate::{Store, StoreError};

/// How long a server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server, and what we may do there.
#[derive(Debug, Clone, FromRow)]
pub struct Server {
    /// As it calls itself, like `15.8 (Debian 15.8-1)`.
    pub version: String,
    /// Like 150008.
    pub version_number: i32,
    /// Whether our role may make schemas in the database.
    pub may_create: bool,
    /// Extensions that the queue needs, and that are neither there nor can be had.
    pub lacking: Vec<String>,
    /// Connections that it lets in.
    pub max_connections: i32,
    /// Whether it writes what it promises to the disk: `fsync` and `synchronous_commit`.
    pub is_durable: bool,
}

/// Opens one connection and closes it: a pool that waits in vain would not say for what.
pub async fn knock(url: &str) -> Result<(), StoreError> {
    let connection = tokio::time::timeout(PATIENCE, PgConnection::connect(url)).await;
    let connection = connection.map_err(|_| sqlx::Error::Io(Error::from(ErrorKind::TimedOut)))??;
    Ok(connection.close().await?)
}

impl Store {
    pub async fn server(&self) -> Result<Server, StoreError> {
        let server = sqlx::query_as(
            "SELECT current_setting('server_version') AS version,
                    current_setting('server_version_num')::integer AS version_number,
                    has_database_privilege(current_database(), 'CREATE') AS may_create,
                    ARRAY(SELECT wanted FROM unnest('{pgcrypto,hstore}'::text[]) wanted
                          WHERE NOT EXISTS (SELECT 1 FROM pg_available_extensions a WHERE a.name = wanted)) AS lacking,
                    current_setting('max_connections')::integer AS max_connections,
                    current_setting('fsync')::boolean AND current_setting('synchronous_commit') <> 'off' AS is_durable",
        );
        Ok(server.fetch_one(&self.pool).await?)
    }
}
