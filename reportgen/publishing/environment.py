"""Reads addresses, numbers and tokens from the environment, and keeps tokens out of messages."""

from collections.abc import Iterator, Mapping

from reportgen.errors import UsageError

_HIDDEN = "…"
_SECRET = ("TOKEN", "PASSWORD", "PAT")  # ends of names of variables that hold a secret


class Environment:
    """The environment variables that a place reads.

    Secrets are taken from here alone, so that none stands on a command line or in a setting.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def find(self, *names: str) -> str | None:
        """The value of the first of `names` that is set and not empty; None where none is."""
        values = (self._variables.get(name, "").strip() for name in names)
        return next((value for value in values if value), None)

    def need(self, *names: str, meaning: str) -> str:
        """As `find`, for what a place cannot do without.

        Raises:
            UsageError: none of `names` is set.
        """
        value = self.find(*names)
        if value is None:
            raise UsageError(f"${names[0]} is not set: {meaning}")
        return value

    def without_secrets(self, message: str) -> str:
        """`message` without any secret of the environment: a library may quote a request."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            message = message.replace(secret, _HIDDEN)
        return message

    def _secrets(self) -> Iterator[str]:
        for name, value in self._variables.items():
            if name.upper().endswith(_SECRET) and len(value.strip()) >= len("secret"):
                yield value.strip()
