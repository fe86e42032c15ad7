//! The transcript as a page for people.

use std::fmt::Write;

use anyhow::Result;

use super::annotate;
use super::play::Exchange;

const HEAD: &str = "# The sync protocol, byte by byte

Every exchange of [the protocol](protocol.md) once, as the device and the relay really speak. This page is generated; \
`cargo xtask generate` writes it anew, with a fixed clock and fixed randomness. Each line is hex, then what it is. Long \
values are cut; `tests/golden/vectors.json` has the same messages whole, to test a client against.
";

/// The page.
pub(crate) fn page(exchanges: &[Exchange]) -> Result<String> {
    let mut page = HEAD.to_owned();
    for (at, exchange) in exchanges.iter().enumerate() {
        let Exchange {
            title,
            told,
            request,
            answer,
        } = exchange;
        write!(page, "\n## {}. {title}\n\n{told}\n", at + 1)?;
        for (who, bytes) in [("device", request), ("relay", answer)] {
            let lines = annotate::message(bytes)?.join("\n");
            write!(
                page,
                "\nFrom the {who}, {} bytes:\n\n```text\n{lines}\n```\n",
                bytes.len()
            )?;
        }
    }
    Ok(page)
}
