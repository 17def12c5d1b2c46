"""Messages that are graphql-core's, with what they repeat of a document quoted and cut as everywhere else."""

import re

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.domain.quoting import quoted

# Names of fields, types and so on, all of which are ASCII; nothing else stands in quotation marks there.
_NAME = re.compile(r"'([^']*)'")
# One token, which may be text of a megabyte with quotation marks of its own.
_TOKEN = re.compile(r"\b(Name|Int|Float|String|BlockString|variable) '(.*)'", re.DOTALL)


def reword(error: GraphQLError) -> GraphQLError:
    """Change the message of an error that parsing or validation found, and return the error."""
    if isinstance(error, GraphQLSyntaxError):
        error.message = _TOKEN.sub(lambda token: f"{token[1]} {quoted(token[2])}", error.message, count=1)
    else:
        error.message = _NAME.sub(lambda name: quoted(name[1]), error.message)
    return error
