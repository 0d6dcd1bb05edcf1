"""The journal's tables, as the steps from each version of them to the next; versions.py takes them.

Times are seconds since 1970 (UTC), money is whole micro-dollars, names and paths are the bytes on disk.
"""

from typing import Final

# "rtch": tells our database from any other file.
APPLICATION_ID: Final = 0x72746368

_VERSION_1: Final = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE bundles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a worker may still look at a forgotten one
    folder BLOB NOT NULL,
    key BLOB NOT NULL,
    photo BLOB NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    seen REAL NOT NULL,
    settled REAL,
    boot TEXT NOT NULL,         -- quiet_at is of this boot's monotonic clock
    quiet_at REAL NOT NULL,
    looks INTEGER NOT NULL,
    first_look REAL,
    claims INTEGER NOT NULL,
    look_at REAL,
    accepted TEXT NOT NULL,     -- JSON: name, role, sha256 and signature of each hashed file
    filing INTEGER
);
CREATE UNIQUE INDEX bundles_live_place ON bundles (folder, key) WHERE state NOT IN ('filed', 'detached');
CREATE INDEX bundles_by_quiet ON bundles (state, boot, quiet_at) WHERE look_at IS NULL;
CREATE INDEX bundles_by_look ON bundles (state, look_at);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,  -- the order in which jobs were made
    bundle INTEGER NOT NULL REFERENCES bundles,
    edit INTEGER REFERENCES edits,
    state TEXT NOT NULL,
    hold TEXT,
    detail TEXT NOT NULL,
    wish TEXT,                  -- JSON
    stem BLOB NOT NULL,
    output_path BLOB,
    output_sha256 TEXT,
    answer INTEGER REFERENCES attempts,
    reused_from TEXT,
    attempts INTEGER NOT NULL,
    active_seconds REAL NOT NULL,
    next_try REAL,
    created REAL NOT NULL,
    submitted REAL,
    received REAL,
    delivered REAL,
    ended REAL
) WITHOUT ROWID;
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_next_try ON jobs (state, next_try);
CREATE INDEX jobs_by_bundle ON jobs (bundle);
CREATE INDEX jobs_by_edit ON jobs (edit);

CREATE TABLE edits (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    take INTEGER NOT NULL,
    permission INTEGER NOT NULL,
    owner TEXT NOT NULL,
    UNIQUE (fingerprint, take)
);

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: it names a file in the spool
    edit INTEGER NOT NULL REFERENCES edits,
    job TEXT NOT NULL,
    number INTEGER NOT NULL,
    permission INTEGER NOT NULL,
    day TEXT NOT NULL,
    month TEXT NOT NULL,
    top_folder BLOB NOT NULL,
    save_path TEXT NOT NULL,
    started REAL NOT NULL,
    first_reserved INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    ended REAL,
    outcome TEXT,
    status INTEGER,
    elapsed_seconds REAL,
    request_ids TEXT NOT NULL   -- JSON
);
CREATE INDEX attempts_by_edit ON attempts (edit);
CREATE INDEX attempts_by_day ON attempts (day, reserved, charged);
CREATE INDEX attempts_by_month ON attempts (month, reserved, charged);

CREATE TABLE stems (
    folder BLOB NOT NULL,
    stem BLOB NOT NULL,
    job TEXT NOT NULL,
    PRIMARY KEY (folder, stem)
) WITHOUT ROWID;
CREATE INDEX stems_by_job ON stems (job);

CREATE TABLE pauses (
    reason TEXT PRIMARY KEY,
    detail TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL
) WITHOUT ROWID;

CREATE TABLE commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    verb TEXT NOT NULL,
    argument TEXT NOT NULL,
    given REAL NOT NULL,
    obeyed REAL,
    answer TEXT
);
CREATE INDEX commands_open ON commands (id) WHERE obeyed IS NULL;
"""

_VERSION_2: Final = """
ALTER TABLE bundles ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;  -- a person waits for it
ALTER TABLE jobs ADD COLUMN dismissed INTEGER NOT NULL DEFAULT 0;  -- a person gave it up: filed in failed/
ALTER TABLE jobs ADD COLUMN shrunk INTEGER NOT NULL DEFAULT 0;  -- its pictures go out smaller
ALTER TABLE jobs ADD COLUMN sent TEXT;  -- JSON: pictures that went out changed
ALTER TABLE attempts ADD COLUMN refusal TEXT;  -- status, code and message of a refused request
ALTER TABLE attempts ADD COLUMN cut_by_us INTEGER NOT NULL DEFAULT 0;  -- it says nothing about the line
CREATE INDEX bundles_urgent ON bundles (id) WHERE urgent = 1 AND state NOT IN ('filed', 'detached');
CREATE INDEX jobs_by_created ON jobs (created, number);
CREATE INDEX attempts_by_end ON attempts (ended);
CREATE INDEX attempts_by_start ON attempts (started);

