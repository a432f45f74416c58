//! TLS at the doors: who we are, and whether those who connect have to say who they are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the keys and certificates lie, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// Our certificate, and those between it and one that clients know.
    pub(crate) cert: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// Who vouches for clients. With it, a client without a certificate is turned away.
    pub(crate) client_ca: Option<PathBuf>,
}

/// TLS as the doors speak it.
#[derive(Clone)]
pub(crate) struct Tls(TlsAcceptor);

// === impl Tls ===

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// When one cannot be read or used; the text names it and its flag.
    pub(crate) fn read(files: &TlsFiles) -> Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match &files.client_ca {
            None => builder.with_no_client_auth(),
            Some(file) => builder.with_client_cert_verifier(clients(file, provider)?),
        };
        let chain = certificates("tls-cert", &files.cert)?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .with_context(|| format!("--tls-key {}: it has no private key in PEM", files.key.display()))?;
        let mut config = builder.with_single_cert(chain, key).with_context(|| {
            let (cert, key) = (files.cert.display(), files.key.display());
            format!("--tls-cert {cert} and --tls-key {key} do not go together: give the key of the first certificate")
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// The same for a protocol that is not HTTP, by the name it has in TLS.
    pub(crate) fn of_protocol(&self, name: &str) -> TlsAcceptor {
        let mut config = ServerConfig::clone(self.0.config());
        config.alpn_protocols = vec![name.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Agrees with the other side on keys; `None` when that does not come about, or takes too long.
    pub(super) async fn shake_hands(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        match timeout(PATIENCE, self.0.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Tls")
    }
}

fn clients(file: &Path, provider: Arc<rustls::crypto::CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("tls-client-ca", file)? {
        roots.add(certificate).with_context(|| format!("--tls-client-ca {}", file.display()))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.with_context(|| format!("--tls-client-ca {}", file.display()))
}

fn certificates(flag: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().with_context(|| format!("--{flag} {}: it cannot be read as PEM", file.display()))?;
    ensure!(!certificates.is_empty(), "--{flag} {}: it has no certificate in PEM", file.display());
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_names_the_flag_and_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let [missing, empty] = ["missing.pem", "empty.pem"].map(|name| folder.path().join(name));
        std::fs::write(&empty, "no PEM").unwrap();
        let read = |cert: &Path, client_ca: Option<&Path>| {
            let files =
                TlsFiles { cert: cert.to_owned(), key: empty.clone(), client_ca: client_ca.map(Path::to_owned) };
            format!("{:#}", Tls::read(&files).unwrap_err())
        };
        let mistake = read(&missing, None);
        assert!(mistake.contains("--tls-cert") && mistake.contains("missing.pem"), "{mistake}");
        let mistake = read(&empty, None);
        assert!(mistake.contains("empty.pem: it has no certificate"), "{mistake}");
        let mistake = read(&empty, Some(&missing));
        assert!(mistake.contains("--tls-client-ca") && mistake.contains("missing.pem"), "{mistake}");
    }
}
