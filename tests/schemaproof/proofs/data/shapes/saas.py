"""Tenants and what is theirs: UUID keys, row security, a schema of the project's own."""

from tests.schemaproof.proofs.data.shapes.lanes import STOPPED, Lane, Move

KEY = "id uuid PRIMARY KEY DEFAULT gen_random_uuid()"
TENANT = "tenant_id uuid NOT NULL REFERENCES app.tenants"

TENANTS = Lane(
    "tenants",
    Move(
        [
            f"CREATE TABLE app.plans ({KEY}, code text NOT NULL UNIQUE, price numeric(10,2) NOT NULL)",
            f"CREATE TABLE app.tenants ({KEY}, name text NOT NULL, plan_id uuid REFERENCES app.plans)",
            "CREATE INDEX ON app.tenants (plan_id)",
        ],
        ["DROP TABLE app.tenants", "DROP TABLE app.plans"],
    ),
    Move(
        [
            "ALTER TABLE app.tenants ADD COLUMN slug text",
            "UPDATE app.tenants SET slug = lower(name) || '-' || id",
            "ALTER TABLE app.tenants ALTER COLUMN slug SET NOT NULL",
        ],
        ["ALTER TABLE app.tenants DROP COLUMN slug"],
    ),
    Move(
        [
            "CREATE TABLE app.tenant_settings (tenant_id uuid PRIMARY KEY REFERENCES app.tenants ON DELETE CASCADE,"
            " tier text NOT NULL, doc jsonb NOT NULL DEFAULT '{}')",
            "INSERT INTO app.tenant_settings (tenant_id, tier) SELECT t.id, coalesce(p.code, 'free') FROM app.tenants t"
            " LEFT JOIN app.plans p ON p.id = t.plan_id",
        ],
        ["DROP TABLE app.tenant_settings"],
    ),
    Move(
        [
            "ALTER TABLE app.tenant_settings ADD COLUMN timezone text NOT NULL DEFAULT 'UTC'",
            "UPDATE app.tenant_settings SET doc = doc || jsonb_build_object('zone', timezone)",
        ],
        ["ALTER TABLE app.tenant_settings DROP COLUMN timezone"],
    ),
)

USERS = Lane(
    "users",
    Move(
        [
            f"CREATE TABLE app.users ({KEY}, email text NOT NULL, name text, role text NOT NULL"
            " CHECK (role IN ('owner', 'admin', 'member')))",
            "CREATE TABLE app.memberships (user_id uuid REFERENCES app.users, tenant_id uuid REFERENCES app.tenants,"
            " PRIMARY KEY (user_id, tenant_id))",
            "CREATE INDEX ON app.memberships (tenant_id)",
        ],
        ["DROP TABLE app.memberships", "DROP TABLE app.users"],
    ),
    Move(
        [
            "CREATE TYPE app.role AS ENUM ('owner', 'admin', 'member')",
            "ALTER TABLE app.users DROP CONSTRAINT users_role_check",
            "ALTER TABLE app.users ALTER COLUMN role TYPE app.role USING (CASE role WHEN 'owner' THEN 'owner'"
            " WHEN 'admin' THEN 'admin' ELSE 'member' END)::app.role",
        ],
        [
            "ALTER TABLE app.users ALTER COLUMN role TYPE text USING role::text",
            "ALTER TABLE app.users ADD CONSTRAINT users_role_check CHECK (role IN ('owner', 'admin', 'member'))",
            "DROP TYPE app.role",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.memberships ADD COLUMN role app.role",
            "UPDATE app.memberships m SET role = u.role FROM app.users u WHERE u.id = m.user_id",
            f"CREATE TABLE app.invitations ({KEY}, {TENANT}, email text NOT NULL, role app.role NOT NULL)",
            "CREATE INDEX ON app.invitations (tenant_id)",
        ],
        ["DROP TABLE app.invitations", "ALTER TABLE app.memberships DROP COLUMN role"],
    ),
    Move(
        [
            "ALTER TABLE app.memberships ALTER COLUMN role SET NOT NULL",
            "UPDATE app.users SET name = split_part(email, '@', 1) WHERE name IS NULL",
        ],
        ["ALTER TABLE app.memberships ALTER COLUMN role DROP NOT NULL"],
    ),
)

