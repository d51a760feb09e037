//! The child window: made like its parent, without input, shaped, and kept on top of the webview's own.

use std::sync::Arc;

use x11rb::connection::Connection;
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClipOrdering, ConfigureWindowAux, ConnectionExt as _,
    CreateGCAux, CreateWindowAux, EventMask, Gravity, ImageOrder, PropMode, Rectangle, StackMode, Visualtype,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::X11Error;
use super::pixels::{Target, short, signed_short};
use super::shape::visible_parts;
use crate::scale::PixelOrder;
use crate::surface::{Placement, Rect};

/// Dark neutral around the picture, opaque on a 32-bit visual.
pub const BACKGROUND: u32 = 0xff14_171a;

/// Marks our windows, so that two surfaces of one parent don't raise each other for ever.
const MARK: &[u8] = b"_CHINHCHU_VIDEO_SURFACE";

pub(super) struct ChildWindow {
    conn: Arc<RustConnection>,
    target: Target,
    order: PixelOrder,
    mark: Atom,
    mapped: bool,
    shaped: bool,
}

impl ChildWindow {
    pub(super) fn create(conn: Arc<RustConnection>, parent: Window) -> Result<Self, X11Error> {
        let depth = conn.get_geometry(parent)?.reply()?.depth;
        let visual = conn.get_window_attributes(parent)?.reply()?.visual;
        let order = pixel_order(&conn, depth, visual).ok_or(X11Error::PixelFormat)?;
        let mark = conn.intern_atom(false, MARK)?.reply()?.atom;

        let (window, gc) = (conn.generate_id()?, conn.generate_id()?);
        let events = EventMask::EXPOSURE | EventMask::STRUCTURE_NOTIFY;
        let aux = CreateWindowAux::new()
            .background_pixel(BACKGROUND)
            .border_pixel(0)
            .bit_gravity(Gravity::NORTH_WEST)
            .event_mask(events);
        // Depth, visual and colours of the parent (0 = copy): GetImage of the parent then includes us.
        conn.create_window(0, window, parent, 0, 0, 1, 1, 0, WindowClass::INPUT_OUTPUT, 0, &aux)?.check()?;
        conn.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?.check()?;
        conn.change_property32(PropMode::REPLACE, window, mark, AtomEnum::CARDINAL, &[1])?.check()?;
        // An empty input shape: the pointer sees what lies below.
        conn.shape_rectangles(SO::SET, SK::INPUT, ClipOrdering::UNSORTED, window, 0, 0, &[])?.check()?;
        let watch = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::STRUCTURE_NOTIFY;
        conn.change_window_attributes(parent, &ChangeWindowAttributesAux::new().event_mask(watch))?
            .check()?;
        let target = Target { window, gc, depth };
        Ok(Self { conn, target, order, mark, mapped: false, shaped: false })
    }

    pub(super) fn id(&self) -> Window {
        self.target.window
    }

    pub(super) fn conn(&self) -> &RustConnection {
        &self.conn
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn order(&self) -> PixelOrder {
        self.order
    }

    /// Moves, sizes, shapes, shows or hides.
    pub(super) fn place(&mut self, placement: &Placement) -> Result<(), ConnectionError> {
        let rect = placement.rect;
        let parts = visible_parts(rect, &placement.holes);
        let shown = placement.visible && !rect.is_empty() && !parts.is_empty();
        if !shown {
            if self.mapped {
                self.conn.unmap_window(self.id())?;
                self.mapped = false;
            }
            return self.conn.flush();
        }
        let aux = ConfigureWindowAux::new()
            .x(rect.x)
            .y(rect.y)
            .width(u32::from(short(rect.width)))
            .height(u32::from(short(rect.height)))
            .stack_mode(StackMode::ABOVE);
        self.conn.configure_window(self.id(), &aux)?;
        if !placement.holes.is_empty() {
            let rectangles: Vec<_> = parts.iter().map(rectangle).collect();
            let (window, order) = (self.id(), ClipOrdering::UNSORTED);
            self.conn.shape_rectangles(SO::SET, SK::BOUNDING, order, window, 0, 0, &rectangles)?;
            self.shaped = true;
        } else if self.shaped {
            self.conn.shape_mask(SO::SET, SK::BOUNDING, self.id(), 0, 0, x11rb::NONE)?;
            self.shaped = false;
        }
        if !self.mapped {
            self.conn.map_window(self.id())?;
            self.mapped = true;
        }
        self.conn.flush()
    }

    /// Goes on top again if one of these is not ours.
    pub(super) fn raise_above(&self, siblings: &[Window]) -> Result<(), ReplyError> {
        for sibling in siblings {
            let property = self.conn.get_property(false, *sibling, self.mark, AtomEnum::CARDINAL, 0, 1)?;
            // A sibling that is gone already does not lie over us.
            let foreign = property.reply().is_ok_and(|reply| reply.value_len == 0);
            if foreign {
                let aux = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                self.conn.configure_window(self.id(), &aux)?;
                self.conn.flush()?;
                break;
            }
        }
        Ok(())
    }

    /// Fills the part with the background.
    pub(super) fn darken(&self, part: Rect) -> Result<(), ConnectionError> {
        if !part.is_empty() {
            let (x, y) = (signed_short(part.x), signed_short(part.y));
            self.conn.clear_area(false, self.id(), x, y, short(part.width), short(part.height))?;
        }
        Ok(())
    }

    pub(super) fn destroy(&self) {
        // The connection may be gone already, and the window with it.
        if self.conn.destroy_window(self.id()).is_ok() {
            let _ = self.conn.flush();
        }
    }
}

fn rectangle(rect: &Rect) -> Rectangle {
    Rectangle {
        x: signed_short(rect.x),
        y: signed_short(rect.y),
        width: short(rect.width),
        height: short(rect.height),
    }
}

/// How a pixel lies in memory: 32 bits with 8 a colour, least significant byte first; else `None`.
fn pixel_order(conn: &RustConnection, depth: u8, visual: u32) -> Option<PixelOrder> {
    let setup = conn.setup();
    let format = setup.pixmap_formats.iter().find(|format| format.depth == depth)?;
    let sizes_fit = matches!(depth, 24 | 32) && format.bits_per_pixel == 32;
    if !sizes_fit || setup.image_byte_order != ImageOrder::LSB_FIRST {
        return None;
    }
    let depths = setup.roots.iter().flat_map(|screen| &screen.allowed_depths);
    let mut visuals = depths.flat_map(|allowed| &allowed.visuals);
    let Visualtype { red_mask, green_mask, blue_mask, .. } =
        visuals.find(|candidate| candidate.visual_id == visual)?;
    match (red_mask, green_mask, blue_mask) {
        (0x00ff_0000, 0x0000_ff00, 0x0000_00ff) => Some(PixelOrder::Bgra),
        (0x0000_00ff, 0x0000_ff00, 0x00ff_0000) => Some(PixelOrder::Rgba),
        _ => None,
    }
}
