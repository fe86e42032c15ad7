use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

/// What a proxy does with the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Lets it through.
    Holds,
    /// Lets so many bytes through, then breaks.
    BreaksAfter(u64),
}

/// Decides over each request: its number among those for the path that is watched, and its head as text.
type Decide = dyn Fn(usize, &str) -> Line + Send + Sync;

/// A line between a phone and the relay that breaks when it is told to, and remembers what was asked.
pub struct Proxy {
    address: SocketAddr,
    parts: Arc<Parts>,
}

struct Parts {
    upstream: String,
    /// Requests that begin so are watched.
    watched: String,
    seen: AtomicUsize,
    asked: Mutex<Vec<String>>,
    decide: Box<Decide>,
}

impl Proxy {
    /// A line to the relay at `upstream` (`http://host:port`). `decide` is asked before each `GET` whose path begins with
    /// `watched`, and may take its time.
    ///
    /// # Errors
    /// Where no port is free.
    pub fn start(
        upstream: &str,
        watched: &str,
        decide: impl Fn(usize, &str) -> Line + Send + Sync + 'static,
    ) -> Result<Self> {
        let upstream = upstream
            .strip_prefix("http://")
            .context("not a relay's address")?
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let parts = Arc::new(Parts {
            upstream,
            watched: format!("GET {watched}"),
            seen: AtomicUsize::new(0),
            asked: Mutex::default(),
            decide: Box::new(decide),
        });
        let serving = Arc::clone(&parts);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let parts = Arc::clone(&serving);
                // A line that breaks is what it is for: nobody is told.
                std::thread::spawn(move || drop(carry(&client, &parts)));
            }
        });
        Ok(Self { address, parts })
    }

    /// Its address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that were watched, in their order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.parts.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Carries one connection both ways until it ends or is broken.
fn carry(client: &TcpStream, parts: &Arc<Parts>) -> Result<()> {
    let relay = TcpStream::connect(&parts.upstream)?;
    let left = Arc::new(AtomicU64::new(u64::MAX));
    let (mut from_relay, mut to_client) = (relay.try_clone()?, client.try_clone()?);
    let room = Arc::clone(&left);
    let back = std::thread::spawn(move || -> Result<()> {
        let mut buffer = [0; 4096];
        loop {
            let read = from_relay.read(&mut buffer)?;
            let allowed = usize::try_from(room.load(Ordering::SeqCst)).unwrap_or(usize::MAX);
            let passes = read.min(allowed);
            to_client.write_all(&buffer[..passes])?;
            if allowed != usize::MAX {
                room.fetch_sub(passes as u64, Ordering::SeqCst);
            }
            if read == 0 || passes < read {
                to_client.shutdown(Shutdown::Both)?;
                from_relay.shutdown(Shutdown::Both)?;
                return Ok(());
            }
        }
    });
    let (mut from_client, mut to_relay) = (client.try_clone()?, relay);
    let mut buffer = [0; 16 << 10];
    loop {
        let read = match from_client.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        // A request without a body comes in one piece on loopback.
        let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
        if head.starts_with(&parts.watched) {
            let number = parts.seen.fetch_add(1, Ordering::SeqCst);
            let line = (parts.decide)(number, &head);
            parts.asked.lock().unwrap_or_else(PoisonError::into_inner).push(head);
            if let Line::BreaksAfter(bytes) = line {
                left.store(bytes, Ordering::SeqCst);
            }
        }
        if to_relay.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    to_relay.shutdown(Shutdown::Both)?;
    drop(back.join());
    Ok(())
}
