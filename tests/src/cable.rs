//! A network cable that can be pulled: a TCP forwarder on loopback. While it is cut, live connections are
//! dropped and new ones are refused at once, as by a router without an uplink.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A forwarder; ends when dropped.
pub struct Cable {
    address: SocketAddr,
    plugged: Arc<watch::Sender<bool>>,
    task: tokio::task::JoinHandle<()>,
}

impl Cable {
    /// Forwards a port of its own to `target` (`127.0.0.1:1234`).
    pub async fn to(target: String) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let plugged = Arc::new(watch::Sender::new(true));
        let watched = Arc::clone(&plugged);
        let task = tokio::spawn(async move {
            while let Ok((inner, _)) = listener.accept().await {
                if *watched.borrow() {
                    tokio::spawn(carry(inner, target.clone(), watched.subscribe()));
                }
            }
        });
        Ok(Self { address, plugged, task })
    }

    /// Base URL of this end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Pulls the cable.
    pub fn cut(&self) {
        self.plugged.send_replace(false);
    }

    /// Puts it back.
    pub fn mend(&self) {
        self.plugged.send_replace(true);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut inner: TcpStream, target: String, mut plugged: watch::Receiver<bool>) {
    let Ok(mut outer) = TcpStream::connect(&target).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut inner, &mut outer) => {}
        _ = plugged.wait_for(|plugged| !plugged) => {}
    }
}
