"""What a provider's HTTP error means: try again, give up, or leave out a text; no message holds a secret."""

from __future__ import annotations

import email.utils
import re
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from askpress.errors import InputRejected, ProviderDown, ProviderError, ProviderRefused, ProviderUnavailable

MESSAGE_MAX_CHARS = 300

_SECRET = re.compile(r"\b(sk|key|pk|gsk|rk)-[\w*.\-]{4,}|Bearer\s+\S+", re.IGNORECASE)
# Told in a 400 by a server that dislikes a setting of ours, never a text.
_OUR_PARAMETERS = {"model", "dimensions"}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"}
_NO_MODEL = {"model_not_found", "invalid_model", "DeploymentNotFound"}


class NotUnderstood(ProviderRefused):
    """The server has no such route; another dialect may reach it."""


class Explainer:
    """Turns what went wrong with one server into our errors."""

    def __init__(self, *, base_url: str, api_key: str) -> None:
        self._host = urlsplit(base_url).netloc.rpartition("@")[2] or base_url
        self._api_key = api_key

    def status(self, status: int, answered: Mapping[str, Any], headers: Mapping[str, str]) -> ProviderError:
        """Return the error for an HTTP `status` and the provider's own error object."""
        code = str(answered.get("code") or answered.get("type") or "")
        said = self._said(str(answered.get("message") or code or "no reason given"))
        if status == 429 and code not in _NO_MONEY:
            return ProviderUnavailable(
                f"{self._host} answered 429, too many requests: {said}", retry_after=retry_after(headers)
            )
        if status in {408, 409, 425} or status >= 500:
            kind = ProviderDown if status >= 500 else ProviderUnavailable
            return kind(f"{self._host} answered {status}: {said}", retry_after=retry_after(headers))
        if status in {400, 413, 422} and answered.get("param") not in _OUR_PARAMETERS and code not in _NO_MODEL:
            return InputRejected(f"{self._host} rejected the input ({status}): {said}")
        return self._refusal(status, code, said)

    def slow(self, timeout_seconds: float) -> ProviderDown:
        return ProviderDown(
            f"{self._host} did not answer within {timeout_seconds:g} seconds; "
            "if it is only slow, raise ASKPRESS_PROVIDER_TIMEOUT_SECONDS."
        )

    def unreachable(self, error: BaseException) -> ProviderDown:
        said = self._said(str(error) or type(error).__name__)
        hint = " Install the system's CA certificates." if isinstance(error.__context__, ssl.SSLError) else ""
        return ProviderDown(f"{self._host} cannot be reached or broke off: {said}.{hint}")

    def not_json(self, content_type: str) -> ProviderUnavailable:
        kind = content_type.partition(";")[0] or "something"
        return ProviderUnavailable(f"{self._host} sent {kind}, not a JSON object; is the base URL right?")

    def failed(self, reason: str) -> ProviderUnavailable:
        return ProviderUnavailable(f"{self._host} gave up on the answer: {self._said(reason or 'no reason given')}")

    def _refusal(self, status: int, code: str, said: str) -> ProviderRefused:
        host = self._host
        if status == 401:
            return ProviderRefused(f"{host} rejects the API key; check OPENAI_API_KEY. It said: {said}")
        if status == 403:
            return ProviderRefused(f"{host} forbids this to the given key or from here. It said: {said}")
        if code in _NO_MONEY:
            return ProviderRefused(f"The account at {host} has no quota left; add credit. It said: {said}")
        if status in {404, 405, 501} and code not in _NO_MODEL:
            return NotUnderstood(f"{host} has no such route or model; check the base URL. It said: {said}")
        return ProviderRefused(f"{host} does not take this model or setting ({status}). It said: {said}")

    def _said(self, message: str) -> str:
        if self._api_key:
            message = message.replace(self._api_key, "***")
        # It is stored with the post that failed: no NUL, no half of a character.
        message = "".join(char if char.isprintable() else " " for char in message)
        message = " ".join(_SECRET.sub("***", message).split())
        return message if len(message) <= MESSAGE_MAX_CHARS else message[:MESSAGE_MAX_CHARS] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks us to wait, None when it asks for nothing we can read."""
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    try:
        if milliseconds:
            return max(float(milliseconds) / 1000, 0.0)
        return max(float(value), 0.0)
    except ValueError:
        pass
    moment = email.utils.parsedate_tz(value)
    return max(email.utils.mktime_tz(moment) - time.time(), 0.0) if moment else None
