//! Manifests and configs that are not what they are said to be.

use forewarm_fake::registry::{ImageSpec, Lie, Registry as Fake};
use forewarm_registry::{RegistryError, Wanted};
use serde_json::json;

use super::documents::{INDEX, serve};
use crate::support::oci::{anonymous, everything, selector};

#[tokio::test]
async fn a_manifest_with_another_digest_is_a_lie() {
    for lie in [Lie::ManifestBody, Lie::DigestHeader] {
        let fake = Fake::start().await.unwrap();
        fake.push_image("web", "v1", ImageSpec::default());
        fake.lie(lie);
        let registry = anonymous(&fake.url());
        let selector = selector(&[]);

        let error = registry.artifact("web", "v1", &everything(&selector)).await.unwrap_err();

        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
        assert!(error.to_string().contains("web:v1"), "{error}");
    }
}

#[tokio::test]
async fn a_listing_with_a_wrong_manifest_or_config_is_a_lie() {
    for lie in [Lie::ManifestBody, Lie::BlobBody] {
        let fake = Fake::start().await.unwrap();
        fake.push_image("web", "v1", ImageSpec::default());
        fake.lie(lie);
        let selector = selector(&[]);
        let wanted = Wanted { selector: &selector, platforms: true, sizes: false };

        let error = anonymous(&fake.url()).artifacts("web", &wanted).await.unwrap_err();

        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_huge_manifest_is_not_read_to_its_end() {
    let fake = Fake::start().await.unwrap();
    fake.push_image("web", "v1", ImageSpec::default());
    fake.lie(Lie::HugeManifest(5 << 20));
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifact("web", "v1", &everything(&selector)).await;

    let error = found.unwrap_err();
    assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
    assert!(error.to_string().contains("larger than 4194304 bytes"), "{error}");
}

#[tokio::test]
async fn a_document_that_is_manifest_and_index_at_once_is_refused() {
    let fake = Fake::start().await.unwrap();
    let both = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": []});
    serve(&fake, "web", "v1", INDEX, &both);
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifact("web", "v1", &everything(&selector)).await;

    assert!(matches!(found.unwrap_err(), RegistryError::Lying(_)));
}
