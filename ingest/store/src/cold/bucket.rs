//! A bucket of an S3-compatible object store, and the prefix below which everything lies.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::client::SpawnedReqwestConnector;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, Error, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::Handle;
use url::Url;

use super::guarded::Guarded;
use super::outage::Outage;

/// How long a request is tried again; 4 times at the most.
const RETRIED: Duration = Duration::from_secs(10);

/// How long one attempt may take. A piece of 8 MiB passes in it at 280 KiB/s.
const ATTEMPT: &str = "30 seconds";

/// How long connecting may take.
const CONNECT: &str = "3 seconds";

/// How long a start waits for a first answer.
const CHECK: Duration = Duration::from_secs(10);

/// An object that is asked for to know whether the bucket is there; it need not be.
const PROBE: &str = "_probe";

/// Where credentials may come from, but for the machine's own role.
const CREDENTIALS: [AmazonS3ConfigKey; 4] = [
    AmazonS3ConfigKey::AccessKeyId,
    AmazonS3ConfigKey::WebIdentityTokenFile,
    AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    AmazonS3ConfigKey::ContainerCredentialsFullUri,
];

/// Where older files go. A clone is the same bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    url: Arc<str>,
    objects: Guarded,
    has_credentials: bool,
}

/// Why a bucket cannot be used. The text names the input and the remedy, and never a secret.
#[derive(Debug, thiserror::Error)]
pub enum ColdError {
    /// The URL is none of a bucket.
    #[error("--cold-url {0:?} names no bucket; give s3://BUCKET or s3://BUCKET/PREFIX")]
    Url(String),
    /// The endpoint is plain HTTP and nobody said that this is meant.
    #[error("the endpoint {0} is not encrypted; give one that begins with https://, or set AWS_ALLOW_HTTP=true")]
    PlainHttp(String),
    /// The environment sets something that does not fit.
    #[error("the AWS_… variables do not fit --cold-url {url}: {source}")]
    Environment {
        /// The URL.
        url: String,
        /// What does not fit.
        source: Error,
    },
    /// There is no such bucket.
    #[error("--cold-url {0}: there is no such bucket; make it, or check AWS_ENDPOINT_URL and AWS_REGION")]
    NoBucket(String),
    /// There are no credentials.
    #[error("--cold-url {0}: there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials(String),
    /// The credentials are refused.
    #[error(
        "--cold-url {0}: the credentials are refused; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they \
         may list, read, write and delete below the prefix"
    )]
    Refused(String),
}

// === impl Bucket ===

