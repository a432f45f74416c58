//! Corrections of SLOs: rows of `slo_corrections`, of which the newest of a name holds.

use std::str::FromStr;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use ingest_model::{Judgement, Nanos, Tenant};
use query_api::CorrectionQuestion;
use query_engine::Engine;
use query_slo::{Calendar, Correction, Effect, Minute, Minutes, When};

use super::{Objectives, Refused, kept};
use crate::rows::{batch, ints, texts, times};

/// Where a correction that goes on ends in the table: 2200-01-01.
const FOR_EVER: Nanos = Nanos(7_258_118_400_000_000_000);

/// Characters of a reason.
const REASON: usize = 1_050;

impl Objectives {
    /// Reads the corrections that hold; whether that was done.
    pub(super) async fn read_corrections(&self, engine: &Engine) -> bool {
        match engine.corrections().await {
            Ok(corrections) => {
                self.ledger.write().unwrap_or_else(PoisonError::into_inner).take_corrections(corrections);
                self.corrected.store(true, Ordering::Release);
                true
            }
            Err(error) => {
                tracing::error!(%error, "cannot read the corrections of SLOs; nothing is counted until they are");
                false
            }
        }
    }

    /// Takes a correction of an SLO, in place of the one of this name. It holds from the next count on, for what was counted
    /// before as well; by whom it was put is kept with it.
    ///
    /// # Errors
    ///
    /// [`Refused`]; then nothing was changed.
    pub(crate) async fn correct(
        &self,
        (slo, name): (&str, &str),
        question: &CorrectionQuestion,
        by: &str,
    ) -> Result<(), Refused> {
        let correction =
            correction(name, question, by, (self.clock)()).map_err(|wrong| Refused::Mistakes(vec![wrong]))?;
        self.known(slo)?;
        self.store(slo, &correction, correction.effect.as_str()).await
    }

    /// Withdraws a correction.
    ///
    /// # Errors
    ///
    /// [`Refused`]; then nothing was changed.
    pub(crate) async fn withdraw(&self, (slo, name): (&str, &str), by: &str) -> Result<(), Refused> {
        self.known(slo)?;
        let corrections = self.ledger.read().unwrap_or_else(PoisonError::into_inner).corrections(slo);
        let held = corrections.as_slice().iter().find(|correction| correction.name == name);
        let held = held.ok_or_else(|| Refused::Unknown(format!("the SLO {slo} has no correction {name}")))?;
        let withdrawn = Correction { by: by.to_owned(), at: (self.clock)(), ..held.clone() };
        self.store(slo, &withdrawn, "withdrawn").await
    }

    fn known(&self, slo: &str) -> Result<(), Refused> {
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        ledger.entry(slo).map(|_| ()).ok_or_else(|| Refused::Unknown(format!("there is no SLO {slo}")))
    }

    /// Stores what a correction is from now on, and goes by it.
    async fn store(&self, slo: &str, correction: &Correction, effect: &str) -> Result<(), Refused> {
        let (starts, ends, repeats, lasts) = match &correction.when {
            When::Once(times) => (times.start, times.end.start(), String::new(), times.start.until(times.end)),
            When::Every { calendar, lasts, until } => {
                (calendar.start(), until.map_or(FOR_EVER, Minute::start), calendar.to_string(), lasts.get())
            }
        };
        let columns = vec![
            times([correction.at]),
            texts([slo]),
            texts([&correction.name]),
            texts([effect]),
            times([starts.start()]),
            times([ends]),
            texts([repeats]),
            ints([i64::from(lasts)]),
            texts([&correction.reason]),
            texts([&correction.by]),
            ints([correction.at.0]),
        ];
        let stored = async {
            let rows = batch(Judgement::SloCorrections, columns)?;
            self.store.record(&Tenant::default(), Judgement::SloCorrections, rows).await?;
            self.engines.of(&Tenant::default()).await
        };
        let engine = stored.await.context("the correction was not stored").map_err(Refused::Io)?;
        if self.read_corrections(&engine).await {
            return Ok(());
        }
        // It is stored; the next tick reads it.
        self.corrected.store(false, Ordering::Release);
        Ok(())
    }
}

