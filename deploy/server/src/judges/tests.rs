//! The sample shop in simulated time: what the demo does live, for five seeds.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use fixtures_shop::{Batch, SLOS, Shop};
use ingest_model::{Signal, Tenant};
use ingest_otlp::Decoder;
use ingest_signals::GoldenSignals;
use ingest_store::{Append, Clock, Decode as _, Encoding, Meaning, RecordedRequest, Sink as _, StoreConfig};
use prost::Message;
use query_api::Alert;
use query_engine::{Selection, Windows};

use super::*;
use crate::causes;

/// 2023-11-14 22:00 UTC, an hour's start.
const BEGIN_S: i64 = 1_699_999_200;

const HOUR_S: i64 = 3_600;

/// The baselines are learned from the last three hours of this; with the calm hour it is as long as the demo's
/// history, so that an incident of two minutes burns no more of the six-hour window than it may.
const LEARNED_S: i64 = 5 * HOUR_S;

/// Then nothing is wrong for this long.
const CALM_S: i64 = HOUR_S;

/// As the demo has it when it is to be over soon.
const INCIDENT_S: i64 = 120;

/// After the incident, the short window of the fast pair and what rounding to minutes adds.
const AFTER_S: i64 = 7 * 60;

const TICK_S: i64 = 20;

/// Seeds that run at the same time, each by a clock of its own.
const LANES: usize = 2;

static NOW_S: [AtomicI64; LANES] = [const { AtomicI64::new(0) }; LANES];

const CLOCKS: [Clock; LANES] = [now::<0>, now::<1>];

fn now<const LANE: usize>() -> Nanos {
    Nanos(NOW_S[LANE].load(Ordering::SeqCst) * 1_000_000_000)
}

/// A server without doors in simulated time.
struct Simulation {
    shop: Shop,
    store: Arc<Store>,
    engines: Arc<Engines>,
    judges: Judges,
    told_until: i64,
    lane: usize,
    _folder: tempfile::TempDir,
}

/// What was counted.
#[derive(Debug, Default)]
struct Clean {
    judged: usize,
    outside: usize,
    breached: usize,
}

impl Simulation {
    async fn new(seed: u64, lane: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let slos = folder.path().join("documents");
        std::fs::create_dir(&slos).unwrap();
        std::fs::write(slos.join("shop.yaml"), SLOS).unwrap();
        let derivations = |signal| -> Vec<Arc<dyn ingest_store::Derive>> {
            if signal == Signal::Traces { vec![Arc::new(GoldenSignals::new())] } else { Vec::new() }
        };
        let meaning = Meaning { decode: &Decoder, derivations, clock: CLOCKS[lane] };
        let config = StoreConfig { patience: Duration::from_secs(120), ..StoreConfig::default() };
        NOW_S[lane].store(BEGIN_S, Ordering::SeqCst);
        let store = Arc::new(Store::open(folder.path(), config, meaning).await.unwrap());
        let engines = Arc::new(Engines::new(Arc::clone(&store), folder.path().join("spill"), CLOCKS[lane], 1).unwrap());
        let folders = Folders { data: folder.path(), slos: Some(slos), rules: None, series: None };
        let base = Url::parse("http://127.0.0.1:7077").unwrap();
        let judges = Judges::open(&engines, &store, folders, base, CLOCKS[lane]).unwrap();
        Self { shop: Shop::new(seed), store, engines, judges, told_until: BEGIN_S, lane, _folder: folder }
    }

    fn set_clock(&self, second: i64) {
        NOW_S[self.lane].store(second, Ordering::SeqCst);
    }

    /// Sends the shop's traffic up to a second, and lets it be that second.
    async fn tell(&mut self, until: i64, incident: Option<&fixtures_shop::Incident>) {
        let second = |second: i64| u64::try_from(second).unwrap();
        while self.told_until < until {
            let to = until.min(self.told_until + 60);
            let Batch { traces, logs, metrics } = self.shop.traffic(second(self.told_until)..second(to), incident);
            self.set_clock(to);
            self.append(Signal::Traces, &traces).await;
            self.append(Signal::Logs, &logs).await;
            self.append(Signal::Metrics, &metrics).await;
            self.told_until = to;
        }
    }

    async fn append(&self, signal: Signal, requests: &[impl Message]) {
        for request in requests {
            let (tenant, body) = (Tenant::default(), request.encode_to_vec().into());
            let (encoding, rejected) = (Encoding::Protobuf, Vec::new());
            let request = RecordedRequest { tenant, signal, encoding, received: CLOCKS[self.lane](), rejected, body };
            let rows = Decoder.rows(&request).unwrap();
            self.store.append(Append { request, rows }).await.unwrap();
        }
    }

    /// What a running server does every few seconds.
    async fn tick(&self, number: u64) {
        self.judges.objectives.count(number).await;
        self.judges.baselines.tick().await.unwrap();
        self.judges.alerts.tick().await.unwrap();
    }

    async fn alerts(&self) -> Vec<Alert> {
        self.judges.alerts.all().await.unwrap().alerts
    }

