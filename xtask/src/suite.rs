//! `cargo xtask test`: everything that the tests need, then every test.

mod tally;

use std::io::{BufRead, BufReader, Write, stdout};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::need::{C_COMPILER, Need};
use crate::workspace::{Program, Workspace, in_ci, shown};
use crate::{bindings, dashboard};
use tally::Tally;

const PYTHON: Need = Need {
    program: "python3",
    trial: &[],
    packages: &["python3"],
    why: "the generated Python bindings are tried with it",
};

const GIT: Need = Need {
    program: "git",
    trial: &[],
    packages: &["git"],
    why: "a test takes a copy of what is committed",
};

/// A client in another language, which speaks the protocol from its page alone. Debian's packages belong to Debian's
/// own interpreter; another that comes first in PATH will do where it has the same modules.
const CLIENT: Need = Need {
    program: "/usr/bin/python3",
    trial: &["-c", "import cbor2, cryptography, websocket, zstandard"],
    packages: &[
        "python3",
        "python3-cbor2",
        "python3-cryptography",
        "python3-websocket",
        "python3-zstandard",
    ],
    why: "the client that tries docs/protocol.md is written in it",
};

/// Which tests.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tests whose name contains this.
    filter: Option<String>,
}

impl Arguments {
    /// Every test there is.
    pub(crate) fn all() -> Self {
        Self { filter: None }
    }
}

/// The interpreter for the client in another language.
fn client_python() -> Result<&'static str> {
    let first = Need {
        program: PYTHON.program,
        ..CLIENT
    };
    if first.is_there() {
        return Ok(first.program);
    }
    CLIENT.ensure()?;
    Ok(CLIENT.program)
}

/// Runs the tests. With CI set, an ignored test is a failure: nothing is skipped silently.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    C_COMPILER.ensure()?;
    GIT.ensure()?;
    PYTHON.ensure()?;
    let python = client_python()?;
    if arguments.filter.is_none() {
        // First: the relay embeds it, and would be built a second time.
        dashboard::build(workspace)?;
    }
    let binary = workspace.build(&[Program::Binary("satchel")])?.remove(0);

    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--all-features", "--locked", "--no-fail-fast"]);
    command.args(&arguments.filter);
    // Stories start this binary, not a mock of it.
    command.env("SATCHEL_BIN", &binary).env("SATCHEL_PYTHON", python);
    println!("$ SATCHEL_BIN={} {}", binary.display(), shown(&command));
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting cargo test")?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("reading what cargo test says")?;
            tally.read(&line);
            writeln!(stdout(), "{line}")?;
        }
    }
    let status = child.wait()?;
    println!("{tally}");
    ensure!(status.success(), "tests failed: {status}");
    ensure!(tally.passed > 0, "no test ran");
    ensure!(
        !in_ci() || tally.ignored == 0,
        "{} tests are ignored, and with CI set nothing is skipped",
        tally.ignored
    );
    if arguments.filter.is_none() {
        dashboard::test(workspace)?;
        bindings::run(workspace, &bindings::Arguments::all())?;
    }
    Ok(())
}
