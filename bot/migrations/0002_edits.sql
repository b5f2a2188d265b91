-- Reason: admins edit inputs, update, roll back and switch off workflows; members fill in forms.

-- What the admin changed, the workflow that it becomes a version of (none: a new one) and the version it was made from,
-- whether it is a command of its own, and what the panel shows at the moment.
ALTER TABLE drafts ADD COLUMN edits TEXT NOT NULL DEFAULT '{}';
ALTER TABLE drafts ADD COLUMN workflow_id INTEGER;
ALTER TABLE drafts ADD COLUMN base_version INTEGER;
ALTER TABLE drafts ADD COLUMN has_command INTEGER NOT NULL DEFAULT 1;
ALTER TABLE drafts ADD COLUMN view TEXT NOT NULL DEFAULT '{}';

ALTER TABLE versions ADD COLUMN edits TEXT NOT NULL DEFAULT '{}';

ALTER TABLE workflows ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
-- Without a command of its own it is run by /run.
ALTER TABLE workflows ADD COLUMN has_command INTEGER NOT NULL DEFAULT 1;

-- The names that Discord was last sent, to tell which ones are new to it; of a server, those of its workflows so far.
ALTER TABLE sent_commands ADD COLUMN names TEXT NOT NULL DEFAULT '[]';
UPDATE sent_commands SET names = (
    SELECT json_group_array(slug) FROM workflows WHERE guild_id = sent_commands.scope AND removed_at IS NULL
) WHERE scope <> 'global';

-- Discord counts the commands that a server gets new in a day.
CREATE TABLE command_creates (
    guild_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX command_creates_by_guild ON command_creates (guild_id, created_at);

-- A form that a member is filling in.
CREATE TABLE forms (
    id TEXT PRIMARY KEY,
    guild_id INTEGER,
    user_id INTEGER NOT NULL,
    workflow_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    given TEXT NOT NULL,
    attachments TEXT NOT NULL,
    created_at TEXT NOT NULL
);

-- What a member gave a workflow last, so that the form begins with it.
CREATE TABLE remembered (
    user_id INTEGER NOT NULL,
    workflow_id INTEGER NOT NULL,
    given TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    PRIMARY KEY (user_id, workflow_id)
);
