-- The catalogue with two times (P2): days of Vietnam on which an entry holds, and moments at which it was known.
-- Rows are added and closed once, never changed or deleted. `known_to_ms` is exclusive, null while it is known.
CREATE TABLE policy_changes (
  number          INTEGER PRIMARY KEY,
  known_ms        INTEGER NOT NULL UNIQUE,
  actor           TEXT NOT NULL,
  reason          TEXT NOT NULL,
  source          TEXT NOT NULL,
  valid_from      TEXT NOT NULL,
  valid_to        TEXT,
  backdated       INTEGER NOT NULL,
  complete        INTEGER NOT NULL,
  replace_planned INTEGER NOT NULL,
  added           INTEGER NOT NULL,
  changed         INTEGER NOT NULL,
  ended           INTEGER NOT NULL,
  file_sha256     BLOB
) STRICT;
CREATE TRIGGER policy_change_is_never_changed BEFORE UPDATE ON policy_changes BEGIN SELECT RAISE(ABORT, 'changes of the catalogue are append-only'); END;
CREATE TRIGGER policy_change_is_never_cut BEFORE DELETE ON policy_changes BEGIN SELECT RAISE(ABORT, 'changes of the catalogue are append-only'); END;

CREATE TABLE policy_entries (
  entry       INTEGER PRIMARY KEY,
  rule_id     BLOB NOT NULL,
  payment     TEXT NOT NULL,
  sub_type    TEXT NOT NULL,
  customers   TEXT NOT NULL,
  name        TEXT NOT NULL,
  icc_profile TEXT NOT NULL,
  kind        TEXT NOT NULL,
  video_call  TEXT NOT NULL,
  valid_from  TEXT NOT NULL,
  valid_to    TEXT,
  known_ms    INTEGER NOT NULL,
  known_to_ms INTEGER,
  change      INTEGER NOT NULL REFERENCES policy_changes (number),
  closed_by   INTEGER REFERENCES policy_changes (number)
) STRICT;
CREATE UNIQUE INDEX policy_entries_known ON policy_entries (payment, sub_type, customers, valid_from) WHERE known_to_ms IS NULL;
CREATE INDEX policy_entries_by_key ON policy_entries (payment, sub_type, customers, known_ms);
CREATE INDEX policy_entries_by_rule ON policy_entries (rule_id, known_ms);
CREATE TRIGGER policy_entry_is_never_cut BEFORE DELETE ON policy_entries BEGIN SELECT RAISE(ABORT, 'entries of the catalogue are append-only'); END;
-- The only change there is: an entry that is known becomes one that was known.
CREATE TRIGGER policy_entry_is_closed_once BEFORE UPDATE ON policy_entries
WHEN OLD.known_to_ms IS NOT NULL OR NEW.known_to_ms IS NULL OR NEW.closed_by IS NULL
  OR (NEW.entry, NEW.rule_id, NEW.payment, NEW.sub_type, NEW.customers, NEW.name, NEW.icc_profile, NEW.kind,
      NEW.video_call, NEW.valid_from, NEW.known_ms, NEW.change)
  IS NOT (OLD.entry, OLD.rule_id, OLD.payment, OLD.sub_type, OLD.customers, OLD.name, OLD.icc_profile, OLD.kind,
      OLD.video_call, OLD.valid_from, OLD.known_ms, OLD.change)
  OR NEW.valid_to IS NOT OLD.valid_to
BEGIN SELECT RAISE(ABORT, 'entries of the catalogue are append-only'); END;

-- What the intake decided by, for ever: the rule, the day in Vietnam, and the newest change that was known.
CREATE TABLE call_rules (
  call_id  BLOB PRIMARY KEY,
  rule_id  BLOB NOT NULL,
  day      TEXT NOT NULL,
  known_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER call_rule_is_never_changed BEFORE UPDATE ON call_rules BEGIN SELECT RAISE(ABORT, 'what was decided stands'); END;

-- Until now the catalogue could not be changed: all calls were decided by the plan's table, which the program
-- writes anew, with the same ids and the same time.
INSERT INTO call_rules (call_id, rule_id, day, known_ms)
  SELECT call_id, unhex(replace(json_extract(policy, '$.rule_id'), '-', '')),
         date((created_ms + 25200000) / 1000, 'unixepoch'),
         coalesce((SELECT min(created_ms) FROM policy_rules), 0)
  FROM cases;
INSERT INTO meta (name, value)
  SELECT 'policy_known_ms', CAST(min(created_ms) AS TEXT) FROM policy_rules HAVING min(created_ms) IS NOT NULL;
DROP TABLE policy_rules;
