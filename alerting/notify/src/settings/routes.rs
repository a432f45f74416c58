//! The list `routes`.

use alerting_rules::Severity;
use saphyr::MarkedYaml;

use crate::settings::Route;
use crate::settings::receivers::Places;
use crate::settings::yaml::Reader;

const KEYS: [&str; 3] = ["severity", "service", "receivers"];

/// A receiver's name in a route, and where it stands.
pub(super) struct Named<'n> {
    node: &'n MarkedYaml<'n>,
    field: String,
    name: String,
}

/// Reads the list, adds what is right to `routes`, and gives back the names to check.
pub(super) fn read<'n>(reader: &mut Reader<'_>, node: &'n MarkedYaml<'n>, routes: &mut Vec<Route>) -> Vec<Named<'n>> {
    let mut named = Vec::new();
    for (index, item) in reader.items(node, "routes").iter().enumerate() {
        let path = format!("routes[{index}]");
        let Some(fields) = reader.fields(item, &path, &KEYS) else { continue };
        let severity = fields.get("severity").map(|node| severity(reader, node, &format!("{path}.severity")));
        let service = fields.get("service").map(|node| reader.text(node, &format!("{path}.service")));
        let names = match fields.get("receivers") {
            Some(node) => names(reader, node, &format!("{path}.receivers")),
            None => {
                reader.mistake(item, format!("{path}.receivers is missing"), "name the receivers of the route");
                Vec::new()
            }
        };
        let receivers = names.iter().map(|named| named.name.clone()).collect();
        named.extend(names);
        if severity != Some(None) && service != Some(None) {
            let service = service.flatten().map(str::to_owned);
            routes.push(Route { severity: severity.flatten(), service, receivers });
        }
    }
    named
}

/// Names that no receiver has are mistakes.
pub(super) fn check_names(reader: &mut Reader<'_>, named: &[Named<'_>], places: &Places) {
    for one in named.iter().filter(|one| !places.knows(&one.name)) {
        let message = format!("{} is {:?}, which no receiver is called", one.field, one.name);
        reader.mistake(one.node, message, "correct the name, or add the receiver");
    }
}

fn severity(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, path: &str) -> Option<Severity> {
    match reader.text(node, path)? {
        "page" => Some(Severity::Page),
        "ticket" => Some(Severity::Ticket),
        other => {
            reader.mistake(node, format!("{path} is {other:?}"), "use page or ticket");
            None
        }
    }
}

fn names<'n>(reader: &mut Reader<'_>, node: &'n MarkedYaml<'n>, path: &str) -> Vec<Named<'n>> {
    let mut names = Vec::new();
    for (index, node) in reader.items(node, path).iter().enumerate() {
        let field = format!("{path}[{index}]");
        if let Some(name) = reader.text(node, &field) {
            names.push(Named { node, field, name: name.to_owned() });
        }
    }
    names
}
