//! Making and revoking tokens.

use super::read::{Wanted, select};
use super::{TokenDraft, TokenText, TokenWritten, Tokens};
use crate::StoreError;
use crate::audit::{Object, Watched};

impl Tokens<'_> {
    pub async fn create(&self, draft: &TokenDraft, text: &TokenText) -> Result<TokenWritten, StoreError> {
        match self.insert(draft, text).await {
            Err(error) if error.is_duplicate("tokens_user_id_name_key") => Ok(TokenWritten::NameTaken),
            Err(error) if error.is_missing_reference() => Ok(TokenWritten::Gone),
            written => written,
        }
    }

    async fn insert(&self, draft: &TokenDraft, text: &TokenText) -> Result<TokenWritten, StoreError> {
        let mut tx = self.store.begin().await?;
        let id = sqlx::query_scalar!(
            "INSERT INTO tokens (user_id, name, hash, role, all_projects, expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, now()))
             RETURNING id",
            draft.user_id,
            draft.name,
            text.hash(),
            draft.grant.role.as_str(),
            draft.grant.projects.is_none(),
            draft.expires_at,
            self.store.clock.bind(),
        )
        .fetch_one(&mut *tx)
        .await?;
        let projects: Vec<i64> = draft.grant.projects.iter().flatten().map(|(id, _)| *id).collect();
        sqlx::query!(
            "INSERT INTO token_projects (token_id, project_id) SELECT $1, unnest($2::bigint[])",
            id,
            &projects
        )
        .execute(&mut *tx)
        .await?;
        self.store.note(&mut tx, "create", Watched::new(Object::Token, id)).await?;
        let wanted = Wanted { id: Some(id), ..Wanted::default() };
        let token = select(&mut *tx, wanted).await?.pop();
        tx.commit().await?;
        Ok(token.map_or(TokenWritten::Gone, TokenWritten::Done))
    }

    /// Revokes a token; false = there is none.
    pub async fn delete(&self, id: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let watched = self.store.watch(&mut tx, Object::Token, id).await?;
        let deleted = sqlx::query!("DELETE FROM tokens WHERE id = $1", id).execute(&mut *tx).await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
        self.store.note(&mut tx, "delete", watched).await?;
        tx.commit().await?;
        Ok(true)
    }
}
