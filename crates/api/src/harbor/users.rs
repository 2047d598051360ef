//! Who is asking: the first thing that clients ask, to see whether their credentials are good.

use chrono::{DateTime, Utc};
use forewarm_domain::harbor::time;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::auth::Auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// Whoever asks.
#[derive(Object)]
#[oai(rename = "UserResp", skip_serializing_if_is_none)]
struct Model {
    /// Absent for somebody whom only the configured issuer knows.
    user_id: Option<i64>,
    username: String,
    comment: Option<String>,
    /// Whether it may do everything.
    sysadmin_flag: bool,
    /// The same, where the configured issuer says so.
    admin_role_in_auth: bool,
    #[oai(serialize_with = "in_milliseconds")]
    creation_time: Option<DateTime<Utc>>,
    #[oai(serialize_with = "in_milliseconds")]
    update_time: Option<DateTime<Utc>>,
}

fn in_milliseconds(at: &Option<DateTime<Utc>>) -> Option<Value> {
    Some(Value::String(time::milliseconds(*at)))
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::User")]
impl Api {
    /// Tell who I am
    #[oai(path = "/users/current", method = "get", operation_id = "GetCurrentUserInfo")]
    async fn current(&self, auth: Auth, state: Data<&ApiState>) -> Result<Json<Model>, ApiError> {
        let caller = auth.caller;
        let user = match caller.user_id {
            Some(id) => state.store.users().by_id(id).await?,
            None => None,
        };
        let is_admin = caller.rights.is_system_admin();
        Ok(Json(Model {
            user_id: caller.user_id,
            username: caller.name,
            sysadmin_flag: is_admin,
            admin_role_in_auth: is_admin && user.is_none(),
            creation_time: user.as_ref().map(|user| user.created_at),
            update_time: user.as_ref().map(|user| user.updated_at),
            comment: user.map(|user| user.description).filter(|text| !text.is_empty()),
        }))
    }
}
