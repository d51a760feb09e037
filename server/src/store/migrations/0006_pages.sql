-- Which loads of the page have had the call, as shortened hashes of their ids, the newest last: one that was
-- replaced and comes back late (its network was away) does not take the call from the one that replaced it.
ALTER TABLE caller_pages ADD COLUMN loads BLOB;
