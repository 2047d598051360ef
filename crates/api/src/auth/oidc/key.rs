//! One public key of an issuer, and which signatures it may verify.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::Value;

use super::signatures::ALGORITHMS;

#[derive(Clone)]
pub struct Key {
    pub id: Option<String>,
    pub material: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl Key {
    /// None = it verifies nothing that is accepted: a shared secret, one for encryption, a curve that we do not know.
    pub fn of(description: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(description).ok()?;
        let algorithms = algorithms(&jwk);
        if algorithms.is_empty() || !is_for_signatures(&jwk) {
            return None;
        }
        let material = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, material, algorithms })
    }

    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

/// Those of the key's type, or of these the one that the key names.
fn algorithms(jwk: &Jwk) -> Vec<Algorithm> {
    let of_type = |algorithm: &Algorithm| match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => algorithm.family() == AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => *algorithm == Algorithm::ES256,
            EllipticCurve::P384 => *algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(key) => {
            key.curve == EllipticCurve::Ed25519 && *algorithm == Algorithm::EdDSA
        }
        _ => false,
    };
    let named = |algorithm: &Algorithm| {
        jwk.common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(*algorithm))
    };
    ALGORITHMS.into_iter().filter(of_type).filter(named).collect()
}

fn is_for_signatures(jwk: &Jwk) -> bool {
    let by_use = jwk.common.public_key_use.as_ref().is_none_or(|own| *own == PublicKeyUse::Signature);
    let operations = jwk.common.key_operations.as_ref();
    by_use && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}
