//! The way from the threads that make the agent's picture and voice to the connection of the moment.
//!
//! The threads live as long as the call, connections come and go: between the two lies one slot each,
//! empty until a connection is connected.

use crate::codec::VideoCodec;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;

/// Pictures that may wait for the network: half a second.
pub const PICTURE_QUEUE: usize = 15;
/// Voice packets that may wait for the network: half a second.
pub const VOICE_QUEUE: usize = 25;

/// One encoded picture of the agent.
#[derive(Debug)]
pub struct OutPicture {
    /// H.264 with start codes, or a VP8 frame.
    pub data: Bytes,
    /// When the camera took it.
    pub taken_at: Instant,
}

/// One encoded voice packet of the agent.
#[derive(Debug)]
pub struct OutVoice {
    /// Opus.
    pub data: Bytes,
    /// Number of the packet; those left out in silence count too.
    pub number: u32,
}

/// How pictures get to a connection.
#[derive(Clone, Debug)]
pub struct PictureLine {
    /// Which connection; another number needs a new encoder.
    pub connection: u32,
    /// What was negotiated.
    pub codec: VideoCodec,
    /// The next picture must be a key frame.
    pub key_wanted: Arc<AtomicBool>,
    sender: mpsc::Sender<OutPicture>,
}

impl PictureLine {
    /// A line and its end at the connection.
    pub fn new(connection: u32, codec: VideoCodec) -> (Self, mpsc::Receiver<OutPicture>) {
        let (sender, receiver) = mpsc::channel(PICTURE_QUEUE);
        (Self { connection, codec, key_wanted: Arc::new(AtomicBool::new(true)), sender }, receiver)
    }

    /// Hands a picture over. If the network is late it is dropped, and the next one is a key frame.
    pub fn send(&self, data: Vec<u8>, taken_at: Instant) -> bool {
        let sent = self.sender.try_send(OutPicture { data: data.into(), taken_at }).is_ok();
        if !sent {
            self.key_wanted.store(true, Ordering::Relaxed);
        }
        sent
    }
}

/// How voice gets to a connection.
#[derive(Clone, Debug)]
pub struct VoiceLine {
    sender: mpsc::Sender<OutVoice>,
}

impl VoiceLine {
    /// A line and its end at the connection.
    pub fn new() -> (Self, mpsc::Receiver<OutVoice>) {
        let (sender, receiver) = mpsc::channel(VOICE_QUEUE);
        (Self { sender }, receiver)
    }

    /// Hands a packet over, or drops it if the network is late.
    pub fn send(&self, data: Bytes, number: u32) {
        if self.sender.try_send(OutVoice { data, number }).is_err() {
            tracing::trace!("a voice packet was dropped");
        }
    }
}

/// The two slots.
#[derive(Debug, Default)]
pub struct Outgoing {
    picture: Mutex<Option<PictureLine>>,
    voice: Mutex<Option<VoiceLine>>,
}

impl Outgoing {
    /// Where pictures go now.
    pub fn picture(&self) -> Option<PictureLine> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where voice goes now.
    pub fn voice(&self) -> Option<VoiceLine> {
        self.voice.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens or closes the way.
    pub fn set(&self, picture: Option<PictureLine>, voice: Option<VoiceLine>) {
        *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = picture;
        *self.voice.lock().unwrap_or_else(PoisonError::into_inner) = voice;
    }
}
