-- Time on duty ends when the workstation was last heard of, if it did not come back (server/src/figures/project.rs).
-- `lost_ms`: since when it is away (from the sign-in until it first connects); null while it is connected.
ALTER TABLE duty_figures ADD COLUMN lost_ms INTEGER;
-- A sign-in lives for 14 hours; what was written as its end may have been the server's next start.
UPDATE duty_figures SET to_ms = min(to_ms, from_ms + 50400000) WHERE to_ms IS NOT NULL;
