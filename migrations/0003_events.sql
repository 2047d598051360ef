-- What registries tell us, what came of it, and which executions it started.

CREATE TABLE deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry_id bigint NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    format text NOT NULL,
    note text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL
);
COMMENT ON TABLE deliveries IS 'One request of a sender of events, or one look of ours at a registry';
COMMENT ON COLUMN deliveries.format IS 'How it was written; watch = we looked ourselves';
COMMENT ON COLUMN deliveries.note IS 'What a person should know about it';
CREATE INDEX deliveries_registry ON deliveries (registry_id, id DESC);
CREATE INDEX deliveries_received ON deliveries (received_at);

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry_id bigint NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    repository text NOT NULL,
    subject text NOT NULL,
    tags text[] NOT NULL,
    tagless boolean NOT NULL,
    kinds text[] NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'done', 'error')),
    message text NOT NULL DEFAULT '',
    outcome jsonb NOT NULL DEFAULT '{}',
    attempt integer NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    lease_token uuid,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE events IS 'What happened to one artifact within a few seconds: hints of any number of deliveries, evaluated once';
COMMENT ON COLUMN events.repository IS 'Full name in its registry';
COMMENT ON COLUMN events.subject IS 'The digest of the artifact; where no sender told one, the tag by which it is looked up';
COMMENT ON COLUMN events.tags IS 'All that were told';
COMMENT ON COLUMN events.tagless IS 'Something was told of the digest alone, and so of all tags that name it';
COMMENT ON COLUMN events.kinds IS 'What happened: push, scan_completed, label_added, signed';
COMMENT ON COLUMN events.status IS 'A pending one takes up more hints; a running one is being evaluated, or waits to be tried again';
COMMENT ON COLUMN events.outcome IS 'The execution or the reason of each policy that waits for such events (Outcome)';
COMMENT ON COLUMN events.attempt IS 'How often its evaluation was begun';
COMMENT ON COLUMN events.seq IS 'Counts the tickets of this row; a ticket with another number is stale';
COMMENT ON COLUMN events.lease_token IS 'Who is evaluating it; every write must name the token';
COMMENT ON COLUMN events.due_at IS 'When its ticket is due, or when its lease runs out';
CREATE UNIQUE INDEX events_pending ON events (registry_id, repository, subject) WHERE status = 'pending';
CREATE INDEX events_due ON events (due_at) WHERE status IN ('pending', 'running');
CREATE INDEX events_ended ON events (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_events (
    delivery_id bigint NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    n integer NOT NULL,
    about text NOT NULL,
    fate text NOT NULL CHECK (fate IN ('accepted', 'duplicate', 'ignored')),
    reason text NOT NULL DEFAULT '',
    kind text,
    occurred_at timestamptz,
    event_id bigint REFERENCES events (id) ON DELETE SET NULL,
    PRIMARY KEY (delivery_id, n)
);
COMMENT ON TABLE delivery_events IS 'The notices of a delivery: what each said, and which event it became part of';
COMMENT ON COLUMN delivery_events.n IS 'Its place in the delivery, from 0';
COMMENT ON COLUMN delivery_events.about IS 'The artifact, for a person';
COMMENT ON COLUMN delivery_events.reason IS 'Why it was ignored, or what it turned out to be';
COMMENT ON COLUMN delivery_events.kind IS 'What the sender says happened; NULL = nothing that counts';
CREATE INDEX delivery_events_event ON delivery_events (event_id) WHERE event_id IS NOT NULL;

CREATE TABLE event_keys (
    registry_id bigint NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    key text NOT NULL,
    event_id bigint,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (registry_id, key)
);
COMMENT ON TABLE event_keys IS 'Which notices were told already: one with the same key is a duplicate until the key expires';
COMMENT ON COLUMN event_keys.event_id IS 'What the first one became part of';
CREATE INDEX event_keys_expiry ON event_keys (expires_at);
