-- Secrets are encrypted. What lies there in plain is encrypted by the program, when `serve` starts.

CREATE TABLE keys (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    proof text NOT NULL CHECK (proof LIKE 'v1:%'),
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE keys IS 'The keys that secrets are encrypted with, so that a process with others refuses to start; the keys themselves are elsewhere';
COMMENT ON COLUMN keys.id IS 'Fingerprint of the key';
COMMENT ON COLUMN keys.proof IS 'The fingerprint, encrypted with the key';

COMMENT ON COLUMN registries.auth_secret IS 'Password, token or header value: v1:<key id>:<nonce>:<ciphertext>, bound to table, row and column';
COMMENT ON COLUMN registries.event_secrets IS 'What senders of events prove themselves with, any of them: each encrypted like auth_secret';
COMMENT ON COLUMN instances.auth_secret IS 'Password, token or header value, encrypted like that of registries';
COMMENT ON COLUMN policies.origin_access IS 'Headers, user name and password for the origin: header values and password encrypted one by one';
COMMENT ON COLUMN executions.origin_access IS 'Headers, user name and password for the origin: header values and password encrypted one by one';
COMMENT ON COLUMN executions.spec IS 'What it does, frozen at its start (Spec); the queries of file addresses are encrypted';
COMMENT ON COLUMN tasks.urls IS 'Addresses of files; their queries are encrypted';
