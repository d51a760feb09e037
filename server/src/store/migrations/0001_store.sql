-- The first shape of the store. Times are milliseconds since 1970 (UTC), ids are UUIDs as 16 bytes.
-- What identifies a customer stands only in sealed columns (`…_sealed`), under the key of its own case.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
INSERT INTO meta (name, value) VALUES ('incarnation', '1');

-- The append-only log (ARCHITECTURE.md, The routing core). `hash` is SHA-256 over the previous hash and the
-- stored bytes; the first record follows 32 zero bytes.
CREATE TABLE log (
  seq           INTEGER PRIMARY KEY,
  shard         INTEGER NOT NULL DEFAULT 0,
  at_ms         INTEGER NOT NULL,
  rules_version INTEGER NOT NULL,
  input         BLOB NOT NULL,
  facts         BLOB NOT NULL,
  prev_hash     BLOB NOT NULL,
  hash          BLOB NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_is_never_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- Inputs that made the routing core panic: kept for a person to look at, never decided again.
CREATE TABLE quarantine (
  id     INTEGER PRIMARY KEY,
  at_ms  INTEGER NOT NULL,
  input  BLOB NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- Companies (C1) and who serves whom: read on use, changed without a restart.
CREATE TABLE companies (
  code       TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  settings   TEXT NOT NULL DEFAULT '{}',
  created_ms INTEGER NOT NULL,
  closed_ms  INTEGER
) STRICT;
CREATE TABLE serves (
  home    TEXT PRIMARY KEY REFERENCES companies (code),
  serving TEXT NOT NULL REFERENCES companies (code)
) STRICT, WITHOUT ROWID;

-- Company tokens (S8-S9) and service credentials: 256 random bits, only their SHA-256 is kept.
CREATE TABLE tokens (
  token_id   BLOB PRIMARY KEY,
  company    TEXT NOT NULL REFERENCES companies (code),
  hash       BLOB NOT NULL UNIQUE,
  issued_by  TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT;
CREATE INDEX tokens_by_company ON tokens (company, created_ms);
CREATE TABLE service_credentials (
  credential_id BLOB PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  hash          BLOB NOT NULL UNIQUE,
  created_ms    INTEGER NOT NULL,
  revoked_ms    INTEGER
) STRICT;

-- The catalogue (P1, P2). Days are `YYYY-MM-DD` of Vietnam; `valid_to` is the last day, null while open.
-- `customers`: `individual_vi2` or `enterprise`. `sub_type` is `*` for the postpaid rule.
CREATE TABLE policy_rules (
  rule_id       BLOB PRIMARY KEY,
  payment       TEXT NOT NULL,
  sub_type      TEXT NOT NULL,
  name          TEXT NOT NULL,
  customers     TEXT NOT NULL,
  video_call    TEXT NOT NULL,
  valid_from    TEXT NOT NULL,
  valid_to      TEXT,
  changed_by    TEXT NOT NULL,
  change_reason TEXT NOT NULL,
  created_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_rules_by_key ON policy_rules (payment, sub_type, customers, valid_from);

-- Cases: everything about the person, sealed under the case's own key, which can be destroyed.
CREATE TABLE cases (
  call_id     BLOB PRIMARY KEY,
  company     TEXT NOT NULL,
  key_wrapped BLOB,
  case_sealed BLOB NOT NULL,
  policy      TEXT NOT NULL,
  created_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the outside may know about a call, as last decided; no personal data (see `cases`).
CREATE TABLE calls (
  call_id    BLOB PRIMARY KEY,
  company    TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  state      TEXT NOT NULL,
  ended_ms   INTEGER,
  end_reason TEXT,
  body       TEXT NOT NULL,
  seq        INTEGER NOT NULL
) STRICT;
CREATE INDEX calls_by_company ON calls (company, created_ms);
CREATE INDEX calls_live ON calls (state) WHERE ended_ms IS NULL;
-- Every state of a call that was published, so that events can be resumed from any number.
CREATE TABLE call_events (
  call_id BLOB NOT NULL,
  seq     INTEGER NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (call_id, seq)
) STRICT, WITHOUT ROWID;

-- Pictures: assignment 0 is the intake's; evidence pictures carry their assignment.
CREATE TABLE pictures (
  call_id           BLOB NOT NULL,
  assignment        INTEGER NOT NULL,
  kind              TEXT NOT NULL,
  object_id         BLOB NOT NULL UNIQUE,
  display_object_id BLOB UNIQUE,
  sha256            BLOB NOT NULL,
  content_type      TEXT NOT NULL,
  display_type      TEXT,
  bytes             INTEGER NOT NULL,
  width             INTEGER NOT NULL,
  height            INTEGER NOT NULL,
  created_ms        INTEGER NOT NULL,
  PRIMARY KEY (call_id, assignment, kind)
) STRICT, WITHOUT ROWID;
-- Written before a picture's file, deleted by the transaction that names the picture.
CREATE TABLE pending_objects (
  object_id  BLOB PRIMARY KEY,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  company      TEXT NOT NULL,
  key          TEXT NOT NULL,
  parts_sha256 BLOB NOT NULL,
  call_id      BLOB NOT NULL,
  created_ms   INTEGER NOT NULL,
  PRIMARY KEY (company, key)
) STRICT, WITHOUT ROWID;

-- Agents and their sign-ins.
CREATE TABLE agents (
  agent_id      BLOB PRIMARY KEY,
  username      TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name          TEXT NOT NULL,
  company       TEXT NOT NULL REFERENCES companies (code),
  partner       TEXT,
  password_hash TEXT NOT NULL,
  created_ms    INTEGER NOT NULL,
  disabled_ms   INTEGER
) STRICT;
CREATE TABLE agent_sessions (
  session_id     BLOB PRIMARY KEY,
  agent_id       BLOB NOT NULL REFERENCES agents (agent_id),
  token_hash     BLOB NOT NULL UNIQUE,
  workstation_id BLOB NOT NULL,
  program        TEXT NOT NULL,
  os             TEXT NOT NULL,
  created_ms     INTEGER NOT NULL,
  expires_ms     INTEGER NOT NULL,
  ended_ms       INTEGER,
  end_reason     TEXT
) STRICT;
CREATE INDEX agent_sessions_open ON agent_sessions (agent_id) WHERE ended_ms IS NULL;

-- The page that holds a call: its newest load, and the hash of the first page's device secret.
CREATE TABLE caller_pages (
  call_id            BLOB PRIMARY KEY,
  device_secret_hash BLOB NOT NULL,
  consent_given_ms   INTEGER,
  consent_version    TEXT
) STRICT, WITHOUT ROWID;

-- SDP and ICE (personal data: never in the log), numbered per sender; emptied when the call ends.
CREATE TABLE mailbox (
  call_id    BLOB NOT NULL,
  assignment INTEGER NOT NULL,
  sender     TEXT NOT NULL,
  n          INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (call_id, assignment, sender, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE mailbox_marks (
  call_id    BLOB NOT NULL,
  assignment INTEGER NOT NULL,
  sender     TEXT NOT NULL,
  stored     INTEGER NOT NULL DEFAULT 0,
  acked      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call_id, assignment, sender)
) STRICT, WITHOUT ROWID;

-- Evidence: the manifest's exact bytes, sealed under the case's key.
CREATE TABLE evidence (
  call_id         BLOB NOT NULL,
  assignment      INTEGER NOT NULL,
  agent_id        BLOB NOT NULL,
  session_id      BLOB NOT NULL,
  manifest_sha256 BLOB NOT NULL,
  manifest_sealed BLOB NOT NULL,
  standing        TEXT NOT NULL,
  received_ms     INTEGER NOT NULL,
  PRIMARY KEY (call_id, assignment)
) STRICT, WITHOUT ROWID;

-- Who looked at whose case, and when.
CREATE TABLE case_access (
  id      INTEGER PRIMARY KEY,
  at_ms   INTEGER NOT NULL,
  call_id BLOB NOT NULL,
  actor   TEXT NOT NULL,
  what    TEXT NOT NULL
) STRICT;
CREATE INDEX case_access_by_call ON case_access (call_id, at_ms);

-- Webhooks, and one row per event and endpoint, written in the transaction of the fact.
-- `payload_sealed` is the exact body to send, under the case's key; `secret_sealed` under the installation's.
CREATE TABLE webhooks (
  webhook_id    BLOB PRIMARY KEY,
  url           TEXT NOT NULL,
  audience      TEXT NOT NULL,
  company       TEXT REFERENCES companies (code),
  events        TEXT NOT NULL,
  secret_sealed BLOB NOT NULL,
  created_ms    INTEGER NOT NULL,
  removed_ms    INTEGER
) STRICT;
CREATE TABLE webhook_deliveries (
  delivery_id    BLOB PRIMARY KEY,
  webhook_id     BLOB NOT NULL REFERENCES webhooks (webhook_id),
  call_id        BLOB NOT NULL,
  event_type     TEXT NOT NULL,
  log_seq        INTEGER NOT NULL,
  payload_sealed BLOB NOT NULL,
  created_ms     INTEGER NOT NULL,
  attempts       INTEGER NOT NULL DEFAULT 0,
  next_ms        INTEGER,
  last_status    INTEGER,
  delivered_ms   INTEGER
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_ms) WHERE delivered_ms IS NULL AND next_ms IS NOT NULL;
CREATE INDEX webhook_deliveries_by_call ON webhook_deliveries (call_id);

-- The operator's words, dated: the one with the latest `valid_from_ms` not after now holds.
CREATE TABLE texts (
  name          TEXT NOT NULL,
  valid_from_ms INTEGER NOT NULL,
  version       TEXT NOT NULL,
  body          TEXT NOT NULL,
  PRIMARY KEY (name, valid_from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE reasons (
  kind          TEXT NOT NULL,
  code          TEXT NOT NULL,
  position      INTEGER NOT NULL,
  body          TEXT NOT NULL,
  valid_from_ms INTEGER NOT NULL DEFAULT 0,
  valid_to_ms   INTEGER,
  PRIMARY KEY (kind, code, valid_from_ms)
) STRICT, WITHOUT ROWID;