PROJECTS = Lane(
    "projects",
    Move(
        [
            f"CREATE TABLE app.projects ({KEY}, {TENANT}, name text NOT NULL, archived boolean NOT NULL DEFAULT false)",
            f"CREATE TABLE app.tasks ({KEY}, project_id uuid NOT NULL REFERENCES app.projects ON DELETE CASCADE,"
            " title text NOT NULL, note text, due date)",
            "CREATE INDEX ON app.projects (tenant_id)",
            "CREATE INDEX ON app.tasks (project_id)",
        ],
        ["DROP TABLE app.tasks", "DROP TABLE app.projects"],
    ),
    Move(
        [
            "ALTER TABLE app.projects ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE app.projects FORCE ROW LEVEL SECURITY",
            "CREATE POLICY projects_tenant ON app.projects USING (tenant_id::text = current_setting('app.tenant',"
            " true))",
        ],
        [
            "DROP POLICY projects_tenant ON app.projects",
            "ALTER TABLE app.projects NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE app.projects DISABLE ROW LEVEL SECURITY",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.tasks ADD COLUMN tenant_id uuid REFERENCES app.tenants",
            "ALTER TABLE app.projects NO FORCE ROW LEVEL SECURITY",
            "UPDATE app.tasks t SET tenant_id = p.tenant_id FROM app.projects p WHERE p.id = t.project_id",
            "ALTER TABLE app.projects FORCE ROW LEVEL SECURITY",
        ],
        ["ALTER TABLE app.tasks DROP COLUMN tenant_id"],
    ),
    Move(
        [
            "ALTER TABLE app.tasks ALTER COLUMN tenant_id SET NOT NULL",
            "CREATE TABLE app.task_notes (task_id uuid PRIMARY KEY REFERENCES app.tasks ON DELETE CASCADE,"
            " body text NOT NULL)",
            "INSERT INTO app.task_notes (task_id, body) SELECT t.id, t.note FROM app.tasks t WHERE t.note IS NOT NULL",
            "ALTER TABLE app.tasks DROP COLUMN note",
        ],
        [
            "ALTER TABLE app.tasks ADD COLUMN note text",
            "UPDATE app.tasks t SET note = n.body FROM app.task_notes n WHERE n.task_id = t.id",
            "DROP TABLE app.task_notes",
            "ALTER TABLE app.tasks ALTER COLUMN tenant_id DROP NOT NULL",
        ],
    ),
)

BILLING = Lane(
    "billing",
    Move(
        [
            f"CREATE TABLE app.customers ({KEY}, {TENANT}, currency char(3))",
            f"CREATE TABLE app.invoices ({KEY}, customer_id uuid REFERENCES app.customers, total numeric(12,4) NOT"
            " NULL,"
            " state text NOT NULL CHECK (state IN ('draft', 'sent', 'paid', 'void')), issued timestamp)",
            f"CREATE TABLE app.payments ({KEY}, invoice_id uuid NOT NULL REFERENCES app.invoices, amount numeric(12,4)"
            " NOT NULL, memo varchar(200))",
            "CREATE INDEX ON app.customers (tenant_id)",
            "CREATE INDEX ON app.invoices (customer_id)",
            "CREATE INDEX ON app.payments (invoice_id)",
        ],
        ["DROP TABLE app.payments", "DROP TABLE app.invoices", "DROP TABLE app.customers"],
    ),
    Move(
        [
            "ALTER TABLE app.invoices ADD COLUMN currency char(3)",
            "UPDATE app.invoices i SET currency = c.currency FROM app.customers c WHERE c.id = i.customer_id",
            "UPDATE app.invoices SET currency = 'EUR' WHERE currency IS NULL",
            "ALTER TABLE app.invoices ALTER COLUMN issued TYPE timestamptz USING issued AT TIME ZONE 'UTC'",
        ],
        [
            "ALTER TABLE app.invoices ALTER COLUMN issued TYPE timestamp USING issued AT TIME ZONE 'UTC'",
            "ALTER TABLE app.invoices DROP COLUMN currency",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.invoices ALTER COLUMN currency SET NOT NULL",
            "CREATE TYPE app.invoice_state AS ENUM ('draft', 'sent', 'paid', 'void')",
            "ALTER TABLE app.invoices DROP CONSTRAINT invoices_state_check",
            "ALTER TABLE app.invoices ALTER COLUMN state TYPE app.invoice_state USING (CASE state WHEN 'draft' THEN"
            " 'draft' WHEN 'sent' THEN 'sent' WHEN 'paid' THEN 'paid' ELSE 'void' END)::app.invoice_state",
        ],
        [
            "ALTER TABLE app.invoices ALTER COLUMN state TYPE text USING state::text",
            "ALTER TABLE app.invoices ADD CONSTRAINT invoices_state_check CHECK (state IN ('draft', 'sent', 'paid',"
            " 'void'))",
            "DROP TYPE app.invoice_state",
            "ALTER TABLE app.invoices ALTER COLUMN currency DROP NOT NULL",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.payments ALTER COLUMN amount TYPE numeric(12,2) USING round(amount, 2)",
            "ALTER TABLE app.payments RENAME COLUMN memo TO reference",
        ],
        [
            "ALTER TABLE app.payments RENAME COLUMN reference TO memo",
            "ALTER TABLE app.payments ALTER COLUMN amount TYPE numeric(12,4)",
        ],
    ),
)

