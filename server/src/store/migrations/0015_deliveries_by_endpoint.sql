-- What is due is looked for endpoint by endpoint, so that one that does not answer holds up nobody else.
CREATE INDEX webhook_deliveries_due_of ON webhook_deliveries (webhook_id, next_ms) WHERE next_ms IS NOT NULL;
