"""`gateway migrate`."""

from gateway.cli.app import app, read_settings, run
from gateway.db.migrations.migrate import migrate


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to this version."""
    run(read_settings(), migrate)
