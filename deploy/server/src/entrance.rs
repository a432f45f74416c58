//! What requests meet before the store: the retry window, and the limits of their tenant.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use ingest_otlp::{Config, Decoder, Quotas, Receiver, Replayer, RetryWindow};
use ingest_store::{Decode, Sink};
use tokio_util::sync::CancellationToken;

use crate::app::now;
use crate::engines::Engines;
use crate::limits::{self, Questions, Read};
use crate::settings::Settings;

/// What requests meet before the store.
#[derive(Debug)]
pub(crate) struct Entrance {
    window: Option<Arc<RetryWindow>>,
    quotas: Arc<Quotas>,
    limits: Option<PathBuf>,
    questions: Questions,
}

// === impl Entrance ===

impl Entrance {
    /// What the settings ask for.
    ///
    /// # Errors
    ///
    /// When the limits file cannot be read, or has mistakes.
    pub(crate) fn open(settings: &Settings) -> Result<Self> {
        let window = (!settings.retry_window.is_zero()).then(|| RetryWindow::new(settings.retry_window));
        let limits = settings.limits.as_deref().map(limits::read).transpose()?;
        let Read { sent, asked } = limits.unwrap_or_default();
        Ok(Self { window, quotas: Quotas::new(sent), limits: settings.limits.clone(), questions: asked })
    }

    /// Recovery's way from requests to rows.
    pub(crate) fn decode(&self) -> Box<dyn Decode> {
        match &self.window {
            Some(window) => Box::new(Replayer::new(Arc::clone(window))),
            None => Box::new(Decoder),
        }
    }

    /// What a question of each tenant may use.
    pub(crate) fn questions(&self) -> Questions {
        self.questions.clone()
    }

    /// Hands requests to the store, and follows the limits file until `stopping`.
    pub(crate) fn receiver(
        self,
        config: Config,
        store: Arc<dyn Sink>,
        engines: &Arc<Engines>,
        stopping: &CancellationToken,
    ) -> Receiver {
        if let Some(path) = self.limits {
            tokio::spawn(limits::follow(path, Arc::clone(&self.quotas), Arc::clone(engines), stopping.clone()));
        }
        let receiver = Receiver::new(config, store, now).with_quotas(self.quotas);
        match self.window {
            Some(window) => receiver.with_retry_window(window),
            None => receiver,
        }
    }
}
