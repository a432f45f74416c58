//! Who telemetry belongs to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A tenant's name: 1 to 64 of `a-z`, `0-9`, `-` and `_`, so that it is safe as a folder name, and
/// none of the names the store needs itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(Arc<str>);

/// A tenant's folder stands beside these, which are the store's own.
const RESERVED: [&str; 7] = ["cold", "demo", "lock", "slos", "spill", "tmp", "wal"];

/// The text is no tenant name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no tenant name (1 to 64 of a-z, 0-9, - and _; not cold, demo, lock, slos, spill, tmp or wal)")]
pub struct ParseTenantError(String);

// === impl Tenant ===

impl Tenant {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    /// The tenant of a server without keys.
    fn default() -> Self {
        Self(Arc::from("default"))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Tenant {
    type Err = ParseTenantError;

    fn from_str(text: &str) -> Result<Self, ParseTenantError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let free = !RESERVED.contains(&text);
        if free && (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(ParseTenantError(text.to_owned()))
        }
    }
}
