"""All statements of the specification that are checked."""

from . import requests_and_responses, status_codes

STATEMENTS = (*requests_and_responses.STATEMENTS, *status_codes.STATEMENTS)