    /// The judgements of the minutes from one second to another: of those a tick gives, the newest of each minute.
    async fn judge_minutes(&self, from: i64, to: i64, clean: &mut Clean) {
        for minute in (from..to).step_by(60) {
            // Ten seconds after its end, as every tick sees it that finds it complete.
            self.set_clock(minute + 75);
            self.judges.baselines.tick().await.unwrap();
            let start = Nanos(minute * 1_000_000_000);
            let of_minute = self.judges.baselines.judged(start);
            clean.judged += of_minute.len();
            clean.outside += of_minute.iter().filter(|(_, judged)| judged.outside).count();
            clean.breached += of_minute.iter().filter(|(_, judged)| judged.breached).count();
        }
    }
}

fn page(alerts: &[Alert]) -> Option<&Alert> {
    alerts.iter().find(|alert| {
        alert.severity == "page" && alert.labels.get("slo").is_some_and(|slo| slo == "checkout-availability")
    })
}

/// Seconds from the start of the incident until it was flagged, paged and resolved.
#[derive(Debug)]
struct Times {
    flagged: i64,
    paged: i64,
    resolved: i64,
}

async fn run(seed: u64, lane: usize, clean: &mut Clean) -> Times {
    let mut simulation = Simulation::new(seed, lane).await;
    let calm = BEGIN_S + LEARNED_S;
    simulation.tell(calm, None).await;
    simulation.judges.baselines.tick().await.unwrap();
    simulation.tell(calm + CALM_S, None).await;
    simulation.judge_minutes(calm, calm + CALM_S - 120, clean).await;

    let begin = calm + CALM_S + 25;
    let unsigned = |second: i64| u64::try_from(second).unwrap();
    let incident = simulation.shop.incident(unsigned(begin)..unsigned(begin + INCIDENT_S));
    let (mut flagged, mut paged, mut resolved) = (None, None, None);
    let seconds = (begin..begin + INCIDENT_S + AFTER_S).step_by(TICK_S as usize);
    for (second, number) in seconds.zip(0..) {
        simulation.tell(second, Some(&incident)).await;
        simulation.tick(number).await;
        let alerts = simulation.alerts().await;
        let of_band = alerts.iter().any(|alert| alert.rule == "baseline" && alert.service == incident.service.name());
        flagged = flagged.or_else(|| of_band.then_some(second - begin));
        let Some(page) = page(&alerts) else { continue };
        if paged.is_none() {
            let first = &page.causes[0];
            assert_eq!(
                (first.key.as_str(), first.value.as_str()),
                (incident.property.key(), incident.value),
                "seed {seed}"
            );
            assert_eq!(page.trace_ids.len(), 5, "seed {seed}");
            paged = Some(second - begin);
            whom_to_blame(&simulation, &incident, second).await;
        }
        if page.state == "resolved" {
            resolved = Some(second - begin);
            break;
        }
    }
    let told = |what: &str| format!("seed {seed}: never {what}");
    Times {
        flagged: flagged.unwrap_or_else(|| panic!("{}", told("flagged"))),
        paged: paged.unwrap_or_else(|| panic!("{}", told("paged"))),
        resolved: resolved.unwrap_or_else(|| panic!("{}", told("resolved"))),
    }
}

/// The causes of the SLO's page, as the API tells them.
async fn whom_to_blame(simulation: &Simulation, incident: &fixtures_shop::Incident, second: i64) {
    let engine = simulation.engines.of(&Tenant::default()).await.unwrap();
    let at = |second: i64| Nanos(second * 1_000_000_000);
    let windows = Windows {
        from: at(second - 120),
        to: at(second),
        baseline_from: at(second - 120 - HOUR_S),
        baseline_to: at(second - 120),
    };
    let matter = simulation.judges.objectives.matter("checkout-availability").unwrap();
    assert!(matches!(matter, Selection::Indicator(_)));
    let found = causes::causes(&engine, Some(matter), windows).await.unwrap();
    assert_eq!(found.services[0].service, incident.service.name(), "{:?}", found.services);
    assert_eq!(found.services[0].role, "origin");
    let first = &found.attributes[0];
    assert_eq!((first.key.as_str(), first.value.as_str()), (incident.property.key(), incident.value));
}

/// Seeds one after the other, by one clock.
async fn run_all(seeds: impl Iterator<Item = u64>, lane: usize) -> Clean {
    let mut clean = Clean::default();
    for seed in seeds {
        let times = run(seed, lane, &mut clean).await;
        eprintln!("seed {seed}: {times:?}");
        assert!(times.flagged <= 120, "seed {seed}: {times:?}");
        assert!(times.paged <= 180, "seed {seed}: {times:?}");
        assert!(times.resolved > INCIDENT_S, "seed {seed}: {times:?}");
    }
    clean
}

#[tokio::test(flavor = "multi_thread")]
async fn five_shops_are_flagged_paged_explained_and_resolved() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let lanes = (0..LANES).map(|lane| tokio::spawn(run_all((1..=5).skip(lane).step_by(LANES), lane)));
    let mut clean = Clean::default();
    for lane in lanes.collect::<Vec<_>>() {
        let of_lane = lane.await.unwrap();
        clean.judged += of_lane.judged;
        clean.outside += of_lane.outside;
        clean.breached += of_lane.breached;
    }
    eprintln!("clean minutes: {clean:?}");
    assert!(clean.judged > 10_000, "{clean:?}");
    assert!(clean.outside * 100 <= clean.judged, "{clean:?}");
    assert!(clean.breached * 100 <= clean.judged, "{clean:?}");
}
