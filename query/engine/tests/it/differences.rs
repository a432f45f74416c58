//! `differences('among', 'failing')`, and sorts by what a filter holds to one value.

use ingest_model::Signal;
use ingest_store::schema::table;
use serde_json::{Value, json};

use crate::fixture::{Outcome, Shelf, batch, span};

const ALL: &str = "start_time >= ''2023-11-14T00:00:00Z''";

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits = (bits ^ (bits >> 31)) % count;
        bits
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// 1,200 spans with twenty attributes, in columns, in JSON and on the resource; three of four with one value of one key fail, and three of a
/// hundred others. Gives the key and its value.
fn incident(seed: u64) -> (Vec<Value>, String, String) {
    let mut random = Random(seed);
    let planted = random.below(18);
    let values = |key: u64| 2 + key * 2;
    let bad = random.below(values(planted).min(6));
    let name = |key: u64| match key {
        0 => "http.route".to_owned(),
        1 => "service.version".to_owned(),
        key => format!("app.k{key}"),
    };
    let spans = (0..1_200_u64).map(|number| {
        let chosen: Vec<u64> = (0..18).map(|key| random.below(values(key)).min(random.below(values(key)))).collect();
        let fails = random.chance(if chosen[planted as usize] == bad { 75 } else { 3 });
        let value = |key: u64| format!("v{}", chosen[key as usize]);
        let rest: serde_json::Map<String, Value> =
            (2..18).map(|key| (name(key), json!(value(key)))).chain([("app.id".to_owned(), json!(number))]).collect();
        let more = json!({
            "service_name": "web", "kind": "SERVER", "status_code": if fails { "ERROR" } else { "OK" },
            "attr_http_route": value(0), "resource_service_version": value(1),
            "attributes_rest": Value::Object(rest).to_string(), "attr_http_response_status_code": if fails { 500 } else { 200 },
        });
        let duration = 1_000 + i64::try_from(random.below(1_000)).unwrap_or_default();
        span(number, 1, i64::try_from(number).unwrap_or_default(), duration, more)
    });
    (spans.collect(), name(planted), format!("v{bad}"))
}

fn asked(columns: &str) -> String {
    format!("SELECT {columns} FROM differences('{ALL}', 'status_code = ''ERROR''') ORDER BY place")
}

#[tokio::test]
async fn a_planted_cause_is_first_among_all_attributes_of_all_spans() -> Outcome {
    let (mut first, seeds) = (0, 30_001..=30_040_u64);
    let count = seeds.clone().count();
    for seed in seeds {
        let (spans, key, value) = incident(seed);
        let shelf = Shelf::default();
        // In two files and hot rows, so that tallies of several scans add up.
        shelf.file(Signal::Traces, &spans[..400]).await?;
        shelf.file(Signal::Traces, &spans[400..900]).await?;
        shelf.hot(Signal::Traces, &spans[900..])?;
        let rows = shelf.asked(|_| {})?.rows(&asked("key, value, failing_total + baseline_total")).await?;
        first += usize::from(rows.first().is_some_and(|row| *row == [json!(key), json!(value), json!(1_200)]));
        assert!(rows.iter().all(|row| row[0] != json!("app.id") && row[0] != json!("http.response.status_code")));
    }
    assert!(first * 100 >= count * 95, "{first} of {count}");
    Ok(())
}

