//! Reading tokens.

use chrono::{DateTime, Utc};
use forewarm_domain::access::Grant;
use forewarm_domain::token::Token;
use sqlx::types::Json;
use sqlx::{PgExecutor, query_as};

use super::{Bearer, TokenText, Tokens};
use crate::StoreError;
use crate::listing::{Listing, Page};
use crate::users::{GrantRow, grants};

/// Which rows; everything that is None does not narrow.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub id: Option<i64>,
    pub hash: Option<&'a [u8]>,
    pub user_id: Option<i64>,
    pub listing: Option<&'a Listing>,
}

impl Tokens<'_> {
    /// Who comes with this token; None = it is unknown or expired. Notes that it was used.
    pub async fn bearer(&self, text: &TokenText) -> Result<Option<Bearer>, StoreError> {
        let hash = text.hash();
        let wanted = Wanted { hash: Some(&hash), ..Wanted::default() };
        let Some(token) = select(&self.store.pool, wanted).await?.pop() else {
            return Ok(None);
        };
        let now = self.store.clock.local();
        if token.expires_at.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        self.note_use(&token, now).await?;
        let user = self.store.users().by_id(token.user_id).await?;
        Ok(user.map(|user| Bearer { token, user }))
    }

    pub async fn by_id(&self, id: i64) -> Result<Option<Token>, StoreError> {
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        Ok(select(&self.store.pool, wanted).await?.pop())
    }

    /// Tokens of one user, or of all.
    pub async fn list(&self, user_id: Option<i64>, listing: &Listing) -> Result<Page<Token>, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM tokens
               WHERE ($1::bigint IS NULL OR user_id = $1)
                 AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0)"#,
            user_id,
            listing.q,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let wanted = Wanted { user_id, listing: Some(listing), ..Wanted::default() };
        Ok(Page { items: select(&self.store.pool, wanted).await?, total })
    }

    /// Writes once a minute only: a busy token would otherwise cost a write for each request.
    async fn note_use(&self, token: &Token, now: DateTime<Utc>) -> Result<(), StoreError> {
        let known = token.last_used_at.is_some_and(|last| now - last < chrono::Duration::minutes(1));
        if known {
            return Ok(());
        }
        sqlx::query!("UPDATE tokens SET last_used_at = $2 WHERE id = $1", token.id, now)
            .execute(&self.store.pool)
            .await?;
        Ok(())
    }
}

pub(super) async fn select(
    executor: impl PgExecutor<'_>,
    wanted: Wanted<'_>,
) -> Result<Vec<Token>, StoreError> {
    let rows = query_as!(
        Row,
        r#"SELECT tokens.id, user_id, users.name AS "user", tokens.name, role, all_projects, expires_at, last_used_at,
                  tokens.created_at,
                  (SELECT coalesce(jsonb_agg(jsonb_build_object(
                              'role', tokens.role, 'project_id', p.id, 'project', p.name)), '[]')
                   FROM token_projects t JOIN projects p ON p.id = t.project_id
                   WHERE t.token_id = tokens.id) AS "projects!: Json<Vec<GrantRow>>"
           FROM tokens JOIN users ON users.id = user_id
           WHERE ($1::bigint IS NULL OR tokens.id = $1)
             AND ($2::bytea IS NULL OR hash = $2)
             AND ($3::bigint IS NULL OR user_id = $3)
             AND ($4::text IS NULL OR strpos(lower(tokens.name), lower($4)) > 0)
           ORDER BY CASE WHEN $5 = '-name' THEN tokens.name END DESC,
                    CASE WHEN $5 = 'created_at' THEN tokens.created_at END,
                    CASE WHEN $5 = '-created_at' THEN tokens.created_at END DESC,
                    tokens.name, tokens.id
           LIMIT $6 OFFSET $7"#,
        wanted.id,
        wanted.hash,
        wanted.user_id,
        wanted.listing.and_then(|listing| listing.q.as_deref()),
        wanted.listing.map(|listing| listing.sort.word()),
        wanted.listing.map(|listing| listing.limit),
        wanted.listing.map(|listing| listing.offset),
    )
    .fetch_all(executor)
    .await?;
    rows.into_iter().map(Row::into_token).collect()
}

struct Row {
    id: i64,
    user_id: i64,
    user: String,
    name: String,
    role: String,
    all_projects: bool,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    projects: Json<Vec<GrantRow>>,
}

impl Row {
    fn into_token(self) -> Result<Token, StoreError> {
        let everywhere = GrantRow { role: self.role, project_id: None, project: None };
        let [Grant { role, .. }] = grants("tokens", self.id, &[everywhere])?[..] else {
            return Err(StoreError::Corrupt {
                table: "tokens",
                id: self.id,
                column: "role",
                reason: "it is no role".to_owned(),
            });
        };
        let named = grants("tokens", self.id, &self.projects.0)?.pop().and_then(|grant| grant.projects);
        Ok(Token {
            id: self.id,
            user: self.user,
            user_id: self.user_id,
            name: self.name,
            grant: Grant { role, projects: (!self.all_projects).then(|| named.unwrap_or_default()) },
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            created_at: self.created_at,
        })
    }
}
