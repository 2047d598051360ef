-- When engines and registries became healthy and unhealthy.

CREATE TABLE health_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id bigint REFERENCES instances (id) ON DELETE CASCADE,
    registry_id bigint REFERENCES registries (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    healthy boolean NOT NULL,
    reason text NOT NULL,
    latency_ms bigint NOT NULL,
    CHECK (num_nonnulls(instance_id, registry_id) = 1)
);
COMMENT ON TABLE health_changes IS 'Looks at an instance or a registry that found something else than the look before';
COMMENT ON COLUMN health_changes.reason IS 'Why it is not healthy, or what answered';
CREATE INDEX health_changes_instance ON health_changes (instance_id, id DESC) WHERE instance_id IS NOT NULL;
CREATE INDEX health_changes_registry ON health_changes (registry_id, id DESC) WHERE registry_id IS NOT NULL;
CREATE INDEX health_changes_at ON health_changes (at);
