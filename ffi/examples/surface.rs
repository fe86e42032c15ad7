//! Prints what the bindings offer in a language, a line for each thing that an app can name: `surface kotlin`. The
//! printed pages stand in `ffi/surface`, so that a change of what apps see is seen in review.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use uniffi::{GenerateOptions, TargetLanguage, generate};

fn main() -> Result<()> {
    let (language, ending, is_offered): (_, _, fn(&str) -> bool) = match std::env::args().nth(1).as_deref() {
        Some("kotlin") => (TargetLanguage::Kotlin, "kt", kotlin),
        Some("swift") => (TargetLanguage::Swift, "swift", swift),
        _ => bail!("which language? kotlin or swift"),
    };
    let folder = tempfile::tempdir()?;
    let text = |path: &Path| path.to_str().context("a path that is no text").map(Into::into);
    generate(GenerateOptions {
        languages: vec![language],
        source: text(&library()?)?,
        out_dir: text(folder.path())?,
        config_override: None,
        crate_filter: None,
        metadata_no_deps: false,
        format: false,
    })?;
    let mut files = Vec::new();
    collect(folder.path(), ending, &mut files)?;
    files.sort();
    ensure!(!files.is_empty(), "nothing was generated");
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("# {name}");
        let source = std::fs::read_to_string(&file)?;
        for line in source.lines().filter(|line| is_offered(line)) {
            println!("{}", line.trim_end().trim_end_matches(['{', ',', ' ']));
        }
    }
    Ok(())
}

/// The shared library that cargo built with this program.
fn library() -> Result<PathBuf> {
    let name = format!(
        "{}satchel_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).context("a program stands in a folder")?;
    Ok(folder.join("deps").join(name))
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, ending, found)?;
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    Ok(())
}

/// What of the generated code is machinery.
const MACHINERY: &[&str] = &[
    "Ffi",
    "ffi_",
    "ffi.",
    "uniffi",
    "Uniffi",
    "UniFFI",
    "RustBuffer",
    "ForeignBytes",
    "RustCall",
    "NoHandle",
    "withHandle",
    "noHandle",
    "from buf",
    "into buf",
    "rbuf",
    "buf)",
    "buf,",
    "(buf",
    " lift(",
    " lower(",
    "check_lower",
    "InternalException",
    "InternalError",
    "class ByValue",
    "ptr",
    "errorDescription",
    "Disposable",
    "override ",
    "bufferOverflow",
    "incompleteData",
    "unexpected",
    "rustPanic",
];

fn begins(line: &str, words: &[&str]) -> bool {
    let begun = words.iter().any(|word| line.trim_start().starts_with(word));
    begun && !MACHINERY.iter().any(|word| line.contains(word))
}

fn kotlin(line: &str) -> bool {
    // A choice's codes stand alone in capitals.
    let code = line.trim().trim_end_matches([',', ';']);
    let is_code = code.len() > 1 && code.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    let words = [
        "public interface ",
        "data class ",
        "enum class ",
        "sealed class ",
        "class ",
        "public typealias ",
        "suspend fun `",
        "fun `",
        "val `",
    ];
    begins(line, &words) || is_code
}

fn swift(line: &str) -> bool {
    let words = [
        "public protocol ",
        "public struct ",
        "public enum ",
        "func ",
        "public var ",
        "public let ",
        "public typealias ",
        "case ",
    ];
    let is_code = !line.trim_start().starts_with("case .") && !line.trim_end().ends_with(':');
    begins(line, &words) && is_code && !line.contains("= codingPath")
}
