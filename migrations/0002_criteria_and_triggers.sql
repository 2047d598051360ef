-- What projects demand, when policies run by themselves, and what registries and instances need for that.

ALTER TABLE projects
    ADD COLUMN criteria jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN projects.criteria IS 'What every artifact must meet, whatever a policy says (ProjectCriteria)';

ALTER TABLE policies
    ADD COLUMN skip_if_warm boolean,
    ADD COLUMN next_fire_at timestamptz;
COMMENT ON COLUMN policies.skip_if_warm IS 'Whether runs by schedule and event leave out what is warm; NULL = they do';
COMMENT ON COLUMN policies.next_fire_at IS 'When its schedule is due; NULL = it has none, or is disabled';
CREATE INDEX policies_due ON policies (next_fire_at) WHERE next_fire_at IS NOT NULL;

ALTER TABLE executions
    ADD COLUMN scheduled_for timestamptz,
    ADD COLUMN event_id bigint;
COMMENT ON COLUMN executions.scheduled_for IS 'The time of the schedule that it was started for';
COMMENT ON COLUMN executions.event_id IS 'The event that started it';
CREATE UNIQUE INDEX executions_scheduled ON executions (policy_id, scheduled_for) WHERE scheduled_for IS NOT NULL;
CREATE UNIQUE INDEX executions_event ON executions (policy_id, event_id) WHERE event_id IS NOT NULL;
COMMENT ON INDEX executions_scheduled IS 'Each time of a schedule starts one execution, with any number of processes';

ALTER TABLE instances
    ADD COLUMN is_default boolean NOT NULL DEFAULT false,
    ADD COLUMN next_health_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN instances.is_default IS 'The one for policies that name none';
COMMENT ON COLUMN instances.next_health_at IS 'When its next look in the background is due; whoever moves it looks';
CREATE UNIQUE INDEX instances_default ON instances (is_default) WHERE is_default;

ALTER TABLE registries
    ADD COLUMN event_secrets text[] NOT NULL DEFAULT '{}',
    ADD COLUMN watch_interval_seconds integer CHECK (watch_interval_seconds > 0),
    ADD COLUMN healthy boolean,
    ADD COLUMN health_reason text,
    ADD COLUMN health_latency_ms bigint,
    ADD COLUMN health_checked_at timestamptz,
    ADD COLUMN next_health_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN registries.event_secrets IS 'What senders of events prove themselves with, any of them: secret';
COMMENT ON COLUMN registries.watch_interval_seconds IS 'How often to look for what changed; NULL = never';
COMMENT ON COLUMN registries.healthy IS 'Outcome of the last look; NULL = never looked';
COMMENT ON COLUMN registries.next_health_at IS 'When its next look in the background is due; whoever moves it looks';
