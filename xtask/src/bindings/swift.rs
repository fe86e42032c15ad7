//! Swift on Linux: the package with its generated sources, built in a small Debian and run against the built relay.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use super::Built;
use super::debian::{Debian, Mount};

/// Where the package's own sources stand.
const PACKAGE: &str = "mobile-bindings/swift";
const MANIFEST: &str = "Package.swift";
/// The sample app, where it is built.
const SAMPLE: &str = "debug/SatchelSample";
/// What only Apple's systems compile: under the package, and the app beside it.
const APPLE: &str = "Sources/SatchelKit/Apple";
const APP: &str = "mobile-bindings/samples/ios";

pub(super) fn run(root: &Path, built: &Built) -> Result<()> {
    let debian = Debian::ensure()?;
    let (package, scratch) = (built.folder.join("swift-package"), built.folder.join("swift"));
    write_sources(root, built, &package)?;
    fs::create_dir_all(&scratch)?;

    let sources = root.join(PACKAGE);
    let app = root.join(APP);
    let mounts = [
        Mount("sources", &sources),
        Mount("app", &app),
        Mount("package", &package),
        Mount("build", &scratch),
        Mount("library", &built.libraries),
        Mount("relay", built.relay.parent().context("a program stands in a folder")?),
    ];
    let run = |words: &[&str]| debian.run(&mounts, words);
    let format = ["swift", "format", "lint", "--strict", "--recursive"];
    run(&[&format[..], &["--configuration", ".swift-format", ".", "/app"]].concat())?;
    for (folder, place) in [
        (sources.join(APPLE), format!("/sources/{APPLE}")),
        (app.join("Sources"), "/app/Sources".to_owned()),
    ] {
        for file in named(&folder)? {
            run(&["swiftc", "-frontend", "-parse", &format!("{place}/{file}")])?;
        }
    }
    let place = ["--package-path", "/package", "--scratch-path", "/build"];
    // Where the library is, to link it and to load it.
    let flags = "-Xswiftc -warnings-as-errors -Xlinker -L/library -Xlinker -rpath -Xlinker /library";
    let flags: Vec<&str> = flags.split(' ').collect();
    run(&[&["swift", "build", "--build-tests"], &place[..], &flags].concat())?;
    run(&[&["swift", "test", "--skip-build"], &place[..], &flags].concat())
}

/// Runs the sample app that the tests have built, in the small Debian. Its files stand in `build/home` there: the first
/// word names a folder in it.
pub(super) fn sample(built: &Built, words: &[String]) -> Result<()> {
    let scratch = built.folder.join("swift");
    ensure!(
        scratch.join(SAMPLE).is_file(),
        "the sample is not built: cargo xtask bindings swift"
    );
    fs::create_dir_all(scratch.join("home"))?;
    let mounts = [Mount("build", &scratch), Mount("library", &built.libraries)];
    let program = format!("/build/{SAMPLE}");
    let command: Vec<&str> = ["env", "-C", "/build/home", &program]
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .collect();
    Debian::ensure()?.run(&mounts, &command)
}

/// Writes the whole package into a folder: its own sources, and those that are generated. What is there already stays
/// untouched where it is the same, so that a build goes on from there.
pub(super) fn write_sources(root: &Path, built: &Built, folder: &Path) -> Result<()> {
    let generated = built.folder.join("swift-generated");
    built.generate(root, "swift", &generated)?;
    let read = |name: &str| fs::read(generated.join(name)).with_context(|| format!("reading {name}"));

    let mut files = own(&root.join(PACKAGE))?;
    for name in ["SatchelFFI.swift", "SatchelModel.swift"] {
        files.insert(Path::new("Sources/SatchelFFI").join(name), read(name)?);
    }
    let native = Path::new("Sources/SatchelNative");
    for name in ["SatchelFFIFFI.h", "SatchelModelFFI.h"] {
        files.insert(native.join(name), read(name)?);
    }
    let maps = [read("SatchelFFIFFI.modulemap")?, read("SatchelModelFFI.modulemap")?];
    files.insert(native.join("module.modulemap"), module_map(&maps)?);
    files.insert(
        "Sources/SatchelKit/Generated/Kinds.swift".into(),
        facade(built, &generated)?,
    );
    place(&files, folder)
}

