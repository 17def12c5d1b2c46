"""Alembic runs this for every command, on the connection that `gateway.db.migrations.migrate` hands it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
