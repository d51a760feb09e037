//! Frames in one colour.

/// A frame in one colour, given as Y, Cb, Cr.
pub struct Flat {
    width: u32,
    height: u32,
    planes: (Vec<u8>, Vec<u8>, Vec<u8>),
}

impl Flat {
    pub fn new(width: u32, height: u32, (y, u, v): (u8, u8, u8)) -> Self {
        let luma = (width * height) as usize;
        let chroma = (width.div_ceil(2) * height.div_ceil(2)) as usize;
        Self { width, height, planes: (vec![y; luma], vec![u; chroma], vec![v; chroma]) }
    }

    pub fn view(&self) -> chinhchu_screen::I420View<'_> {
        chinhchu_screen::I420View {
            width: self.width,
            height: self.height,
            y: &self.planes.0,
            u: &self.planes.1,
            v: &self.planes.2,
            y_stride: self.width as usize,
            uv_stride: self.width.div_ceil(2) as usize,
        }
    }
}

/// BT.601 limited range of pure red and its pixels.
pub const RED: (u8, u8, u8) = (81, 90, 240);
/// BT.601 limited range of pure blue.
pub const BLUE: (u8, u8, u8) = (41, 240, 110);
