//! One parcel to the server. What is small goes in one piece; what is large, or was cut off before, goes on
//! where the server stands, picture by picture in chunks, and only then the signed manifest.

use std::collections::BTreeMap;

use chinhchu_protocol::evidence::EvidenceReceipt;
use chinhchu_protocol::workstation::{ChunksHeld, MAX_CHUNK_BYTES};

use super::{Parcel, PictureBytes};
use crate::evidence::hex_sha256;
use crate::link::api::{Api, ApiError};

/// A first try with less than this goes in one piece, bytes.
const ONE_PIECE: usize = 2 * 1024 * 1024;

/// So often the server may say that it stands elsewhere, in one picture.
const MAX_CORRECTIONS: u32 = 8;

/// Sends it; the same parcel again gives the same receipt.
pub(super) async fn send(api: &Api, token: &str, parcel: &Parcel) -> Result<EvidenceReceipt, ApiError> {
    let size: usize = parcel.pictures.iter().map(|picture| picture.bytes.len()).sum();
    // What it had once, it most likely has: it is asked before all the pictures of a week go to it again.
    let ask = parcel.attempts > 0 || parcel.again;
    if !ask && size < ONE_PIECE {
        return api.upload(token, parcel, true).await;
    }
    let held = if ask {
        match api.chunks_held(token, parcel.key).await {
            Ok(held) => held,
            // A server, or a proxy, that knows nothing of chunks; not one that knows nothing of the call.
            Err(ApiError::Refused { status: 404 | 405, code, .. }) if code != "call_not_found" => {
                return api.upload(token, parcel, true).await;
            }
            // About the key in use now. This manifest may be signed by an older one, which was approved: of that
            // only the server can judge, by the manifest.
            Err(ApiError::Refused { status: 403, code, .. }) if code.starts_with("workstation_") => {
                return api.upload(token, parcel, true).await;
            }
            Err(error) => return Err(error),
        }
    } else {
        ChunksHeld::default()
    };
    let held: BTreeMap<String, u64> =
        held.chunks.into_iter().map(|chunk| (chunk.sha256, chunk.received)).collect();
    for picture in &parcel.pictures {
        let sha256 = hex_sha256(&picture.bytes);
        let from = held.get(&sha256).copied().unwrap_or(0);
        send_picture(api, token, parcel, picture, &sha256, from).await?;
    }
    match api.upload(token, parcel, false).await {
        // The chunks were swept, or never were whole.
        Err(error) if error.is_missing_pictures() => api.upload(token, parcel, true).await,
        answer => answer,
    }
}

async fn send_picture(
    api: &Api,
    token: &str,
    parcel: &Parcel,
    picture: &PictureBytes,
    sha256: &str,
    from: u64,
) -> Result<(), ApiError> {
    let bytes = &picture.bytes;
    let place = |at: u64| usize::try_from(at).ok().filter(|at| *at <= bytes.len()).ok_or(ApiError::Malformed);
    let (mut at, mut corrections) = (place(from)?, 0);
    while at < bytes.len() {
        let chunk = &bytes[at..bytes.len().min(at + MAX_CHUNK_BYTES)];
        match api.put_chunk(token, parcel.key, sha256, at, chunk.to_vec()).await {
            Ok(received) if place(received)? > at => at = place(received)?,
            Ok(_) => return Err(ApiError::Malformed),
            Err(error) => match error.chunk_received() {
                Some(received) if corrections < MAX_CORRECTIONS => {
                    corrections += 1;
                    at = place(received)?;
                }
                Some(_) | None => return Err(error),
            },
        }
    }
    Ok(())
}