TEAMS = Lane(
    "teams",
    Move(
        [
            f"CREATE TABLE app.teams ({KEY}, {TENANT}, name text NOT NULL)",
            f"CREATE TABLE app.team_posts ({KEY}, team_id uuid REFERENCES app.teams, title text, body text NOT NULL,"
            " written timestamptz NOT NULL DEFAULT now())",
            "CREATE INDEX ON app.teams (tenant_id)",
            "CREATE INDEX ON app.team_posts (team_id)",
        ],
        ["DROP TABLE app.team_posts", "DROP TABLE app.teams"],
    ),
    Move(
        [
            "CREATE TABLE app.posts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), team_name text, title text,"
            " body text NOT NULL, written timestamptz NOT NULL DEFAULT now())",
            "INSERT INTO app.posts (id, team_name, title, body, written) SELECT p.id, t.name, p.title, p.body,"
            " p.written"
            " FROM app.team_posts p LEFT JOIN app.teams t ON t.id = p.team_id",
            "DROP TABLE app.team_posts",
            "ALTER TABLE app.posts RENAME TO team_posts",
            "ALTER TABLE app.team_posts RENAME CONSTRAINT posts_pkey TO team_posts_pkey",
        ],
        [
            "ALTER TABLE app.team_posts ADD COLUMN team_id uuid REFERENCES app.teams",
            "UPDATE app.team_posts p SET team_id = (SELECT t.id FROM app.teams t WHERE t.name = p.team_name LIMIT 1)",
            "CREATE INDEX ON app.team_posts (team_id)",
            "ALTER TABLE app.team_posts DROP COLUMN team_name",
        ],
    ),
    Move(
        [
            "UPDATE app.team_posts SET title = left(body, 40) WHERE title IS NULL",
            "ALTER TABLE app.team_posts ALTER COLUMN title SET NOT NULL",
        ],
        ["ALTER TABLE app.team_posts ALTER COLUMN title DROP NOT NULL"],
    ),
    Move(
        [
            f"CREATE TABLE app.post_labels ({KEY}, post_id uuid NOT NULL REFERENCES app.team_posts ON DELETE CASCADE,"
            " label text NOT NULL)",
            "INSERT INTO app.post_labels (post_id, label) SELECT p.id, p.team_name FROM app.team_posts p WHERE"
            " p.team_name IS NOT NULL",
            "CREATE INDEX ON app.post_labels (post_id)",
        ],
        ["DROP TABLE app.post_labels"],
    ),
)

