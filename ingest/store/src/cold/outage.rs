//! Whether the bucket can be reached.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::path::Path;
use object_store::{Error, ObjectStore};

/// How long a look at the bucket may take.
const LOOK: Duration = Duration::from_secs(3);

/// What is asked of the bucket to know whether it answers: the names in a folder that is not there.
const PROBE: &str = "_probe";

/// Times in which the bucket cannot be reached. While one lasts, what is asked of the bucket fails at once.
#[derive(Debug, Default)]
pub struct Outage {
    state: Mutex<State>,
    /// Held while the bucket is looked at, so that many failures make one look.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    lasts: bool,
    /// When the newest began.
    began: Option<Instant>,
}

// === impl Outage ===

impl Outage {
    /// Whether the bucket cannot be reached now.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.state().lasts
    }

    /// Whether one began at `moment` or later, even if it is over.
    #[must_use]
    pub fn began_since(&self, moment: Instant) -> bool {
        self.state().began.is_some_and(|began| began >= moment)
    }

    /// Looks at the bucket after a failure that may be the bucket's, not the object's.
    pub(super) async fn suspect(&self, objects: &dyn ObjectStore, error: &Error) {
        if !is_suspect(error) {
            return;
        }
        let _looking = self.looking.lock().await;
        if !self.lasts() && !answers(objects).await {
            self.begin(error);
        }
    }

    /// Looks whether an outage is over.
    pub(super) async fn look(&self, objects: &dyn ObjectStore) {
        let _looking = self.looking.lock().await;
        if self.lasts() && answers(objects).await {
            tracing::info!("the bucket of older files answers again");
            self.set(State { lasts: false, ..self.state() });
        }
    }

    pub(super) fn begin(&self, error: &Error) {
        tracing::warn!(%error, "the bucket of older files cannot be reached; answers do without them and say so");
        metrics::counter!("ingest_store_cold_outages_total").increment(1);
        self.set(State { lasts: true, began: Some(Instant::now()) });
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the bucket may be the cause, as against the object that was asked for.
fn is_suspect(error: &Error) -> bool {
    matches!(error, Error::Generic { .. } | Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
}

async fn answers(objects: &dyn ObjectStore) -> bool {
    let path = Path::from(PROBE);
    tokio::time::timeout(LOOK, objects.list_with_delimiter(Some(&path))).await.is_ok_and(|listed| listed.is_ok())
}
