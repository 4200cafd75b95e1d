from alembic import context
from models import core
from sqlalchemy import engine_from_config, pool

config = context.config
# Fails for any other section than the one that says where this is.
section = config.get_section(config.config_ini_section, {})
assert section["script_location"].endswith("/core")
assert config.cmd_opts.name == config.config_ini_section

if context.is_offline_mode():
    context.configure(url=section["sqlalchemy.url"], target_metadata=core, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(section, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=core)
        with context.begin_transaction():
            context.run_migrations()