-- Why an edit may be paid for once more: the first permission needs no row.
CREATE TABLE permissions (
    edit INTEGER NOT NULL REFERENCES edits,
    permission INTEGER NOT NULL,
    job TEXT NOT NULL,
    given REAL NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (edit, permission)
) WITHOUT ROWID;

-- What the service said that answers cost, for better reservations.
CREATE TABLE prices (
    quality TEXT NOT NULL,
    size TEXT NOT NULL,
    answers INTEGER NOT NULL,
    highest INTEGER NOT NULL,
    PRIMARY KEY (quality, size)
) WITHOUT ROWID;

-- A person's word for another limit on one day.
CREATE TABLE allowances (
    day TEXT PRIMARY KEY,
    micro INTEGER NOT NULL,
    given REAL NOT NULL
) WITHOUT ROWID;

-- Options that the service refused for several photos running; others with the same are held.
CREATE TABLE refused_options (
    options TEXT PRIMARY KEY,
    detail TEXT NOT NULL,
    job TEXT NOT NULL,
    since REAL NOT NULL
) WITHOUT ROWID;

-- Bundles whose sources are to be brought back to the inbox, and which take is then wanted of them.
CREATE TABLE returns (
    bundle INTEGER PRIMARY KEY REFERENCES bundles,
    take INTEGER,
    asked REAL NOT NULL,
    next_try REAL
);
CREATE TABLE wanted_takes (
    folder BLOB NOT NULL,
    key BLOB NOT NULL,
    sha256 TEXT NOT NULL,       -- of the photo: another one at its place is not meant
    take INTEGER NOT NULL,
    PRIMARY KEY (folder, key)
) WITHOUT ROWID;
"""

_VERSION_3: Final = """
-- The inbox's top folder, as core/turns.py has it: they take turns.
ALTER TABLE bundles ADD COLUMN top BLOB GENERATED ALWAYS AS (CASE
    WHEN instr(folder, x'2f') > 0 THEN substr(folder, 1, instr(folder, x'2f') - 1)
    WHEN lower(CAST(substr(folder, -4) AS TEXT)) = '.job' THEN x'2e'
    ELSE folder END) VIRTUAL;
ALTER TABLE jobs ADD COLUMN top BLOB GENERATED ALWAYS AS (
    CASE instr(stem, x'2f') WHEN 0 THEN x'2e' ELSE substr(stem, 1, instr(stem, x'2f') - 1) END) VIRTUAL;
