"""`gateway schema`."""

from gateway.cli.app import app
from gateway.graphql.schema import schema_text


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    print(schema_text())
