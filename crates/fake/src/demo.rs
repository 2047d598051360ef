//! A registry as a small company might have it: what `forewarm demo` warms.

use crate::registry::{ArtifactSpec, ImageSpec, IndexSpec, Pushed, Registry};

const AMD64: &str = "linux/amd64";
const ARM64: &str = "linux/arm64";
const KIB: usize = 1 << 10;

/// One application of the demo.
struct App {
    repository: &'static str,
    tags: &'static [&'static str],
    platforms: &'static [&'static str],
    team: &'static str,
    tier: &'static str,
    /// What it adds to the common base, in KiB.
    sizes: &'static [usize],
}

const APPS: [App; 8] = [
    App {
        repository: "shop/web",
        tags: &["v1.8.2", "v1.9.0", "v2.0.0-rc1"],
        platforms: &[AMD64, ARM64],
        team: "shop",
        tier: "frontend",
        sizes: &[240, 90],
    },
    App {
        repository: "shop/cart",
        tags: &["v1.4.0", "v1.4.1"],
        platforms: &[AMD64, ARM64],
        team: "shop",
        tier: "backend",
        sizes: &[180],
    },
    App {
        repository: "shop/checkout",
        tags: &["v3.1.0"],
        platforms: &[AMD64, ARM64],
        team: "shop",
        tier: "backend",
        sizes: &[210, 12],
    },
    App {
        repository: "shop/internal/db-migrate",
        tags: &["v3.1.0"],
        platforms: &[AMD64],
        team: "shop",
        tier: "job",
        sizes: &[60],
    },
    App {
        repository: "platform/ci/runner",
        tags: &["2026.08", "2026.09"],
        platforms: &[AMD64, ARM64],
        team: "platform",
        tier: "build",
        sizes: &[420, 300],
    },
    App {
        repository: "platform/edge/proxy",
        tags: &["1.27", "1.28"],
        platforms: &[AMD64, ARM64, "linux/arm/v7"],
        team: "platform",
        tier: "network",
        sizes: &[150],
    },
    App {
        repository: "data/etl",
        tags: &["nightly"],
        platforms: &[AMD64],
        team: "data",
        tier: "batch",
        sizes: &[330, 48],
    },
    App {
        repository: "ml/models/embedder",
        tags: &["v7"],
        platforms: &[AMD64],
        team: "ml",
        tier: "model",
        sizes: &[500, 500, 500],
    },
];

/// Pushes the demo's repositories: indexes with attestations, labels, nested names, a signature and a chart.
/// The same bytes, and so the same digests, on every run. Answers the images and indexes, by tag.
pub fn fill(registry: &Registry) -> Vec<Pushed> {
    let mut pushed = Vec::new();
    for app in &APPS {
        for tag in app.tags {
            pushed.push(push(registry, app, tag));
        }
    }
    if let Some(signed) = pushed.iter().find(|image| image.repository == "shop/cart") {
        registry.sign_by_tag("shop/cart", &signed.digest);
    }
    registry.push_artifact("charts/shop", Some("1.0.3"), ArtifactSpec::helm("charts/shop"));
    pushed
}

/// Pushes one more release of `shop/cart`, as a build would.
pub fn release(registry: &Registry, tag: &str) -> Option<Pushed> {
    let app = APPS.iter().find(|app| app.repository == "shop/cart")?;
    Some(push(registry, app, tag))
}

fn push(registry: &Registry, app: &App, tag: &str) -> Pushed {
    let images: Vec<ImageSpec> = app.platforms.iter().map(|platform| image(app, tag, platform)).collect();
    match <[ImageSpec; 1]>::try_from(images) {
        Ok([image]) => registry.push_image(app.repository, tag, image),
        Err(images) => {
            let spec = IndexSpec { images, attestation: true, ..IndexSpec::default() };
            let title = ("org.opencontainers.image.title".to_owned(), app.repository.to_owned());
            registry.push_index_of(app.repository, tag, IndexSpec { annotations: [title].into(), ..spec })
        }
    }
}

/// The base layer is shared by all images of a platform, as in real life.
fn image(app: &App, tag: &str, platform: &str) -> ImageSpec {
    let mut spec = ImageSpec::of(platform)
        .label("team", app.team)
        .label("tier", app.tier)
        .label("org.opencontainers.image.version", tag)
        .annotation("org.opencontainers.image.source", &format!("https://git.example.com/{}", app.repository))
        .layer_of(&format!("base {platform}"), 200 * KIB);
    for (number, size) in app.sizes.iter().enumerate() {
        spec = spec.layer_of(&format!("{}:{tag} {platform} {number}", app.repository), size * KIB);
    }
    spec.layer_of(&format!("{}:{tag} configuration", app.repository), 10 * KIB)
}
