-- Registries, instances, projects, policies, executions, tasks and their logs.

CREATE TABLE registries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL,
    description text NOT NULL DEFAULT '',
    url text NOT NULL,
    auth_mode text NOT NULL DEFAULT 'none' CHECK (auth_mode IN ('none', 'basic', 'bearer', 'header')),
    auth_username text,
    auth_secret text,
    insecure_tls boolean NOT NULL DEFAULT false,
    repositories text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN registries.auth_username IS 'User name of mode basic, header name of mode header';
COMMENT ON COLUMN registries.repositories IS 'Where to look when the registry has no catalog; empty = ask the catalog';

CREATE TABLE instances (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    vendor text NOT NULL,
    description text NOT NULL DEFAULT '',
    endpoint text NOT NULL,
    auth_mode text NOT NULL DEFAULT 'none' CHECK (auth_mode IN ('none', 'basic', 'bearer', 'header')),
    auth_username text,
    auth_secret text,
    insecure_tls boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    settings jsonb NOT NULL DEFAULT '{}',
    max_in_flight integer NOT NULL DEFAULT 1000 CHECK (max_in_flight > 0),
    submits_per_second double precision CHECK (submits_per_second > 0),
    next_submit_at timestamptz NOT NULL DEFAULT '-infinity',
    healthy boolean,
    health_reason text,
    health_latency_ms bigint,
    health_checked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN instances.settings IS 'What only some vendors need (InstanceSettings)';
COMMENT ON COLUMN instances.max_in_flight IS 'How many tasks may be with the engine at one time';
COMMENT ON COLUMN instances.next_submit_at IS 'The next free place in the pacing of submits_per_second';
COMMENT ON COLUMN instances.healthy IS 'Outcome of the last look; NULL = never looked';
COMMENT ON COLUMN instances.updated_at IS 'Last edit by a user; health and pacing do not count';

CREATE TABLE projects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    registry_id bigint NOT NULL REFERENCES registries (id),
    namespace text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN projects.namespace IS 'First path segments of the repositories; empty = the whole registry';
CREATE INDEX projects_registry ON projects (registry_id);

CREATE TABLE policies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects (id),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    enabled boolean NOT NULL DEFAULT true,
    filters jsonb NOT NULL,
    trigger jsonb NOT NULL,
    options jsonb NOT NULL,
    origin_access jsonb NOT NULL DEFAULT '{}',
    max_attempts integer NOT NULL CHECK (max_attempts > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, name)
);
COMMENT ON COLUMN policies.origin_access IS 'Headers, user name and password for the origin: secret';

CREATE TABLE policy_instances (
    policy_id bigint NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
    instance_id bigint NOT NULL REFERENCES instances (id),
    PRIMARY KEY (policy_id, instance_id)
);
CREATE INDEX policy_instances_instance ON policy_instances (instance_id);

CREATE TABLE executions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    policy_id bigint REFERENCES policies (id) ON DELETE SET NULL,
    policy text,
    project_id bigint REFERENCES projects (id) ON DELETE SET NULL,
    project text,
    trigger text NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'success', 'error', 'stopped')),
    message text NOT NULL DEFAULT '',
    summary text NOT NULL DEFAULT '',
    warnings text[] NOT NULL DEFAULT '{}',
    spec jsonb NOT NULL,
    origin_access jsonb NOT NULL DEFAULT '{}',
    seq bigint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    lease_token uuid,
    due_at timestamptz,
    expanded_at timestamptz,
    final_counts jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz
);
COMMENT ON COLUMN executions.policy IS 'Name at the start; NULL for an ad-hoc preheat';
COMMENT ON COLUMN executions.summary IS 'What the expansion found; the message once all went well';
COMMENT ON COLUMN executions.spec IS 'What it does, frozen at its start (Spec)';
COMMENT ON COLUMN executions.origin_access IS 'Headers, user name and password for the origin: secret';
COMMENT ON COLUMN executions.seq IS 'Counts the tickets of this row; a ticket with another number is stale';
COMMENT ON COLUMN executions.attempt IS 'How often its expansion was begun';
COMMENT ON COLUMN executions.lease_token IS 'Who is expanding it; every write must name the token';
COMMENT ON COLUMN executions.due_at IS 'When its ticket is due, or when its lease runs out';
COMMENT ON COLUMN executions.expanded_at IS 'When all its tasks were known';
COMMENT ON COLUMN executions.final_counts IS 'Tasks by status (Counts), once it has ended';
CREATE INDEX executions_policy ON executions (policy_id, id DESC);
CREATE INDEX executions_project ON executions (project_id, id DESC);
CREATE INDEX executions_open ON executions (due_at) WHERE status IN ('pending', 'running');

