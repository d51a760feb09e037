//! When the customer's picture came back, exactly: the workstation's log says, with its time, when a stream
//! began and when it was live again after a gap. A frame that was taken before and came late never counts.

use std::time::Duration;

use anyhow::{Result, ensure};
use chinhchu_protocol::time::Timestamp;

use crate::clock;
use crate::driver::PATIENCE;
use crate::station::Station;

/// A picture that ended a gap, or began a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Returned {
    /// When it was decoded.
    pub at: Timestamp,
    /// How long there was none; none for a new stream.
    pub gap_ms: Option<u64>,
}

/// Waits for the first such picture at the workstation after a moment.
pub async fn returned(station: &Station, after: Timestamp) -> Result<Returned> {
    let until = clock::now().plus_ms(i64::try_from(PATIENCE.as_millis())?);
    loop {
        if let Some(found) = in_log(&station.log()?).find(|found| found.at > after) {
            return Ok(found);
        }
        ensure!(clock::now() < until, "the customer's picture did not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether the picture went on since a moment. Gaps up to 2 s are forgiven: the machine may be
/// busy. A picture that has stopped for good leaves no gap: look at the screen, too.
pub fn went_on_since(station: &Station, after: Timestamp) -> Result<bool> {
    let stood_still = |found: Returned| found.at > after && found.gap_ms.is_none_or(|gap| gap > 2_000);
    Ok(!in_log(&station.log()?).any(stood_still))
}

fn in_log(log: &str) -> impl Iterator<Item = Returned> + '_ {
    log.lines().filter_map(|line| {
        let begins = line.contains("the first picture of a stream");
        if !begins && !line.contains("the picture is live again") {
            return None;
        }
        let at = line.split_whitespace().next()?.parse().ok()?;
        let gap = line.rsplit_once("gap_ms=").and_then(|(_, ms)| ms.trim().parse().ok());
        Some(Returned { at, gap_ms: gap })
    })
}

#[cfg(test)]
mod tests {
    use super::{Returned, in_log};

    #[test]
    fn both_kinds_of_return_are_read_from_the_log() {
        let log = "2026-11-23T07:00:00.123456Z  INFO picture-in: chinhchu_media::receive: the first picture of a stream\n\
                   2026-11-23T07:00:01.000000Z  INFO chinhchu_media::session: connected\n\
                   2026-11-23T07:00:09.500000Z  INFO chinhchu_media::receive: the picture is live again gap_ms=8033\n";
        let at = |text: &str| text.parse().expect("time");
        let expected = [
            Returned { at: at("2026-11-23T07:00:00.123Z"), gap_ms: None },
            Returned { at: at("2026-11-23T07:00:09.5Z"), gap_ms: Some(8033) },
        ];
        assert_eq!(in_log(log).collect::<Vec<_>>(), expected);
    }
}
