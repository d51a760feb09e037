-- Which workstations may verify: every signing key that one has named, and what became of it. `key_id` is
-- lower-case hex; `state` is pending, approved, revoked or quarantined; `enrolment` the signed approval.
CREATE TABLE workstation_keys (
  key_id         TEXT PRIMARY KEY,
  workstation_id BLOB NOT NULL,
  name           TEXT NOT NULL,
  public_key     TEXT NOT NULL,
  state          TEXT NOT NULL,
  requested_ms   INTEGER NOT NULL,
  requested_by   BLOB NOT NULL,
  decided_ms     INTEGER,
  decided_by     TEXT,
  reason         TEXT,
  enrolment      TEXT
) STRICT;
CREATE INDEX workstation_keys_by_workstation ON workstation_keys (workstation_id, requested_ms);
-- The key that was proven in a sign-in; null if none was.
ALTER TABLE agent_sessions ADD COLUMN key_id TEXT;

-- One-time codes of IT: 100 random bits, only their SHA-256 is kept.
CREATE TABLE enrolment_codes (
  code_hash  BLOB PRIMARY KEY,
  issued_by  TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  used_ms    INTEGER,
  used_by    TEXT
) STRICT, WITHOUT ROWID;

-- What each key has signed, by its own number, and which manifest each one names as the one before.
CREATE TABLE manifest_counters (
  key_id          TEXT NOT NULL,
  counter         INTEGER NOT NULL,
  manifest_sha256 BLOB NOT NULL,
  previous_sha256 BLOB,
  call_id         BLOB NOT NULL,
  assignment      INTEGER NOT NULL,
  received_ms     INTEGER NOT NULL,
  PRIMARY KEY (key_id, counter)
) STRICT, WITHOUT ROWID;
-- Manifests whose number their key had used for another: kept for a person to look at, never evidence.
CREATE TABLE counter_conflicts (
  manifest_sha256 BLOB PRIMARY KEY,
  key_id          TEXT NOT NULL,
  counter         INTEGER NOT NULL,
  call_id         BLOB NOT NULL,
  assignment      INTEGER NOT NULL,
  agent_id        BLOB NOT NULL,
  envelope        TEXT NOT NULL,
  leaves_sealed   BLOB NOT NULL,
  received_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Signed evidence: the envelope (ids and hashes only), its leaves sealed under the case's key, and the receipt
-- as it was answered. All null for manifests of the first form.
ALTER TABLE evidence ADD COLUMN envelope TEXT;
ALTER TABLE evidence ADD COLUMN leaves_sealed BLOB;
ALTER TABLE evidence ADD COLUMN receipt TEXT;
ALTER TABLE evidence ADD COLUMN key_id TEXT;
ALTER TABLE evidence ADD COLUMN counter INTEGER;

-- Pieces of evidence pictures that are not uploaded whole yet. Their objects stay pending: what no upload
-- gathers is swept after a day.
CREATE TABLE evidence_chunks (
  call_id    BLOB NOT NULL,
  assignment INTEGER NOT NULL,
  sha256     BLOB NOT NULL,
  start      INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  object_id  BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (call_id, assignment, sha256, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_chunks_by_age ON evidence_chunks (created_ms);

-- The frame that the page was asked for at the verdict, and what the server says about it, signed.
CREATE TABLE witnesses (
  call_id     BLOB NOT NULL,
  assignment  INTEGER NOT NULL,
  nonce       TEXT NOT NULL,
  asked_ms    INTEGER NOT NULL,
  received_ms INTEGER,
  sha256      BLOB,
  statement   TEXT,
  PRIMARY KEY (call_id, assignment)
) STRICT, WITHOUT ROWID;