/// A correction as it was asked for, or what is wrong with it and what to write instead.
fn correction(name: &str, question: &CorrectionQuestion, by: &str, at: Nanos) -> Result<Correction, String> {
    if !kept::is_name(name) {
        return Err(format!("{name:?} is no name; use 1 to 63 lower-case letters, digits and -"));
    }
    let effect = question.effect.parse::<Effect>().map_err(|error| format!("effect {:?}: {error}", question.effect))?;
    let reason = question.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(format!("reason: write 1 to {REASON} characters"));
    }
    Ok(Correction {
        name: name.to_owned(),
        when: when(question)?,
        effect,
        reason: reason.to_owned(),
        by: by.to_owned(),
        at,
    })
}

fn when(question: &CorrectionQuestion) -> Result<When, String> {
    let CorrectionQuestion { from, to, repeats, lasts, .. } = question;
    match (from, to, repeats, lasts) {
        (Some(from), Some(to), None, None) => {
            // Minutes that it holds for in part it holds for.
            let (from, to) = (moment("from", from)?, moment("to", to)?);
            let times = Minute::of(from)..Minute::of(to.plus(59_999_999_999));
            if times.is_empty() { Err("to: write a time after from".to_owned()) } else { Ok(When::Once(times)) }
        }
        (None, to, Some(repeats), Some(lasts)) => {
            let calendar: Calendar = read("repeats", repeats)?;
            let lasts: Minutes = read("lasts", lasts)?;
            let until = to.as_deref().map(|to| moment("to", to)).transpose()?.map(Minute::of);
            Ok(When::Every { calendar, lasts, until })
        }
        _ => Err(
            "write from and to for a correction that holds once, repeats and lasts for one that holds again and again"
                .to_owned(),
        ),
    }
}

fn moment(field: &str, text: &str) -> Result<Nanos, String> {
    let time: jiff::Timestamp =
        text.parse().map_err(|_| format!("{field} {text:?}: write a time such as 2026-11-22T08:00:00Z"))?;
    i64::try_from(time.as_nanosecond()).map(Nanos).map_err(|_| format!("{field} {text:?} is too far away"))
}

fn read<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{field} {text:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(effect: &str, [from, to, repeats, lasts]: [&str; 4]) -> CorrectionQuestion {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        CorrectionQuestion {
            effect: effect.to_owned(),
            from: given(from),
            to: given(to),
            repeats: given(repeats),
            lasts: given(lasts),
            reason: "the data centre moved".to_owned(),
        }
    }

    fn read(question: &CorrectionQuestion) -> Result<Correction, String> {
        correction("move", question, "key", Nanos(0))
    }

    #[test]
    fn a_correction_holds_once_or_again_and_again() {
        let once = read(&question("excluded", ["2026-11-22T08:00:30Z", "2026-11-22T09:00:30+00:00", "", ""])).unwrap();
        let When::Once(times) = &once.when else { panic!("{once:?}") };
        assert_eq!(times.start.until(times.end), 61, "the minutes at both ends too");
        let weekly = ["", "", "1w from 2026-01-04 02:00:00 Europe/Berlin", "2h"];
        let every = read(&question("good", weekly)).unwrap();
        assert!(matches!(every.when, When::Every { until: None, .. }) && every.effect == Effect::Good);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy() {
        let (from, to) = ("2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z");
        for (wrong, told) in [
            (question("ignored", [from, to, "", ""]), "write good or excluded"),
            (question("good", ["yesterday", to, "", ""]), "from \"yesterday\": write a time such as"),
            (question("good", [to, from, "", ""]), "to: write a time after from"),
            (question("good", [from, "", "", ""]), "write from and to"),
            (question("good", ["", "", "1w", "2h"]), "repeats \"1w\": write a length"),
            (question("good", ["", "", "1w from 2026-01-04 02:00:00 Mars/Base", "2h"]), "IANA"),
        ] {
            let error = read(&wrong).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        let silent = CorrectionQuestion { reason: " ".to_owned(), ..question("good", [from, to, "", ""]) };
        assert!(read(&silent).unwrap_err().contains("reason"));
    }
}
