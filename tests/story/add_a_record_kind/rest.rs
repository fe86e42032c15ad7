//! A quote over REST: the copy's own relay is started, and spoken to as an integrator does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

fn run(satchel: &Path, home: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(satchel)
        .arg("--data-dir")
        .arg(home)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A running relay; ended when dropped, whatever the test found.
struct Relay {
    process: Child,
    address: String,
    key: String,
    /// Held open: a relay that can't say where it listens ends.
    _said: BufReader<ChildStdout>,
}

impl Relay {
    fn start(satchel: &Path, home: &Path) -> Self {
        run(
            satchel,
            home,
            &["admin", "--json", "init", "--name", "Acme", "--admin", "Ann"],
        );
        let key = run(satchel, home, &["admin", "--json", "key", "create", "--member", "Ann"]);
        let ports = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
        let mut serve = Command::new(satchel);
        let serve = serve.arg("--data-dir").arg(home).args(ports);
        let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("listening on http://").unwrap().to_owned();
        let key = key["secret"].as_str().unwrap().to_owned();
        Self {
            process,
            address,
            key,
            _said: said,
        }
    }

    /// Sends one request; the status and the body of its answer.
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let body = body.map_or_else(String::new, Value::to_string);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The relay built with the kind describes it, takes it, gives it and refuses what it does not allow.
pub(crate) fn a_quote_is_described_and_served(satchel: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("data");
    let described = run(satchel, &home, &["openapi"]);
    for (path, method) in [
        ("/v1/quotes", "get"),
        ("/v1/quotes", "post"),
        ("/v1/quotes/{id}", "patch"),
    ] {
        assert!(
            described["paths"][path][method].is_object(),
            "{method} {path} is not described"
        );
    }
    let fields = &described["components"]["schemas"]["QuoteNew"]["properties"]["fields"];
    assert_eq!(fields["required"], json!(["customer_id", "title"]));
    assert_eq!(fields["properties"]["title"]["maxLength"], 120);

    let relay = Relay::start(satchel, &home);
    let (status, customer) = relay.call(
        "POST",
        "/v1/customers",
        Some(&json!({ "fields": { "name": "Corner shop" } })),
    );
    assert_eq!(status, 201, "{customer}");
    let quote = json!({ "fields": {
        "customer_id": customer["id"], "title": "Summer", "sent": 1,
        "amount": { "minor": 1_250_000, "currency": "CNY" }, "valid_until": "2026-12-31",
    } });
    let (status, made) = relay.call("POST", "/v1/quotes", Some(&quote));
    assert_eq!(status, 201, "{made}");
    let path = format!("/v1/quotes/{}", made["id"].as_str().unwrap());
    let edit = json!({ "fields": { "terms": "30 days", "sent": { "add": 2 }, "valid_until": null } });
    let (status, edited) = relay.call("PATCH", &path, Some(&edit));
    assert_eq!(status, 200, "{edited}");
    let (status, read) = relay.call("GET", &path, None);
    assert_eq!(
        (status, &read["fields"]["sent"], &read["fields"]["terms"]),
        (200, &json!(3), &json!("30 days"))
    );
    assert_eq!(read["fields"].get("valid_until"), None);
    let filter = format!("/v1/quotes?customer_id={}", customer["id"].as_str().unwrap());
    assert_eq!(relay.call("GET", &filter, None).1["items"], json!([read]));
    let negative = json!({ "fields": { "amount": { "minor": -1, "currency": "CNY" } } });
    let (status, problem) = relay.call("PATCH", &path, Some(&negative));
    assert_eq!(
        (status, &problem["violations"][0]["field"]),
        (422, &json!("amount")),
        "{problem}"
    );
}
