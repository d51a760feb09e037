//! A live video picture on the screen, whatever the system: where it lies, and the newest frame.
//!
//! A surface never queues: a newer frame replaces one that was not shown yet. No call blocks on the display.

/// A frame in I420 (planar YUV 4:2:0, BT.601, limited range), borrowed from whoever decoded it.
#[derive(Clone, Copy, Debug)]
pub struct I420View<'a> {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Luma, `height` rows of `y_stride` bytes.
    pub y: &'a [u8],
    /// Cb, `⌈height / 2⌉` rows of `uv_stride` bytes.
    pub u: &'a [u8],
    /// Cr, as `u`.
    pub v: &'a [u8],
    /// Bytes from one luma row to the next.
    pub y_stride: usize,
    /// Bytes from one chroma row to the next.
    pub uv_stride: usize,
}

/// Largest side of a frame that is taken.
pub const MAX_SIDE: u32 = 8192;

impl I420View<'_> {
    /// Chroma columns and rows.
    pub fn chroma_size(&self) -> (u32, u32) {
        (self.width.div_ceil(2), self.height.div_ceil(2))
    }

    /// Whether the planes hold what the sizes promise; every other function here may rely on it.
    pub fn is_sound(&self) -> bool {
        let (cw, ch) = self.chroma_size();
        let side = 1..=MAX_SIDE;
        side.contains(&self.width)
            && side.contains(&self.height)
            && plane_holds(self.y.len(), self.y_stride, self.width, self.height)
            && plane_holds(self.u.len(), self.uv_stride, cw, ch)
            && plane_holds(self.v.len(), self.uv_stride, cw, ch)
    }
}

/// The last row may lack its padding.
fn plane_holds(len: usize, stride: usize, width: u32, height: u32) -> bool {
    let (width, height) = (width as usize, height as usize);
    stride >= width && stride <= 4 * MAX_SIDE as usize && len >= stride * (height - 1) + width
}

/// Physical pixels; the origin is named where it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rect {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Rect {
    /// A rectangle of that place and size.
    pub const fn new(x: i32, y: i32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// Nothing inside.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// First column to the right of it.
    pub fn right(&self) -> i32 {
        self.x.saturating_add_unsigned(self.width)
    }

    /// First row below it.
    pub fn bottom(&self) -> i32 {
        self.y.saturating_add_unsigned(self.height)
    }

    /// What both have, if anything.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (self.right().min(other.right()), self.bottom().min(other.bottom()));
        (right > x && bottom > y).then(|| Self::new(x, y, right.abs_diff(x), bottom.abs_diff(y)))
    }
}

/// Where a surface lies. `rect` and `holes` are relative to the window's client area.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Placement {
    /// Place and size; the picture keeps its aspect ratio inside, the rest is dark.
    pub rect: Rect,
    /// Hidden surfaces keep the newest frame, to show it when they come back.
    pub visible: bool,
    /// Parts of the page that lie over the picture (menus, badges); at most [`MAX_HOLES`] count.
    pub holes: Vec<Rect>,
}

/// More holes than a page has overlays; the rest would only cost.
pub const MAX_HOLES: usize = 32;

/// What became of the frames so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SurfaceStats {
    /// Frames handed in.
    pub pushed: u64,
    /// Frames that reached the display (X11) or were acknowledged as drawn (socket).
    pub shown: u64,
    /// Frames that a newer one replaced before they were shown, or that were broken.
    pub skipped: u64,
    /// `push` to shown, µs, median of the last 512 frames.
    pub latency_p50_us: Option<u32>,
    /// `push` to shown, µs, 95th percentile of the last 512 frames.
    pub latency_p95_us: Option<u32>,
    /// The display or the window is gone: nothing will be shown any more.
    pub gone: bool,
}

/// One live picture. Calls from any thread; none of them waits for the display.
pub trait VideoSurface: Send + Sync {
    /// Puts the surface where the page wants it.
    fn place(&self, placement: Placement);
    /// Takes a copy of the frame; the newest wins.
    fn push(&self, frame: I420View<'_>);
    /// Forgets the picture: dark until the next frame, so that no face stays after its call.
    fn clear(&self);
    /// What became of the frames so far.
    fn stats(&self) -> SurfaceStats;
}

/// Where a picture of `width` × `height` lies in `area` (same origin as `area`): as large as it fits, centred.
pub fn letterbox(width: u32, height: u32, area: Rect) -> Rect {
    if width == 0 || height == 0 || area.is_empty() {
        return Rect::new(area.x, area.y, 0, 0);
    }
    let (w, h) = (u64::from(width), u64::from(height));
    let (aw, ah) = (u64::from(area.width), u64::from(area.height));
    let (fit_w, fit_h) =
        if aw * h <= ah * w { (aw, rounded(aw * h, w).max(1)) } else { (rounded(ah * w, h).max(1), ah) };
    let (fit_w, fit_h) = (clamp_u32(fit_w.min(aw)), clamp_u32(fit_h.min(ah)));
    Rect::new(
        area.x.saturating_add_unsigned((area.width - fit_w) / 2),
        area.y.saturating_add_unsigned((area.height - fit_h) / 2),
        fit_w,
        fit_h,
    )
}

fn rounded(dividend: u64, divisor: u64) -> u64 {
    (dividend + divisor / 2) / divisor
}

fn clamp_u32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
