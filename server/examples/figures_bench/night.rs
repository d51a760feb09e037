//! What follows midnight: the days that are over are packed. The rows are read beside the writer; only keeping the
//! pack holds it up.

use std::path::Path;
use std::time::Instant;

use chinhchu_protocol::time::Timestamp;
use chinhchu_server::figures::days;
use chinhchu_server::figures::kept::Packs;
use chinhchu_server::figures::period::{Period, day_of};
use chinhchu_server::store::{Db, StoreError, rows};
use serde_json::json;

use super::Failure;

/// Packs what is not packed, and yesterday in any case: one JSON line.
pub async fn pack(folder: &Path, now: Timestamp) -> Result<(), Failure> {
    let db = Db::open(folder)?;
    let (today, yesterday) = (day_of(now), day_of(now) - 1);
    db.write(move |tx| rows::run(tx, "UPDATE figure_days SET body = NULL WHERE day = ?1", [yesterday]))
        .await?;
    let due = db.read(move |c| {
        let sql = "SELECT day FROM figure_days WHERE body IS NULL AND day < ?1 ORDER BY day";
        rows::all(c, sql, [today], |row| row.get::<_, i64>(0))
    });
    let (mut read, mut write, mut count) = (0.0_f64, 0.0_f64, 0);
    for day in due.await? {
        let began = Instant::now();
        let each = move |c: &rusqlite::Connection| {
            let snapshot = c.unchecked_transaction()?;
            days::each(&snapshot, &Packs::default(), &Period::of_day(day), now, |_| {})
        };
        let fresh = db.read(each).await?;
        read = read.max(began.elapsed().as_secs_f64());
        let began = Instant::now();
        days::keep(&db, fresh).await?;
        write = write.max(began.elapsed().as_secs_f64());
        count += 1;
    }
    let bytes = db.read(move |c| {
        let sql = "SELECT length(body) FROM figure_days WHERE day = ?1";
        Ok::<_, StoreError>(c.query_row(sql, [yesterday], |row| row.get::<_, Option<i64>>(0))?)
    });
    let line = json!({ "bench": "figures", "what": "pack a day", "days": count, "bytes": bytes.await?,
        "read_max_ms": read * 1000.0, "writer_held_max_ms": write * 1000.0 });
    println!("{line}");
    Ok(())
}
