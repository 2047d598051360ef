-- Who did what.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'token', 'identity', 'command')),
    actor text NOT NULL,
    token text,
    address text,
    request_id text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    object_id bigint NOT NULL,
    name text,
    project text,
    before jsonb,
    after jsonb
);
COMMENT ON COLUMN audit.actor_kind IS 'What they came with: a password, an API token, a token of the issuer, or a command on the machine itself';
COMMENT ON COLUMN audit.object_id IS 'Id of what was changed; it may be deleted by now';
COMMENT ON COLUMN audit.before IS 'The row before, without secrets; NULL = it was not there';
COMMENT ON COLUMN audit.after IS 'The row after, without secrets; NULL = it is no more';
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_object ON audit (object, object_id, id DESC);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('forewarm.prunes_audit', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
COMMENT ON FUNCTION audit_is_append_only IS 'Lets only the pruning of old entries delete';
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