impl Bucket {
    /// A bucket by its URL, `s3://BUCKET/PREFIX`. Endpoint, region and credentials come from the environment, in the
    /// variables that AWS's own tools read. Its I/O runs where this is called, so the runtime must outlive it. Nothing is
    /// asked of the bucket yet.
    ///
    /// # Errors
    ///
    /// [`ColdError::Url`], [`ColdError::PlainHttp`] and [`ColdError::Environment`].
    pub fn s3(url: &str, io: &Handle) -> Result<Self, ColdError> {
        let (bucket, prefix) = place(url)?;
        let builder = AmazonS3Builder::from_env();
        let set = |key: &AmazonS3ConfigKey| builder.get_config_value(key);
        let endpoint = set(&AmazonS3ConfigKey::S3Endpoint).or_else(|| set(&AmazonS3ConfigKey::Endpoint));
        let allows_http = set(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
        if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.starts_with("http://"))
            && allows_http.as_deref() != Some("true")
        {
            return Err(ColdError::PlainHttp(endpoint));
        }
        let has_credentials = CREDENTIALS.iter().any(|key| set(key).is_some());
        let backoff =
            BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 };
        let objects = builder
            .with_bucket_name(bucket)
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), ATTEMPT)
            .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), CONNECT)
            .with_retry(RetryConfig { backoff, max_retries: 4, retry_timeout: RETRIED })
            .with_checksum_algorithm(Checksum::SHA256)
            .with_http_connector(SpawnedReqwestConnector::new(io.clone()))
            .build()
            .map_err(|source| ColdError::Environment { url: url.to_owned(), source })?;
        Ok(Self { has_credentials, ..Self::of(Arc::new(PrefixStore::new(objects, prefix)), url) })
    }

    /// Whether a URL names a bucket. Nothing is asked of anybody.
    ///
    /// # Errors
    ///
    /// [`ColdError::Url`].
    pub fn check_url(url: &str) -> Result<(), ColdError> {
        place(url).map(drop)
    }

    /// Any object store as a bucket that is known by a URL.
    #[must_use]
    pub fn of(objects: Arc<dyn ObjectStore>, url: &str) -> Self {
        let objects = Guarded { objects, outage: Arc::default() };
        Self { url: url.into(), objects, has_credentials: true }
    }

    /// Asks the bucket something, to tell mistakes of those who set it up. One that cannot be reached is none: what cannot
    /// be done now is tried again.
    ///
    /// # Errors
    ///
    /// [`ColdError::NoBucket`], [`ColdError::NoCredentials`] and [`ColdError::Refused`].
    pub async fn check(&self) -> Result<(), ColdError> {
        let url = || self.url.to_string();
        let path = Path::from(PROBE);
        let found = tokio::time::timeout(CHECK, self.objects.objects.get(&path)).await;
        let silent = |_| Err(Error::Generic { store: "bucket", source: "no answer".into() });
        match found.unwrap_or_else(silent) {
            Err(error @ Error::NotFound { .. }) if error.to_string().contains("NoSuchBucket") => {
                Err(ColdError::NoBucket(url()))
            }
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(_) if !self.has_credentials => Err(ColdError::NoCredentials(url())),
            Err(Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => Err(ColdError::Refused(url())),
            Err(error) => {
                self.objects.outage.begin(&error);
                Ok(())
            }
        }
    }

    /// What it was named as.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it can be reached.
    #[must_use]
    pub fn outage(&self) -> &Arc<Outage> {
        &self.objects.outage
    }

    /// Looks whether it can be reached again.
    pub(crate) async fn look(&self) {
        self.objects.outage.look(self.objects.objects.as_ref()).await;
    }

    /// What lies below its prefix. While it cannot be reached, what is asked fails at once.
    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.objects.clone())
    }
}

/// The bucket and the prefix that a URL names.
fn place(url: &str) -> Result<(String, Path), ColdError> {
    // Who takes it for a place for keys finds none of them in a log.
    let shown = url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, rest)| format!("…@{rest}"));
    let mistaken = || ColdError::Url(shown.clone());
    let parsed = Url::parse(url).map_err(|_| mistaken())?;
    let plain = parsed.query().is_none() && parsed.fragment().is_none() && parsed.username().is_empty();
    let bucket = parsed.host_str().filter(|_| plain && parsed.scheme() == "s3" && parsed.port().is_none());
    let prefix = Path::from_url_path(parsed.path()).map_err(|_| mistaken())?;
    Ok((bucket.filter(|bucket| !bucket.is_empty()).ok_or_else(mistaken)?.to_owned(), prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_bucket_and_a_prefix() {
        let placed = |url: &str| place(url).map(|(bucket, prefix)| (bucket, prefix.to_string())).ok();
        assert_eq!(placed("s3://lake"), Some(("lake".to_owned(), String::new())));
        assert_eq!(placed("s3://lake/a/b%20c/"), Some(("lake".to_owned(), "a/b c".to_owned())));
        for url in ["lake", "s3://", "s3:///a", "http://lake/a", "s3://key:secret@lake", "s3://lake?x=1", "file:///tmp"]
        {
            let mistake = place(url).unwrap_err().to_string();
            assert!(mistake.contains("--cold-url") && mistake.contains("s3://BUCKET/PREFIX"), "{mistake}");
            assert!(!mistake.contains("secret"), "{mistake}");
        }
    }
}
