"""`gateway schema`."""

from typing import Annotated

import typer

from gateway.cli.app import app
from gateway.graphql.federation import subgraph_text
from gateway.graphql.schema import schema_text


@app.command()
def schema(
    *, federation: Annotated[bool, typer.Option("--federation", help="That of the subgraph, for composition.")] = False
) -> None:
    """Print the GraphQL schema."""
    print(subgraph_text() if federation else schema_text())
