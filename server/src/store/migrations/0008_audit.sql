-- Who did what: append-only and chained as the log is (0001). `detail` is JSON, its exact bytes are hashed.
CREATE TABLE audit (
  seq       INTEGER PRIMARY KEY,
  at_ms     INTEGER NOT NULL,
  actor     TEXT NOT NULL,
  action    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  detail    BLOB NOT NULL,
  prev_hash BLOB NOT NULL,
  hash      BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- One signed root per finished day of Vietnam (`YYYY-MM-DD`): the exact bytes of its envelope.
CREATE TABLE day_roots (
  day      TEXT PRIMARY KEY,
  sha256   BLOB NOT NULL UNIQUE,
  envelope BLOB NOT NULL,
  made_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER day_root_is_never_changed BEFORE UPDATE ON day_roots BEGIN SELECT RAISE(ABORT, 'day roots are append-only'); END;
CREATE TRIGGER day_root_is_never_cut BEFORE DELETE ON day_roots BEGIN SELECT RAISE(ABORT, 'day roots are append-only'); END;

-- A case whose key was destroyed says when and why; its row stays, so that the call stays explicable.
-- `msisdn_hash` is keyed with the installation's secret: it finds the cases of a subscriber and tells none.
ALTER TABLE cases ADD COLUMN msisdn_hash BLOB;
ALTER TABLE cases ADD COLUMN destroyed_ms INTEGER;
ALTER TABLE cases ADD COLUMN destroyed_for TEXT;
ALTER TABLE cases ADD COLUMN pictures_destroyed_ms INTEGER;
CREATE INDEX cases_by_msisdn ON cases (msisdn_hash) WHERE msisdn_hash IS NOT NULL;
CREATE INDEX cases_unhashed ON cases (call_id) WHERE msisdn_hash IS NULL AND key_wrapped IS NOT NULL;
CREATE INDEX cases_kept ON cases (company, created_ms) WHERE destroyed_ms IS NULL;

-- Calls that retention must not touch: a dispute, an order of a court.
CREATE TABLE legal_holds (
  call_id   BLOB PRIMARY KEY,
  placed_ms INTEGER NOT NULL,
  placed_by TEXT NOT NULL,
  reason    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Files of pictures that are to be removed: queued in the transaction that forgets them, removed afterwards.
CREATE TABLE doomed_objects (
  object_id BLOB PRIMARY KEY,
  doomed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
