-- Reason: cards in the reader's language, private runs, buttons on results, what members and admins choose, an audit.

-- In which language its card speaks.
ALTER TABLE jobs ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
-- Only its member sees it; and its files are covered until somebody clicks on them.
ALTER TABLE jobs ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN is_spoiler INTEGER NOT NULL DEFAULT 0;
-- On which server its card stands, once that was shown again: 0 is a direct message; without one, where it was asked.
ALTER TABLE jobs ADD COLUMN shown_guild_id INTEGER;
-- What is told beside its results: that of an animated picture the first frame was taken, for one.
ALTER TABLE jobs ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
-- The models that it ran with, by name and hash, and the InvokeAI that it ran on.
ALTER TABLE jobs ADD COLUMN models TEXT NOT NULL DEFAULT '[]';
ALTER TABLE jobs ADD COLUMN backend_version TEXT NOT NULL DEFAULT '';
-- The messages that hold its results, in order: [[channel, message], ...].
ALTER TABLE jobs ADD COLUMN posted TEXT NOT NULL DEFAULT '[]';

-- Whether what a form runs is for its member's eyes alone; NULL: as they prefer it.
ALTER TABLE forms ADD COLUMN is_private INTEGER;

-- What a member chose with /settings, and what they want a workflow to begin with.
CREATE TABLE preferences (
    user_id INTEGER PRIMARY KEY,
    choices TEXT NOT NULL
);
CREATE TABLE member_defaults (
    user_id INTEGER NOT NULL,
    workflow_id INTEGER NOT NULL,
    given TEXT NOT NULL,
    PRIMARY KEY (user_id, workflow_id)
);

-- What a server's admins chose for all of it.
CREATE TABLE guild_choices (
    guild_id INTEGER PRIMARY KEY,
    choices TEXT NOT NULL
);

-- How many of its workflow's jobs its member may have running at a time.
ALTER TABLE jobs ADD COLUMN own_running_cap INTEGER;

-- Who may run a published workflow, where, how often, and with what; without a row: as the server's commands allow.
CREATE TABLE policies (
    workflow_id INTEGER PRIMARY KEY REFERENCES workflows (id),
    policy TEXT NOT NULL
);

-- What members of a server may not write into text inputs.
CREATE TABLE word_rules (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    is_pattern INTEGER NOT NULL,
    created_by INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX word_rules_by_text ON word_rules (guild_id, is_pattern, text);

-- Members who may run nothing on a server, and servers whose jobs wait until an admin lets them go on.
CREATE TABLE blocked_members (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    reason TEXT NOT NULL,
    blocked_by INTEGER NOT NULL,
    blocked_at TEXT NOT NULL,
    PRIMARY KEY (guild_id, user_id)
);
CREATE TABLE paused_guilds (
    guild_id INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    paused_by INTEGER NOT NULL,
    paused_at TEXT NOT NULL
);

-- What admins did, never changed and never deleted.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    done_at TEXT NOT NULL
);
CREATE INDEX audit_by_guild ON audit (guild_id, id);

-- Results in full quality that were too large for Discord, kept as files for a while.
CREATE TABLE originals (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    number INTEGER NOT NULL,
    filename TEXT NOT NULL,
    size INTEGER NOT NULL,
    kept_until TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
);

CREATE INDEX jobs_by_guild ON jobs (guild_id, created_at);
