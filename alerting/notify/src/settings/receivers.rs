//! The list `receivers`.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use saphyr::MarkedYaml;
use url::Url;

use crate::message::Language;
use crate::secret::Secret;
use crate::settings::yaml::{Fields, Reader};
use crate::settings::{ReceiverKind, ReceiverSettings};

const KEYS: [&str; 7] = ["name", "type", "url", "url_file", "secret", "secret_file", "language"];

/// Types that are planned.
const LATER: [&str; 7] = ["teams", "discord", "wecom", "telegram", "pagerduty", "alertmanager", "email"];

/// The names that were given, whether the rest of the receiver is right or not.
#[derive(Default)]
pub(super) struct Places {
    names: BTreeSet<String>,
}

/// Reads files that hold secrets.
type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Reads the list, and adds what is right to `receivers`.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: &MarkedYaml<'_>,
    read_file: ReadFile<'_>,
    places: &mut Places,
    receivers: &mut Vec<ReceiverSettings>,
) {
    for (index, item) in reader.items(node, "receivers").iter().enumerate() {
        let path = format!("receivers[{index}]");
        let Some(fields) = reader.fields(item, &path, &KEYS) else { continue };
        let mut one = One { reader, item, path, fields, read_file };
        let name = one.name(places);
        let kind = one.kind();
        let url = one.url();
        let secret = one.secret(kind);
        let language = one.language();
        if let (Some(name), Some(kind), Some(url), Some(secret), Some(language)) = (name, kind, url, secret, language) {
            receivers.push(ReceiverSettings { name, kind, url, secret, language });
        }
    }
}

/// A receiver that is being read. Each method reads one setting; `None` after a mistake.
struct One<'r, 's, 'n> {
    reader: &'r mut Reader<'s>,
    item: &'n MarkedYaml<'n>,
    path: String,
    fields: Fields<'n>,
    read_file: ReadFile<'r>,
}

// === impl Places ===

impl Places {
    /// Whether a receiver of this name was given.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

// === impl One ===

impl<'n> One<'_, '_, 'n> {
    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn mistake<T>(&mut self, node: &MarkedYaml<'_>, message: String, remedy: &str) -> Option<T> {
        self.reader.mistake(node, message, remedy);
        None
    }

    /// A text that must be there.
    fn text(&mut self, name: &str, remedy: &str) -> Option<(&'n MarkedYaml<'n>, &'n str)> {
        let path = self.field(name);
        match self.fields.get(name) {
            Some(node) => self.reader.text(node, &path).map(|text| (node, text)),
            None => self.mistake(self.item, format!("{path} is missing"), remedy),
        }
    }

    fn name(&mut self, places: &mut Places) -> Option<String> {
        const REMEDY: &str = "use 1 to 64 letters, digits, `.`, `-` or `_`";
        let (node, name) = self.text("name", REMEDY)?;
        let allowed = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | '_');
        if name.len() > 64 || !name.chars().all(allowed) {
            return self.mistake(node, format!("{} is {name:?}", self.field("name")), REMEDY);
        }
        if !places.names.insert(name.to_owned()) {
            let message = format!("{} is {name:?}, which another receiver has", self.field("name"));
            return self.mistake(node, message, "give each receiver a name of its own");
        }
        Some(name.to_owned())
    }

    fn kind(&mut self) -> Option<ReceiverKind> {
        const REMEDY: &str = "use slack, dingtalk, feishu or webhook";
        let (node, kind) = self.text("type", REMEDY)?;
        match kind {
            "dingtalk" => Some(ReceiverKind::Dingtalk),
            "feishu" => Some(ReceiverKind::Feishu),
            "slack" => Some(ReceiverKind::Slack),
            "webhook" => Some(ReceiverKind::Webhook),
            later if LATER.contains(&later) => {
                self.mistake(node, format!("{} {later:?} is not supported yet", self.field("type")), REMEDY)
            }
            other => self.mistake(node, format!("{} is {other:?}", self.field("type")), REMEDY),
        }
    }

    fn url(&mut self) -> Option<Url> {
        const REMEDY: &str = "use an absolute address, such as https://chat.example/hook";
        let found = self.inline_or_file("url", "url_file")?;
        let Some((node, text)) = found else {
            return self.mistake(self.item, format!("{} is missing", self.field("url")), REMEDY);
        };
        // The value is not repeated: chat services put their secret there.
        let path = self.field("url");
        match Url::parse(text.trim()) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                self.mistake(node, format!("{path} has the scheme {:?}", url.scheme()), "use http or https")
            }
            Ok(url) => Some(url),
            Err(error) => self.mistake(node, format!("{path} is no address: {error}"), REMEDY),
        }
    }

    fn secret(&mut self, kind: Option<ReceiverKind>) -> Option<Option<Secret>> {
        let Some((node, text)) = self.inline_or_file("secret", "secret_file")? else { return Some(None) };
        if kind == Some(ReceiverKind::Slack) {
            let message = format!("{} is given, but slack signs nothing", self.field("secret"));
            return self.mistake(node, message, "remove it; the url is the secret");
        }
        Some(Some(Secret::new(text)))
    }

    /// A text from a field or from the file that another field names. The outer option is `None` after a
    /// mistake, the inner one where there is neither field.
    fn inline_or_file(&mut self, inline: &str, in_file: &str) -> Option<Option<(&'n MarkedYaml<'n>, String)>> {
        let path = self.field(inline);
        match (self.fields.get(inline), self.fields.get(in_file)) {
            (None, None) => Some(None),
            (Some(_), Some(node)) => {
                let message = format!("{path} and {} are both given", self.field(in_file));
                self.mistake(node, message, "keep one of them")
            }
            (Some(node), None) => Some(Some((node, self.reader.text(node, &path)?.to_owned()))),
            (None, Some(node)) => Some(Some((node, self.file(node, in_file)?))),
        }
    }

    /// What a file holds, without the line end that editors put there.
    fn file(&mut self, node: &'n MarkedYaml<'n>, name: &str) -> Option<String> {
        let field = self.field(name);
        let file = self.reader.text(node, &field)?;
        match (self.read_file)(Path::new(file)) {
            Ok(text) if text.trim().is_empty() => {
                self.mistake(node, format!("{field}: {file:?} is empty"), "put the value into the file")
            }
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                let message = format!("{field}: cannot read {file:?}: {error}");
                self.mistake(node, message, "correct the path, which is relative to this file, or its permissions")
            }
        }
    }

    fn language(&mut self) -> Option<Language> {
        let Some(node) = self.fields.get("language") else { return Some(Language::default()) };
        let field = self.field("language");
        let language = self.reader.text(node, &field)?;
        match language.parse() {
            Ok(language) => Some(language),
            Err(()) => self.mistake(node, format!("{field} is {language:?}"), "use en or zh"),
        }
    }
}
