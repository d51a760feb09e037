-- Figures of calls and offers, folded from the log's facts in their transaction (server/src/figures). No personal
-- data: ids, times and codes; the dealer's account is a business account. `figures_seq` in `meta` names the last
-- record that is in them: what lies before it is folded at the next start.

-- What the log does not hold and the figures need: told by the intake, and by the evidence (`reason`). Stays when
-- the case is erased.
CREATE TABLE call_given (
  call_id       BLOB PRIMARY KEY,
  dealer        TEXT,
  payment       TEXT,
  sub_type      TEXT,
  customer_type TEXT,
  rule_id       BLOB,
  reason        TEXT
) STRICT, WITHOUT ROWID;

-- One row per call. `serving`: whose agents have it, or are to have it. `agent_id`, `partner`: who answered last.
-- `queued_ms`, `rang_ms`, `answered_ms` are the first of each; `accepted_ms`, `connected_ms` the newest
-- assignment's. `verdict_ms`: the verdict was sealed; `result_ms`: its evidence is here, which makes it the result;
-- `manifest` is the SHA-256 of what was signed. `closed`: turned away outside opening hours. `talk_ms`, `handle_ms` are sums over assignments; `handle_ms` holds the wrap-up, too.
CREATE TABLE call_figures (
  call_id       BLOB PRIMARY KEY,
  home          TEXT NOT NULL,
  serving       TEXT NOT NULL,
  payment       TEXT,
  sub_type      TEXT,
  customer_type TEXT,
  dealer        TEXT,
  rule_id       BLOB,
  agent_id      BLOB,
  partner       TEXT,
  created_ms    INTEGER NOT NULL,
  queued_ms     INTEGER,
  rang_ms       INTEGER,
  answered_ms   INTEGER,
  accepted_ms   INTEGER,
  connected_ms  INTEGER,
  ended_ms      INTEGER,
  state         TEXT NOT NULL,
  end_reason    TEXT,
  decision      TEXT,
  reason        TEXT,
  offers        INTEGER NOT NULL DEFAULT 0,
  declined      INTEGER NOT NULL DEFAULT 0,
  passed        INTEGER NOT NULL DEFAULT 0,
  missed        INTEGER NOT NULL DEFAULT 0,
  never_rang    INTEGER NOT NULL DEFAULT 0,
  redirected    INTEGER NOT NULL DEFAULT 0,
  reconnects    INTEGER NOT NULL DEFAULT 0,
  assignments   INTEGER NOT NULL DEFAULT 0,
  wait_ms       INTEGER,
  talk_ms       INTEGER,
  wrap_ms       INTEGER,
  handle_ms     INTEGER,
  verdict_ms    INTEGER,
  result_ms     INTEGER,
  manifest      BLOB,
  evidence      TEXT NOT NULL DEFAULT 'none',
  late          INTEGER NOT NULL DEFAULT 0,
  closed        INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX call_figures_by_created ON call_figures (created_ms);
CREATE INDEX call_figures_by_home ON call_figures (home, created_ms);
CREATE INDEX call_figures_by_serving ON call_figures (serving, created_ms);
CREATE INDEX call_figures_by_dealer ON call_figures (dealer, created_ms);
CREATE INDEX call_figures_by_agent ON call_figures (agent_id, created_ms);
CREATE INDEX call_figures_by_state ON call_figures (state, created_ms);
CREATE INDEX call_figures_by_ended ON call_figures (ended_ms);
CREATE INDEX call_figures_by_result ON call_figures (result_ms) WHERE result_ms IS NOT NULL;

-- One row per offer. Company and partner are the agent's at the time of the offer. `outcome` is null while the
-- offer is open.
CREATE TABLE offer_figures (
  call_id  BLOB NOT NULL,
  offer    INTEGER NOT NULL,
  agent_id BLOB NOT NULL,
  company  TEXT NOT NULL,
  partner  TEXT,
  at_ms    INTEGER NOT NULL,
  rang_ms  INTEGER,
  done_ms  INTEGER,
  outcome  TEXT,
  PRIMARY KEY (call_id, offer)
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_figures_by_time ON offer_figures (at_ms);
CREATE INDEX offer_figures_by_agent ON offer_figures (agent_id, at_ms);
CREATE INDEX offer_figures_by_partner ON offer_figures (partner, at_ms) WHERE partner IS NOT NULL;

-- One row per sign-in: time on duty, breaks included. Company and partner are the agent's at the sign-in; `to_ms` is
-- null while it lasts.
CREATE TABLE duty_figures (
  session_id BLOB PRIMARY KEY,
  agent_id   BLOB NOT NULL,
  company    TEXT NOT NULL,
  partner    TEXT,
  from_ms    INTEGER NOT NULL,
  to_ms      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX duty_figures_by_time ON duty_figures (from_ms);
CREATE INDEX duty_figures_open ON duty_figures (agent_id) WHERE to_ms IS NULL;

-- What the fold must remember of agents and companies between two facts.
CREATE TABLE figure_agents (
  agent_id   BLOB PRIMARY KEY,
  company    TEXT NOT NULL,
  partner    TEXT,
  wrap_call  BLOB,
  wrap_since INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE figure_serving (
  home    TEXT PRIMARY KEY,
  serving TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Finished days, packed for reports (server/src/figures/pack.rs). Every change of a call of the day drops its pack
-- and counts the day's version up, so that a pack made from older rows is not kept.
CREATE TABLE figure_days (
  day     INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  body    BLOB
) STRICT;
CREATE TRIGGER figure_day_of_new AFTER INSERT ON call_figures BEGIN
  INSERT INTO figure_days (day, version) VALUES ((new.created_ms + 25200000) / 86400000, 1)
  ON CONFLICT (day) DO UPDATE SET version = version + 1, body = NULL;
END;
CREATE TRIGGER figure_day_of_changed AFTER UPDATE ON call_figures BEGIN
  INSERT INTO figure_days (day, version) VALUES ((new.created_ms + 25200000) / 86400000, 1)
  ON CONFLICT (day) DO UPDATE SET version = version + 1, body = NULL;
END;
CREATE TRIGGER figure_day_of_gone AFTER DELETE ON call_figures BEGIN
  UPDATE figure_days SET version = version + 1, body = NULL WHERE day = (old.created_ms + 25200000) / 86400000;
END;

-- What mSale says it holds of a day (number of the day of Vietnam), sent in parts; `whole_ms` once it is whole.
CREATE TABLE msale_lists (
  day      INTEGER PRIMARY KEY,
  parts    INTEGER NOT NULL,
  sent_by  TEXT NOT NULL,
  whole_ms INTEGER
) STRICT;
CREATE TABLE msale_results (
  day      INTEGER NOT NULL REFERENCES msale_lists (day) ON DELETE CASCADE,
  call_id  BLOB NOT NULL,
  part     INTEGER NOT NULL,
  decision TEXT NOT NULL,
  manifest BLOB NOT NULL,
  PRIMARY KEY (day, call_id)
) STRICT, WITHOUT ROWID;
