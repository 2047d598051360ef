-- What a watched registry held when we last looked, so that the next look finds what changed.

CREATE TABLE watches (
    registry_id bigint PRIMARY KEY REFERENCES registries (id) ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    looked_at timestamptz
);
COMMENT ON TABLE watches IS 'One row for each watched registry; without it nothing of the registry is remembered';
COMMENT ON COLUMN watches.due_at IS 'When the next look is due; whoever moves it looks';
COMMENT ON COLUMN watches.lease_token IS 'Who is looking; every write must name the token';
COMMENT ON COLUMN watches.looked_at IS 'When the last look that came to its end was begun';

CREATE TABLE watched_namespaces (
    registry_id bigint NOT NULL REFERENCES watches (registry_id) ON DELETE CASCADE,
    namespace text NOT NULL,
    PRIMARY KEY (registry_id, namespace)
);
COMMENT ON TABLE watched_namespaces IS 'Namespaces that were looked at to their end: what was there is known, and a new tag is new';

CREATE TABLE watched_tags (
    registry_id bigint NOT NULL REFERENCES watches (registry_id) ON DELETE CASCADE,
    repository text NOT NULL,
    tag text NOT NULL,
    digest text NOT NULL,
    labels text[],
    signatures text[],
    PRIMARY KEY (registry_id, repository, tag)
);
COMMENT ON COLUMN watched_tags.labels IS 'Those of the artifact; NULL = nobody needed them';
COMMENT ON COLUMN watched_tags.signatures IS 'How each of its signatures was made; NULL = nobody needed them';

CREATE INDEX events_repository ON events (registry_id, repository, id DESC);
