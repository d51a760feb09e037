//! The two video codecs that calls are negotiated with.

/// A video codec.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VideoCodec {
    /// H.264 constrained baseline; preferred: its codec is part of the program on every system.
    H264,
    /// VP8, from the system's libvpx; Linux only.
    Vp8,
}

impl VideoCodec {
    /// Those this build can decode and encode, best first.
    pub const SUPPORTED: &[Self] =
        if cfg!(target_os = "linux") { &[Self::H264, Self::Vp8] } else { &[Self::H264] };

    /// As the screens and the manifest call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "H264",
            Self::Vp8 => "VP8",
        }
    }

    /// The codec of an SDP mime type such as `video/H264`.
    pub fn from_mime(mime: &str) -> Option<Self> {
        if mime.eq_ignore_ascii_case("video/h264") {
            Some(Self::H264)
        } else if mime.eq_ignore_ascii_case("video/vp8") {
            Some(Self::Vp8)
        } else {
            None
        }
    }
}
