-- Who may do what: users, what they may do where, and their API tokens.

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    password_hash text NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    changed integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN users.password_hash IS 'Argon2id in PHC form';
COMMENT ON COLUMN users.changed IS 'Counts changes of the row; a password that was verified before the last one is verified anew';

CREATE TABLE user_grants (
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('system_admin', 'project_admin', 'project_viewer')),
    project_id bigint REFERENCES projects (id) ON DELETE CASCADE,
    CHECK (role <> 'system_admin' OR project_id IS NULL)
);
COMMENT ON COLUMN user_grants.project_id IS 'Where the role holds; NULL = in every project';
CREATE UNIQUE INDEX user_grants_place ON user_grants (user_id, coalesce(project_id, 0));
CREATE INDEX user_grants_project ON user_grants (project_id);

CREATE TABLE tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('system_admin', 'project_admin', 'project_viewer')),
    all_projects boolean NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
);
COMMENT ON COLUMN tokens.user_id IS 'Whose token it is: it opens nothing that is closed to the user';
COMMENT ON COLUMN tokens.hash IS 'SHA-256 of the token';
COMMENT ON COLUMN tokens.all_projects IS 'Whether the role holds everywhere; otherwise in token_projects, which may become empty';
COMMENT ON COLUMN tokens.last_used_at IS 'To the minute';

CREATE TABLE token_projects (
    token_id bigint NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    project_id bigint NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    PRIMARY KEY (token_id, project_id)
);
CREATE INDEX token_projects_project ON token_projects (project_id);
