use super::*;

fn file(text: &str) -> Result<Options> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("slowburn.toml");
    fs::write(&path, text)?;
    Options::read(&path)
}

#[test]
fn flags_come_before_the_file_and_the_file_before_defaults() {
    let flags = Options { http: Some("127.0.0.1:1".parse().unwrap()), ..Options::default() };
    let file = file(
        "http = '127.0.0.1:2'\notlp_http = '[::1]:3'\nslo_dir = 'slos'\nrules_dir = 'rules'\npg = '127.0.0.1:4'\n",
    )
    .unwrap();
    let settings = flags.or(file).with_defaults().values;
    assert_eq!(settings.http, "127.0.0.1:1".parse().unwrap());
    assert_eq!(settings.otlp_http, "[::1]:3".parse().unwrap());
    assert_eq!(settings.otlp_grpc, "127.0.0.1:4317".parse().unwrap());
    assert_eq!(settings.data_dir, Path::new("slowburn-data"));
    assert_eq!(settings.slo_dir.as_deref(), Some(Path::new("slos")));
    assert_eq!(settings.rules_dir.as_deref(), Some(Path::new("rules")));
    assert_eq!(settings.idle, ["pg"]);
}

#[test]
fn a_mistake_in_the_file_names_file_line_and_key() {
    for (text, named) in [("http = 'x'", "\"x\" is no address"), ("\nhtpp = ''", "htpp"), ("keys = 1", "string")] {
        let mistake = format!("{:#}", file(text).unwrap_err());
        for wanted in ["slowburn.toml", "line ", named] {
            assert!(mistake.contains(wanted), "{mistake}");
        }
    }
}

#[test]
fn an_address_others_can_reach_needs_keys_or_consent() {
    let open = Options { otlp_grpc: Some("0.0.0.0:4317".parse().unwrap()), ..Options::default() };
    let refused = open.clone().settle().unwrap_err().to_string();
    assert!(refused.contains("--otlp-grpc 0.0.0.0:4317") && refused.contains("--keys"), "{refused}");
    assert!(Options { insecure: true, ..open.clone() }.settle().is_ok());
    assert!(Options { keys: Some("keys".into()), ..open }.settle().is_ok());
}
