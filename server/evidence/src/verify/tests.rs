//! Bundles that were touched, moved, forged or cut: each must be found, and the part named.

mod insider;
mod moments;

use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::verify;
use crate::bundle::{self, Contents, WitnessState, part_of};
use crate::container::{self, Entry};
use crate::dsse::{self, Envelope};
use crate::enrolment::Enrolment;
use crate::example::*;
use crate::key::{PublicKey, SigningKey};
use crate::manifest::seal;
use crate::receipt::Receipt;
use crate::report::{Lang, Report};
use crate::signed::Signed;
use crate::witness::Witness;

fn pack(contents: &Contents) -> Vec<u8> {
    bundle::write(contents, &[], packing(), &server_key()).expect("packs")
}

fn check(bytes: &[u8]) -> Report {
    verify(bytes, &[server_key().public()])
}

fn code(report: &Report, part: &str) -> &'static str {
    let found = report.parts.iter().find(|one| one.part == part);
    found.map_or("not there", |one| one.code)
}

/// The server's statement in these bytes, changed, and signed anew by `key`.
fn resigned<S: Signed>(bytes: &[u8], key: &SigningKey, change: impl FnOnce(&mut S)) -> Vec<u8> {
    let envelope = Envelope::parse(bytes).expect("envelope");
    let mut statement = S::open(&envelope, &server_key().public()).expect("opens");
    change(&mut statement);
    statement.sign(key).expect("signs").to_bytes()
}

#[test]
fn an_untouched_bundle_is_sound_in_every_part() {
    let report = check(&pack(&contents()));
    let faults: Vec<_> = report.parts.iter().filter(|part| part.code != "sound").collect();
    assert!(report.sound && faults.is_empty(), "{faults:?}");
    let parts: BTreeSet<&str> = report.parts.iter().map(|part| part.part.as_str()).collect();
    let wanted = [
        "bundle",
        "chain",
        "container",
        "day-root:2026-11-23",
        "enrolment",
        "leaves",
        "manifest",
        "picture:live_frame",
        "picture:portrait",
        "picture:screenshot",
        "picture:witness_frame",
        "receipt",
        "time",
        "witness",
    ];
    assert_eq!(parts, BTreeSet::from(wanted));
    let fact = |name| report.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
    assert_eq!(fact("decision"), Some("confirmed"));
    assert_eq!(fact("captured_at_text"), Some("23/11/2026 09:15:42 +07:00"));
    assert_eq!(fact("witness_after_ms"), Some("400"));
    assert!(report.not_proven.iter().any(|one| one.code == "administrator_of_the_workstation"));
}

/// Where each file's bytes lie in the packed bundle.
fn places(bytes: &[u8]) -> BTreeMap<String, std::ops::Range<usize>> {
    let entries = container::read(bytes).expect("reads").entries;
    let mut places = BTreeMap::new();
    let mut from = 0;
    for entry in entries {
        let found = bytes[from..].windows(entry.bytes.len()).position(|window| window == entry.bytes);
        let start = from + found.expect("stored as it is");
        from = start + entry.bytes.len();
        places.insert(entry.name, start..from);
    }
    places
}

#[test]
fn a_flipped_bit_in_any_file_of_the_bundle_is_found_and_the_part_named() {
    let good = pack(&contents());
    let places = places(&good);
    assert_eq!(places.len(), 12, "every class of file is tried");
    for (name, range) in places {
        // First, last and every 7th byte, a changing bit.
        let spots = range.clone().step_by(7).chain([range.end - 1]);
        for at in spots {
            let mut flipped = good.clone();
            flipped[at] ^= 1 << (at % 8);
            let report = check(&flipped);
            assert!(!report.sound && report.faulty(&part_of(&name)), "{name}, byte {at}");
        }
    }
}

