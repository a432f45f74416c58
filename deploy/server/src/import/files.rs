//! The files of an import, line by line.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

/// A line longer than this is no telemetry: four times the largest request a server takes,
/// because JSON is longer than protobuf.
const MAX_LINE_BYTES: u64 = 256 << 20;

/// A file that can be read.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    file: File,
    /// Its size as it lies on disk.
    pub(super) bytes: u64,
}

/// A line that is not empty.
#[derive(Debug)]
pub(super) struct Line {
    path: PathBuf,
    number: usize,
    pub(super) text: Vec<u8>,
}

// === impl Line ===

impl Line {
    /// Where it stands, for people.
    pub(super) fn place(&self) -> impl Display + use<> {
        format!("{}:{}", self.path.display(), self.number)
    }
}

/// Opens a file for reading.
///
/// # Errors
///
/// When it cannot be read, or its name says that it holds something else.
pub(super) fn open(path: &Path) -> Result<Source> {
    let name = path.to_string_lossy();
    if ![".jsonl", ".jsonl.zst"].iter().any(|end| name.ends_with(end)) {
        bail!("{name} is no file of OTLP/JSON lines: its name must end in .jsonl or .jsonl.zst");
    }
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (about, file) = opened.with_context(|| format!("cannot read {name}"))?;
    ensure!(about.is_file(), "{name} is no file");
    Ok(Source { path: path.to_owned(), file, bytes: about.len() })
}

/// Reads all lines in order, for as long as somebody takes them.
///
/// # Errors
///
/// When a file cannot be read to its end; the text tells after which line.
pub(super) fn read_all(sources: Vec<Source>, lines: &mpsc::Sender<Line>, progress: &ProgressBar) -> Result<()> {
    for Source { path, file, .. } in sources {
        let counted = progress.wrap_read(file);
        let packed = path.extension().is_some_and(|extension| extension == "zst");
        let unpacked: Box<dyn Read> = if packed { Box::new(zstd::Decoder::new(counted)?) } else { Box::new(counted) };
        let mut reader = BufReader::with_capacity(1 << 20, unpacked);
        for number in 1.. {
            let text = line(&mut reader).with_context(|| format!("cannot read {} at line {number}", path.display()))?;
            let Some(text) = text else { break };
            if text.is_empty() {
                continue;
            }
            if lines.blocking_send(Line { path: path.clone(), number, text }).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next line without its end; `None` after the last.
fn line(reader: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let read = reader.take(MAX_LINE_BYTES).read_until(b'\n', &mut text)?;
    if read == 0 {
        return Ok(None);
    }
    ensure!((read as u64) < MAX_LINE_BYTES, "it is longer than {MAX_LINE_BYTES} bytes; split it into smaller requests");
    text.truncate(text.trim_ascii_end().len());
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends_and_the_last_needs_none() {
        let mut reader = BufReader::new(&b"a\r\n\nb"[..]);
        let mut next = || line(&mut reader).unwrap();
        assert_eq!(next().as_deref(), Some(&b"a"[..]));
        assert_eq!(next().as_deref(), Some(&b""[..]));
        assert_eq!(next().as_deref(), Some(&b"b"[..]));
        assert_eq!(next(), None);
    }

    #[test]
    fn what_cannot_be_telemetry_is_refused_by_name() {
        let mistake = |path| format!("{:#}", open(Path::new(path)).unwrap_err());
        assert!(mistake("spans.csv").contains("spans.csv is no file of OTLP/JSON lines"));
        assert!(mistake("missing.jsonl").contains("cannot read missing.jsonl"));
    }
}
