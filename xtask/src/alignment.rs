//! `cargo xtask aligned`: whether Android can load a library on a phone with pages of 16 KB.
//!
//! Each segment that is loaded must be aligned to 16 KB, and stand at the same place within a page in the file as in
//! memory: newer systems look at the places, not at what the header says.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use goblin::container::Ctx;
use goblin::elf::Elf;
use goblin::elf::header::Header;
use goblin::elf::program_header::{PT_LOAD, ProgramHeader};

/// The largest page of a phone, in bytes.
const PAGE: u64 = 16 << 10;

/// Which libraries.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Shared libraries (ELF); those of 32 bits are passed over, for phones that run them have small pages.
    #[arg(required = true)]
    libraries: Vec<PathBuf>,
}

/// Looks at each and fails where one cannot be loaded.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut failed = 0;
    for library in &arguments.libraries {
        match check(library)? {
            Aligned::Yes(segments) => println!("{}: {segments} segments, aligned to 16 KB", library.display()),
            Aligned::Small => println!("{}: 32 bits, passed over", library.display()),
            Aligned::No(why) => {
                failed += 1;
                println!("{}: {why}", library.display());
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} are not aligned", arguments.libraries.len());
    Ok(())
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
enum Aligned {
    /// All so many segments are.
    Yes(usize),
    /// It has 32 bits.
    Small,
    /// One is not, and why.
    No(String),
}

fn check(library: &Path) -> Result<Aligned> {
    let bytes = fs::read(library).with_context(|| format!("reading {}", library.display()))?;
    let (header, segments) = segments(&bytes).with_context(|| format!("{} is no ELF file", library.display()))?;
    if !header.container().is_ok_and(goblin::container::Container::is_big) {
        return Ok(Aligned::Small);
    }
    let loaded: Vec<_> = segments.iter().filter(|one| one.p_type == PT_LOAD).collect();
    if loaded.is_empty() {
        bail!("{} has no segment that is loaded", library.display());
    }
    for (at, segment) in loaded.iter().enumerate() {
        if segment.p_align < PAGE {
            return Ok(Aligned::No(format!(
                "segment {at} is aligned to {} bytes",
                segment.p_align
            )));
        }
        if segment.p_offset % PAGE != segment.p_vaddr % PAGE {
            return Ok(Aligned::No(format!(
                "segment {at} is not at the same place in a page in file and memory"
            )));
        }
    }
    Ok(Aligned::Yes(loaded.len()))
}

/// The header and the segments, and nothing that these lead to.
fn segments(bytes: &[u8]) -> Result<(Header, Vec<ProgramHeader>)> {
    let header = Elf::parse_header(bytes)?;
    let form = Ctx::new(header.container()?, header.endianness()?);
    let at = usize::try_from(header.e_phoff)?;
    let segments = ProgramHeader::parse(bytes, at, header.e_phnum.into(), form)?;
    Ok((header, segments))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A library linked by the system's own linker for pages of that size.
    fn linked(folder: &Path, page: u64) -> PathBuf {
        let source = folder.join("one.c");
        fs::write(&source, "int one(void) { return 1; }\nint two = 2;\n").expect("written");
        let library = folder.join(format!("lib{page}.so"));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-nostdlib"]);
        cc.arg(format!("-Wl,-z,max-page-size={page},-z,common-page-size={page}"));
        let status = cc.arg("-o").arg(&library).arg(&source).status().expect("cc runs");
        assert!(status.success());
        library
    }

    #[test]
    fn a_library_for_large_pages_passes_and_one_for_small_pages_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(check(&linked(folder.path(), PAGE)), Ok(Aligned::Yes(2..))));
        let small = check(&linked(folder.path(), 4096));
        assert!(
            matches!(&small, Ok(Aligned::No(why)) if why.contains("4096")),
            "{small:?}"
        );
        // What the header says is not believed: the places are.
        let mut bytes = fs::read(linked(folder.path(), PAGE)).expect("read");
        let (header, segments) = segments(&bytes).expect("an ELF file");
        let first = segments
            .iter()
            .position(|one| one.p_type == PT_LOAD)
            .expect("one that is loaded");
        let place = usize::try_from(header.e_phoff).expect("a place") + first * usize::from(header.e_phentsize);
        // Its place in the file comes after its type and flags.
        let at = place + 8;
        bytes[at..at + 8].copy_from_slice(&4096_u64.to_le_bytes());
        let moved = folder.path().join("moved.so");
        fs::write(&moved, bytes).expect("written");
        assert!(matches!(check(&moved), Ok(Aligned::No(_))));
        fs::write(&moved, b"no library").expect("written");
        assert!(check(&moved).is_err());
    }
}
