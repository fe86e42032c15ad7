use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The built binary `satchel`, running on a directory of its own. Killed when dropped.
#[derive(Debug)]
pub struct Relay {
    directory: PathBuf,
    process: Option<Child>,
    address: String,
    metrics: String,
}

impl Relay {
    /// Starts the relay on `directory` with a free port. The organisation must exist already ([`Relay::admin_on`]).
    ///
    /// # Errors
    /// Where the binary is missing or does not come up.
    pub fn start(directory: &Path) -> Result<Self> {
        let mut relay = Self {
            directory: directory.to_owned(),
            process: None,
            address: "127.0.0.1:0".to_owned(),
            metrics: String::new(),
        };
        relay.spawn()?;
        Ok(relay)
    }

    /// The address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it shows its metrics, as a URL.
    #[must_use]
    pub fn metrics(&self) -> &str {
        &self.metrics
    }

    /// Where its files are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Kills it with SIGKILL: nothing of it gets a chance to tidy up.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Starts it again under the same address.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.spawn()
    }

    /// Leaves the process running when this value goes; returns its id.
    #[must_use]
    pub fn detach(mut self) -> Option<u32> {
        self.process.take().map(|process| process.id())
    }

    /// Runs `satchel admin …` on this relay's files and reads its JSON answer.
    ///
    /// # Errors
    /// Where the command fails, with what it said.
    pub fn admin(&self, arguments: &[&str]) -> Result<Value> {
        Self::admin_on(&self.directory, arguments)
    }

    /// [`Relay::admin`] before the relay runs.
    ///
    /// # Errors
    /// As there.
    pub fn admin_on(directory: &Path, arguments: &[&str]) -> Result<Value> {
        let output = Command::new(binary()?)
            .arg("--data-dir")
            .arg(directory)
            .args(["admin", "--json"])
            .args(arguments)
            .output()
            .context("run satchel admin")?;
        if !output.status.success() {
            bail!(
                "satchel admin {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn spawn(&mut self) -> Result<()> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.join("relay.log"))?;
        let mut process = Command::new(binary()?)
            .arg("--data-dir")
            .arg(&self.directory)
            .args(["serve", "--listen", &self.address, "--metrics-listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("start satchel serve")?;
        let out = process.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let listening = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
        let Some(address) = listening else {
            let log = std::fs::read_to_string(self.directory.join("relay.log")).unwrap_or_default();
            bail!("the relay did not come up: {log}");
        };
        // It says so right after.
        let metrics = lines.next().transpose()?;
        let metrics = metrics.as_deref().and_then(|line| line.strip_prefix("metrics on "));
        metrics.unwrap_or_default().clone_into(&mut self.metrics);
        // Read on, so that the relay never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.address = address;
        self.process = Some(process);
        Ok(())
    }

    /// Asks it to stop with SIGTERM and waits until it has.
    ///
    /// # Errors
    /// Where it takes more than half a minute.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        kill_process(Pid::from_child(&process), Signal::TERM).context("the relay cannot be signalled")?;
        let begun = Instant::now();
        while process.try_wait()?.is_none() {
            if begun.elapsed() > Duration::from_secs(30) {
                process.kill()?;
                bail!("the relay did not stop");
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Ending a test: there is nobody to tell.
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// The binary under test: `SATCHEL_BIN`, else the one beside the test's own folder.
fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SATCHEL_BIN") {
        return Ok(path.into());
    }
    let here = std::env::current_exe()?;
    let beside = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("satchel"))
        .find(|path| path.is_file());
    beside.context("the binary is not built: cargo build -p satchel-server (or set SATCHEL_BIN)")
}
