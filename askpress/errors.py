"""The tree of errors; each class says whether trying again can help.

AskpressError
├── SettingsError            a setting is missing or wrong
├── UsageError               the caller of a command or function asked for something impossible
├── WordPressError           the site did not give what we asked for
│   ├── SiteUnreachable      no connection, a timeout, 429 or 5xx after all retries
│   ├── SiteRefused          401 or 403: the site wants a login, or a firewall blocks us
│   ├── NotWordPress         no REST API where we looked
│   ├── BadReply             HTML, broken JSON, a cut or oversized body
│   ├── ListingIncomplete    the listing does not add up; nothing may be concluded from it
│   └── AddressRefused       a private address or a redirect to another host
├── ProviderError            an embedding or language model did not give what we asked for
│   ├── ProviderUnavailable  no connection, a timeout, 429 or 5xx after all retries
│   │   └── ProviderDown     no reply, or a fault of the server's own
│   ├── ProviderRefused      wrong key, no quota, unknown model
│   ├── InputRejected        the provider rejects this one input
│   ├── BudgetSpent          what the call may cost is not left of today's budget
│   └── BadEmbedding         too few vectors, NaN, a zero vector, another dimension
├── WebhookRefused           not signed by a site we know
│   └── ClockSkew            signed rightly, but too long ago or in the future
├── StoreUnavailable         Postgres or Redis does not answer
│   └── NotMigrated          Postgres answers, but its tables are not those of this askpress
├── Stale                    what is held cannot be proven to be as fresh as was demanded
├── CursorInvalid            not a cursor of this search
├── CursorStale              a cursor of an index that has changed since
├── Busy                     as many questions are being answered as may be at once
├── Stopped                  told to stop; what is done stays done
├── NoLiveIndex              nothing has been ingested yet
└── EmbeddedError            the embedded Postgres or Valkey could not be started
"""

from __future__ import annotations

from datetime import datetime


class AskpressError(Exception):
    """Everything of ours that can go wrong; `str()` is a sentence for a person."""

    retryable = False


class SettingsError(AskpressError):
    pass


class UsageError(AskpressError):
    pass


class WordPressError(AskpressError):
    pass


class SiteUnreachable(WordPressError):
    """`status` is 0 without an answer; `retry_after` is how many seconds the site asked us to wait, if it did."""

    retryable = True

    def __init__(self, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class SiteRefused(WordPressError):
    """`status` and WordPress's own `code` decide what a refusal means for a post."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NotWordPress(WordPressError):
    pass


class BadReply(WordPressError):
    retryable = True


class ListingIncomplete(WordPressError):
    retryable = True


class AddressRefused(WordPressError):
    pass


class ProviderError(AskpressError):
    pass


class ProviderUnavailable(ProviderError):
    """`retry_after` is how many seconds the provider asked us to wait, None when it asked for nothing."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderDown(ProviderUnavailable):
    """No reply, or a fault of the server's own: whoever asks next would fare the same."""


class ProviderRefused(ProviderError):
    pass


class InputRejected(ProviderError):
    pass


class BudgetSpent(ProviderError):
    pass


class BadEmbedding(ProviderError):
    retryable = True


class WebhookRefused(AskpressError):
    pass


class ClockSkew(WebhookRefused):
    """`signed_at` and `now` are the sender's clock and ours: either may be wrong."""

    def __init__(self, *, signed_at: datetime, now: datetime) -> None:
        super().__init__(
            f"The webhook was signed at {signed_at.isoformat()} and arrived at {now.isoformat()}, "
            "which is too far apart: set the clocks of both machines, or sign it anew"
        )
        self.signed_at = signed_at
        self.now = now


class StoreUnavailable(AskpressError):
    retryable = True


class NotMigrated(StoreUnavailable):
    def __init__(self) -> None:
        super().__init__(
            "The database's tables are not up to date: stop `askpress up` and start it again; "
            "without it, run `python manage.py migrate`."
        )


class SiteRemoved(AskpressError):
    """Something was about to be written for a site that is not here any more."""

    def __init__(self) -> None:
        super().__init__("The site was removed meanwhile; nothing of it is kept.")


class Stale(AskpressError):
    """`retry_after` is in how many seconds it may be fresh."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CursorInvalid(AskpressError):
    pass


class CursorStale(AskpressError):
    pass


class Busy(AskpressError):
    retryable = True


class Stopped(AskpressError):
    retryable = True


class NoLiveIndex(AskpressError):
    pass


class EmbeddedError(AskpressError):
    pass
