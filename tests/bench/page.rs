//! `docs/performance.md`: each benchmark writes its own part of the page, and leaves what people wrote between the parts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::figure::{Bar, Report, Spread, rounded};

/// Puts a report into its part of the page; a part that is not there yet is added at the end.
pub(crate) fn write(path: &Path, report: &Report, machine: &str, command: &str) -> Result<()> {
    let page = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let text = part(report, machine, command);
    std::fs::write(path, replaced(&page, &report.name, &text))?;
    Ok(())
}

/// The page with the named part replaced or added.
fn replaced(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let part = format!("{begin}\n{text}{end}");
    let inside = page.find(&begin).zip(page.find(&end));
    match inside {
        Some((from, to)) if from < to => format!("{}{part}{}", &page[..from], &page[to + end.len()..]),
        _ => format!("{}\n\n## {name}\n\n{part}\n", page.trim_end()),
    }
}

fn part(report: &Report, machine: &str, command: &str) -> String {
    let mut text = String::new();
    let params: Vec<String> = report
        .params
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let _ = writeln!(text, "`{command}` · {}", params.join(", "));
    let _ = writeln!(text, "\n{machine}\n");
    if !report.bars.is_empty() {
        text.push_str("| bar | wanted | found | |\n| --- | --- | --- | --- |\n");
        for Bar {
            what,
            at_most,
            at_least,
            value,
            met,
        } in &report.bars
        {
            let wanted = match (at_most, at_least) {
                (Some(bar), _) => format!("≤ {bar}"),
                (_, Some(bar)) => format!("≥ {bar}"),
                _ => String::new(),
            };
            let verdict = if *met { "met" } else { "**missed**" };
            let _ = writeln!(text, "| {what} | {wanted} | {value} | {verdict} |");
        }
        text.push('\n');
    }
    text.push_str("| figure | min | median | max |\n| --- | --- | --- | --- |\n");
    rows(&mut text, "", &report.figures.spreads());
    rows(&mut text, "limit: ", &report.limit.spreads());
    rows(&mut text, "ratio: ", &report.ratio.spreads());
    text
}

fn rows(text: &mut String, before: &str, spreads: &BTreeMap<&str, Spread>) {
    for (name, spread) in spreads {
        let _ = writeln!(
            text,
            "| {before}{name} | {} | {} | {} |",
            rounded(spread.min),
            rounded(spread.median),
            rounded(spread.max)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_and_what_stands_round_it_stays() {
        let page = "# Page\n\nBefore.\n\n<!-- bench:one -->\nold\n<!-- /bench:one -->\n\nAfter.\n";
        let page = replaced(page, "one", "new\n");
        assert_eq!(
            page,
            "# Page\n\nBefore.\n\n<!-- bench:one -->\nnew\n<!-- /bench:one -->\n\nAfter.\n"
        );
        let page = replaced(&page, "two", "more\n");
        assert!(
            page.ends_with("After.\n\n## two\n\n<!-- bench:two -->\nmore\n<!-- /bench:two -->\n"),
            "{page}"
        );
    }
}
