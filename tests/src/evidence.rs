//! Looks at the pictures of the evidence as a person would: is that the customer's test picture, is that
//! the agent's own picture, what time is written there?

use anyhow::{Context as _, Result, ensure};
use image::RgbImage;

/// Decodes a picture of any format that the evidence may have.
pub fn decode(bytes: &[u8]) -> Result<RgbImage> {
    Ok(image::load_from_memory(bytes).context("not a picture")?.to_rgb8())
}

/// Date and time as burnt into the screenshot, read from its pixels by matching the shipped font.
pub fn burnt_in_time(screenshot: &RgbImage) -> Result<String> {
    chinhchu_screen::readback::read_date_time(screenshot)
        .context("no date and time can be read from the picture")
}

/// Share (per mille) of the picture in the saturated green that fills Chromium's fake camera, and nothing
/// of our own screens.
pub fn customer_green_per_mille(picture: &RgbImage) -> usize {
    share(picture, |[r, g, b]| g > 90 && i16::from(g) - i16::from(r) > 60 && i16::from(g) - i16::from(b) > 60)
}

/// Share (per mille) of the picture in the warm orange of the workstation's drawn camera.
pub fn agent_orange_per_mille(picture: &RgbImage) -> usize {
    share(picture, |[r, g, b]| {
        r > 170 && (70..190).contains(&g) && b < 110 && i16::from(r) - i16::from(b) > 90
    })
}

/// The screenshot shows both people, and is not one flat colour.
pub fn ensure_shows_both(screenshot: &RgbImage) -> Result<()> {
    let (customer, agent) = (customer_green_per_mille(screenshot), agent_orange_per_mille(screenshot));
    ensure!(customer >= 50, "the customer's picture is not in the screenshot ({customer} ‰ green)");
    ensure!(agent >= 3, "the agent's own picture is not in the screenshot ({agent} ‰ orange)");
    Ok(())
}

/// How much two frames of the same size differ: mean difference of a colour value, in thousandths.
pub fn difference_milli(a: &RgbImage, b: &RgbImage) -> Result<u64> {
    ensure!(a.dimensions() == b.dimensions(), "frames of different sizes");
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
    Ok(sum * 1000 / a.as_raw().len() as u64)
}

fn share(picture: &RgbImage, is_it: impl Fn([u8; 3]) -> bool) -> usize {
    let hits = picture.pixels().filter(|pixel| is_it(pixel.0)).count();
    hits * 1000 / (picture.width() as usize * picture.height() as usize).max(1)
}
