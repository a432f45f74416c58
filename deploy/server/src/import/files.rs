//! The files of an import, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::totals::Totals;

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
    pub(super) fn place(&self) -> String {
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

/// Reads all lines in order, for as long as somebody takes them. A file that breaks is a mistake
/// that is told and counted; the next one follows.
pub(super) fn read_all(sources: Vec<Source>, lines: &mpsc::Sender<Line>, progress: &ProgressBar) -> Totals {
    let mut totals = Totals::default();
    for source in sources {
        if let Err(error) = read(source, lines, progress) {
            totals.mistake(progress, &format!("{error:#}; the rest of the file was not sent"));
        }
        if lines.is_closed() {
            break;
        }
    }
    totals
}

/// Reads the lines of one file.
///
/// # Errors
///
/// When it cannot be read to its end; the text tells at which line.
fn read(source: Source, lines: &mpsc::Sender<Line>, progress: &ProgressBar) -> Result<()> {
    let Source { path, file, .. } = source;
    let counted = progress.wrap_read(file);
    let broken = |number: usize| format!("cannot read {}:{number}", path.display());
    let packed = path.extension().is_some_and(|extension| extension == "zst");
    let unpacked: Box<dyn Read> =
        if packed { Box::new(zstd::Decoder::new(counted).with_context(|| broken(1))?) } else { Box::new(counted) };
    let mut reader = BufReader::with_capacity(1 << 20, unpacked);
    for number in 1.. {
        let Some(text) = line(&mut reader).with_context(|| broken(number))? else { break };
        if text.is_empty() {
            continue;
        }
        if lines.blocking_send(Line { path: path.clone(), number, text }).is_err() {
            break;
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
    fn a_file_that_breaks_is_told_and_the_next_one_follows() {
        let folder = tempfile::tempdir().unwrap();
        let source = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            open(&path).unwrap()
        };
        let cut = zstd::encode_all(&b"{}\n"[..], 0).unwrap();
        let sources = vec![
            source("a.jsonl.zst", b"this is not packed"),
            source("b.jsonl.zst", &cut[..cut.len() - 1]),
            source("c.jsonl", b"\n{}"),
        ];
        let (lines, mut waiting) = mpsc::channel(4);
        let totals = read_all(sources, &lines, &ProgressBar::hidden());
        drop(lines);
        assert!(!totals.is_clean());
        let places: Vec<String> = std::iter::from_fn(|| waiting.try_recv().ok()).map(|line| line.place()).collect();
        assert!(places.last().is_some_and(|place| place.ends_with("c.jsonl:2")), "{places:?}");
    }

    #[test]
    fn what_cannot_be_telemetry_is_refused_by_name() {
        let mistake = |path| format!("{:#}", open(Path::new(path)).unwrap_err());
        assert!(mistake("spans.csv").contains("spans.csv is no file of OTLP/JSON lines"));
        assert!(mistake("missing.jsonl").contains("cannot read missing.jsonl"));
    }
}