#[test]
fn a_flipped_bit_is_named_even_when_checksums_and_list_are_made_to_fit() {
    let good = container::read(&pack(&contents())).expect("reads").entries;
    for victim in good.iter().filter(|entry| entry.name != bundle::INDEX) {
        for at in (0..victim.bytes.len()).step_by(11) {
            let mut entries: Vec<Entry> =
                good.iter().map(|entry| Entry::new(entry.name.clone(), entry.bytes.clone())).collect();
            let entry = entries.iter_mut().find(|entry| entry.name == victim.name).expect("entry");
            entry.bytes[at] ^= 1 << (at % 8);
            *entry = Entry::new(victim.name.clone(), entry.bytes.clone());
            // An insider with the server's key writes the list anew.
            let hash = crate::hex::sha256_hex(&entry.bytes);
            let index = entries.iter_mut().find(|entry| entry.name == bundle::INDEX).expect("index");
            let anew = resigned::<bundle::Index>(&index.bytes, &server_key(), |list| {
                let part = list.parts.iter_mut().find(|part| part.name == victim.name).expect("part");
                part.sha256 = hash;
            });
            *index = Entry::new(bundle::INDEX, anew);
            let report = check(&container::write(&entries).expect("writes"));
            assert!(report.faulty(&part_of(&victim.name)), "{}, byte {at}", victim.name);
        }
    }
}

#[test]
fn flipped_bits_over_all_bytes_are_found() {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let (good, mut rng) = (pack(&contents()), StdRng::seed_from_u64(seed));
    for _ in 0..2_000 {
        let bit = rng.random_range(0..good.len() * 8);
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let report = check(&flipped);
        assert!(!report.sound && report.parts.iter().any(|part| !part.ok), "seed {seed}, bit {bit}");
    }
}

/// The whole of it, on every core; the sample above stands in for it day by day.
#[test]
#[ignore = "takes minutes: cargo test -p chinhchu-evidence -- --ignored"]
fn every_single_bit_of_a_bundle_is_found() {
    let good = pack(&contents());
    let bits = good.len() * 8;
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("{bits} bits on {workers} threads");
    std::thread::scope(|scope| {
        for first in 0..workers {
            let good = &good;
            scope.spawn(move || {
                for bit in (first..bits).step_by(workers) {
                    let mut flipped = good.clone();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    let report = check(&flipped);
                    assert!(!report.sound && report.parts.iter().any(|part| !part.ok), "bit {bit}");
                }
            });
        }
    });
}

#[test]
fn what_was_cut_added_or_is_no_bundle_fails() {
    let good = pack(&contents());
    for length in (0..good.len()).step_by(97) {
        assert!(!check(&good[..length]).sound, "cut to {length}");
    }
    assert!(check(&[&good[..], b"\0"].concat()).faulty("container"));
    assert!(check(b"").faulty("container"));
    let entries = container::read(&good).expect("reads").entries;
    for victim in &entries {
        let without: Vec<Entry> = entries.iter().filter(|entry| entry.name != victim.name).cloned().collect();
        let report = check(&container::write(&without).expect("writes"));
        assert!(report.faulty(&part_of(&victim.name)), "without {}", victim.name);
    }
    let more: Vec<Entry> =
        entries.iter().cloned().chain([Entry::new("pictures/id_back.jpg", b"x".to_vec())]).collect();
    assert!(check(&container::write(&more).expect("writes")).faulty("picture:id_back"));
}

#[test]
fn a_bundle_signed_anew_with_other_keys_fails() {
    let thief = SigningKey::from_bytes(&[66; 32]);
    let good = contents();
    let forged = Contents {
        enrolment: resigned::<Enrolment>(&good.enrolment, &thief, |_| {}),
        receipt: resigned::<Receipt>(&good.receipt, &thief, |_| {}),
        ..contents()
    };
    let bytes = bundle::write(&forged, &[], packing(), &thief).expect("packs");
    let report = check(&bytes);
    for part in ["bundle", "enrolment", "receipt", "manifest", "leaves"] {
        assert!(report.faulty(part), "{part}");
    }
    assert_eq!(code(&report, "bundle"), "untrusted_key");
    assert!(!verify(&pack(&good)[..], &[thief.public()]).sound, "a sound bundle, an untrusted key");
    assert!(!verify(&pack(&good)[..], &[]).sound, "no key at all");
}

