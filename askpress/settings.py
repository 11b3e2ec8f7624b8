"""Every setting, and the only reader of the environment; docs/settings.md says what each is for."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, TypeVar

from psycopg import conninfo

from askpress import embedded, env_file
from askpress.errors import SettingsError

BASE_DIR = Path(__file__).resolve().parent.parent

# The environment wins over the file; tests and the embedded services pass all they need in the environment.
env_file.load(Path(os.environ.get("ASKPRESS_ENV_FILE") or BASE_DIR / ".env"))

Default = TypeVar("Default")
# The names that were asked for: all there are, once this module is loaded.
NAMES = {"ASKPRESS_ENV_FILE"}


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks; an empty one counts as unset."""
    NAMES.add(name)
    return os.environ.get(name, "").strip() or default


def key(name: str, default: str = "") -> str:
    """Return a key: it travels in a header, where other characters than ASCII's have no place."""
    value = text(name, default)
    if not (value.isascii() and value.isprintable()):
        raise SettingsError(f"{name} holds characters that no header can carry, such as …: give the whole key.")
    return value


def words(name: str, default: str) -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def number(name: str, default: int, *, low: int, high: int) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise SettingsError(f"{name} is {raw!r}: give a whole number from {low} to {high}.") from None
    if not low <= value <= high:
        raise SettingsError(f"{name} is {value}: give a whole number from {low} to {high}.")
    return value


def decimal(name: str, default: Default, *, low: float, high: float) -> float | Default:
    raw = text(name)
    if not raw:
        return default
    try:
        value = float(raw)
    except ValueError:
        raise SettingsError(f"{name} is {raw!r}: give a number from {low} to {high}.") from None
    if not low <= value <= high:
        raise SettingsError(f"{name} is {raw}: give a number from {low} to {high}.")
    return value


def flag(name: str, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{name} is {raw!r}: give 1 or 0.")


def choice(name: str, default: str, options: set[str]) -> str:
    value = text(name, default)
    if value not in options:
        raise SettingsError(f"{name} is {value!r}: give one of {', '.join(sorted(options))}.")
    return value


def database(url: str) -> dict[str, Any]:
    """Return Django's DATABASES entry for a postgresql:// URL; with an empty one, commands without a database start."""
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("DATABASE_URL does not start with postgresql://: askpress keeps its index in PostgreSQL.")
    try:
        parts = conninfo.conninfo_to_dict(url)
    except Exception as error:  # noqa: BLE001  psycopg raises its own and libpq's classes here
        raise SettingsError(f"DATABASE_URL is not a valid connection string: {str(error).strip()}") from None
    options = {key: value for key, value in parts.items() if key not in {"dbname", "user", "password", "host", "port"}}
    given = f"{options.pop('options', '')} -c statement_timeout={STATEMENT_TIMEOUT_MS}ms {_SEARCH_OPTIONS}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "OPTIONS": {
            **options,
            "options": given,
            "connect_timeout": options.get("connect_timeout", 5),
            "application_name": options.get("application_name", "askpress"),
            # Without a threshold psycopg never prepares, even when a query asks for it.
            "prepare_threshold": 3,
            "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5},
        },
    }


# Django -----------------------------------------------------------------------------------------
DATA_DIR = Path(text("ASKPRESS_DATA_DIR", str(BASE_DIR / ".askpress")))
_RUNNING = embedded.running(DATA_DIR)  # addresses of the services `askpress up` started, {} when none run

DEBUG = flag("ASKPRESS_DEBUG")
SECRET_KEY = text("ASKPRESS_SECRET_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "askpress",
]
MIDDLEWARE = ["askpress.api.middleware.ProblemsMiddleware"]
ROOT_URLCONF = "askpress.urls"
TIME_ZONE = "UTC"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WEB_BIND = text("ASKPRESS_WEB_BIND", "127.0.0.1:8000")
WEB_WORKERS = number("ASKPRESS_WEB_WORKERS", 2, low=1, high=64)  # processes
# Of each process. A question that is answered holds one; a thread that waits costs some 100 kB.
WEB_THREADS = number("ASKPRESS_WEB_THREADS", 256, low=2, high=2048)
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024  # bytes; the longest question with filters is far below
LOGGING_CONFIG = None

