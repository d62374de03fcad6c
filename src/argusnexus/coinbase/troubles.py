"""What went wrong between us and the venue, in words."""

from __future__ import annotations

from http import HTTPStatus

from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import HTTPError, JSONDecodeError, Timeout

_SHOWN = 160


def brief(error: BaseException) -> str:
    """One line about a failed request."""
    if isinstance(error, HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} ({_excerpt(error.response.text) or error.response.reason}){_asked_wait(error)}"
    if isinstance(error, Timeout):
        return "no answer in time"
    if isinstance(error, JSONDecodeError):
        return f"an answer that is no JSON ({_excerpt(str(error.doc)) or 'empty'})"
    if isinstance(error, RequestsConnectionError):
        return f"no connection ({_root_cause(error)})"
    return f"an answer that can't be used ({_excerpt(str(error)) or type(error).__name__})"


def is_refusal(error: HTTPError) -> bool:
    """Whether the request itself was wrong, so that asking again can't help."""
    status = 0 if error.response is None else error.response.status_code
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        status != HTTPStatus.TOO_MANY_REQUESTS
    )


def is_elsewhere(error: Exception) -> bool:
    """Whether what answered, if anything did, may be no candle endpoint at all."""
    if isinstance(error, HTTPError):
        return is_refusal(error)
    return not isinstance(error, Timeout) or isinstance(error, RequestsConnectionError)


def _asked_wait(error: HTTPError) -> str:
    asked = error.response.headers.get("Retry-After") if error.response is not None else None
    return f", to be asked again after {asked[:40]}" if asked else ""


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def _root_cause(error: BaseException) -> str:
    """The operating system's own words, which the libraries wrap several times."""
    cause: BaseException | None = error
    while cause is not None:
        error, cause = cause, cause.__cause__ or cause.__context__
    return _excerpt(getattr(error, "strerror", None) or str(error)) or type(error).__name__
