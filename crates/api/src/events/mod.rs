//! Events: where registries tell us what happened, and what came of it.

mod body;
pub mod handshake;
mod measure;
mod proof;
mod views;

use forewarm_registry::events::{Incoming, parse};
use forewarm_store::events::NewDelivery;
use poem::Request;
use poem::http::{Uri, header};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::answers::Listed;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::paging::{Paging, first_page, usual_page_size};
use crate::registries;
use crate::state::ApiState;
use crate::tags::Tag;
use body::Delivered;
use proof::Proof;
use views::{DeliveryView, ReceiptView};

/// How many notices, and how many policies of each, a list of deliveries shows.
const SHOWN_IN_LISTS: usize = 20;

pub struct Api;

/// A delivery is stored.
#[derive(ApiResponse)]
enum Taken {
    #[oai(status = 202)]
    Receipt(Json<ReceiptView>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Events")]
impl Api {
    /// Tell what happened in a registry
    ///
    /// For senders, in any of the formats `distribution`, `harbor`, `zot`, `cloudevents`, `acr`, `ecr` and `quay`. The
    /// sender proves itself with one of the registry's `event_secrets`: as the value of `Authorization`, there after
    /// `Bearer`, or as the password of `Basic`; in `X-Forewarm-Secret` or `X-Api-Key`; by `X-Hub-Signature-256`, an
    /// HMAC-SHA256 of the body; or in the query. The answer comes before anything is done about it.
    ///
    /// Docker's registry also tells of every pull unless it is told not to: `ignore: {actions: [pull]}` in its endpoint.
    #[oai(path = "/events/:registry", method = "post", operation_id = "ReceiveEvents")]
    async fn receive(
        &self,
        state: Data<&ApiState>,
        request: &Request,
        /// Name of the registry.
        registry: Path<String>,
        /// The format of the body. Left out, it is recognised.
        format: Query<Option<String>>,
        /// The secret, for senders that can set no header.
        secret: Query<Option<String>>,
        body: Delivered,
    ) -> Result<Taken, ApiError> {
        let headers = request.headers();
        let proof = Proof::read(headers, secret.0.as_deref(), &body.bytes);
        let registry = proof::sender(&state, request, &registry.0, &proof).await?;
        let attributes = body::attributes(headers);
        let content_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let incoming = Incoming { content_type, attributes: &attributes, body: &body.bytes };
        let parsed = parse(&incoming, format.0.as_deref()).map_err(|malformed| {
            measure::malformed(&registry.name);
            ApiError::bad_request(malformed.to_string())
        })?;
        let delivery = NewDelivery {
            registry_id: registry.id,
            format: parsed.format.to_owned(),
            note: String::new(),
            notices: parsed.notices,
        };
        let accepted = state.store.events().accept(delivery).await;
        measure::stored(&registry.name, parsed.format, &accepted);
        match accepted {
            Err(error) if error.is_missing_reference() => {
                Err(ApiError::not_found(format!("registry '{}'", registry.name)))
            }
            accepted => Ok(Taken::Receipt(Json(accepted?.into()))),
        }
    }

    /// List what a registry told, newest first
    ///
    /// Also what we saw ourselves, if the registry is watched (format `watch`). Each delivery with its first 20 notices,
    /// and each of these with the first 20 policies; the delivery by itself shows all. They are kept for 7 days.
    #[oai(path = "/events/:registry/deliveries", method = "get", operation_id = "ListDeliveries")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Name of the registry.
        registry: Path<String>,
        /// Number of the page, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
    ) -> Result<Listed<DeliveryView>, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let registry = registries::find(&state, &registry.0).await?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let events = state.store.events();
        let shown = i64::try_from(SHOWN_IN_LISTS).unwrap_or(i64::MAX);
        let found = events.deliveries(registry.id, shown, paging.page_size, paging.offset()).await?;
        Ok(paging.answer(found, |delivery| DeliveryView::new(delivery, SHOWN_IN_LISTS)))
    }

    /// Get one delivery
    #[oai(path = "/events/:registry/deliveries/:delivery", method = "get", operation_id = "GetDelivery")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the registry.
        registry: Path<String>,
        /// Id of the delivery.
        delivery: Path<i64>,
    ) -> Result<Json<DeliveryView>, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let registry = registries::find(&state, &registry.0).await?;
        let found = state.store.events().delivery(registry.id, delivery.0).await?;
        let found = found.ok_or_else(|| ApiError::not_found(format!("delivery {}", delivery.0)))?;
        Ok(Json(DeliveryView::new(found, usize::MAX)))
    }
}