# Stores -----------------------------------------------------------------------------------------
STATEMENT_TIMEOUT_MS = number("ASKPRESS_STATEMENT_TIMEOUT_MS", 15_000, low=100, high=3_600_000)
DATABASE_POOL_SIZE = number("ASKPRESS_DATABASE_POOL_SIZE", 8, low=2, high=200)
VECTOR_INDEX = choice("ASKPRESS_VECTOR_INDEX", "hnsw", {"hnsw", "ivfflat"})  # of the next index version
INDEX_BUILD_MEMORY_MB = number("ASKPRESS_INDEX_BUILD_MEMORY_MB", 512, low=64, high=1_000_000)
ROLLBACK_DAYS = number("ASKPRESS_ROLLBACK_DAYS", 7, low=0, high=365)
PROBE_INTERVAL_HOURS = number("ASKPRESS_PROBE_INTERVAL_HOURS", 24, low=1, high=720)
PROBE_QUERIES = flag("ASKPRESS_PROBE_QUERIES")
# A wide search keeps recall at 0.99 to 100,000 chunks; the iterative scan fills the results when a filter empties it.
_HNSW_OPTIONS = "-c hnsw.ef_search=80 -c hnsw.iterative_scan=relaxed_order"
# A search is prepared once: planning it costs as much as running it, and its statements choose their way as they run.
# Compiling or starting workers for it would cost more than it saves.
_SEARCH_OPTIONS = (
    f"{_HNSW_OPTIONS} -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c jit=off"
    " -c max_parallel_workers_per_gather=0"
)
DATABASE_URL = text("DATABASE_URL") or _RUNNING.get("DATABASE_URL", "")
DATABASES = {"default": database(DATABASE_URL)}
REDIS_URL = text("REDIS_URL") or _RUNNING.get("REDIS_URL", "")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise SettingsError("REDIS_URL does not start with redis://, rediss:// or unix://.")

# The site ---------------------------------------------------------------------------------------
WP_URL = text("WP_URL") or _RUNNING.get("WP_URL", "")
WORDPRESS_USER = text("ASKPRESS_WORDPRESS_USER")
WORDPRESS_PASSWORD = text("ASKPRESS_WORDPRESS_PASSWORD")
WORDPRESS_TIMEOUT_SECONDS = number("ASKPRESS_WORDPRESS_TIMEOUT_SECONDS", 30, low=1, high=600)
WORDPRESS_MAX_BYTES = number("ASKPRESS_WORDPRESS_MAX_BYTES", 50_000_000, low=100_000, high=1_000_000_000)
ALLOW_PRIVATE_ADDRESSES = flag("ASKPRESS_ALLOW_PRIVATE_ADDRESSES", default=_RUNNING.get("SAMPLE") == "1")
POST_TYPES = words("ASKPRESS_POST_TYPES", "post,page")
INDEX_NOINDEX = flag("ASKPRESS_INDEX_NOINDEX")
READ_PUBLIC_PAGES = flag("ASKPRESS_READ_PUBLIC_PAGES")
SYNC_INTERVAL_SECONDS = number("ASKPRESS_SYNC_INTERVAL_SECONDS", 300, low=10, high=86_400)
RECONCILE_INTERVAL_SECONDS = number("ASKPRESS_RECONCILE_INTERVAL_SECONDS", 3600, low=60, high=86_400)
AUDIT_INTERVAL_HOURS = number("ASKPRESS_AUDIT_INTERVAL_HOURS", 24, low=0, high=720)  # 0: none but those asked for
SWEEP_DAYS = number("ASKPRESS_SWEEP_DAYS", 7, low=1, high=365)
MASS_REMOVAL_PERCENT = number("ASKPRESS_MASS_REMOVAL_PERCENT", 20, low=1, high=100)
TOMBSTONE_DAYS = number("ASKPRESS_TOMBSTONE_DAYS", 7, low=0, high=3650)

# Models -----------------------------------------------------------------------------------------
OPENAI_API_KEY = key("OPENAI_API_KEY")
OPENAI_BASE_URL = text("OPENAI_BASE_URL", "https://api.openai.com/v1")
_HAS_OPENAI = bool(OPENAI_API_KEY or text("OPENAI_BASE_URL"))
EMBEDDING_PROVIDER = choice("ASKPRESS_EMBEDDING_PROVIDER", "openai" if _HAS_OPENAI else "local", {"openai", "local"})
EMBEDDING_MODEL = text(
    "ASKPRESS_EMBEDDING_MODEL",
    "text-embedding-3-large" if EMBEDDING_PROVIDER == "openai" else "all-MiniLM-L6-v2-int8",
)
EMBEDDING_DIMENSIONS = number("ASKPRESS_EMBEDDING_DIMENSIONS", 0, low=0, high=4000)  # 0: the model's own
EMBEDDING_BASE_URL = text("ASKPRESS_EMBEDDING_BASE_URL", OPENAI_BASE_URL)
EMBEDDING_API_KEY = key("ASKPRESS_EMBEDDING_API_KEY", OPENAI_API_KEY)
LANGUAGE_PROVIDER = choice(
    "ASKPRESS_LANGUAGE_PROVIDER", "openai" if _HAS_OPENAI else "extractive", {"openai", "extractive"}
)
LANGUAGE_MODEL = text("ASKPRESS_LANGUAGE_MODEL", "gpt-5.4-mini")
SMALL_LANGUAGE_MODEL = text("ASKPRESS_SMALL_LANGUAGE_MODEL")
LANGUAGE_BASE_URL = text("ASKPRESS_LANGUAGE_BASE_URL", OPENAI_BASE_URL)
LANGUAGE_API_KEY = key("ASKPRESS_LANGUAGE_API_KEY", OPENAI_API_KEY)
RERANK_PROVIDER = choice("ASKPRESS_RERANK_PROVIDER", "none", {"none", "http", "local"})
RERANK_MODEL = text("ASKPRESS_RERANK_MODEL", "Xenova/ms-marco-MiniLM-L-6-v2" if RERANK_PROVIDER == "local" else "")
RERANK_BASE_URL = text("ASKPRESS_RERANK_BASE_URL")
RERANK_API_KEY = key("ASKPRESS_RERANK_API_KEY")
RERANK_TIMEOUT_MS = number("ASKPRESS_RERANK_TIMEOUT_MS", 500, low=10, high=30_000)
RERANK_PASSAGES = number("ASKPRESS_RERANK_PASSAGES", 30, low=2, high=100)
if RERANK_PROVIDER == "http" and not RERANK_BASE_URL.startswith(("http://", "https://")):
    raise SettingsError("ASKPRESS_RERANK_PROVIDER is http: set ASKPRESS_RERANK_BASE_URL to what stands before /rerank.")
