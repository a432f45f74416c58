//! The history of an alert as a strip: how long it was in which state.

use ingest_model::Nanos;
use query_api::AlertTransition;

/// A stretch of time in one state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// The state.
    pub(crate) state: String,
    /// Where it begins, in percent of the strip.
    pub(crate) left: f64,
    /// How long it is, in percent of the strip.
    pub(crate) width: f64,
    /// When it began.
    pub(crate) from: Nanos,
    /// When it ended, or what is known last.
    pub(crate) to: Nanos,
}

/// The stages from the first change to `end`, or to the last change where that is later.
pub(crate) fn stages(history: &[AlertTransition], end: Nanos) -> Vec<Stage> {
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return Vec::new() };
    let end = end.max(last.at);
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen needs no more than a double holds")]
    let percent = |time: Nanos| time.since(first.at) as f64 / end.since(first.at).max(1) as f64 * 100.0;
    let nexts = history.iter().skip(1).map(|next| next.at).chain([end]);
    let stage = |(change, to): (&AlertTransition, Nanos)| Stage {
        state: change.to.clone(),
        left: percent(change.at),
        width: percent(to) - percent(change.at),
        from: change.at,
        to,
    };
    history.iter().zip(nexts).map(stage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(at: i64, to: &str) -> AlertTransition {
        AlertTransition { at: Nanos(at), to: to.to_owned(), ..AlertTransition::default() }
    }

    #[test]
    fn stages_follow_each_other_without_a_gap() {
        let history = [change(100, "pending"), change(150, "firing"), change(300, "resolved")];
        let places: Vec<_> =
            stages(&history, Nanos(300)).into_iter().map(|stage| (stage.state, stage.left, stage.width)).collect();
        let expected = [("pending", 0.0, 25.0), ("firing", 25.0, 75.0), ("resolved", 100.0, 0.0)];
        assert_eq!(places, expected.map(|(state, left, width)| (state.to_owned(), left, width)));
    }

    #[test]
    fn what_is_open_lasts_until_the_newest_evaluation() {
        let open = stages(&[change(100, "firing")], Nanos(400));
        assert_eq!((open[0].width, open[0].to), (100.0, Nanos(400)));
        assert_eq!(stages(&[change(100, "firing")], Nanos(0))[0].to, Nanos(100));
        assert_eq!(stages(&[], Nanos(400)), []);
    }
}
