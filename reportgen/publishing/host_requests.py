"""Requests to the interfaces of hosts that no library of ours knows, and what answers mean."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from reportgen.errors import PublishError, first_line

_TRIES = 5  # waits of 0, 1, 2, 4, 8 seconds, or what the host asks for
AGAIN = (429, 500, 502, 503, 504)
_TOO_MANY = re.compile(r"too many (\d+) error responses")
_LONGEST_WAIT = 60.0  # seconds that a host may ask for
ANSWER_WAIT = 30.0  # seconds without an answer


class BoundedWaits:
    """Before a class of retries of urllib3: makes an error of a wait that the host asks for and
    that is longer than a minute, such as for the next hour's requests."""

    def increment(
        self, method: Any = None, url: Any = None, response: Any = None, *rest: Any, **more: Any
    ) -> Any:
        """The retry after an answer.

        Raises:
            PublishError: the host asks for a long wait.
        """
        if response is not None:
            require_short_wait(response.status, response.headers)
        return super().increment(method, url, response, *rest, **more)  # type: ignore[misc]


def require_short_wait(status: int, headers: Mapping[str, str]) -> None:
    """Check that a host does not ask for a long wait before the next request.

    Raises:
        PublishError: it does; the message says until when.
    """
    if status not in (403, 429, 503):
        return
    now = time.time()
    after = headers.get("Retry-After", "")
    until = now + int(after) if after.isdigit() else 0.0
    for name in ("X-RateLimit", "RateLimit"):  # GitHub's, GitLab's
        reset = headers.get(f"{name}-Reset", "")
        if headers.get(f"{name}-Remaining") == "0" and reset.isdigit():
            until = max(until, int(reset))
    if until - now > _LONGEST_WAIT:
        when = datetime.fromtimestamp(until, UTC).strftime("%H:%M UTC")
        raise PublishError(
            f"the host takes no more requests of this account until {when} (HTTP {status}); try "
            "again then, or use another token",
            status,
        )


class Session:
    """Asks one host with one token; a host that is busy is asked again, after a wait."""

    def __init__(
        self,
        headers: Mapping[str, str],
        advice: Mapping[int, str],
        account: tuple[str, str] | None = None,
    ) -> None:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        class ShortRetry(BoundedWaits, Retry):
            """Waits for a busy host, but not for long."""

        again = ShortRetry(
            total=_TRIES,
            status_forcelist=AGAIN,
            allowed_methods=None,  # all: a comment that was written twice is found, and removed
            backoff_factor=0.5,
            raise_on_status=False,
        )
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._session.auth = account
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))
        self._errors = requests.RequestException
        self._advice = advice

    def ask(self, method: str, address: str, body: Any = None, **query: str) -> Any:
        """The answer as JSON; None where it is empty.

        Raises:
            PublishError: the host cannot be reached, or refuses.
        """
        return self._answer(method, address, json=body, params=query)

    def send(
        self,
        address: str,
        files: Mapping[str, tuple[str, bytes, str]],
        fields: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Any:
        """Send files as a form does, each with its name, content and type; the answer as JSON.

        Raises:
            PublishError: the host cannot be reached, or refuses.
        """
        return self._answer("POST", address, files=files, data=fields, headers=headers)

    def _answer(self, method: str, address: str, **what: Any) -> Any:
        try:
            answer = self._session.request(
                method, address, timeout=ANSWER_WAIT, allow_redirects=False, **what
            )
        except self._errors as error:
            raise unreachable(error) from error
        if answer.status_code >= 300 or answer.status_code == 203:
            raise refused(answer.status_code, answer.text, self._advice)
        return answer.json() if answer.content else None


def asked(
    told: Callable[[], AbstractContextManager[None]],
    call: Callable[..., Any],
    *given: object,
    **more: object,
) -> Any:
    """What `call` of a library returns; a host that is busy is asked again, after a wait.

    Args:
        told: Turns what the library raises into a PublishError with its status.
    """
    for number in range(_TRIES - 1):
        try:
            with told():
                return call(*given, **more)
        except PublishError as error:
            if error.status not in AGAIN:
                raise
            time.sleep(0.5 * 2**number)
    with told():
        return call(*given, **more)


def unreachable(error: BaseException) -> PublishError:
    """The error for a host that gave no answer, or only that it is busy."""
    words = first_line(error)
    if busy := _TOO_MANY.search(words):
        return refused(int(busy[1]), words, {})
    reason = words.rpartition(": ")[2].strip("'\")")  # of what requests wraps in its own words
    return PublishError(f"the host cannot be reached ({reason}); try again later")


def refused(status: int, answer: object, advice: Mapping[int, str]) -> PublishError:
    """The error for an answer with the HTTP `status`, with what to do by status."""
    what = advice.get(status)
    if what:
        return PublishError(f"the host refused (HTTP {status}): {what}", status)
    if status in AGAIN:
        return PublishError(f"the host is busy (HTTP {status}); try again later", status)
    return PublishError(f"the host refused (HTTP {status}: {str(answer)[:200]})", status)
