//! Where a door listens.

use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use serde::Deserialize;

/// `HOST:PORT`; a host name is looked up. Port 0 takes a free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Address(SocketAddr);

/// The text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address: give HOST:PORT, such as 127.0.0.1:7077")]
pub(crate) struct ParseAddressError(String);

// === impl Address ===

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.map(Self).ok_or_else(|| ParseAddressError(text.to_owned()))
    }
}

impl TryFrom<String> for Address {
    type Error = ParseAddressError;

    fn try_from(text: String) -> Result<Self, ParseAddressError> {
        text.parse()
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl From<Address> for SocketAddr {
    fn from(address: Address) -> Self {
        address.0
    }
}
