-- Settings of companies are dated data: changes with their moment, who made them and why. `changes` is a JSON
-- object of names with new values (`served_by` is who serves). `state`: pending, applied, withdrawn, refused.
CREATE TABLE company_changes (
  seq          INTEGER PRIMARY KEY,
  change_id    BLOB NOT NULL UNIQUE,
  company      TEXT NOT NULL REFERENCES companies (code),
  changes      TEXT NOT NULL,
  effective_ms INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  made_ms      INTEGER NOT NULL,
  made_by      TEXT NOT NULL,
  state        TEXT NOT NULL DEFAULT 'pending',
  done_ms      INTEGER,
  done_by      TEXT,
  refusal      TEXT
) STRICT;
CREATE INDEX company_changes_due ON company_changes (effective_ms, seq) WHERE state = 'pending';
CREATE INDEX company_changes_by_company ON company_changes (company, seq);

-- What held from when on, whole: the last row not after a moment answers for it.
CREATE TABLE company_states (
  seq       INTEGER PRIMARY KEY,
  company   TEXT NOT NULL REFERENCES companies (code),
  from_ms   INTEGER NOT NULL,
  settings  TEXT NOT NULL,
  serving   TEXT,
  change_id BLOB
) STRICT;
CREATE INDEX company_states_at ON company_states (company, from_ms, seq);
CREATE TRIGGER company_state_is_never_changed BEFORE UPDATE ON company_states BEGIN SELECT RAISE(ABORT, 'what held is never changed'); END;
CREATE TRIGGER company_state_is_never_cut BEFORE DELETE ON company_states BEGIN SELECT RAISE(ABORT, 'what held is never changed'); END;
INSERT INTO company_states (company, from_ms, settings, serving)
  SELECT code, created_ms, settings, serving FROM companies LEFT JOIN serves ON home = code ORDER BY code;

-- A person may send a delivery again, also one that was acknowledged: `next_ms` alone says that it waits.
-- `attempts_before` are the tries before the last such wish; giving up counts from there.
ALTER TABLE webhook_deliveries ADD COLUMN resends INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook_deliveries ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_ms, delivery_id);
CREATE INDEX webhook_deliveries_given_up ON webhook_deliveries (created_ms, delivery_id) WHERE delivered_ms IS NULL AND next_ms IS NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook_id, created_ms, delivery_id);

CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