#[tokio::test]
async fn numbers_are_ranges_and_what_makes_the_populations_is_left_out() -> Outcome {
    let spans: Vec<Value> = (0..400_u64)
        .map(|number| {
            let size = if number.is_multiple_of(4) { 5_000 + number } else { number };
            let more = json!({ "service_name": "web", "attributes_rest": format!(r#"{{"app.size":{size}}}"#) });
            let at = i64::try_from(number).unwrap_or_default();
            span(number, 1, at, if size >= 5_000 { 9_000_000 } else { 1_000 }, more)
        })
        .collect();
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &spans)?;
    let asked = shelf.asked(|_| {})?;
    let slow =
        format!("SELECT key, value, failing, baseline, lift > 100 FROM differences('{ALL}', 'duration_ns > 1000000')");
    assert_eq!(asked.rows(&slow).await?, [[json!("app.size"), json!("≥ 4608"), json!(100), json!(0), json!(true)]]);
    for (among, failing) in [(ALL, "duration_ns > 0"), (ALL, "false"), ("false", "true")] {
        let none = format!("SELECT * FROM differences('{among}', '{failing}')");
        assert_eq!(asked.rows(&none).await?, [] as [Vec<Value>; 0], "one population: {failing}");
    }
    for (among, failing, wrong) in [
        ("true", "nothing = 1", "nothing"),
        ("true) OR (true", "true", "is no SQL expression"),
        ("true", "EXISTS (SELECT 1 FROM stored.spans)", "there is no table"),
        ("true", "EXISTS (SELECT 1 FROM burn(''x''))", "burn"),
    ] {
        let error =
            asked.rows(&format!("SELECT * FROM differences('{among}', '{failing}')")).await.err().ok_or("refused")?;
        assert!(error.to_string().contains(wrong), "{failing}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_of_the_span_and_of_its_resource_is_counted_by_two_names() -> Outcome {
    let spans: Vec<Value> = (0..400_u64)
        .map(|number| {
            let (zone, home) = (number % 4, number % 3);
            let more = json!({
                "service_name": "web", "status_code": if zone == 1 { "ERROR" } else { "OK" },
                "attributes_rest": format!(r#"{{"zone":"z{zone}","service.version":"v{zone}","name":"work","kind":"k{zone}","duration_ns":1000}}"#),
                "resource_service_version": if zone == 1 { "two" } else { "one" },
                "resource_attributes_rest": format!(r#"{{"zone":"z{home}","rack":"r{zone}"}}"#),
            });
            span(number, 1, 0, 1_000, more)
        })
        .collect();
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &spans)?;
    let asked = shelf.asked(|_| {})?;
    let found = format!(
        "SELECT key, value, failing, baseline FROM differences('{ALL}', 'status_code = ''ERROR''') ORDER BY key"
    );
    let expected = [
        ["attributes.kind", "k1"],
        ["rack", "r1"],
        ["resource_attributes.service.version", "two"],
        ["service.version", "v1"],
        ["zone", "z1"],
    ];
    assert_eq!(
        asked.rows(&found).await?,
        expected.map(|[key, value]| [json!(key), json!(value), json!(100), json!(0)])
    );
    // What the condition names is left out of both.
    let of_zone =
        format!("SELECT DISTINCT key FROM differences('{ALL}', 'attributes ->> ''zone'' = ''z1''') ORDER BY key");
    assert_eq!(
        asked.rows(&of_zone).await?,
        [["attributes.kind"], ["rack"], ["resource_attributes.service.version"], ["service.version"]]
    );
    Ok(())
}

#[tokio::test]
async fn too_many_keys_are_told_instead_of_counted_in_part() -> Outcome {
    let spans: Vec<Value> = (0..1_200_u64)
        .map(|number| {
            let more = json!({ "service_name": "web", "attributes_rest": format!(r#"{{"key.{number}":"a"}}"#) });
            span(number, 1, 0, 1_000, more)
        })
        .collect();
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &spans)?;
    let refused = shelf.asked(|_| {})?.rows(&asked("key")).await.err().ok_or("refused")?;
    assert!(refused.to_string().contains("too many different keys or values"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn what_a_filter_holds_to_one_value_is_sorted_as_it_should_be() -> Outcome {
    let spans: Vec<Value> = (0..9_u64)
        .map(|number| {
            let more = json!({ "service_name": "web", "scope_name": if number < 6 { "one" } else { "other" } });
            span(number, 1, 0, if number < 8 { 1_000 } else { 2_000 }, more)
        })
        .collect();
    let shelf = Shelf::default();
    let rows = batch(&table(Signal::Traces).schema, &spans)?;
    shelf.parquet(Signal::Traces, &rows, 3).await?;
    shelf.hot(Signal::Traces, &spans)?;
    let asked = shelf.asked(|_| {})?;
    let held = "SELECT t.end_time AS c1 FROM spans AS t
         WHERE length(t.scope_name) = 3 AND t.end_time = TIMESTAMP '2023-11-14T22:13:20.001Z' ORDER BY c1 DESC NULLS FIRST LIMIT 5";
    assert_eq!(asked.rows(held).await?.len(), 5);
    for (column, value) in [("scope_name", "'one'"), ("duration_ns", "1000000")] {
        let sets = format!(
            "SELECT {column}, count(*) FROM spans WHERE {column} = {value} GROUP BY ROLLUP ({column}) ORDER BY {column} DESC NULLS FIRST"
        );
        let rows = asked.rows(&sets).await?;
        let nulls: Vec<bool> = rows.iter().map(|row| row[0].is_null()).collect();
        assert_eq!(nulls, [true, false], "{rows:?}");
        let last = asked.rows(&sets.replace("DESC NULLS FIRST", "NULLS LAST LIMIT 1")).await?;
        assert!(!last[0][0].is_null(), "{last:?}");
    }
    Ok(())
}
