//! Which moment it was: a server's clock that was set in the call, a witness frame of another moment, a question that
//! was not asked; and values that could be read in two ways.

use chinhchu_protocol::evidence::Manifest;

use super::*;

/// The server's clock was set ahead by a minute in the call: the workstation has counted a minute less.
#[test]
fn a_leap_of_the_servers_clock_explains_what_its_log_tells_and_no_more() {
    let leapt = |by: u32, outage| {
        let shorter = Manifest { elapsed_ms: manifest().elapsed_ms - by, ..manifest() };
        check(&pack(&contents_with(&shorter, outage)))
    };
    let told = leapt(60_000, Some((20_000, 80_000)));
    assert_eq!(code(&told, "time"), "server_clock_set");
    assert!(told.sound, "{:?}", told.parts);
    let (vi, en) = (told.to_text(Lang::Vi), told.to_text(Lang::En));
    assert!(vi.contains("đồng hồ máy chủ được chỉnh") && en.contains("server's clock was set"));
    for (what, report) in [
        ("no leap is told", leapt(60_000, None)),
        ("it was shorter", leapt(60_000, Some((20_000, 40_000)))),
        ("it was before the accept", leapt(60_000, Some((-80_000, -20_000)))),
        ("it was after the capture", leapt(60_000, Some((102_000, 162_000)))),
    ] {
        assert_eq!(code(&report, "time"), "times_differ", "{what}");
    }
    // It allows for less that was counted, never for more.
    let more = Manifest { elapsed_ms: manifest().elapsed_ms + 31_000, ..manifest() };
    let report = check(&pack(&contents_with(&more, Some((20_000, 80_000)))));
    assert_eq!(code(&report, "time"), "times_differ");
}

fn witness_after(ms: i64) -> Report {
    let mut other = contents();
    let bytes = other.witness.take().expect("witness");
    other.witness = Some(resigned::<Witness>(&bytes, &server_key(), |witness| {
        witness.received_at = manifest().captured_at.plus_ms(ms);
    }));
    check(&pack(&other))
}

/// The answer to the question of an earlier try is signed just as well, and shows another moment.
#[test]
fn a_witness_frame_that_came_late_is_remarked_and_one_of_another_moment_is_none() {
    for (ms, found, sound) in [
        (9_000, "sound", true),
        (-9_000, "sound", true),
        (11_000, "witness_apart", true),
        (125_000, "witness_apart", true),
        (-600_000, "witness_of_another_moment", false),
        (600_000, "witness_of_another_moment", false),
    ] {
        let report = witness_after(ms);
        assert_eq!((code(&report, "witness"), report.sound), (found, sound), "{ms} ms after the capture");
    }
}

/// The name of a hidden field says nothing of its value: nobody is accused of having lost a frame.
#[test]
fn a_hidden_nonce_where_none_was_asked_for_is_no_fault() {
    let plain = Manifest { witness_nonce: None, ..manifest() };
    let mut none = Contents { witness: None, witness_state: WitnessState::NotAsked, ..contents_of(&plain) };
    none.pictures.retain(|picture| picture.kind.name() != "witness_frame");
    let bytes = bundle::write(&none, &["witness_nonce"], packing(), &server_key()).expect("packs");
    let report = check(&bytes);
    assert_eq!((code(&report, "witness"), report.sound), ("not_asked", true), "{:?}", report.parts);
}

/// Whoever modified a workstation could sign a value that is read in two ways: it is no leaf, at the receipt either.
#[test]
fn a_value_that_is_not_its_own_plain_writing_is_no_leaf() {
    let good = contents().leaves.to_bytes().expect("json");
    assert!(crate::Leaves::parse(&good).is_ok());
    let text = String::from_utf8(good).expect("text");
    for (from, to) in [
        // A key twice: the last counts for one reader, and none for another.
        (r#"{\"bytes\":"#, r#"{\"bytes\":1,\"bytes\":"#),
        // Spaces, and an escape that need not be.
        (r#""value":"7""#, r#""value":" 7""#),
        (r#""value":"\"confirmed\"""#, r#""value":"\"\\u0063onfirmed\"""#),
        (r#""value":"7""#, r#""value":"7 8""#),
    ] {
        assert!(text.contains(from), "{from}");
        let touched = text.replacen(from, to, 1);
        assert!(crate::Leaves::parse(touched.as_bytes()).is_err(), "{to}");
    }
}