#[test]
fn a_workstations_key_that_was_not_approved_fails() {
    let good = contents();
    let mut other = manifest();
    other.note = Some("written by someone else".into());
    let sealed = seal(&other, &SigningKey::from_bytes(&[66; 32]), &mut rng()).expect("seals");
    let leaves = crate::Leaves::parse(&sealed.leaves).expect("leaves");
    let report = check(&pack(&Contents { envelope: sealed.envelope, leaves, ..good }));
    assert_eq!(code(&report, "manifest"), "untrusted_key");
    assert!(!report.sound);
}

/// The same evidence under another call, agent or time, signed by the workstation itself: server and log differ.
#[test]
fn evidence_moved_to_another_call_agent_or_time_fails() {
    type Change = fn(&mut chinhchu_protocol::evidence::Manifest);
    let changes: [(&str, Change); 4] = [
        ("call", |m| m.call_id = CallId(Uuid::from_u128(77))),
        ("assignment", |m| m.assignment = 2),
        ("agent", |m| m.agent_id = chinhchu_protocol::ids::AgentId(Uuid::from_u128(77))),
        ("time", |m| {
            m.captured_at = m.captured_at.plus_ms(3_600_000);
            m.captured_at_text = "23/11/2026 10:15:42 +07:00".into();
        }),
    ];
    for (what, change) in changes {
        let mut moved = manifest();
        change(&mut moved);
        let sealed = seal(&moved, &station_key(), &mut rng()).expect("seals");
        let leaves = crate::Leaves::parse(&sealed.leaves).expect("leaves");
        let stolen = Contents { envelope: sealed.envelope, leaves, ..contents() };
        let report = check(&pack(&stolen));
        assert_eq!(code(&report, "receipt"), "other_evidence", "{what}");

        // Even with a receipt to match, by the server's own key, the log tells otherwise.
        let receipt = resigned::<Receipt>(&stolen.receipt, &server_key(), |receipt| {
            receipt.manifest_sha256.clone_from(&sealed.manifest_sha256);
            (receipt.call_id, receipt.assignment) = (moved.call_id, moved.assignment);
        });
        let report = check(&pack(&Contents { receipt, ..stolen }));
        assert_eq!(code(&report, "chain"), "log_differs", "{what}");
    }
}

#[test]
fn parts_of_another_call_do_not_fit() {
    type Change = fn(&mut Contents);
    let cases: [(&str, Change); 4] = [
        ("witness", |c| {
            let bytes = c.witness.take().expect("witness");
            c.witness =
                Some(resigned::<Witness>(&bytes, &server_key(), |w| w.call_id = CallId(Uuid::from_u128(7))));
        }),
        ("witness", |c| {
            let bytes = c.witness.take().expect("witness");
            c.witness = Some(resigned::<Witness>(&bytes, &server_key(), |w| w.nonce = "0".repeat(32)));
        }),
        ("receipt", |c| c.receipt = resigned::<Receipt>(&c.receipt, &server_key(), |r| r.counter += 1)),
        ("enrolment", |c| {
            c.enrolment = resigned::<Enrolment>(&c.enrolment, &server_key(), |e| {
                e.workstation_id = chinhchu_protocol::ids::WorkstationId(Uuid::from_u128(7));
            });
        }),
    ];
    for (part, change) in cases {
        let mut other = contents();
        change(&mut other);
        let report = check(&pack(&other));
        assert_eq!(code(&report, part), "other_evidence");
        assert!(!report.sound);
    }
}

#[test]
fn a_receipt_under_another_type_is_no_receipt() {
    let mut other = contents();
    let payload = Envelope::parse(&other.receipt).and_then(|e| e.open(dsse::RECEIPT, &server_key().public()));
    other.receipt = Envelope::sign(dsse::WITNESS, &payload.expect("opens"), &server_key()).to_bytes();
    assert_eq!(code(&check(&pack(&other)), "receipt"), "other_evidence");
}

