//! Log, audit, day roots and tombstones as one file that is checked without any store: a JSON value a line.
//! It holds ids only. What follows the last day's root is signed when the file is made: nothing can be cut from its
//! end, or added there, unseen.

use std::io::{self, BufRead, Write};

use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::AuditRecord;
use super::verify::Checker;
use crate::switchboard::{Hash, Record};

/// First line.
const FORMAT: &str = "chinhchu-audit-export/2";
/// Longest line that is read.
const LONGEST: usize = 64 * 1024 * 1024;

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first.
    Format(String),
    /// A day root: day and the exact bytes of its envelope.
    Root(String, String),
    /// After them: day of the export, and what was signed about all that follows them.
    Rest(String, String),
    /// A line of the tombstones.
    Tombstone(String),
    /// A record of the audit: number, time (ms), actor, action, subject, detail, hash before, hash.
    Audit(u64, i64, String, String, String, String, String, String),
    /// A record of the log: number, time (ms), rules, input, facts, hash before, hash.
    Log(u64, i64, u32, String, String, String, String),
    /// The last: how many lines stand between.
    End(u64),
}

impl Line {
    /// Of a record of the audit.
    pub fn audit(record: AuditRecord) -> io::Result<Self> {
        let AuditRecord { seq, at, actor, action, subject, detail, prev_hash, hash } = record;
        let (prev, hash) = (crate::cases::hex(&prev_hash), crate::cases::hex(&hash));
        Ok(Self::Audit(seq, at.ms(), actor, action, subject, text(detail)?, prev, hash))
    }

    /// Of a record of the log.
    pub fn log(record: Record) -> io::Result<Self> {
        let Record { seq, at, rules_version, input, facts, prev_hash, hash } = record;
        let (prev, hash) = (crate::cases::hex(&prev_hash), crate::cases::hex(&hash));
        Ok(Self::Log(seq, at.ms(), rules_version, text(input)?, text(facts)?, prev, hash))
    }
}

/// JSON texts are UTF-8; what is not was damaged, and is not exported as if it were sound.
fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::other("a record is no text: run `audit verify` first"))
}

/// Writes lines.
pub struct Writer<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Writer<W> {
    /// Begins the file.
    pub fn new(mut out: W) -> io::Result<Self> {
        line(&mut out, &Line::Format(FORMAT.to_owned()))?;
        Ok(Self { out, lines: 0 })
    }

    /// One more.
    pub fn put(&mut self, one: &Line) -> io::Result<()> {
        self.lines += 1;
        line(&mut self.out, one)
    }

    /// Ends the file.
    pub fn end(mut self) -> io::Result<W> {
        line(&mut self.out, &Line::End(self.lines))?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn line(out: &mut impl Write, one: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, one)?;
    out.write_all(b"\n")
}

/// Hands a file to the checker, whatever it is.
pub fn read(file: &mut impl BufRead, checker: &mut Checker) -> io::Result<()> {
    let (mut number, mut ended, mut signed) = (0_u64, false, false);
    loop {
        let mut bytes = Vec::new();
        let most = u64::try_from(LONGEST).map_err(io::Error::other)?;
        io::Read::take(&mut *file, most).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        number += 1;
        let parsed = serde_json::from_slice::<Line>(&bytes).ok();
        let good = match parsed {
            Some(Line::Format(format)) => number == 1 && format == FORMAT,
            Some(Line::End(lines)) => {
                ended = true;
                lines + 2 == number
            }
            Some(Line::Rest(..)) if signed => false,
            Some(part) => {
                signed |= matches!(part, Line::Rest(..));
                number > 1 && !ended && take(part, checker)
            }
            None => false,
        };
        if !good {
            checker.unreadable(&format!("dòng / line {number}"));
            if number == 1 {
                return Ok(());
            }
        }
    }
    if !ended || !signed {
        checker.unreadable("tệp bị cắt cụt / the file was cut");
    }
    Ok(())
}

fn take(part: Line, checker: &mut Checker) -> bool {
    let hash = |text: &str| chinhchu_evidence::hex::decode::<32>(text);
    match part {
        Line::Root(day, envelope) => checker.root(&day, envelope.as_bytes()),
        Line::Rest(day, envelope) => checker.rest(&day, envelope.as_bytes()),
        Line::Tombstone(line) => checker.tombstone(&line),
        Line::Audit(seq, at, actor, action, subject, detail, prev, own) => {
            let (Some(prev_hash), Some(hash)): (Option<Hash>, Option<Hash>) = (hash(&prev), hash(&own))
            else {
                return false;
            };
            let (at, detail) = (Timestamp::from_ms(at), detail.into_bytes());
            checker.audit(&AuditRecord { seq, at, actor, action, subject, detail, prev_hash, hash });
        }
        Line::Log(seq, at, rules_version, input, facts, prev, own) => {
            let (Some(prev_hash), Some(hash)): (Option<Hash>, Option<Hash>) = (hash(&prev), hash(&own))
            else {
                return false;
            };
            let (at, input, facts) = (Timestamp::from_ms(at), input.into_bytes(), facts.into_bytes());
            checker.log(&Record { seq, at, rules_version, input, facts, prev_hash, hash });
        }
        Line::Format(_) | Line::End(_) => return false,
    }
    true
}
