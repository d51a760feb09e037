//! What somebody could try who holds sound bundles of other calls, or even the server's key: every list is signed
//! anew here, so that only what the workstation and the log have signed can tell.

use chinhchu_protocol::evidence::{Manifest, VerdictStanding};
use chinhchu_protocol::ids::{AgentId, CallId};
use uuid::Uuid;

use super::*;
use crate::bundle::{Index, IndexPart};
use crate::day_root::DayRoot;
use crate::leaves::{Leaf, WithheldLeaf};
use crate::verify::verify_with;

/// The files of a bundle under a list that fits them.
fn relisted(mut entries: Vec<Entry>) -> Vec<u8> {
    let list = entries.iter().position(|entry| entry.name == bundle::INDEX).expect("a list");
    let list = entries.remove(list);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let parts = entries
        .iter()
        .map(|entry| IndexPart { name: entry.name.clone(), sha256: crate::hex::sha256_hex(&entry.bytes) });
    let parts: Vec<IndexPart> = parts.collect();
    let anew = resigned::<Index>(&list.bytes, &server_key(), |index| index.parts = parts);
    entries.push(Entry::new(bundle::INDEX, anew));
    container::write(&entries).expect("writes")
}

fn entries(bytes: &[u8]) -> Vec<Entry> {
    container::read(bytes).expect("reads").entries
}

fn exchange(entries: &mut [Entry], name: &str, bytes: Vec<u8>) {
    let entry = entries.iter_mut().find(|entry| entry.name == name).expect("entry");
    *entry = Entry::new(name, bytes);
}

/// Another call of another agent, an hour later, at the same workstation: sound by itself.
fn another_call() -> Contents {
    let later = |m: &mut Manifest| {
        m.call_id = CallId(Uuid::from_u128(78));
        m.agent_id = AgentId(Uuid::from_u128(79));
        m.witness_nonce = Some("0123456789abcdef0123456789abcdef".into());
        m.counter = 8;
        m.note = Some("cuộc gọi khác".into());
    };
    let mut manifest = manifest();
    later(&mut manifest);
    let mut other = contents_of(&manifest);
    let bytes = other.chain.to_bytes().expect("json");
    let text = String::from_utf8(bytes).expect("utf-8");
    let (old, new) = (super::manifest(), &manifest);
    let text = text
        .replace(&old.call_id.to_string(), &new.call_id.to_string())
        .replace(&old.agent_id.to_string(), &new.agent_id.to_string());
    other.chain = crate::chain::Chain::parse(text.as_bytes()).expect("a chain");
    rooted(&mut other);
    other.receipt = resigned::<Receipt>(&other.receipt, &server_key(), |receipt| {
        (receipt.call_id, receipt.counter) = (new.call_id, new.counter);
        receipt.log.seq = 0;
    });
    other.chain.receipt = None;
    let witness = other.witness.take().expect("witness");
    other.witness = Some(resigned::<Witness>(&witness, &server_key(), |witness| {
        witness.call_id = new.call_id;
        witness.nonce = new.witness_nonce.clone().expect("asked");
        witness.sha256 = crate::hex::sha256_hex(b"another witness frame");
    }));
    for picture in &mut other.pictures {
        if picture.kind.name() == "witness_frame" {
            picture.bytes = b"another witness frame".to_vec();
        }
    }
    other
}

/// A root over the records that the chain shows, as if there were no others.
fn rooted(contents: &mut Contents) {
    let hashes: Vec<_> = contents.chain.records.iter().map(|record| record.hash().expect("hash")).collect();
    for (n, record) in contents.chain.records.iter_mut().enumerate() {
        record.seq = 100 + 2 * u64::try_from(n).expect("small");
    }
    // The numbers are part of the hashes.
    let again: Vec<_> = contents.chain.records.iter().map(|record| record.hash().expect("hash")).collect();
    let mut leaves = Vec::new();
    for hash in &again {
        leaves.extend([*hash, [1; 32]]);
    }
    assert_eq!(hashes.len(), again.len());
    for (n, record) in contents.chain.records.iter_mut().enumerate() {
        record.path = crate::day_root::prove(&leaves, 2 * n).expect("path");
    }
    let (day, envelope) = contents.day_roots.remove(0);
    let root = resigned::<DayRoot>(&envelope, &server_key(), |root| {
        root.log.from_seq = 100;
        root.log.to_seq = 99 + u64::try_from(leaves.len()).expect("small");
        root.log.head_hash = crate::hex::encode(&[1; 32]);
        root.log_root = crate::hex::encode(&crate::day_root::root_over(&leaves));
    });
    contents.day_roots.push((day, root));
}