ALTER TABLE jobs ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;  -- its name was taken: filed in done/
CREATE INDEX jobs_by_output ON jobs (output_sha256) WHERE output_sha256 IS NOT NULL;
CREATE INDEX bundles_in_turn ON bundles (state, top, look_at, boot, quiet_at);
CREATE INDEX jobs_by_output_path ON jobs (output_path) WHERE output_path IS NOT NULL;
CREATE INDEX jobs_in_turn ON jobs (state, top, next_try, number);
-- Files of live bundles that others may use too, by their paths: each is filed with the last of them.
CREATE TABLE shared_files (
    path BLOB NOT NULL,
    bundle INTEGER NOT NULL,
    PRIMARY KEY (path, bundle)
) WITHOUT ROWID;
CREATE INDEX shared_files_by_bundle ON shared_files (bundle);
DROP INDEX jobs_by_next_try;
CREATE INDEX jobs_by_next_try ON jobs (state, next_try, number);
"""

_VERSION_4: Final = """
-- How many jobs are in each state, kept up by triggers: years of them are not counted again and again.
CREATE TABLE job_counts (
    state TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO job_counts SELECT state, count(*) FROM jobs GROUP BY state;
CREATE TRIGGER jobs_added AFTER INSERT ON jobs BEGIN
    INSERT INTO job_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF state ON jobs WHEN new.state <> old.state BEGIN
    UPDATE job_counts SET number = number - 1 WHERE state = old.state;
    INSERT INTO job_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER jobs_removed AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET number = number - 1 WHERE state = old.state;
END;
CREATE INDEX jobs_by_end ON jobs (ended, state) WHERE ended IS NOT NULL;
CREATE INDEX jobs_by_delivery ON jobs (delivered, state) WHERE delivered IS NOT NULL;
-- Photos that have waited for their prompt the longest; there may be very many.
CREATE INDEX bundles_lacking_prompt ON bundles (seen) WHERE state = 'lacks_prompt';
CREATE INDEX attempts_set_aside ON attempts (outcome, reserved) WHERE reserved > 0;
-- Edits that were paid for and whose jobs were let go, with all that is needed to bring them back.
CREATE TABLE paid (
    fingerprint BLOB NOT NULL,
    take INTEGER NOT NULL,
    permission INTEGER NOT NULL,
    owner TEXT NOT NULL,
    number INTEGER NOT NULL,    -- the owner's, in the order in which jobs were made
    state TEXT NOT NULL,
    folder BLOB NOT NULL,
    photo BLOB NOT NULL,
    stem BLOB NOT NULL,
    answer INTEGER,
    sent TEXT,
    created REAL NOT NULL,
    ended REAL NOT NULL,
    calls TEXT NOT NULL,        -- JSON: what memory.py makes of each
    PRIMARY KEY (fingerprint, take)
) WITHOUT ROWID;
CREATE INDEX paid_by_owner ON paid (owner);
-- What jobs that were let go have delivered.
CREATE TABLE past_outputs (
    job TEXT PRIMARY KEY,
    folder BLOB NOT NULL,       -- of the photo
    key BLOB NOT NULL,
    path BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    delivered REAL
) WITHOUT ROWID;
CREATE INDEX past_outputs_by_sha256 ON past_outputs (sha256);
CREATE INDEX past_outputs_by_path ON past_outputs (path);
-- What calls that were let go have cost, added up.
CREATE TABLE past_costs (
    day TEXT NOT NULL,
    month TEXT NOT NULL,
    top_folder BLOB NOT NULL,
    calls INTEGER NOT NULL,
    charged INTEGER NOT NULL,
    excess INTEGER NOT NULL,    -- above what was set aside
    last_attempt INTEGER NOT NULL,
    PRIMARY KEY (day, month, top_folder)
) WITHOUT ROWID;
CREATE INDEX past_costs_by_month ON past_costs (month);
-- Else each call that is let go would be looked for in all jobs.
CREATE INDEX jobs_by_answer ON jobs (answer) WHERE answer IS NOT NULL;
"""

_VERSION_5: Final = """
-- What the calls of each day have cost and set aside, kept up by triggers: else a month's are added up for
-- each call.
CREATE TABLE day_sums (
    day TEXT NOT NULL,
    month TEXT NOT NULL,
    charged INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    PRIMARY KEY (month, day)
) WITHOUT ROWID;
INSERT INTO day_sums SELECT day, month, sum(charged), sum(reserved) FROM attempts GROUP BY month, day;
CREATE INDEX day_sums_by_day ON day_sums (day);
CREATE TRIGGER attempts_added AFTER INSERT ON attempts BEGIN
    INSERT INTO day_sums VALUES (new.day, new.month, new.charged, new.reserved) ON CONFLICT (month, day)
        DO UPDATE SET charged = charged + excluded.charged, reserved = reserved + excluded.reserved;
END;
CREATE TRIGGER attempts_booked AFTER UPDATE OF charged, reserved ON attempts
    WHEN (new.charged, new.reserved) <> (old.charged, old.reserved) BEGIN
    UPDATE day_sums SET charged = charged + new.charged - old.charged,
        reserved = reserved + new.reserved - old.reserved WHERE (month, day) = (new.month, new.day);
END;
CREATE TRIGGER attempts_removed AFTER DELETE ON attempts BEGIN
    UPDATE day_sums SET charged = charged - old.charged, reserved = reserved - old.reserved
        WHERE (month, day) = (old.month, old.day);
END;
-- The same order without the sums, which are not read off them any more.
DROP INDEX attempts_by_day;
DROP INDEX attempts_by_month;
CREATE INDEX attempts_by_day ON attempts (day);
CREATE INDEX attempts_by_month ON attempts (month);
CREATE INDEX attempts_in_excess ON attempts (day) WHERE charged > first_reserved;
"""

# Step n leads from version n to n + 1; a step that was released is never edited.
STEPS: Final = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)
VERSION: Final = len(STEPS)