#[test]
fn a_record_that_is_not_in_the_signed_log_fails() {
    let cases: [fn(&mut Contents); 5] = [
        |c| c.chain.records[1].at_ms += 1,
        |c| c.chain.records[1].facts = c.chain.records[1].facts.replace("\"offer\":1", "\"offer\":2"),
        |c| c.chain.records[1].seq += 1,
        |c| c.chain.records[1].day = "2026-11-24".into(),
        |c| c.chain.receipt = None,
    ];
    for (n, change) in cases.into_iter().enumerate() {
        let mut other = contents();
        change(&mut other);
        let report = check(&pack(&other));
        assert!(report.faulty("chain"), "case {n}");
    }
    let mut dropped = contents();
    dropped.chain.records.pop();
    assert_eq!(code(&check(&pack(&dropped)), "chain"), "log_differs");
}

#[test]
fn times_that_contradict_each_other_fail() {
    let mut other = contents();
    let before: Timestamp = manifest().accepted_at.plus_ms(60_000);
    other.receipt = resigned::<Receipt>(&other.receipt, &server_key(), |r| r.received_at = before);
    assert_eq!(code(&check(&pack(&other)), "time"), "times_differ");
    let mut later = contents();
    later.enrolment = resigned::<Enrolment>(&later.enrolment, &server_key(), |e| {
        e.approved_at = e.approved_at.plus_ms(1 << 40);
    });
    let report = check(&pack(&later));
    assert_eq!(code(&report, "enrolment"), "approved_later");
    assert!(report.sound, "a remark, no fault");
}

/// A bundle around a manifest with these changes, everything else made to fit it.
fn around(change: impl FnOnce(&mut chinhchu_protocol::evidence::Manifest)) -> Report {
    check(&pack(&contents_of(&{
        let mut manifest = manifest();
        change(&mut manifest);
        manifest
    })))
}

#[test]
fn clocks_are_judged_as_the_server_judges_them() {
    use chinhchu_protocol::evidence::TimeSource;
    let code_of = |report: &Report| code(report, "time");
    // The server's time, said so in the picture.
    let by_server = around(|m| {
        (m.clock.source, m.clock.offset_ms) = (TimeSource::Server, Some(9_000));
        m.captured_at_text = "23/11/2026 09:15:42 +07:00 (giờ máy chủ)".into();
    });
    assert_eq!(code_of(&by_server), "sound");
    // Another time drawn than stated.
    assert_eq!(
        code_of(&around(|m| m.captured_at_text = "23/11/2026 09:15:43 +07:00".into())),
        "times_differ"
    );
    // Apart, within what the server takes; and beyond.
    assert_eq!(code_of(&around(|m| m.elapsed_ms -= 6_000)), "clocks_apart");
    assert_eq!(code_of(&around(|m| m.elapsed_ms -= 31_000)), "times_differ");
    // A clock that was never compared may show anything; the monotonic one still holds.
    let strange = |m: &mut chinhchu_protocol::evidence::Manifest| {
        m.clock.offset_ms = None;
        m.captured_at = m.captured_at.plus_ms(-86_400_000);
        m.captured_at_text = "22/11/2026 09:15:42 +07:00".into();
    };
    assert_eq!(code_of(&around(strange)), "clock_never_compared");
    assert_eq!(
        code_of(&around(|m| {
            strange(m);
            m.elapsed_ms += 86_400_000;
        })),
        "times_differ"
    );
}

#[test]
fn a_selective_bundle_is_sound_and_the_hidden_values_are_not_in_its_bytes() {
    let hide = ["case.id_number", "case.full_name", "note", "picture:portrait"];
    let bytes = bundle::write(&contents(), &hide, packing(), &server_key()).expect("packs");
    let report = check(&bytes);
    assert!(report.sound, "{:?}", report.parts);
    assert_eq!(code(&report, "leaves"), "partly_hidden");
    assert_eq!(code(&report, "picture:portrait"), "withheld");
    let hidden = report.facts.iter().find(|fact| fact.name == "hidden").map(|fact| fact.value.as_str());
    assert_eq!(hidden, Some("case.full_name, case.id_number, note, picture:portrait"));
    let contains = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    for value in [ID_NUMBER.as_bytes(), "Nguyễn Thị Ánh".as_bytes(), "đã đối chiếu".as_bytes(), PORTRAIT]
    {
        assert!(!contains(value));
    }
    assert!(contains(SCREENSHOT));
    assert!(bundle::write(&contents(), &["case.nonsense"], packing(), &server_key()).is_err());
    assert!(bundle::write(&contents(), &["picture:id_back"], packing(), &server_key()).is_err());
    assert!(bundle::write(&contents(), &["call_id"], packing(), &server_key()).is_err());
}

