-- What an agent did on a day (of Vietnam), counted in the transaction of each fact.
CREATE TABLE agent_days (
  agent_id  BLOB NOT NULL,
  day       INTEGER NOT NULL,
  offered   INTEGER NOT NULL DEFAULT 0,
  accepted  INTEGER NOT NULL DEFAULT 0,
  confirmed INTEGER NOT NULL DEFAULT 0,
  rejected  INTEGER NOT NULL DEFAULT 0,
  missed    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, day)
) STRICT, WITHOUT ROWID;
