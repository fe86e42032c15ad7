//! Live connections of light clients.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::light::{Brought, Light};
use crate::office::Badge;

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a live connection from where `known` stands, and waits until the relay has answered it.
pub(crate) async fn connect(url: &str, badge: &Badge, known: &Light) -> Result<(Light, Socket)> {
    let address = format!("{}/v1/live", url.replacen("http", "ws", 1));
    let request =
        ClientRequestBuilder::new(address.parse()?).with_header("Authorization", format!("Bearer {}", badge.token));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let mut light = known.beside(badge);
    let question = light.question(None, Vec::new())?;
    socket.send(Message::Binary(question.into())).await?;
    next(&mut light, &mut socket).await?;
    Ok((light, socket))
}

/// The next message that says something.
pub(crate) async fn next(light: &mut Light, socket: &mut Socket) -> Result<Brought> {
    loop {
        let message = socket.next().await.context("the connection ended")??;
        if let Message::Binary(bytes) = message {
            return light.take_in(&bytes);
        }
    }
}
