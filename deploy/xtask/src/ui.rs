//! The page: from `web` to `web/dist`.

use std::path::Path;

use anyhow::Result;

/// Builds the page.
pub(crate) fn build(_root: &Path) -> Result<()> {
    Ok(())
}
