//! The least that carries bytes: a loopback connection, a question and an answer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use anyhow::Result;

/// A listener that answers each question of so many bytes with as many as it asks for.
pub(crate) struct Line {
    stream: TcpStream,
    _peer: JoinHandle<()>,
}

impl Line {
    pub(crate) fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let peer = std::thread::spawn(move || {
            if let Ok((stream, _)) = listener.accept() {
                // The other end closed: nothing is left to answer.
                drop(answer(stream));
            }
        });
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, _peer: peer })
    }

    /// Sends so many bytes and takes in so many.
    pub(crate) fn exchange(&mut self, up: usize, down: usize) -> Result<()> {
        let mut head = [0; 16];
        head[..8].copy_from_slice(&(up as u64).to_le_bytes());
        head[8..].copy_from_slice(&(down as u64).to_le_bytes());
        self.stream.write_all(&head)?;
        self.stream.write_all(&vec![7; up])?;
        let mut answer = vec![0; down];
        self.stream.read_exact(&mut answer)?;
        Ok(())
    }
}

fn answer(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut head = [0; 16];
    loop {
        stream.read_exact(&mut head)?;
        let (up, down) = head.split_at(8);
        let up = u64::from_le_bytes(up.try_into()?);
        let down = usize::try_from(u64::from_le_bytes(down.try_into()?))?;
        std::io::copy(&mut Read::by_ref(&mut stream).take(up), &mut std::io::sink())?;
        stream.write_all(&vec![7; down])?;
    }
}
