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
    let settings = flags.or(file).with_defaults().unwrap().values;
    assert_eq!(settings.http, "127.0.0.1:1".parse().unwrap());
    assert_eq!(settings.otlp_http, "[::1]:3".parse().unwrap());
    assert_eq!(settings.otlp_grpc, "127.0.0.1:4317".parse().unwrap());
    assert_eq!(settings.data_dir, Path::new("slowburn-data"));
    assert_eq!(settings.slo_dir.as_deref(), Some(Path::new("slos")));
    assert_eq!(settings.rules_dir.as_deref(), Some(Path::new("rules")));
    assert_eq!(settings.pg.to_string(), "127.0.0.1:4");
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
fn otlp_018_an_address_others_can_reach_needs_keys_or_consent() {
    let open = Options { otlp_grpc: Some("0.0.0.0:4317".parse().unwrap()), ..Options::default() };
    let refused = open.clone().settle().unwrap_err().to_string();
    assert!(refused.contains("--otlp-grpc 0.0.0.0:4317") && refused.contains("--keys"), "{refused}");
    assert!(Options { insecure: true, ..open.clone() }.settle().is_ok());
    assert!(Options { keys: Some("keys".into()), ..open }.settle().is_ok());
}

#[test]
fn otlp_001_002_018_by_default_only_this_machine_can_connect() {
    let settings = Options::default().settle().unwrap();
    let doors = [settings.http, settings.otlp_grpc, settings.otlp_http, settings.flight];
    for (address, port) in doors.into_iter().zip([7077, 4317, 4318, 7433]) {
        assert!(address.ip().is_loopback() && address.port() == port, "{address}");
    }
}

#[test]
fn otlp_003_014_path_and_limit_of_otlp_can_be_set() {
    let options = file("otlp_http_prefix = '/otlp'\notlp_max_request_mib = 8\n").unwrap();
    let config = options.settle().unwrap().otlp;
    assert_eq!((config.http_prefix.as_str(), config.max_request_bytes), ("/otlp", 8 << 20));
    assert_eq!(Options::default().settle().unwrap().otlp.max_request_bytes, 64 << 20);
    for prefix in ["otlp", "/{x}", "/a b"] {
        let options = Options { otlp_http_prefix: Some(prefix.to_owned()), ..Options::default() };
        assert!(options.settle().unwrap_err().to_string().contains("such as /otlp"), "{prefix}");
    }
}

#[test]
fn otlp_013_017_tls_needs_both_files_and_cors_whole_origins() {
    let half = Options { tls_cert: Some("cert.pem".into()), ..Options::default() };
    assert!(half.clone().settle().unwrap_err().to_string().contains("--tls-key"));
    let whole = Options { tls_key: Some("key.pem".into()), ..half.clone() };
    assert_eq!(whole.settle().unwrap().tls.unwrap().key, Path::new("key.pem"));
    let open = Options { http: Some("0.0.0.0:1".parse().unwrap()), tls_key: Some("key.pem".into()), ..half };
    assert!(open.settle().unwrap_err().to_string().contains("--keys"), "TLS alone lets everyone in");
    assert_eq!(Options::default().settle().unwrap().cors_origins, []);
    let mistake = format!("{:#}", file("otlp_cors_origin = ['shop.example']").unwrap_err());
    assert!(mistake.contains("\"shop.example\" is no origin"), "{mistake}");
}
