-- Whether a key was only replaced is a fact of its own, not the words of a reason.
ALTER TABLE workstation_keys ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
UPDATE workstation_keys SET replaced = 1
  WHERE state = 'revoked' AND enrolment IS NOT NULL AND reason = 'replaced by another key';
