//! What a gate is asked, as the address has it.

use ingest_model::Nanos;
use leptos_router::params::ParamsMap;
use query_api::GateQuestion;

/// What can be compared: the word of the address, and the attribute of the resource.
pub(super) const ATTRIBUTES: [(&str, &str); 2] =
    [("version", "service.version"), ("environment", "deployment.environment.name")];

/// Values that are offered.
const VALUES: usize = 50;

/// Whose events are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gated {
    /// The requests to a service.
    Service(String),
    /// The events of an SLO, whose error budget is what is borne.
    Slo(String),
}

/// What is compared with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Which attribute: its place in [`ATTRIBUTES`].
    pub(super) by: usize,
    /// The value that is judged.
    pub(super) candidate: String,
    /// The value it is compared with; empty for all others.
    pub(super) against: String,
}

// === impl Asked ===

impl Asked {
    /// What the address asks: `gate=version&candidate=1.8&against=1.7`.
    pub(super) fn from_query(query: &ParamsMap) -> Option<Self> {
        Self::read(|name| query.get_str(name))
    }

    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let text = |name: &str| get(name).unwrap_or_default().trim().to_owned();
        let asked = Self { by: Self::place(get("gate")?)?, candidate: text("candidate"), against: text("against") };
        (!asked.candidate.is_empty()).then_some(asked)
    }

    /// Which attribute a word of the address means.
    pub(super) fn place(word: &str) -> Option<usize> {
        ATTRIBUTES.iter().position(|(known, _)| *known == word)
    }

    /// The parameters of the address.
    pub(super) fn parameters(&self) -> [(&'static str, Option<&str>); 3] {
        let against = self.against.trim();
        [
            ("gate", Some(ATTRIBUTES[self.by].0)),
            ("candidate", Some(self.candidate.trim())),
            ("against", Some(against).filter(|against| !against.is_empty())),
        ]
    }

    /// The question of the API.
    pub(super) fn question(&self, of: &Gated, (from, to): (Nanos, Nanos)) -> GateQuestion {
        let (service, slo) = match of {
            Gated::Service(service) => (Some(service.clone()), None),
            Gated::Slo(slo) => (None, Some(slo.clone())),
        };
        let candidate = Some(self.candidate.clone());
        let (version, environment) = if self.by == 0 { (candidate, None) } else { (None, candidate) };
        let against = Some(self.against.clone()).filter(|against| !against.is_empty());
        GateQuestion {
            service,
            slo,
            version,
            environment,
            against,
            from: Some(from),
            to: Some(to),
            ..GateQuestion::default()
        }
    }
}

/// The values of an attribute that a service sent in a range.
pub(super) fn values_query(service: &str, by: usize, (from, to): (Nanos, Nanos)) -> String {
    let (service, attribute) = (service.replace('\'', "''"), ATTRIBUTES[by].1);
    let (from, to) = (from.rfc3339(), to.rfc3339());
    format!(
        "SELECT DISTINCT resource_attributes ->> '{attribute}' AS value FROM spans\n\
         WHERE service_name = '{service}' AND start_time >= '{from}' AND start_time < '{to}'\n\
         ORDER BY value DESC LIMIT {VALUES}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &'static str)]) -> Option<Asked> {
        Asked::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value))
    }

    #[test]
    fn an_address_asks_what_it_was_made_from() {
        let asked = Asked { by: 1, candidate: "canary".to_owned(), against: "prod".to_owned() };
        assert_eq!(
            asked.parameters(),
            [("gate", Some("environment")), ("candidate", Some("canary")), ("against", Some("prod"))]
        );
        assert_eq!(read(&[("gate", "environment"), ("candidate", " canary"), ("against", "prod")]), Some(asked));
        assert_eq!(read(&[("gate", "version"), ("candidate", " ")]), None, "nothing to judge");
        assert_eq!(read(&[("gate", "colour"), ("candidate", "red")]), None);
        let all = Asked { candidate: "1.8".to_owned(), ..Asked::default() };
        assert_eq!(all.parameters()[2], ("against", None));
    }

    #[test]
    fn a_question_is_of_a_service_or_of_an_slo() {
        let asked = Asked { by: 0, candidate: "1.8".to_owned(), against: String::new() };
        let question = asked.question(&Gated::Service("cart".to_owned()), (Nanos(1), Nanos(2)));
        assert_eq!((question.service.as_deref(), question.slo, question.against), (Some("cart"), None, None));
        assert_eq!((question.version.as_deref(), question.environment), (Some("1.8"), None));
        let question = Asked { by: 1, ..asked }.question(&Gated::Slo("orders".to_owned()), (Nanos(1), Nanos(2)));
        assert_eq!((question.slo.as_deref(), question.environment.as_deref()), (Some("orders"), Some("1.8")));
    }

    #[test]
    fn the_name_of_a_service_cannot_break_out_of_the_query() {
        assert!(values_query("o'brien' --", 0, (Nanos(0), Nanos(1))).contains("service_name = 'o''brien'' --'"));
    }
}