FILES = Lane(
    "files",
    Move(
        [
            f"CREATE TABLE app.folders ({KEY}, {TENANT}, parent_id uuid REFERENCES app.folders, name text NOT NULL)",
            f"CREATE TABLE app.files ({KEY}, folder_id uuid REFERENCES app.folders, name text NOT NULL, size integer,"
            " meta json)",
            "CREATE INDEX ON app.folders (tenant_id)",
            "CREATE INDEX ON app.folders (parent_id)",
            "CREATE INDEX ON app.files (folder_id)",
        ],
        ["DROP TABLE app.files", "DROP TABLE app.folders"],
    ),
    Move(
        [
            "ALTER TABLE app.files ALTER COLUMN meta TYPE jsonb USING meta::jsonb",
            "ALTER TABLE app.files ALTER COLUMN size TYPE bigint",
        ],
        [
            "ALTER TABLE app.files ALTER COLUMN size TYPE integer USING least(size, 2147483647)",
            "ALTER TABLE app.files ALTER COLUMN meta TYPE json USING meta::json",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.files ADD COLUMN kind text NOT NULL DEFAULT 'file'",
            "UPDATE app.files SET kind = 'large' WHERE size > 1000000",
            "UPDATE app.files SET meta = '{}' WHERE meta IS NULL",
        ],
        ["ALTER TABLE app.files DROP COLUMN kind"],
    ),
    Move(
        ["ALTER TABLE app.files ALTER COLUMN meta SET NOT NULL", "DELETE FROM app.files WHERE size < 0"],
        ["ALTER TABLE app.files ALTER COLUMN meta DROP NOT NULL"],
    ),
)

HOOKS = Lane(
    "hooks",
    Move(
        [
            f"CREATE TABLE app.hooks ({KEY}, {TENANT}, url text NOT NULL, events text, secret text)",
            f"CREATE TABLE app.deliveries ({KEY}, hook_id uuid NOT NULL REFERENCES app.hooks ON DELETE CASCADE,"
            " status integer, sent timestamptz)",
            "CREATE INDEX ON app.hooks (tenant_id)",
            "CREATE INDEX ON app.deliveries (hook_id)",
        ],
        ["DROP TABLE app.deliveries", "DROP TABLE app.hooks"],
    ),
    Move(
        [
            "ALTER TABLE app.hooks ADD COLUMN kinds text[] NOT NULL DEFAULT '{}'",
            "UPDATE app.hooks SET kinds = string_to_array(coalesce(events, ''), ',')",
        ],
        ["ALTER TABLE app.hooks DROP COLUMN kinds"],
    ),
    Move(
        [
            "ALTER TABLE app.deliveries ADD COLUMN outcome text",
            "UPDATE app.deliveries SET outcome = CASE WHEN status IS NULL THEN 'waiting' WHEN status < 300 THEN 'done'"
            " ELSE 'failed' END",
        ],
        ["ALTER TABLE app.deliveries DROP COLUMN outcome"],
    ),
    Move(
        [
            "ALTER TABLE app.deliveries ALTER COLUMN outcome SET NOT NULL",
            "DELETE FROM app.deliveries WHERE sent < '1990-01-01'",
        ],
        ["ALTER TABLE app.deliveries ALTER COLUMN outcome DROP NOT NULL"],
    ),
)

AUDIT = Lane(
    "audit",
    Move(
        [
            f"CREATE TABLE app.audits ({KEY}, {TENANT}, at timestamptz NOT NULL DEFAULT now(), what text NOT NULL,"
            " who text)",
            "CREATE TABLE app.retentions (tenant_id uuid PRIMARY KEY REFERENCES app.tenants, days integer NOT NULL)",
            "CREATE INDEX ON app.audits (tenant_id)",
        ],
        ["DROP TABLE app.retentions", "DROP TABLE app.audits"],
    ),
    Move(
        [
            "ALTER TABLE app.audits ADD COLUMN changed timestamptz",
            "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW;"
            " END $$",
            "CREATE TRIGGER audits_touch BEFORE UPDATE ON app.audits FOR EACH ROW EXECUTE FUNCTION app.touch()",
        ],
        [
            "DROP TRIGGER audits_touch ON app.audits",
            "DROP FUNCTION app.touch()",
            "ALTER TABLE app.audits DROP COLUMN changed",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.audits ADD COLUMN actor text NOT NULL DEFAULT 'system'",
            "ALTER TABLE app.audits DISABLE TRIGGER audits_touch",
            "UPDATE app.audits SET actor = who WHERE who IS NOT NULL",
            "ALTER TABLE app.audits ENABLE TRIGGER audits_touch",
        ],
        ["ALTER TABLE app.audits DROP COLUMN actor"],
    ),
    Move(
        [
            "DELETE FROM app.audits a USING app.retentions r WHERE r.tenant_id = a.tenant_id AND r.days < 0",
            "ALTER TABLE app.retentions ADD COLUMN unit text NOT NULL DEFAULT 'day'",
        ],
        ["ALTER TABLE app.retentions DROP COLUMN unit"],
    ),
)

