//! The keys file: who may come in, for which tenant, to do what.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ingest_model::Tenant;
use sha2::{Digest, Sha256};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// To send telemetry.
    Ingest,
    /// To ask questions.
    Read,
    /// For everything.
    Admin,
}

/// Whom a key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) tenant: Tenant,
    pub(crate) role: Role,
}

/// The holders by the SHA-256 of their keys. The keys themselves are nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(HashMap<[u8; 32], Holder>);

// === impl Role ===

impl Role {
    /// Whether a door for `needed` opens.
    pub(crate) fn may(self, needed: Self) -> bool {
        self == Self::Admin || self == needed
    }
}

// === impl Keys ===

impl Keys {
    /// Reads a keys file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or a line is mistaken; the text names the line.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read the keys file {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("the keys file {} has a mistake", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut keys = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (hash, holder) = entry(line).with_context(|| format!("line {}", index + 1))?;
            if keys.insert(hash, holder).is_some() {
                bail!("line {}: this key is there already", index + 1);
            }
        }
        if keys.is_empty() {
            bail!("it has no key, so nobody could come in; a line is: sha256-of-key tenant role");
        }
        Ok(Self(keys))
    }

    /// The holder of a key. Keys are compared by their hashes, so the time this takes tells
    /// nothing about them.
    pub(crate) fn holder(&self, key: &str) -> Option<&Holder> {
        self.0.get::<[u8; 32]>(&Sha256::digest(key).into())
    }

    /// Every tenant that has a key.
    pub(crate) fn tenants(&self) -> BTreeSet<&Tenant> {
        self.0.values().map(|holder| &holder.tenant).collect()
    }
}

fn entry(line: &str) -> Result<([u8; 32], Holder)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [hash, tenant, role] = words[..] else {
        bail!("it has {} words, not 3: sha256-of-key tenant role", words.len());
    };
    let mut bytes = [0; 32];
    hex::decode_to_slice(hash, &mut bytes)
        .context("the first word is no SHA-256 in hex; make one with: printf %s KEY | sha256sum")?;
    let role = match role {
        "ingest" => Role::Ingest,
        "read" => Role::Read,
        "admin" => Role::Admin,
        other => bail!("{other:?} is no role; the roles are ingest, read and admin"),
    };
    Ok((bytes, Holder { tenant: tenant.parse()?, role }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SHA-256 of `letmein`.
    const LETMEIN: &str = "1c8bfe8f801d79745c4631d09fff36c82aa37fc4cce4fc946683d7b336b63032";

    #[test]
    fn a_key_is_known_by_its_hash() {
        let keys = Keys::parse(&format!("# ours\n\n{LETMEIN} shop read\n")).unwrap();
        let holder = Holder { tenant: "shop".parse().unwrap(), role: Role::Read };
        assert_eq!(keys.holder("letmein"), Some(&holder));
        assert_eq!(keys.holder("letmeout"), None);
        assert!(holder.role.may(Role::Read) && !holder.role.may(Role::Ingest) && Role::Admin.may(Role::Ingest));
    }

    #[test]
    fn a_mistake_names_its_line_and_the_remedy() {
        let twice = format!("{LETMEIN} a read\n{LETMEIN} b read");
        for (text, wanted) in [
            ("\nabc shop read", "line 2: the first word is no SHA-256"),
            (&format!("{LETMEIN} shop"), "line 1: it has 2 words"),
            (&format!("{LETMEIN} shop root"), "\"root\" is no role"),
            (&format!("{LETMEIN} ../etc read"), "is no tenant name"),
            (&twice, "line 2: this key is there already"),
            ("# none\n", "it has no key"),
        ] {
            let mistake = format!("{:#}", Keys::parse(text).unwrap_err());
            assert!(mistake.contains(wanted), "{mistake}");
        }
    }
}
