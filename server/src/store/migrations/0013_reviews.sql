-- The second look at a sample of verdicts. How much is drawn is dated data: of the settings of the serving
-- company (`''`: of all that have none of their own) the newest whose time has come holds. `all_of_reasons` is a
-- JSON list of codes: every verdict with one of these reasons is reviewed.
CREATE TABLE review_settings (
  company         TEXT NOT NULL,
  valid_from_ms   INTEGER NOT NULL,
  created_ms      INTEGER NOT NULL,
  share_per_mille INTEGER NOT NULL,
  all_of_reasons  TEXT NOT NULL,
  changed_by      TEXT NOT NULL,
  change_reason   TEXT NOT NULL,
  PRIMARY KEY (company, valid_from_ms, created_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO review_settings VALUES ('', 0, 0, 20, '[]', 'server', 'default');

-- Verdicts that were drawn, in the transaction that took their evidence; then who looks at them, and what was said.
-- The note lies under the key of its case.
CREATE TABLE reviews (
  call_id          BLOB PRIMARY KEY,
  assignment       INTEGER NOT NULL,
  home             TEXT NOT NULL,
  serving          TEXT NOT NULL,
  agent_id         BLOB NOT NULL,
  partner          TEXT,
  decision         TEXT NOT NULL,
  because          TEXT NOT NULL,
  drawn_ms         INTEGER NOT NULL,
  claimed_by       BLOB,
  claimed_until_ms INTEGER,
  outcome          TEXT,
  reason           TEXT,
  note_sealed      BLOB,
  reviewer         BLOB,
  done_ms          INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX reviews_open ON reviews (drawn_ms) WHERE outcome IS NULL;
CREATE INDEX reviews_by_time ON reviews (drawn_ms);
CREATE INDEX reviews_disagreed ON reviews (done_ms) WHERE outcome = 'disagrees';

-- eKYC's id of a case, keyed like the subscriber's number: it finds the call and tells nothing.
ALTER TABLE cases ADD COLUMN external_hash BLOB;
CREATE INDEX cases_by_external_id ON cases (external_hash) WHERE external_hash IS NOT NULL;
-- Cases of before are hashed at the next start, with their numbers.
DROP INDEX cases_unhashed;
CREATE INDEX cases_unhashed ON cases (call_id)
  WHERE (msisdn_hash IS NULL OR external_hash IS NULL) AND key_wrapped IS NOT NULL;

-- Evidence that is owed is rare among calls, and asked for all the time.
CREATE INDEX call_figures_missing ON call_figures (created_ms) WHERE evidence = 'missing';
CREATE INDEX call_figures_due ON call_figures (created_ms) WHERE evidence = 'due';

-- The wallboard counts a whole day, every few seconds: from this index alone.
CREATE INDEX call_figures_for_wallboard ON call_figures
  (created_ms, home, serving, queued_ms, answered_ms, ended_ms, end_reason, decision);
-- What few calls have is searched for, too.
CREATE INDEX call_figures_by_sub_type ON call_figures (sub_type, created_ms);
CREATE INDEX call_figures_by_partner ON call_figures (partner, created_ms) WHERE partner IS NOT NULL;
CREATE INDEX call_figures_by_reason ON call_figures (reason, created_ms) WHERE reason IS NOT NULL;