CREATE TABLE tasks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    execution_id bigint NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    instance_id bigint REFERENCES instances (id) ON DELETE SET NULL,
    instance text NOT NULL,
    vendor text NOT NULL,
    registry_id bigint REFERENCES registries (id) ON DELETE SET NULL,
    repository text NOT NULL DEFAULT '',
    digest text NOT NULL DEFAULT '',
    media_type text NOT NULL DEFAULT '',
    platform text,
    tags text[] NOT NULL DEFAULT '{}',
    artifact_digest text NOT NULL DEFAULT '',
    urls text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'success', 'error', 'stopped')),
    message text NOT NULL DEFAULT '',
    proof text CHECK (proof IN ('submitted', 'reported', 'blobs_present')),
    stage text NOT NULL DEFAULT 'submit' CHECK (stage IN ('submit', 'check')),
    opened boolean NOT NULL DEFAULT false,
    asked boolean NOT NULL DEFAULT false,
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    timeout_seconds integer NOT NULL,
    interruptions integer NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    lease_token uuid,
    due_at timestamptz,
    deadline timestamptz,
    submitted_at timestamptz,
    engine_job text,
    blobs jsonb,
    report jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    UNIQUE (execution_id, instance_id, repository, digest)
) WITH (fillfactor = 70);
COMMENT ON COLUMN tasks.ordinal IS 'Place in its execution; windows open low numbers first, which is fair between executions';
COMMENT ON COLUMN tasks.instance IS 'Name at the start; stays when the instance is deleted';
COMMENT ON COLUMN tasks.digest IS 'The manifest; empty for files';
COMMENT ON COLUMN tasks.artifact_digest IS 'What the tags name: the manifest itself or its index';
COMMENT ON COLUMN tasks.stage IS 'What its next ticket does';
COMMENT ON COLUMN tasks.opened IS 'Inside the window of its instance: it has a ticket or a lease';
COMMENT ON COLUMN tasks.asked IS 'The engine may have been asked without our knowing the answer: look for the job before asking again';
COMMENT ON COLUMN tasks.timeout_seconds IS 'How long the engine may take';
COMMENT ON COLUMN tasks.interruptions IS 'How often a process died over it';
COMMENT ON COLUMN tasks.seq IS 'Counts the tickets of this row; a ticket with another number is stale';
COMMENT ON COLUMN tasks.lease_token IS 'Who is working on it; every write must name the token';
COMMENT ON COLUMN tasks.due_at IS 'When its ticket is due, or when its lease runs out';
COMMENT ON COLUMN tasks.deadline IS 'When we give up, whatever the engine says';
COMMENT ON COLUMN tasks.submitted_at IS 'When the engine was first asked in this attempt';
COMMENT ON COLUMN tasks.blobs IS 'Config and layers that must be warm (list of Blob)';
COMMENT ON COLUMN tasks.report IS 'What the engine confirmed and what not (Report)';
CREATE INDEX tasks_execution ON tasks (execution_id, status, id);
CREATE INDEX tasks_waiting ON tasks (instance_id, ordinal, id) WHERE status = 'pending' AND NOT opened;
CREATE INDEX tasks_in_flight ON tasks (instance_id) WHERE status IN ('pending', 'running') AND opened;
CREATE INDEX tasks_due ON tasks (due_at) WHERE status IN ('pending', 'running') AND opened;

CREATE TABLE task_logs (
    task_id bigint NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    n bigint NOT NULL,
    at timestamptz NOT NULL,
    attempt integer NOT NULL,
    level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    message text NOT NULL,
    PRIMARY KEY (task_id, n)
);
COMMENT ON COLUMN task_logs.n IS 'Number of the line in its task, from 1 without gaps';

CREATE VIEW execution_overview AS
SELECT
    e.id, e.policy_id, e.policy, e.project_id, e.project, e.trigger, e.status, e.message, e.warnings,
    e.expanded_at IS NOT NULL AS expanded, e.created_at, e.started_at, e.ended_at,
    coalesce(e.final_counts, (
        SELECT jsonb_object_agg(counted.status, counted.tasks)
        FROM (SELECT t.status, count(*) AS tasks FROM tasks t WHERE t.execution_id = e.id GROUP BY t.status) counted
    ), '{}') AS counts
FROM executions e;
COMMENT ON VIEW execution_overview IS 'Executions with their tasks counted by status (Counts)';
