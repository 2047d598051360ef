//! The vendors: what kinds of engines there are, and what each can do.

use forewarm_provider::VENDORS;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::auth::Auth;
use crate::error::ApiError;
use crate::tags::Tag;

pub struct Api;

/// A kind of engine.
#[derive(Object)]
struct Vendor {
    id: String,
    name: String,
    description: String,
    /// What it can preheat: `image`, `file`.
    kinds: Vec<String>,
    /// Preheat options that it honours, and of `headers`, `username`, `password` those that it takes for the origin.
    options: Vec<String>,
    /// Instance settings that it knows.
    settings: Vec<String>,
    /// For how many seconds after a proof something counts as warm, unless an instance's settings say otherwise: as
    /// long as the engine keeps what nobody asks for, where it was configured no other way.
    freshness_seconds: i64,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Vendors")]
impl Api {
    /// List vendors
    #[oai(path = "/vendors", method = "get", operation_id = "ListVendors")]
    async fn list(&self, _auth: Auth) -> Result<Json<Vec<Vendor>>, ApiError> {
        Ok(Json(VENDORS.iter().map(view).collect()))
    }
}

fn view(vendor: &forewarm_provider::Vendor) -> Vendor {
    let texts = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Vendor {
        id: vendor.id.to_owned(),
        name: vendor.name.to_owned(),
        description: vendor.description.to_owned(),
        kinds: vendor.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        options: texts(vendor.options),
        settings: texts(vendor.settings),
        freshness_seconds: i64::try_from(vendor.freshness().as_secs()).unwrap_or(i64::MAX),
    }
}