PROVIDER_TIMEOUT_SECONDS = number("ASKPRESS_PROVIDER_TIMEOUT_SECONDS", 30, low=1, high=600)
PROVIDER_RETRY_SECONDS = number("ASKPRESS_PROVIDER_RETRY_SECONDS", 120, low=0, high=3600)
CHUNK_TOKENS = number("ASKPRESS_CHUNK_TOKENS", 0, low=0, high=8000)  # 0: the embedding model's recommendation
OVERLAP_TOKENS = number("ASKPRESS_OVERLAP_TOKENS", -1, low=-1, high=4000)  # -1: the model's recommendation
QUERY_CACHE_SECONDS = number("ASKPRESS_QUERY_CACHE_SECONDS", 86_400, low=0, high=2_592_000)
EVIDENCE_COSINE: float | None = decimal("ASKPRESS_EVIDENCE_COSINE", None, low=-1, high=1)  # None: the model's own floor
FUSION = choice("ASKPRESS_FUSION", "weighted", {"weighted", "rrf"})
EVIDENCE_COVERAGE: float = decimal("ASKPRESS_EVIDENCE_COVERAGE", 0.3, low=0, high=1)

# Answers ----------------------------------------------------------------------------------------
API_KEY = key("API_KEY")
REQUESTS_PER_MINUTE = number("ASKPRESS_REQUESTS_PER_MINUTE", 60, low=1, high=1_000_000)
QUESTION_MAX_CHARS = number("ASKPRESS_QUESTION_MAX_CHARS", 4_000, low=10, high=50_000)
CONTEXT_TOKENS = number("ASKPRESS_CONTEXT_TOKENS", 6_000, low=200, high=100_000)
ANSWER_TOKENS = number("ASKPRESS_ANSWER_TOKENS", 1_500, low=50, high=50_000)
# Of each process; the threads beyond are for searches, probes and answers that were given before.
ANSWERS_AT_ONCE = number("ASKPRESS_ANSWERS_AT_ONCE", max(1, WEB_THREADS * 7 // 8), low=1, high=2048)
if ANSWERS_AT_ONCE >= WEB_THREADS:
    raise SettingsError(
        f"ASKPRESS_ANSWERS_AT_ONCE is {ANSWERS_AT_ONCE}: with ASKPRESS_WEB_THREADS at {WEB_THREADS} that leaves none "
        "for searches; give a smaller number, or more threads."
    )
# A client that vanished is noticed at the third one at the latest, and should be within ten seconds.
HEARTBEAT_SECONDS = number("ASKPRESS_HEARTBEAT_SECONDS", 3, low=1, high=3)
ANSWER_TIMEOUT_SECONDS = number("ASKPRESS_ANSWER_TIMEOUT_SECONDS", 60, low=1, high=600)
DAILY_BUDGET_USD: float | None = decimal("ASKPRESS_DAILY_BUDGET_USD", None, low=0, high=1_000_000)
ANSWER_CACHE_SECONDS = number("ASKPRESS_ANSWER_CACHE_SECONDS", 3600, low=0, high=2_592_000)
ANSWER_LOG_DAYS = number("ASKPRESS_ANSWER_LOG_DAYS", 30, low=0, high=3650)
KEEP_QUESTIONS = flag("ASKPRESS_KEEP_QUESTIONS")

REST_FRAMEWORK = {
    # Keys, limits and bodies are the views' own (askpress/api): each is read once, before anything is paid.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "askpress.api.problems.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "askpress",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # it takes each address twice; the document is made of one form of each
}
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]  # no pages, no cookies; TLS is a proxy's
