-- Calls in the order of time with everything that they are searched by: what has no index of its own, or has too much
-- in it, is found in this one alone, row by row, without opening the calls. The wallboard counts a day in it, and a
-- draft of the catalogue is tried on a month in it. It takes the place of two narrower ones; of the others that go,
-- nothing was read.
CREATE INDEX call_figures_for_search ON call_figures
  (created_ms, call_id, home, serving, state, end_reason, decision, reason, evidence, dealer, agent_id, partner,
   payment, sub_type, customer_type, rule_id, queued_ms, answered_ms, ended_ms);
DROP INDEX call_figures_for_wallboard;
DROP INDEX call_figures_by_created;
DROP INDEX call_figures_by_ended;
DROP INDEX offer_figures_by_partner;
DROP INDEX offer_figures_by_agent;
DROP INDEX offer_figures_by_time;

-- The calls that a partner's people see, once each, in the order of time: those that its agents were offered.
CREATE TABLE partner_calls (
  partner    TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  call_id    BLOB NOT NULL,
  PRIMARY KEY (partner, created_ms, call_id)
) STRICT, WITHOUT ROWID;
INSERT INTO partner_calls (partner, created_ms, call_id)
  SELECT DISTINCT o.partner, f.created_ms, f.call_id
  FROM call_figures f CROSS JOIN offer_figures o ON o.call_id = f.call_id
  WHERE o.partner IS NOT NULL;

-- Time on duty is added up for every report: from this index alone.
CREATE INDEX duty_figures_for_reports ON duty_figures (from_ms, to_ms, agent_id, company, partner, lost_ms);
DROP INDEX duty_figures_by_time;

-- How often the calls of each hour (of Vietnam, counted like days) have changed: reports of today read only those
-- hours again that did.
CREATE TABLE figure_hours (
  hour    INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
INSERT INTO figure_hours (hour, version)
  SELECT DISTINCT (created_ms + 25200000) / 3600000, 1 FROM call_figures;
CREATE TRIGGER figure_hour_of_new AFTER INSERT ON call_figures BEGIN
  INSERT INTO figure_hours (hour, version) VALUES ((new.created_ms + 25200000) / 3600000, 1)
  ON CONFLICT (hour) DO UPDATE SET version = version + 1;
END;
CREATE TRIGGER figure_hour_of_changed AFTER UPDATE ON call_figures BEGIN
  INSERT INTO figure_hours (hour, version) VALUES ((new.created_ms + 25200000) / 3600000, 1)
  ON CONFLICT (hour) DO UPDATE SET version = version + 1;
END;
CREATE TRIGGER figure_hour_of_gone AFTER DELETE ON call_figures BEGIN
  UPDATE figure_hours SET version = version + 1 WHERE hour = (old.created_ms + 25200000) / 3600000;
END;