/// The package's own files, by their place in it.
fn own(package: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    // What a build in the folder itself leaves behind is no source.
    let is_source = |entry: &walkdir::DirEntry| entry.file_name() != ".build";
    for entry in WalkDir::new(package).into_iter().filter_entry(is_source) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("reading {}", entry.path().display()))?;
            files.insert(entry.path().strip_prefix(package)?.to_path_buf(), bytes);
        }
    }
    Ok(files)
}

/// One map of both modules; whoever imports the first links the library.
fn module_map(maps: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut joined = String::new();
    for map in maps {
        joined.push_str(std::str::from_utf8(map).context("a module map is no text")?.trim());
        joined.push('\n');
    }
    let linked = joined.replacen("export *", "export *\n    link \"satchel_ffi\"", 1);
    ensure!(linked != joined, "the module map is not as it was");
    Ok(linked.into_bytes())
}

fn facade(built: &Built, generated: &Path) -> Result<Vec<u8>> {
    let model = generated.join("SatchelModel.swift");
    let facade = Command::new(&built.facade)
        .arg("swift")
        .arg(model)
        .output()
        .context("starting facade")?;
    ensure!(
        facade.status.success(),
        "facade failed: {}\n{}",
        facade.status,
        String::from_utf8_lossy(&facade.stderr)
    );
    Ok(facade.stdout)
}

/// Makes the folder hold these files and no others. What is not a package of ours is not touched.
fn place(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let is_empty = fs::read_dir(folder)?.next().is_none();
    let is_ours = fs::read_to_string(folder.join(MANIFEST)).is_ok_and(|text| text.contains("name: \"SatchelKit\""));
    ensure!(
        is_empty || is_ours,
        "{} holds something else than a Swift package of ours",
        folder.display()
    );
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        let kept = entry
            .path()
            .strip_prefix(folder)
            .is_ok_and(|path| files.contains_key(path));
        if entry.file_type().is_file() && !kept {
            fs::remove_file(entry.path())?;
        }
    }
    for (path, bytes) in files {
        let path = folder.join(path);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn named(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    ensure!(!names.is_empty(), "nothing in {}", folder.display());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_holds_what_it_is_given_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = |names: &[&str]| -> BTreeMap<PathBuf, Vec<u8>> {
            let named = names.iter().map(|name| (name.into(), name.as_bytes().to_vec()));
            let manifest = (PathBuf::from(MANIFEST), b"name: \"SatchelKit\"".to_vec());
            named.chain([manifest]).collect()
        };
        place(&files(&["a/one", "two"]), folder.path()).expect("placed");
        let before = fs::metadata(folder.path().join("two")).and_then(|data| data.modified());
        place(&files(&["two", "b/three"]), folder.path()).expect("placed");
        assert_eq!(own(folder.path()).expect("read"), files(&["two", "b/three"]));
        let after = fs::metadata(folder.path().join("two")).and_then(|data| data.modified());
        assert_eq!(before.expect("a time"), after.expect("a time"), "it was written again");

        let other = tempfile::tempdir().expect("a folder");
        fs::write(other.path().join("dear"), "kept").expect("written");
        assert!(place(&files(&["a/one"]), other.path()).is_err());
        assert_eq!(fs::read(other.path().join("dear")).expect("read"), b"kept");
    }

    #[test]
    fn one_map_of_modules_links_the_library_once() {
        let map = |name: &str| format!("module {name} {{\n    export *\n}}").into_bytes();
        let joined = module_map(&[map("A"), map("B")]).expect("joined");
        let text = String::from_utf8(joined).expect("text");
        assert_eq!(text.matches("link \"satchel_ffi\"").count(), 1, "{text}");
        assert_eq!(text.matches("export *").count(), 2, "{text}");
        assert!(module_map(&[b"module A {}".to_vec()]).is_err());
    }
}
