use proptest::prelude::*;

use super::*;

fn of(text: &str) -> String {
    let mut out = String::new();
    template(text, &mut out);
    out
}

#[test]
fn what_differs_from_record_to_record_is_a_placeholder() {
    for (text, expected) in [
        ("order 4711 took 3.5ms, 1,024 bytes", "order <num> took <num>ms, <num> bytes"),
        ("retry -1 of +3 at x=-2.5e-3", "retry <num> of <num> at x=<num>"),
        ("from 10.1.2.3:8080 to 300.1.2.3", "from <ip>:<num> to <num>"),
        ("trace 8701bd0e9dfc73c3068edc8245662144 0xFF", "trace <hex> <hex>"),
        ("id=8a53d0ce-2f5b-4f6e-9d11-0242ac120002;", "id=<uuid>;"),
        ("id=deadbeef-cafe-babe-dead-beefdeadbeef", "id=<uuid>"),
        ("2023-01-29T16:53:35.446Z 16:53:35.446 INFO", "<time> <time> INFO"),
        ("on 2023-01-29 at 2023/01/29 08:00:00+01:00", "on <time> at <time>"),
        ("user 'Ann' said \"no\" and didn't go", "user <quoted> said <quoted> and didn't go"),
        ("pod ts-order-6f6cfc45b-h5m2n", "pod ts-order-<hex>-<id>"),
        ("user_12 node7 version 1.2.3", "user_<num> <id> version <num>"),
        ("订单 支付失败 17 Größe", "订单 支付失败 <num> Größe"),
        ("耗时12ms,订单7失败", "耗时<num>ms,订单<num>失败"),
        (r#"{"a":1,"b":"x","c":45fb}"#, r#"{"a":<num>,"b":<quoted>,"c":<hex>}"#),
        ("a bad feed", "a bad feed"),
        ("", ""),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
}

#[test]
fn records_of_one_line_of_code_have_one_template() {
    let line =
        |number: u32, id: &str| format!("16:53:35.{number:03} INFO  t.s.Order#457 TraceID: {id} [pay][order {number}]");
    let one = of(&line(7, "8701bd0e9dfc73c3068edc8245662144"));
    assert_eq!(one, of(&line(448, "00000000000000000000000000000001")));
    assert_eq!(one, "<time> INFO  t.s.Order#<num> TraceID: <hex> [pay][order <num>]");
}

proptest! {
    #[test]
    fn every_text_has_a_template_and_no_digit_is_left(text in "\\PC{0,40}") {
        let template = of(&text);
        prop_assert!(!template.bytes().any(|byte| byte.is_ascii_digit()), "{template}");
    }

    /// Sixteen digits are the id of a span, whatever digits they are.
    #[test]
    fn numbers_do_not_matter(one in 0..1_000_000_000_000_000_u64, other in 0..1_000_000_000_000_000_u64) {
        prop_assert_eq!(of(&format!("took {one} ms")), of(&format!("took {other} ms")));
    }
}
