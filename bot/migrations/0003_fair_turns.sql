-- Reason: jobs move between backends, take fair turns under caps, and are told where they can be.

-- How many turns its member has where others have one, and how many of their jobs may run at once (none: any number):
-- as their roles had it when they asked.
ALTER TABLE jobs ADD COLUMN weight REAL NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN running_cap INTEGER;
-- For how long backends worked on it, by their own clocks.
ALTER TABLE jobs ADD COLUMN backend_seconds REAL NOT NULL DEFAULT 0;
-- How often a backend was restarted under it.
ALTER TABLE jobs ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0;
-- Where its end was told ("card", "direct"), or why it could not be.
ALTER TABLE jobs ADD COLUMN delivery TEXT;
CREATE INDEX jobs_by_workflow ON jobs (workflow_id, finished_at) WHERE outcome = 'completed';
CREATE INDEX jobs_under_way_by_user ON jobs (user_id) WHERE outcome IS NULL;
CREATE INDEX jobs_under_way_by_guild ON jobs (guild_id) WHERE outcome IS NULL;
CREATE INDEX jobs_stopped ON jobs (closed_at) WHERE outcome <> 'completed' OR attempt > 1;

-- A queue item's number is one backend's own: two of them may have the same.
CREATE TABLE assets_anew (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    backend TEXT NOT NULL,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    slot INTEGER,
    session_id TEXT,
    noted_at TEXT NOT NULL,
    deleted_at TEXT,
    PRIMARY KEY (job_id, backend, kind, ref)
);
INSERT INTO assets_anew SELECT * FROM assets ORDER BY rowid;
DROP TABLE assets;
ALTER TABLE assets_anew RENAME TO assets;
CREATE INDEX assets_left ON assets (backend, job_id) WHERE deleted_at IS NULL;

-- Backends that an admin took out of service, until they are given back.
CREATE TABLE drained_backends (
    name TEXT PRIMARY KEY,
    user_id INTEGER,
    drained_at TEXT NOT NULL
);

-- What a server's admins allow the members of a role; what is null is as config.toml has it.
CREATE TABLE role_caps (
    guild_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    weight REAL,
    running INTEGER,
    waiting INTEGER,
    daily_seconds REAL,
    PRIMARY KEY (guild_id, role_id)
);

-- Which published workflow the admins were told cannot run any more, and why.
CREATE TABLE broken_workflows (
    workflow_id INTEGER PRIMARY KEY REFERENCES workflows (id),
    version INTEGER NOT NULL,
    problems TEXT NOT NULL,
    told_at TEXT
);
