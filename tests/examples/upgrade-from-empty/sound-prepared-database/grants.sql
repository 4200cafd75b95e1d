-- One file may hold several statements.
GRANT USAGE ON SCHEMA app TO schemaproof_example_prepared;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO schemaproof_example_prepared;

CREATE FUNCTION app.short_name(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT left(name, 8) $$;
