//! What the figures were taken on.

use std::fs;
use std::time::Duration;

/// The machine in one line.
pub(crate) fn described() -> String {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "{cpus} cores ({model}), memory {memory}, {} {}, load {load} when it began",
        std::env::consts::OS,
        kernel.trim()
    )
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The most memory that this process has had, and what it has now, in bytes. Linux only.
pub(crate) fn own_memory() -> Option<(usize, usize)> {
    memory_of("self")
}

/// [`own_memory`] of another process.
pub(crate) fn memory_of(process: &str) -> Option<(usize, usize)> {
    let path = format!("/proc/{process}/status");
    let bytes = |name: &str| -> Option<usize> {
        let text = field(&path, name)?;
        Some(text.strip_suffix("kB")?.trim().parse::<usize>().ok()? * 1024)
    };
    Some((bytes("VmHWM")?, bytes("VmRSS")?))
}

/// The CPU time that another process has used, all its threads together.
pub(crate) fn cpu_of(process: &str) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // After the name in brackets: state, then user and system time as the twelfth and thirteenth, in hundredths.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}
