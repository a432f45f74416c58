//! The signatures that receivers ask for, all HMAC with SHA-256 (RFC 2104).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// DingTalk's signature, before it is put into an address: base64 of the HMAC of
/// `timestamp + "\n" + secret` under the secret (open.dingtalk.com, custom robot access).
pub(crate) fn dingtalk(timestamp_ms: i64, secret: &str) -> String {
    STANDARD.encode(hmac(secret.as_bytes(), format!("{timestamp_ms}\n{secret}").as_bytes()))
}

/// Feishu's signature: base64 of the HMAC of nothing under `timestamp + "\n" + secret`
/// (open.feishu.cn, custom bot).
pub(crate) fn feishu(timestamp_s: i64, secret: &str) -> String {
    STANDARD.encode(hmac(format!("{timestamp_s}\n{secret}").as_bytes(), b""))
}

/// The signature of our own webhook: hex of the HMAC of `timestamp.body` under the secret.
pub(crate) fn webhook(timestamp_s: i64, body: &str, secret: &str) -> String {
    hex::encode(hmac(secret.as_bytes(), format!("{timestamp_s}.{body}").as_bytes()))
}

/// Whether a webhook of ours, as it arrived, was signed with `secret`: `timestamp` and `signature` are its headers
/// `X-Slowburn-Timestamp` and `X-Slowburn-Signature`. The comparison takes the same time whatever differs.
#[must_use]
pub fn verify_webhook(secret: &str, timestamp: &str, signature: &str, body: &[u8]) -> bool {
    let Some(Ok(sent)) = signature.strip_prefix("sha256=").map(hex::decode) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&sent).is_ok()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_webhook_is_verified_by_its_headers() {
        let signature = format!("sha256={}", webhook(1_700_000_000, "{}", "hush"));
        assert!(verify_webhook("hush", "1700000000", &signature, b"{}"));
        assert!(!verify_webhook("hush", "1700000001", &signature, b"{}"), "another time");
        assert!(!verify_webhook("hush", "1700000000", &signature, b"[]"), "another body");
        assert!(!verify_webhook("loud", "1700000000", &signature, b"{}"), "another secret");
        assert!(!verify_webhook("hush", "1700000000", "", b"{}"), "no signature");
    }

    fn vector(name: &str) -> Value {
        let path = "../../fixtures/slo/vectors.json";
        let text = std::fs::read_to_string(path).expect("the vectors");
        serde_json::from_str::<Value>(&text).expect("JSON")["signatures"][name].clone()
    }

    #[test]
    fn dingtalk_signs_as_its_vector_says() {
        let vector = vector("dingtalk");
        let sign = dingtalk(vector["timestamp_ms"].as_i64().unwrap(), vector["secret"].as_str().unwrap());
        assert_eq!(sign, vector["sign_base64"].as_str().unwrap());
        let encoded: String = url::form_urlencoded::byte_serialize(sign.as_bytes()).collect();
        assert_eq!(encoded, "YNOUEo1bWBWru5w784F9YVdTh2QW8%2FmJCi6XHuNWeaU%3D");
    }

    #[test]
    fn feishu_signs_as_its_vector_says() {
        let vector = vector("feishu");
        let sign = feishu(vector["timestamp_s"].as_i64().unwrap(), vector["secret"].as_str().unwrap());
        assert_eq!(sign, vector["sign_base64"].as_str().unwrap());
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let mac = hex::encode(hmac(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
