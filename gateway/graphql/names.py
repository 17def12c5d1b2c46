"""The names of Python as the schema has them."""

from strawberry.schema.name_converter import NameConverter


class RememberedNames(NameConverter):
    """Strawberry's own converter, which makes each name once.

    Strawberry asks for the names of all the fields of an input with each that it converts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._converted: dict[str, str] = {}
        """By the name in Python: those of the schema, and no others."""

    def apply_naming_config(self, name: str) -> str:
        converted = self._converted.get(name)
        if converted is None:
            converted = self._converted[name] = super().apply_naming_config(name)
        return converted