#[test]
fn every_part_of_another_calls_bundle_is_found_in_this_one() {
    let (here, there) = (pack(&contents()), pack(&another_call()));
    assert!(check(&here).sound);
    let foreign = check(&there);
    assert!(foreign.sound, "{:?}", foreign.parts);
    let (here, there) = (entries(&here), entries(&there));
    let mut tried = BTreeSet::new();
    for part in &there {
        let same = here.iter().any(|entry| entry.bytes == part.bytes);
        if same || part.name == bundle::INDEX {
            continue; // The same approval, papers and pictures: nothing was exchanged.
        }
        let mut mixed = here.clone();
        exchange(&mut mixed, &part.name, part.bytes.clone());
        let report = check(&relisted(mixed));
        assert!(!report.sound, "{}", part.name);
        // A foreign root is sound by itself; the records say that they are not under it.
        let named =
            if part.name.starts_with(bundle::DAY_ROOTS) { "chain".into() } else { part_of(&part.name) };
        let of_manifest =
            part.name == bundle::MANIFEST && report.faulty("leaves") && report.faulty("receipt");
        assert!(report.faulty(&named) || of_manifest, "{}: {:?}", part.name, report.parts);
        tried.insert(part_of(&part.name));
    }
    let wanted =
        ["chain", "day-root:2026-11-23", "leaves", "manifest", "picture:witness_frame", "receipt", "witness"];
    assert_eq!(tried, BTreeSet::from(wanted.map(str::to_owned)));
    // The whole of it under the list of the other.
    let mut moved = here.clone();
    let list = there.iter().find(|entry| entry.name == bundle::INDEX).expect("list").bytes.clone();
    exchange(&mut moved, bundle::INDEX, list);
    assert!(check(&relisted(moved)).faulty("bundle"));
}

#[test]
fn files_that_nobody_signed_do_not_pass_for_evidence_even_if_the_list_names_them() {
    for (name, part) in [
        ("pictures/screenshot.png", "picture:screenshot"),
        ("pictures/witness_frame.png", "picture:witness_frame"),
        ("pictures/portrait.old.jpg", "picture:portrait"),
        ("pictures/id_back.jpg", "picture:id_back"),
        ("pictures/nobody.jpg", "picture:nobody"),
        ("ket-luan.pdf", "file:ket-luan.pdf"),
    ] {
        let mut more = entries(&pack(&contents()));
        more.push(Entry::new(name, b"\xff\xd8\xff painted afterwards".to_vec()));
        let report = check(&relisted(more));
        assert!(!report.sound && report.faulty(part), "{name}: {:?}", report.parts);
    }
}

#[test]
fn a_hidden_field_cannot_be_exchanged_renamed_into_another_or_shown_with_another_value() {
    let hide = ["case.id_number", "case.full_name"];
    let hidden = bundle::write(&contents(), &hide, packing(), &server_key()).expect("packs");
    assert!(check(&hidden).sound);
    let leaves = crate::Leaves::parse(
        &entries(&hidden).iter().find(|e| e.name == bundle::LEAVES).expect("leaves").bytes,
    );
    let leaves: Vec<Leaf> = leaves.expect("parses").iter().cloned().collect();
    let at = |name: &str| leaves.iter().position(|leaf| leaf.name() == name).expect("leaf");
    let (number, full_name, note) = (at("case.id_number"), at("case.full_name"), at("note"));
    let hash_of = |n: usize| match &leaves[n] {
        Leaf::Withheld(leaf) => leaf.hash.clone(),
        Leaf::Shown(_) => panic!("hidden"),
    };
    let withheld =
        |n: usize, hash: String| Leaf::Withheld(WithheldLeaf { hash, name: leaves[n].name().to_owned() });
    let shown = |n: usize, value: &str| {
        let (name, salt) = (leaves[n].name().to_owned(), "0".repeat(32));
        Leaf::Shown(crate::leaves::ShownLeaf { name, salt, value: value.to_owned() })
    };
    let changes: [(&str, Vec<(usize, Leaf)>); 5] = [
        (
            "exchanged",
            vec![
                (number, withheld(number, hash_of(full_name))),
                (full_name, withheld(full_name, hash_of(number))),
            ],
        ),
        ("another hash", vec![(number, withheld(number, "0".repeat(64)))]),
        ("shown with another value", vec![(number, shown(number, "\"001190009999\""))]),
        ("a shown one beside it changed", vec![(note, shown(note, "\"khác\""))]),
        ("hidden without being named", vec![(note, withheld(note, "0".repeat(64)))]),
    ];
    for (what, change) in changes {
        let mut other = leaves.clone();
        for (n, leaf) in change {
            other[n] = leaf;
        }
        let mut parts = entries(&hidden);
        exchange(&mut parts, bundle::LEAVES, serde_json::to_vec(&other).expect("json"));
        let report = check(&relisted(parts));
        assert_eq!(code(&report, "leaves"), "not_signed", "{what}");
    }
    let mut fewer = leaves.clone();
    fewer.remove(number);
    let mut parts = entries(&hidden);
    exchange(&mut parts, bundle::LEAVES, serde_json::to_vec(&fewer).expect("json"));
    assert_eq!(code(&check(&relisted(parts)), "leaves"), "not_signed", "left out");
}

