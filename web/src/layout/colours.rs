//! A colour for every service.

use std::collections::BTreeMap;

use query_api::Trace;

/// Colours in the palette; the stylesheet has `.svc-0` to `.svc-11`.
const PALETTE: u32 = 12;

/// The services of a trace with their colours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Colours {
    of_service: BTreeMap<String, (u32, usize)>,
}

// === impl Colours ===

impl Colours {
    /// Gives each service the colour its name asks for, or the next free one, so that a service
    /// keeps its colour from trace to trace and no two share one while there are enough.
    pub(crate) fn new(trace: &Trace) -> Self {
        let mut of_service: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for span in &trace.spans {
            match of_service.get_mut(&span.service_name) {
                Some((_, spans)) => *spans += 1,
                None => {
                    of_service.insert(span.service_name.clone(), (0, 1));
                }
            }
        }
        let mut taken = 0_u32;
        for (service, (colour, _)) in &mut of_service {
            let wish = wish(service);
            let free = (0..PALETTE).map(|step| (wish + step) % PALETTE).find(|colour| taken & (1 << colour) == 0);
            *colour = free.unwrap_or(wish);
            taken |= 1 << *colour;
        }
        Self { of_service }
    }

    /// The CSS class of a service's colour.
    pub(crate) fn class(&self, service: &str) -> String {
        let colour = self.of_service.get(service).map_or_else(|| wish(service), |(colour, _)| *colour);
        format!("svc-{colour}")
    }

    /// Every service with its number of spans, most first.
    pub(crate) fn services(&self) -> Vec<(String, usize)> {
        let mut services: Vec<_> =
            self.of_service.iter().map(|(service, (_, spans))| (service.clone(), *spans)).collect();
        services.sort_by_key(|(_, spans)| std::cmp::Reverse(*spans));
        services
    }
}

/// FNV-1a, 32 bits, folded onto the palette.
fn wish(service: &str) -> u32 {
    let hash = service.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % PALETTE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::sample::trace_of_services;

    #[test]
    fn services_have_different_colours_while_there_are_enough() {
        let names: Vec<String> = (0..PALETTE).map(|number| format!("service-{number}")).collect();
        let colours = Colours::new(&trace_of_services(&names));
        let mut classes: Vec<_> = names.iter().map(|name| colours.class(name)).collect();
        classes.sort();
        classes.dedup();
        assert_eq!(classes.len(), names.len());
    }

    #[test]
    fn more_services_than_colours_share_them() {
        let names: Vec<String> = (0..40).map(|number| format!("service-{number}")).collect();
        let colours = Colours::new(&trace_of_services(&names));
        assert_eq!(colours.services().len(), 40);
        assert!(names.iter().all(|name| colours.class(name).starts_with("svc-")));
    }
}
