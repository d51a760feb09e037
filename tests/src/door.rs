//! Doors into a network namespace: ports on the machine's own loopback behind which the harness finds what
//! listens inside. A thread that has moved into the namespace does the connecting.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// The doors into one namespace; closed when dropped.
pub struct Doors {
    orders: Option<mpsc::UnboundedSender<(TcpListener, String)>>,
    keeper: Option<JoinHandle<()>>,
}

impl Doors {
    /// Sends a keeper into a namespace.
    pub fn into(namespace: &str) -> Result<Self> {
        let file = File::open(format!("/run/netns/{namespace}")).context("the namespace is not there")?;
        let (orders, open) = mpsc::unbounded_channel();
        let (told, moved) = std::sync::mpsc::sync_channel(1);
        let keeper = std::thread::Builder::new().name("doors".to_owned()).spawn(move || {
            let entered = enter(&file);
            let is_in = entered.is_ok();
            // The one who waits for it is just below.
            let _ = told.send(entered);
            if is_in {
                keep(open);
            }
        })?;
        moved.recv().context("the keeper of the doors died")??;
        Ok(Self { orders: Some(orders), keeper: Some(keeper) })
    }

    /// A port on loopback that leads to `target` inside.
    pub fn open(&self, target: &str) -> Result<u16> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let orders = self.orders.as_ref().context("the doors are closed")?;
        orders.send((listener, target.to_owned())).ok().context("the keeper of the doors is gone")?;
        Ok(port)
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

/// Moves the calling thread into a network namespace, for good.
#[expect(unsafe_code, reason = "no safe binding of setns is among our dependencies")]
fn enter(namespace: &File) -> Result<()> {
    // SAFETY: the descriptor is open during the call; setns touches no memory of ours.
    let answer = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) };
    ensure!(answer == 0, "cannot enter the namespace: {}", std::io::Error::last_os_error());
    Ok(())
}

/// Serves doors until no more can be ordered. One thread: another one would be outside.
fn keep(mut orders: mpsc::UnboundedReceiver<(TcpListener, String)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime.inspect_err(|error| eprintln!("no doors: {error}")) else { return };
    runtime.block_on(async {
        while let Some((listener, target)) = orders.recv().await {
            tokio::spawn(serve(listener, target));
        }
    });
}

async fn serve(listener: TcpListener, target: String) {
    let listener = tokio::net::TcpListener::from_std(listener);
    let Ok(listener) = listener.inspect_err(|error| eprintln!("no door: {error}")) else { return };
    while let Ok((mut outside, _)) = listener.accept().await {
        let target = target.clone();
        tokio::spawn(async move {
            // Nobody listens there (yet, or any more): the door closes in front of the visitor, as a port would.
            let Ok(mut inside) = TcpStream::connect(&target).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}
