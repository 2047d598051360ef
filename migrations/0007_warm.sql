-- What is proven warm, where, and until an instance moves.

CREATE TABLE warm (
    instance_id bigint NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    registry_id bigint NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    repository text NOT NULL,
    digest text NOT NULL,
    artifact_digest text NOT NULL,
    platform text,
    tags text[] NOT NULL DEFAULT '{}',
    proof text NOT NULL CHECK (proof IN ('reported', 'blobs_present')),
    since timestamptz NOT NULL,
    proven_at timestamptz NOT NULL,
    doubted_at timestamptz,
    bytes bigint,
    reach jsonb NOT NULL,
    execution_id bigint REFERENCES executions (id) ON DELETE SET NULL,
    task_id bigint REFERENCES tasks (id) ON DELETE SET NULL,
    PRIMARY KEY (instance_id, registry_id, repository, digest)
);
COMMENT ON COLUMN warm.digest IS 'The manifest';
COMMENT ON COLUMN warm.artifact_digest IS 'What the tags name: the manifest itself or its index';
COMMENT ON COLUMN warm.tags IS 'What named it at the last preheat';
COMMENT ON COLUMN warm.since IS 'Proven again and again since, each time before the proof before had grown old';
COMMENT ON COLUMN warm.doubted_at IS 'When a later preheat failed and its engine could not confirm every blob; a new proof clears it';
COMMENT ON COLUMN warm.bytes IS 'Config and layers; NULL = unknown';
COMMENT ON COLUMN warm.reach IS 'For which peers, and under which key of the cache: those options of the proof that decide it';
COMMENT ON COLUMN warm.execution_id IS 'Which execution proved it; NULL = its record is gone';
CREATE INDEX warm_repository ON warm (registry_id, repository);
CREATE INDEX warm_digest ON warm (digest);
CREATE INDEX warm_artifact ON warm (artifact_digest);
CREATE INDEX warm_execution ON warm (execution_id);
CREATE INDEX warm_task ON warm (task_id);
CREATE INDEX warm_proven ON warm (proven_at);

CREATE FUNCTION reach(spec jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
    RETURN (spec -> 'options')
           - '{platforms,timeout_seconds,concurrent_task_count,concurrent_peer_count}'::text[];
COMMENT ON FUNCTION reach IS 'What of an execution''s options decides what is warm after it: which peers, which key';

ALTER TABLE tasks
    ADD COLUMN already_warm boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tasks.already_warm IS 'A success for which the engine was not asked';

ALTER TABLE instances
    ADD COLUMN moved_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN instances.moved_at IS 'When its address last changed: what was asked before proves nothing for it';
