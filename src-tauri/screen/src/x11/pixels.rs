//! The memory a picture is drawn into on its way to the X server: shared with it, or copied through the socket.
#![expect(unsafe_code, reason = "memory shared with the X server has to be mapped")]

use std::fs::File;

use memmap2::MmapMut;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, Gcontext, ImageFormat, Window};
use x11rb::wrapper::ConnectionExt as _;

use crate::surface::Rect;

/// Four bytes a pixel. Grows with the surface, never shrinks.
pub(super) enum Pixels {
    /// MIT-SHM: the server reads what we write, and sends a completion event.
    Shared { segment: shm::Seg, map: MmapMut },
    /// PutImage.
    Copied(Vec<u8>),
}

/// Where the pixels go.
pub(super) struct Target {
    pub(super) window: Window,
    pub(super) gc: Gcontext,
    pub(super) depth: u8,
}

/// Smallest segment, so that a growing window does not need one for every size.
const SMALLEST_BYTES: usize = 1 << 20;

impl Pixels {
    /// Whether segments can be made on this connection (needs MIT-SHM 1.2 and a local server).
    pub(super) fn shared_memory_works(conn: &impl Connection) -> bool {
        matches!(conn.extension_information(shm::X11_EXTENSION_NAME), Ok(Some(_)))
            && conn
                .shm_query_version()
                .ok()
                .and_then(|cookie| cookie.reply().ok())
                .is_some_and(|version| (version.major_version, version.minor_version) >= (1, 2))
    }

    /// Shared if that works, copied otherwise.
    pub(super) fn new(conn: &impl Connection, shared: bool) -> Self {
        if shared && Self::shared_memory_works(conn) {
            match Self::share(conn, SMALLEST_BYTES) {
                Ok(pixels) => return pixels,
                Err(error) => tracing::info!(%error, "no shared memory with the X server; pictures are sent"),
            }
        }
        Self::Copied(Vec::new())
    }

    fn share(conn: &impl Connection, bytes: usize) -> Result<Self, ReplyError> {
        let bytes = bytes.next_power_of_two();
        let size = u32::try_from(bytes).unwrap_or(u32::MAX);
        let segment = conn.generate_id().map_err(id_error)?;
        let reply = conn.shm_create_segment(segment, size, false)?.reply()?;
        let file = File::from(reply.shm_fd);
        // SAFETY: the segment was made for this connection alone, with the size that is mapped; the X server
        // only reads it (ShmPutImage), and between a put and its completion event we don't write.
        let map = unsafe { memmap2::MmapOptions::new().len(bytes).map_mut(&file) };
        match map {
            Ok(map) => Ok(Self::Shared { segment, map }),
            Err(error) => {
                conn.shm_detach(segment)?;
                Err(ReplyError::ConnectionError(error.into()))
            }
        }
    }

    /// At least `bytes` to write into. Only while no picture is on its way.
    pub(super) fn room(&mut self, conn: &impl Connection, bytes: usize) -> Result<&mut [u8], ReplyError> {
        if let Self::Shared { segment, map } = self
            && map.len() < bytes
        {
            conn.shm_detach(*segment)?;
            *self = Self::share(conn, bytes)?;
        }
        match self {
            Self::Shared { map, .. } => Ok(&mut map[..bytes]),
            Self::Copied(buffer) => {
                if buffer.len() < bytes {
                    buffer.resize(bytes, 0);
                }
                Ok(&mut buffer[..bytes])
            }
        }
    }

    /// Sends the first rows of the memory to `at` in the window. True if a completion event will follow,
    /// false if the picture has arrived.
    pub(super) fn put(&self, conn: &impl Connection, target: &Target, at: Rect) -> Result<bool, ReplyError> {
        let (width, height) = (short(at.width), short(at.height));
        let (x, y) = (signed_short(at.x), signed_short(at.y));
        match self {
            Self::Shared { segment, .. } => {
                let (window, gc, depth) = (target.window, target.gc, target.depth);
                let format = u8::from(ImageFormat::Z_PIXMAP);
                conn.shm_put_image(
                    window, gc, width, height, 0, 0, width, height, x, y, depth, format, true, *segment, 0,
                )?;
                conn.flush()?;
                Ok(true)
            }
            Self::Copied(buffer) => {
                put_in_bands(conn, target, &buffer[..at.width as usize * at.height as usize * 4], at)?;
                Ok(false)
            }
        }
    }
}

/// A request has a largest size; a picture is cut into bands of rows.
fn put_in_bands(conn: &impl Connection, target: &Target, pixels: &[u8], at: Rect) -> Result<(), ReplyError> {
    let row = at.width as usize * 4;
    let largest = conn.maximum_request_bytes().saturating_sub(64).max(row);
    let rows = (largest / row).clamp(1, 4096);
    let mut y = at.y;
    for band in pixels.chunks(rows * row) {
        let height = u32::try_from(band.len() / row).unwrap_or(0);
        let (window, gc, depth) = (target.window, target.gc, target.depth);
        let (x, top) = (signed_short(at.x), signed_short(y));
        conn.put_image(
            ImageFormat::Z_PIXMAP,
            window,
            gc,
            short(at.width),
            short(height),
            x,
            top,
            0,
            depth,
            band,
        )?;
        y = y.saturating_add_unsigned(height);
    }
    conn.sync()
}

fn id_error(error: x11rb::errors::ReplyOrIdError) -> ReplyError {
    match error {
        x11rb::errors::ReplyOrIdError::ConnectionError(error) => error.into(),
        x11rb::errors::ReplyOrIdError::X11Error(error) => error.into(),
        x11rb::errors::ReplyOrIdError::IdsExhausted => x11rb::errors::ConnectionError::UnknownError.into(),
    }
}

/// X sizes have 16 bits.
pub(super) fn short(value: u32) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// X places have 16 bits.
pub(super) fn signed_short(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
}
