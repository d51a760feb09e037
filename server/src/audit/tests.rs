use chinhchu_protocol::time::Timestamp;
use serde_json::json;

use super::{AuditHead, AuditRecord, Entry, append, sql};
use crate::store::{Db, StoreError};

fn deed(actor: &str) -> Entry<'_> {
    Entry { actor, action: "company.added", subject: "company:10", detail: &serde_json::Value::Null }
}

fn three(db: &Db) -> Vec<AuditRecord> {
    for (n, actor) in ["cli:hoa", "cli:lan", "server"].into_iter().enumerate() {
        let at = Timestamp::from_ms(1_000 - i64::try_from(n).expect("small"));
        let seq = db.write_blocking(move |tx| append(tx, at, &deed(actor))).expect("written");
        assert_eq!(seq, n as u64 + 1);
    }
    db.read_blocking(|c| sql::records_after(c, 0, 10)).expect("read")
}

#[test]
fn deeds_follow_each_other_without_a_gap_and_time_never_runs_back() {
    let folder = tempfile::tempdir().expect("folder");
    let records = three(&Db::open(folder.path()).expect("store"));
    let mut head = AuditHead::EMPTY;
    for record in &records {
        head = head.follow(record).expect("follows");
        assert_eq!(record.at.ms(), 1_000, "a clock that is behind does not count");
    }
    assert_eq!(head.seq, 3);
}

#[test]
fn every_change_of_a_record_breaks_the_chain() {
    let folder = tempfile::tempdir().expect("folder");
    let records = three(&Db::open(folder.path()).expect("store"));
    let head = AuditHead::EMPTY.follow(&records[0]).expect("follows");
    let tamperings: [fn(&mut AuditRecord); 6] = [
        |r| r.at = Timestamp::from_ms(2_000),
        |r| r.actor.push('x'),
        |r| r.action.push('x'),
        |r| r.detail = serde_json::to_vec(&json!({})).expect("json"),
        |r| (r.action, r.subject) = ("company.addedc".to_owned(), "ompany:10".to_owned()),
        |r| r.prev_hash[0] ^= 1,
    ];
    for tamper in tamperings {
        let mut changed = records[1].clone();
        tamper(&mut changed);
        assert_eq!(head.follow(&changed), None);
    }
    assert_eq!(head.follow(&records[2]), None, "a gap");
    assert!(head.follow(&records[1]).is_some());
}

#[test]
fn the_store_refuses_to_change_or_cut_the_audit() {
    let folder = tempfile::tempdir().expect("folder");
    let db = Db::open(folder.path()).expect("store");
    three(&db);
    for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit WHERE seq = 3"] {
        let done = db.write_blocking(move |tx| Ok::<_, StoreError>(tx.execute(sql, [])?));
        assert!(done.is_err(), "{sql}");
    }
}
