"""Publishes a text at a place."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from reportgen.errors import PublishError, UsageError, first_line
from reportgen.publishing.environment import Environment
from reportgen.publishing.place_register import PublishPlace
from reportgen.publishing.publication import Publication, Published


def publish_at(
    place: PublishPlace,
    publication: Publication,
    variables: Mapping[str, str],
    *,
    force: bool = False,
) -> Published:
    """Publish, or renew what an earlier run published under the same id.

    Args:
        variables: The environment, which says where and holds the token.
        force: Replace also a redacted text by one that is not.

    Raises:
        UsageError: the environment lacks something, or the library of the place is not installed.
        PublishError: the host refuses, or cannot be reached; no message holds a token.
    """
    if place.library and find_spec(place.library) is None:
        raise UsageError(
            f"--to {place.name}: needs the package {place.library}; install "
            f"attention-reportgen[{place.extra}]"
        )
    environment = Environment(variables)
    try:
        module, _, name = place.entry.partition(":")
        publish = getattr(import_module(module), name)
        published: Published = publish(publication, environment, force=force)
        return published
    except PublishError as error:
        raise PublishError(environment.without_secrets(str(error))) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # An answer in another form: of a proxy, say, or of a later version of the host.
        reason = environment.without_secrets(f"{type(error).__name__}: {first_line(error)}")
        raise PublishError(
            f"--to {place.name}: the answer of the host is not as expected ({reason})"
        ) from None
