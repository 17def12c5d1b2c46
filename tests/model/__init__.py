"""The gateway against a model of it."""

import pytest

# So that a disagreement shows where the two differ.
pytest.register_assert_rewrite("tests.model.machine", "tests.model.model")
