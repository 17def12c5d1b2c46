"""What the keys of an answer stand for, so that whatever is asked for under one key can be merged.

See the GraphQL specification, section 5.3.2, "Field Selection Merging".
"""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Key:
    """What one key of an object stands for."""

    type_: str
    inside: "Scope"
    calls: dict[str, str] = field(default_factory=dict)
    """The field and its arguments, by the type of which they are asked."""


@dataclass(kw_only=True)
class Scope:
    """The keys of one object."""

    keys: dict[str, Key] = field(default_factory=dict)

    def admits(self, name: str, parent: str, call: str, type_: str) -> bool:
        """Whether that can be asked for under that name.

        Objects of another type may have something else there, if it looks alike. `parent` is empty for types that are
        not of objects.
        """
        key = self.keys.get(name)
        return key is None or (
            key.type_ == type_
            and all(
                call == other or (parent and other_parent and parent != other_parent)
                for other_parent, other in key.calls.items()
            )
        )

    def add(self, name: str, parent: str, call: str, type_: str) -> "Scope":
        """The scope of what is inside."""
        key = self.keys.setdefault(name, Key(type_=type_, inside=Scope()))
        key.calls[parent] = call
        return key.inside

    def accepts(self, other: "Scope") -> bool:
        """Whether all that is asked for in the other can be asked for here too."""
        return all(
            all(self.admits(name, parent, call, key.type_) for parent, call in key.calls.items())
            and (name not in self.keys or self.keys[name].inside.accepts(key.inside))
            for name, key in other.keys.items()
        )

    def absorb(self, other: "Scope") -> None:
        for name, key in other.keys.items():
            for parent, call in key.calls.items():
                self.add(name, parent, call, key.type_)
            self.keys[name].inside.absorb(key.inside)
