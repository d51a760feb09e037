-- Whom an agent can serve, as JSON: {"customer_types":[…],"languages":[…]}; an empty list leaves nobody out.
ALTER TABLE agents ADD COLUMN skills TEXT NOT NULL DEFAULT '{}';

-- Who ended a sign-in by hand, and why: an administrator's words.
ALTER TABLE agent_sessions ADD COLUMN end_note TEXT;