/// `case` hides the name, the number and the hashes of the papers: then the papers themselves stay out, too.
#[test]
fn hiding_the_whole_case_takes_its_pictures_along() {
    let bytes = bundle::write(&contents(), &["case"], packing(), &server_key()).expect("packs");
    let report = check(&bytes);
    assert!(report.sound, "{:?}", report.parts);
    assert_eq!(code(&report, "picture:portrait"), "not there");
    assert!(!bytes.windows(PORTRAIT.len()).any(|window| window == PORTRAIT));
    assert!(bytes.windows(SCREENSHOT.len()).any(|window| window == SCREENSHOT));
}

#[test]
fn a_hidden_picture_that_the_list_does_not_name_is_missing() {
    let mut entries = container::read(&pack(&contents())).expect("reads").entries;
    entries.retain(|entry| entry.name != "pictures/portrait.jpg");
    let report = check(&container::write(&entries).expect("writes"));
    assert_eq!(code(&report, "picture:portrait"), "missing");
}

#[test]
fn without_a_witness_frame_the_bundle_says_why() {
    let never = Contents { witness: None, witness_state: WitnessState::NeverArrived, ..contents() };
    let mut never = never;
    never.pictures.retain(|picture| picture.kind.name() != "witness_frame");
    let report = check(&pack(&never));
    assert_eq!(code(&report, "witness"), "never_arrived");
    assert!(report.sound);
    // The workstation did ask: nobody can say that it did not.
    let denied = Contents { witness_state: WitnessState::NotAsked, ..never };
    assert_eq!(code(&check(&pack(&denied)), "witness"), "missing");
}

#[test]
fn the_page_of_text_says_the_conclusion_and_what_is_not_proven() {
    let good = check(&pack(&contents()));
    let text = good.to_text(Lang::Vi);
    assert!(text.contains("NGUYÊN VẸN") && !text.contains('✗'));
    for told in
        ["Nguyễn Thị Ánh", ID_NUMBER, "Xác nhận chính chủ", "Máy chủ nhận lúc: 23/11/2026 09:15:43 +07:00"]
    {
        assert!(text.contains(told), "{told}");
    }
    assert!(text.contains("KHÔNG chứng minh") && text.contains("không cho biết ai ngồi trước máy quay"));
    let bad = verify(&pack(&contents())[..], &[] as &[PublicKey]).to_text(Lang::En);
    assert!(bad.contains("NOT SOUND") && bad.contains('✗'));
    let labelled = |fact: &crate::report::Fact| fact.label_en != "Other";
    assert!(good.facts.iter().all(labelled), "every fact has a name for people");
}

/// Each part here is sound by itself; only the signed list knows that it was not packed.
#[test]
fn parts_exchanged_or_hidden_after_the_export_are_not_as_packed() {
    let good = contents();
    let later =
        resigned::<Receipt>(&good.receipt, &server_key(), |r| r.received_at = r.received_at.plus_ms(1));
    let hidden = good.leaves.withhold(&["note"]).expect("hides").to_bytes().expect("json");
    for (name, bytes) in [(bundle::RECEIPT, later), (bundle::LEAVES, hidden)] {
        let mut entries = container::read(&pack(&good)).expect("reads").entries;
        let entry = entries.iter_mut().find(|entry| entry.name == name).expect("entry");
        *entry = Entry::new(name, bytes);
        let report = check(&container::write(&entries).expect("writes"));
        assert_eq!(code(&report, &part_of(name)), "not_as_packed");
    }
}
