-- What clients of Harbor wrote in policies, so that they get back what they sent.

ALTER TABLE policies
    ADD COLUMN harbor_texts jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN policies.harbor_texts IS 'How a client of Harbor wrote filters, trigger and extra attributes (Texts); each is shown as long as it says what is stored';
