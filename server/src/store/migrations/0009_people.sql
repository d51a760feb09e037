-- People of the console. `companies` is a JSON list of codes, null for all; `partner` null for all.
-- `password_hash` is null for those who sign in by the directory alone; `directory_id` is the directory's own
-- name for the person. `totp_sealed` is sealed under the installation's key, in use since `totp_on_ms`; `totp_next`
-- waits for its first code. `totp_step` is the last time step whose code was taken: none is taken twice.
CREATE TABLE people (
  person_id          BLOB PRIMARY KEY,
  username           TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name               TEXT NOT NULL,
  role               TEXT NOT NULL,
  companies          TEXT,
  partner            TEXT,
  password_hash      TEXT,
  password_temporary INTEGER NOT NULL DEFAULT 1,
  directory_id       TEXT UNIQUE,
  totp_sealed        BLOB,
  totp_on_ms         INTEGER,
  totp_next          BLOB,
  totp_step          INTEGER NOT NULL DEFAULT 0,
  created_ms         INTEGER NOT NULL,
  disabled_ms        INTEGER
) STRICT;

-- Their sign-ins: of the token only its SHA-256. `factor_ms` is when the second factor was shown.
CREATE TABLE person_sessions (
  session_id BLOB PRIMARY KEY,
  person_id  BLOB NOT NULL REFERENCES people (person_id),
  token_hash BLOB NOT NULL UNIQUE,
  way        TEXT NOT NULL,
  program    TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  used_ms    INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  factor_ms  INTEGER,
  ended_ms   INTEGER,
  end_reason TEXT
) STRICT;
CREATE INDEX person_sessions_open ON person_sessions (person_id) WHERE ended_ms IS NULL;

-- For who has lost the telephone: 80 random bits each, of which only the SHA-256 is kept; each works once.
CREATE TABLE recovery_codes (
  person_id BLOB NOT NULL REFERENCES people (person_id),
  code_hash BLOB NOT NULL,
  used_ms   INTEGER,
  PRIMARY KEY (person_id, code_hash)
) STRICT, WITHOUT ROWID;

-- For the lists of agents in the console.
CREATE INDEX agents_by_partner ON agents (partner) WHERE partner IS NOT NULL;
