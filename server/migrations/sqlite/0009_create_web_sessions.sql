-- For the dashboard. Sign-in: links that work once, and the sessions of browsers. Secrets are kept as SHA-256 only.

CREATE TABLE sign_in_link (
    hash       BLOB PRIMARY KEY,
    member     BLOB NOT NULL REFERENCES member (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_link_by_member ON sign_in_link (member);

CREATE TABLE web_session (
    hash       BLOB PRIMARY KEY,
    member     BLOB NOT NULL REFERENCES member (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_by_member ON web_session (member);
CREATE INDEX web_session_by_expiry ON web_session (expires_at);

-- What people should look at: values written apart, an edit that beat an archiving, a derived `disputed`. Few, among many.
CREATE INDEX document_undecided ON document (id)
    WHERE row ->> '$.conflicts' IS NOT NULL
       OR row ->> '$.edited_after_archive' IS NOT NULL
       OR row ->> '$.derived.disputed' = 1;
