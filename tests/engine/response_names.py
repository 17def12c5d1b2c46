"""What the response names of an object stand for, so that all that is selected under one of them can be merged.

See the GraphQL specification, section 5.3.2, "Field Selection Merging".
"""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class ResponseName:
    """What one response name of an object stands for."""

    type_: str
    inside: "ResponseNames"
    calls: dict[str, str] = field(default_factory=dict)
    """The field and its arguments, by the type of which they are selected."""


@dataclass(kw_only=True)
class ResponseNames:
    """The response names of one object."""

    by_name: dict[str, ResponseName] = field(default_factory=dict)

    def admits(self, name: str, parent: str, call: str, type_: str) -> bool:
        """Tell whether that can be selected under that name.

        Objects of another type may have something else there, if it looks alike. `parent` is empty for types that are
        not of objects.
        """
        known = self.by_name.get(name)
        return known is None or (
            known.type_ == type_
            and all(
                call == other or (parent and other_parent and parent != other_parent)
                for other_parent, other in known.calls.items()
            )
        )

    def add(self, name: str, parent: str, call: str, type_: str) -> "ResponseNames":
        """Return the response names of what is inside."""
        known = self.by_name.setdefault(name, ResponseName(type_=type_, inside=ResponseNames()))
        known.calls[parent] = call
        return known.inside

    def accepts(self, other: "ResponseNames") -> bool:
        """Tell whether all that is selected in the other can be selected here too."""
        return all(
            all(self.admits(name, parent, call, added.type_) for parent, call in added.calls.items())
            and (name not in self.by_name or self.by_name[name].inside.accepts(added.inside))
            for name, added in other.by_name.items()
        )

    def absorb(self, other: "ResponseNames") -> None:
        for name, added in other.by_name.items():
            for parent, call in added.calls.items():
                self.add(name, parent, call, added.type_)
            self.by_name[name].inside.absorb(added.inside)
