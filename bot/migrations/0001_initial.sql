-- Reason: published workflows in numbered versions, jobs, and the ledger of what they leave on a backend.

-- What this database calls itself: everything that it puts on a backend carries this mark.
CREATE TABLE instance (
    id TEXT NOT NULL
);
INSERT INTO instance (id) VALUES (lower(hex(randomblob(4))));

-- A workflow that an admin is looking at, before it is published.
CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    document TEXT NOT NULL,
    inputs TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE workflows (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    slug TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_by INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    removed_at TEXT
);
CREATE UNIQUE INDEX workflows_by_slug ON workflows (guild_id, slug) WHERE removed_at IS NULL;

-- Kept after the workflow is removed or replaced: a job finishes with the version that it began with.
CREATE TABLE versions (
    workflow_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    document TEXT NOT NULL,
    inputs TEXT NOT NULL,
    created_by INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (workflow_id, number)
);

-- What was last sent to Discord, so that nothing is sent that did not change. scope is "global" or a guild's id.
CREATE TABLE sent_commands (
    scope TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    sent_at TEXT NOT NULL
);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    outcome TEXT,
    problem TEXT,
    workflow_id INTEGER REFERENCES workflows (id),
    version INTEGER,
    title TEXT NOT NULL,
    given TEXT NOT NULL,
    attachments TEXT NOT NULL,
    backend TEXT,
    item_ids TEXT NOT NULL,
    results TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    guild_id INTEGER,
    channel_id INTEGER,
    message_id INTEGER,
    user_id INTEGER NOT NULL,
    application_id INTEGER,
    interaction_id INTEGER UNIQUE,
    interaction_token TEXT,
    cancel_requested_at TEXT,
    created_at TEXT NOT NULL,
    enqueued_at TEXT,
    finished_at TEXT,
    delivered_at TEXT,
    closed_at TEXT
);
CREATE INDEX jobs_open ON jobs (created_at) WHERE state <> 'closed';
CREATE INDEX jobs_by_user ON jobs (user_id, created_at);

-- Whatever a job left on a backend. A row without deleted_at is still there, as far as we know.
CREATE TABLE assets (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    backend TEXT NOT NULL,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    slot INTEGER,
    session_id TEXT,
    noted_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (job_id, kind, ref)
);
CREATE INDEX assets_left ON assets (job_id) WHERE deleted_at IS NULL;
