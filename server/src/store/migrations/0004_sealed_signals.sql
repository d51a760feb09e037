-- SDP and ICE hold addresses: sealed under the case's key. Signals on their way during the change of version
-- are lost; the pages make new ones.
DROP TABLE mailbox;
CREATE TABLE mailbox (
  call_id     BLOB NOT NULL,
  assignment  INTEGER NOT NULL,
  sender      TEXT NOT NULL,
  n           INTEGER NOT NULL,
  body_sealed BLOB NOT NULL,
  PRIMARY KEY (call_id, assignment, sender, n)
) STRICT, WITHOUT ROWID;

-- The DTLS fingerprint of the call's first offer, as a keyed hash: another one may be another person.
ALTER TABLE caller_pages ADD COLUMN fingerprint_hash BLOB;
