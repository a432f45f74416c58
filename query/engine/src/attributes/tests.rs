use arrow::array::{Int64Array, StringViewArray};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn texts(values: Vec<Option<String>>) -> ArrayRef {
    Arc::new(StringViewArray::from(values))
}

fn merged(rest: Option<String>, route: Option<String>, status: Option<i64>) -> Result<Value> {
    let members = [
        Member { opening: "\"http.route\":".to_owned(), values: texts(vec![route]) },
        Member { opening: "\"http.status_code\":".to_owned(), values: Arc::new(Int64Array::from(vec![status])) },
    ];
    let out = merge(&texts(vec![rest]), &members)?;
    serde_json::from_str(out.as_string_view().value(0)).or_else(|error| exec_err!("{error}"))
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::collection::vec(any::<i64>(), 0..3).prop_map(Value::from),
    ];
    prop::collection::btree_map(any::<String>(), leaf, 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn whole_attributes_are_the_merge_of_rest_and_promoted(
        rest in prop::option::of(object()),
        route in prop::option::of(any::<String>()),
        status in prop::option::of(any::<i64>()),
    ) {
        let mut expected = rest.clone().unwrap_or_default();
        expected.extend(route.clone().map(|route| ("http.route".to_owned(), Value::from(route))));
        expected.extend(status.map(|status| ("http.status_code".to_owned(), Value::from(status))));
        let rest = rest.map(|rest| Value::Object(rest).to_string());
        prop_assert_eq!(merged(rest, route, status).ok(), Some(Value::Object(expected)));
    }
}

#[test]
fn keys_of_the_rest_come_first_and_nothing_is_an_empty_object() -> Result<()> {
    let member = Member { opening: "\"k\":".to_owned(), values: texts(vec![Some("v".to_owned()), None, None]) };
    let rest = texts(vec![Some("{\"a\":1}".to_owned()), None, Some("no object".to_owned())]);
    let out = merge(&rest, &[member])?;
    let out: Vec<_> = out.as_string_view().iter().flatten().collect();
    assert_eq!(out, ["{\"a\":1,\"k\":\"v\"}", "{}", "{}"]);
    Ok(())
}
