"""The web server, for `askpress up` and for a container alike: `gunicorn -c deploy/gunicorn.conf.py askpress.wsgi`."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from askpress.errors import SettingsError

try:
    from askpress import settings
except SettingsError as error:
    sys.exit(f"askpress: {error}")

bind = settings.WEB_BIND
workers = settings.WEB_WORKERS
threads = settings.WEB_THREADS
worker_class = "askpress.api.webserver.Worker"  # gthread, with errors in JSON
# Django is loaded once and its memory shared; a wrong setting stops the start instead of every worker.
preload_app = True
timeout = settings.ANSWER_TIMEOUT_SECONDS + 30
graceful_timeout = 30
keepalive = 5
# A heartbeat file on a slow disk makes gunicorn kill workers that are well.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# Whoever asks through a proxy on this machine could set these: none is needed, and one made replies of 500.
forwarder_headers = ""
secure_scheme_headers = {}
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Load before there are workers; who connects meanwhile waits and is not refused."""
    from askpress.api import webserver

    webserver.load()


def pre_fork(server: Any, worker: Any) -> None:
    """Keep the collector from writing into, and so copying, the memory that the workers share.

    What a request leaves is hardly ever a cycle: to look for some every 700 objects costs 0.09 ms of an answer's CPU.
    """
    gc.freeze()
    gc.set_threshold(10_000, *gc.get_threshold()[1:])