KEYS = Lane(
    "keys",
    Move(
        [
            f"CREATE TABLE app.api_keys ({KEY}, {TENANT}, prefix text NOT NULL, scopes text NOT NULL, expires text)",
            f"CREATE TABLE app.uses ({KEY}, key_id uuid REFERENCES app.api_keys ON DELETE SET NULL, path text NOT"
            " NULL)",
            "CREATE INDEX ON app.api_keys (tenant_id)",
            "CREATE INDEX ON app.uses (key_id)",
        ],
        ["DROP TABLE app.uses", "DROP TABLE app.api_keys"],
    ),
    Move(
        [
            "UPDATE app.uses u SET key_id = k.keep FROM (SELECT id, min(id::text) OVER (PARTITION BY tenant_id, prefix)"
            "::uuid AS keep FROM app.api_keys) k WHERE k.id = u.key_id",
            "DELETE FROM app.api_keys a USING app.api_keys b WHERE a.tenant_id = b.tenant_id AND a.prefix = b.prefix"
            " AND a.id::text > b.id::text",
            "ALTER TABLE app.api_keys ADD CONSTRAINT api_keys_prefix UNIQUE (tenant_id, prefix)",
        ],
        ["ALTER TABLE app.api_keys DROP CONSTRAINT api_keys_prefix"],
    ),
    Move(
        [
            f"CREATE TABLE app.scopes ({KEY}, key_id uuid NOT NULL REFERENCES app.api_keys ON DELETE CASCADE, name text"
            " NOT NULL)",
            "INSERT INTO app.scopes (key_id, name) SELECT k.id, s FROM app.api_keys k CROSS JOIN"
            " unnest(string_to_array(k.scopes, ' ')) s",
            "CREATE INDEX ON app.scopes (key_id)",
        ],
        ["DROP TABLE app.scopes"],
    ),
    Move(
        [
            "ALTER TABLE app.uses ADD COLUMN method text NOT NULL DEFAULT 'GET'",
            "UPDATE app.uses SET method = 'POST' WHERE path LIKE '/write%'",
        ],
        ["ALTER TABLE app.uses DROP COLUMN method"],
    ),
)

CHATS = Lane(
    "chats",
    Move(
        [
            f"CREATE TABLE app.rooms ({KEY}, {TENANT}, title text NOT NULL, topic text)",
            f"CREATE TABLE app.messages ({KEY}, room_id uuid NOT NULL REFERENCES app.rooms ON DELETE CASCADE,"
            " author text, body text NOT NULL, kind text NOT NULL CHECK (kind IN ('text', 'image', 'call')))",
            f"CREATE TABLE app.reactions ({KEY}, message_id uuid NOT NULL REFERENCES app.messages ON DELETE CASCADE,"
            " emoji text NOT NULL)",
            "CREATE INDEX ON app.rooms (tenant_id)",
            "CREATE INDEX ON app.messages (room_id)",
            "CREATE INDEX ON app.reactions (message_id)",
        ],
        ["DROP TABLE app.reactions", "DROP TABLE app.messages", "DROP TABLE app.rooms"],
    ),
    Move(
        [
            "ALTER TABLE app.messages ADD COLUMN length integer",
            "UPDATE app.messages SET length = length(body)",
            "ALTER TABLE app.rooms ADD COLUMN count integer NOT NULL DEFAULT 0",
            "UPDATE app.rooms r SET count = (SELECT count(*) FROM app.messages m WHERE m.room_id = r.id)",
        ],
        ["ALTER TABLE app.rooms DROP COLUMN count", "ALTER TABLE app.messages DROP COLUMN length"],
    ),
    Move(
        [
            "ALTER TABLE app.messages ALTER COLUMN length SET NOT NULL",
            "UPDATE app.messages SET author = 'nobody' WHERE author IS NULL",
            "ALTER TABLE app.messages ALTER COLUMN author SET NOT NULL",
        ],
        [
            "ALTER TABLE app.messages ALTER COLUMN author DROP NOT NULL",
            "ALTER TABLE app.messages ALTER COLUMN length DROP NOT NULL",
        ],
    ),
    Move(
        [
            "CREATE TYPE app.message_kind AS ENUM ('text', 'image', 'call')",
            "ALTER TABLE app.messages DROP CONSTRAINT messages_kind_check",
            "ALTER TABLE app.messages ALTER COLUMN kind TYPE app.message_kind USING kind::app.message_kind",
            "DELETE FROM app.reactions WHERE emoji = ''",
        ],
        [
            "ALTER TABLE app.messages ALTER COLUMN kind TYPE text USING kind::text",
            "ALTER TABLE app.messages ADD CONSTRAINT messages_kind_check CHECK (kind IN ('text', 'image', 'call'))",
            "DROP TYPE app.message_kind",
        ],
    ),
)