/// Nor in another writing: as base64 in an envelope, or escaped.
#[test]
fn what_is_hidden_is_in_no_envelope_either() {
    let hide = ["case", "note", "pictures", "picture:witness_frame"];
    let bytes = bundle::write(&contents(), &hide, packing(), &server_key()).expect("packs");
    let report = check(&bytes);
    assert!(report.sound, "{:?}", report.parts);
    let mut all = bytes.clone();
    for entry in entries(&bytes) {
        use base64::Engine;
        let Ok(envelope) = Envelope::parse(&entry.bytes) else { continue };
        all.extend(base64::engine::general_purpose::STANDARD.decode(envelope.payload).expect("base64"));
    }
    let manifest = manifest();
    let case = &manifest.case;
    for value in [&case.id_number, &case.full_name, &case.msisdn, &case.date_of_birth, &case.external_id] {
        assert!(!all.windows(value.len()).any(|window| window == value.as_bytes()), "{value}");
    }
    for picture in [SCREENSHOT, LIVE_FRAME, PORTRAIT, WITNESS_FRAME] {
        assert!(!all.windows(picture.len()).any(|window| window == picture));
        let hash = crate::hex::sha256_hex(picture);
        let told = all.windows(hash.len()).any(|window| window == hash.as_bytes());
        assert_eq!(
            told,
            picture == WITNESS_FRAME,
            "only the server's word about the witness frame has its hash"
        );
    }
}

#[test]
fn a_verdict_without_its_two_pictures_or_of_another_decision_than_the_log_tells_fails() {
    let report = around(|m| m.pictures.truncate(1));
    assert_eq!(code(&report, "picture:live_frame"), "missing");
    let receipt = |standing| {
        let contents = contents();
        let receipt = resigned::<Receipt>(&contents.receipt, &server_key(), |r| r.standing = standing);
        check(&pack(&Contents { receipt, ..contents }))
    };
    assert_eq!(code(&receipt(VerdictStanding::Superseded), "chain"), "log_differs");
    assert_eq!(code(&receipt(VerdictStanding::Counts), "chain"), "sound");
    let report = around(|m| m.decision = chinhchu_protocol::call::Decision::Rejected);
    assert_eq!(code(&report, "chain"), "log_differs", "the log of the example tells of a confirmation");
}

#[test]
fn a_root_that_somebody_else_keeps_tells_a_log_that_was_written_anew() {
    let good = contents();
    let bytes = pack(&good);
    let envelope = Envelope::parse(&good.day_roots[0].1).expect("envelope");
    let root = crate::signed::statement_sha256(&envelope).expect("hash");
    let evidence =
        check(&bytes).facts.iter().find(|f| f.name == "manifest_sha256").expect("fact").value.clone();
    let known = |hashes: &[&String], bytes: &[u8]| {
        let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).clone()).collect();
        verify_with(bytes, &[server_key().public()], &hashes)
    };
    let report = known(&[&root, &evidence], &bytes);
    assert!(report.sound && code(&report, &format!("known:{root}")) == "sound");
    // The operator signs the day a second time, with the times of the call changed.
    let mut forked = contents();
    rooted(&mut forked);
    forked.chain.receipt = None;
    forked.receipt = resigned::<Receipt>(&forked.receipt, &server_key(), |receipt| receipt.log.seq = 0);
    let bytes = pack(&forked);
    assert!(check(&bytes).sound, "by the operator's own word alone it is");
    let report = known(&[&root], &bytes);
    assert!(!report.sound && code(&report, &format!("known:{root}")) == "not_here");

    // A root that was made for the export is held by nobody else, and says so.
    let mut today = contents();
    let (day, envelope) = today.day_roots.remove(0);
    let open = resigned::<DayRoot>(&envelope, &server_key(), |root| root.complete = false);
    today.day_roots.push((day, open));
    let report = check(&pack(&today));
    assert!(report.sound && code(&report, "day-root:2026-11-23") == "day_not_over");
}
