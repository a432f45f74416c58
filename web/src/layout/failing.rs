//! The span somebody wants to see who comes from an alert.

use query_api::Trace;

use super::{CriticalPath, Item, Tree};

/// From here on a log record is an error; OpenTelemetry's `SeverityNumber` ERROR.
const ERROR_SEVERITY: i64 = 17;

/// The deepest span with status `ERROR`, the first where several are as deep. Where no span failed: the first span
/// with a log record that is an error, else the one that was longest on the critical path.
pub(crate) fn failing(trace: &Trace, tree: &Tree, path: &CriticalPath) -> Option<u32> {
    deepest_failed(trace, tree).or_else(|| first_error_log(trace, tree)).or_else(|| longest_on_path(tree, path))
}

fn deepest_failed(trace: &Trace, tree: &Tree) -> Option<u32> {
    let failed = tree.nodes().filter(|(_, node)| match node.item {
        Item::Span(span) => trace.spans[span].status_code == "ERROR",
        Item::Log(_) => false,
    });
    // The first of the largest: the greatest by depth, then the smallest number.
    failed.max_by_key(|(number, node)| (node.depth, std::cmp::Reverse(*number))).map(|(number, _)| number)
}

fn first_error_log(trace: &Trace, tree: &Tree) -> Option<u32> {
    tree.nodes().find_map(|(_, node)| match node.item {
        Item::Log(log) if trace.logs[log].severity_number >= ERROR_SEVERITY => node.parent,
        _ => None,
    })
}

fn longest_on_path(tree: &Tree, path: &CriticalPath) -> Option<u32> {
    let spans = tree.nodes().filter_map(|(number, node)| match node.item {
        Item::Span(span) => Some((path.time_ns(span), number)),
        Item::Log(_) => None,
    });
    spans.max_by_key(|(time, number)| (*time, std::cmp::Reverse(*number))).map(|(_, number)| number)
}

/// The log records to show for a span: its own; where it has none, those of the nearest span above that has some.
/// Answers the node they belong to and theirs.
pub(crate) fn logs_for(tree: &Tree, number: u32) -> Option<(u32, Vec<u32>)> {
    let own = |span: u32| {
        let end = tree.node(span).map_or(span, |node| node.end);
        let logs = (span + 1..end).filter(|below| {
            tree.node(*below).is_some_and(|node| node.parent == Some(span) && matches!(node.item, Item::Log(_)))
        });
        (span, logs.collect::<Vec<_>>())
    };
    [number].into_iter().chain(tree.ancestors(number)).map(own).find(|(_, logs)| !logs.is_empty())
}

#[cfg(test)]
mod tests {
    use query_api::{PathSegment, Span};

    use super::super::sample::{log, span, trace};
    use super::*;

    fn failed(number: u64, parent: Option<u64>, start: i64) -> Span {
        Span { status_code: "ERROR".to_owned(), ..span(number, parent, start, start + 5) }
    }

    fn found(trace: &Trace) -> Option<String> {
        let tree = Tree::new(trace);
        let number = failing(trace, &tree, &CriticalPath::new(trace))?;
        match tree.node(number)?.item {
            Item::Span(span) => Some(trace.spans[span].name.clone()),
            Item::Log(_) => None,
        }
    }

    #[test]
    fn the_deepest_failed_span_is_where_it_began() {
        let spans = vec![failed(1, None, 0), failed(2, Some(1), 1), failed(3, Some(2), 2), span(4, Some(3), 3, 4)];
        assert_eq!(found(&trace(spans, vec![])).as_deref(), Some("span 3"));
        let twins = vec![failed(1, None, 0), failed(2, Some(1), 1), failed(3, Some(1), 2)];
        assert_eq!(found(&trace(twins, vec![])).as_deref(), Some("span 2"));
    }

    #[test]
    fn without_a_failed_span_a_log_or_the_critical_path_decides() {
        let spans = || vec![span(1, None, 0, 90), span(2, Some(1), 10, 80), span(3, Some(1), 20, 30)];
        let mut error = log(Some(3), 25);
        error.severity_number = 17;
        assert_eq!(found(&trace(spans(), vec![log(Some(2), 5), error])).as_deref(), Some("span 3"));
        let mut slow = trace(spans(), vec![]);
        let part = |span, start, end| PathSegment {
            span,
            start_time_unix_nano: ingest_model::Nanos(start),
            end_time_unix_nano: ingest_model::Nanos(end),
        };
        slow.critical_path = vec![part(0, 0, 10), part(1, 10, 80), part(0, 80, 90)];
        assert_eq!(found(&slow).as_deref(), Some("span 2"));
        assert_eq!(found(&trace(vec![], vec![])), None);
    }

    #[test]
    fn a_span_without_log_records_shows_those_of_the_span_above() {
        let trace = trace(
            vec![span(1, None, 0, 9), span(2, Some(1), 1, 8), span(3, Some(2), 2, 7)],
            vec![log(Some(1), 1), log(Some(2), 5)],
        );
        let tree = Tree::new(&trace);
        let deepest = tree.of_span(super::super::sample::id(3)).expect("it is there");
        let middle = tree.of_span(super::super::sample::id(2)).expect("it is there");
        let shown = logs_for(&tree, deepest).expect("the span above has one");
        assert_eq!((shown.0, shown.1.len()), (middle, 1));
        assert_eq!(logs_for(&tree, middle).map(|(of, _)| of), Some(middle));
    }
}