USAGE = Lane(
    "usage",
    Move(
        [
            f"CREATE TABLE app.gauges ({KEY}, code text NOT NULL, unit text)",
            "CREATE TABLE app.usage (id bigint GENERATED BY DEFAULT AS IDENTITY, tenant_id uuid NOT NULL, day date NOT"
            " NULL, gauge text NOT NULL, amount numeric(14,4), PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
            "CREATE TABLE app.usage_rest PARTITION OF app.usage DEFAULT",
            "CREATE TABLE app.usage_2029 PARTITION OF app.usage FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')",
        ],
        ["DROP TABLE app.usage", "DROP TABLE app.gauges"],
    ),
    Move(
        [
            "CREATE TABLE app.quotas (tenant_id uuid PRIMARY KEY REFERENCES app.tenants ON DELETE CASCADE, plan text"
            " NOT NULL, amount numeric NOT NULL)",
            "INSERT INTO app.quotas (tenant_id, plan, amount) SELECT t.id, coalesce(p.code, 'free'), coalesce(p.price,"
            " '0') FROM app.tenants t LEFT JOIN app.plans p ON p.id = t.plan_id",
        ],
        ["DROP TABLE app.quotas"],
    ),
    Move(
        [
            "ALTER TABLE app.usage DETACH PARTITION app.usage_rest",
            "CREATE TABLE app.usage_2030 PARTITION OF app.usage FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')",
            "INSERT INTO app.usage (id, tenant_id, day, gauge, amount) SELECT id, tenant_id, day, gauge, amount FROM"
            " app.usage_rest WHERE day >= '2030-01-01' AND day < '2031-01-01'",
            "DELETE FROM app.usage_rest WHERE day >= '2030-01-01' AND day < '2031-01-01'",
            "ALTER TABLE app.usage ATTACH PARTITION app.usage_rest DEFAULT",
        ],
        [
            "ALTER TABLE app.usage DETACH PARTITION app.usage_2030",
            "INSERT INTO app.usage (id, tenant_id, day, gauge, amount) SELECT id, tenant_id, day, gauge, amount FROM"
            " app.usage_2030",
            "DROP TABLE app.usage_2030",
        ],
    ),
    Move(
        [
            "ALTER TABLE app.usage ADD COLUMN billed boolean NOT NULL DEFAULT false",
            "UPDATE app.usage SET billed = true WHERE day < '2029-01-01'",
            "UPDATE app.usage SET amount = 0 WHERE amount IS NULL",
        ],
        ["ALTER TABLE app.usage DROP COLUMN billed"],
    ),
)

SCHEMA = Move(["CREATE SCHEMA app"], ["DROP SCHEMA app"])
LANES = (TENANTS, USERS, PROJECTS, BILLING, TEAMS, FILES, HOOKS, AUDIT, KEYS, CHATS, USAGE)
BASE = (TENANTS,)
DRIVER = "asyncpg"
SETTINGS = STOPPED
