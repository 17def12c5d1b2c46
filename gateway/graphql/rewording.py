"""Messages that are graphql-core's, with what they repeat of a document quoted and cut as everywhere else."""

import re

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.domain.quoting import quoted

# Names of fields, types and so on, all of which are ASCII; nothing else stands in quotation marks there.
_NAME = re.compile(r"'([^']*)'")
# One token, which may be text of a megabyte with quotation marks of its own.
_TOKEN = re.compile(r"\b(Name|Int|Float|String|BlockString|variable) '(.*)'", re.DOTALL)


# What validation tells of the schema, and what is said instead where it is hidden.
_TOLD = [
    (re.compile(pattern), instead)
    for pattern, instead in {
        r"Argument '(?:\w+\.)?(@?\w+)\(\w+:\)' of type '[^']*' is required": r"An argument of '\1' is required",
        r"(must not have a selection) since type '[^']*' has": r"\1, as it has",
        r" of type '[^']*' (must have a selection of subfields\.) Did you mean .*": r" \1",
        r" of type '[^']*' (must have at least one field)": r" \1",
        r"(cannot be spread here) as objects of type .*": r"\1, as it could never apply.",
        r"they return conflicting types '[^']*' and '[^']*'": "what they return conflicts",
        r"(used in position expecting) type '[^']*'": r"\1 another type",
        r"(?:Anonymous )?Subscription( '\w+')? (must (?:select|not) .*)": r"The subscription\1 \2",
        r"(cannot be used on (?:root \w+|non-list field '\w+'))(?: on)? type '[^']*'": r"\1",
        r"(must be non-nullable) to be used for .*": r"\1 here.",
    }.items()
]


def reword(error: GraphQLError, *, hidden: bool = False) -> GraphQLError:
    """Change the message of an error that parsing or validation found, and return the error.

    With `hidden`, what validation tells of the schema is left out.
    """
    for pattern, instead in _TOLD if hidden else ():
        error.message = pattern.sub(instead, error.message)
    if isinstance(error, GraphQLSyntaxError):
        error.message = _TOKEN.sub(lambda token: f"{token[1]} {quoted(token[2])}", error.message, count=1)
    else:
        error.message = _NAME.sub(lambda name: quoted(name[1]), error.message)
    return error
