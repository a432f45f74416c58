//! The one word that says how an objective does.

use std::fmt;

use crate::budget::Budget;
use crate::evaluate::PairBurn;

/// How an objective does, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No window burns too fast.
    Ok,
    /// A long window burns too fast, its short one no longer does.
    Recovering,
    /// A short window burns too fast, its long one not yet.
    Rising,
    /// Both windows of a pair burn too fast: an alert's condition holds.
    Burning,
    /// Nothing is left of the error budget.
    Exhausted,
}

// === impl State ===

impl State {
    /// Chooses the word, by the first rule that holds:
    ///
    /// 1. the period has no events: unknown, `None`;
    /// 2. nothing is left of the budget: [`State::Exhausted`], however fast it burns now;
    /// 3. both windows of a pair are above its factor: [`State::Burning`];
    /// 4. the short window of a pair is above its factor: [`State::Rising`];
    /// 5. it is unknown whether a pair breaches, for want of events: `None`, because what cannot
    ///    be seen is not fine;
    /// 6. the long window of a pair is above its factor: [`State::Recovering`];
    /// 7. otherwise [`State::Ok`].
    #[must_use]
    pub fn of(budget: Option<&Budget>, pairs: &[PairBurn]) -> Option<Self> {
        let any = |holds: fn(&PairBurn) -> Option<bool>| pairs.iter().any(|pair| holds(pair) == Some(true));
        if budget?.is_exhausted() {
            Some(Self::Exhausted)
        } else if any(PairBurn::breaches) {
            Some(Self::Burning)
        } else if any(PairBurn::short_above) {
            Some(Self::Rising)
        } else if pairs.iter().any(|pair| pair.breaches().is_none()) {
            None
        } else if any(PairBurn::long_above) {
            Some(Self::Recovering)
        } else {
            Some(Self::Ok)
        }
    }

    /// The word: `OK`, `Recovering`, `Rising`, `Burning` or `Exhausted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Recovering => "Recovering",
            Self::Rising => "Rising",
            Self::Burning => "Burning",
            Self::Exhausted => "Exhausted",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::counts::Counts;
    use crate::minutes::Minutes;
    use crate::pairs::Pairs;
    use crate::ratio::Ratio;
    use crate::target::Target;

    const PERIOD: Minutes = Minutes::known(43_200);

    /// The word for a budget of 100 failures and pairs of (long, short) burn rates in percent.
    fn word(failed: u64, burns: &[(Option<u32>, Option<u32>)]) -> Option<&'static str> {
        let target = Target::from_ratio(Decimal::new(9, 1)).expect("a target");
        let budget = Budget::new(target, PERIOD, Counts::of_bad(failed, 1_000).expect("counts"));
        let target = Target::from_ratio(Decimal::new(999, 3)).expect("a target");
        let pair = *Pairs::workbook(PERIOD, target).usable.last().expect("the pair of factor 1");
        let burn = |(long, short): &(Option<u32>, Option<u32>)| PairBurn {
            pair,
            long: long.map(Ratio::percent),
            short: short.map(Ratio::percent),
        };
        let pairs: Vec<PairBurn> = burns.iter().map(burn).collect();
        State::of(budget.as_ref(), &pairs).map(State::as_str)
    }

    #[test]
    fn two_windows_and_the_budget_make_the_word() {
        let (low, high) = (Some(100), Some(101));
        assert_eq!(word(0, &[(low, low)]), Some("OK"));
        assert_eq!(word(0, &[(low, high)]), Some("Rising"));
        assert_eq!(word(0, &[(high, high)]), Some("Burning"));
        assert_eq!(word(0, &[(high, low)]), Some("Recovering"));
        assert_eq!(word(99, &[(high, high)]), Some("Burning"));
        assert_eq!(word(100, &[(low, low)]), Some("Exhausted"));
    }

    #[test]
    fn the_worst_pair_speaks() {
        let (ok, rising) = ((Some(0), Some(0)), (Some(0), Some(200)));
        let (burning, recovering) = ((Some(200), Some(200)), (Some(200), Some(0)));
        assert_eq!(word(0, &[ok, recovering]), Some("Recovering"));
        assert_eq!(word(0, &[rising, recovering]), Some("Rising"));
        assert_eq!(word(0, &[recovering, rising, burning]), Some("Burning"));
        assert_eq!(word(100, &[burning]), Some("Exhausted"));
    }

    #[test]
    fn what_cannot_be_seen_is_not_fine() {
        let (ok, unknown, quiet) = ((Some(0), Some(0)), (None, None), (Some(200), None));
        assert_eq!(word(0, &[ok, unknown]), None);
        assert_eq!(word(0, &[quiet]), None);
        assert_eq!(word(0, &[unknown, (Some(200), Some(200))]), Some("Burning"));
        assert_eq!(word(0, &[(Some(0), None)]), Some("OK"), "the long window decides");
        assert_eq!(State::of(None, &[]), None);
    }
}
