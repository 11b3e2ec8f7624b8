"""What the web server calls."""

from __future__ import annotations

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

from askpress import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "askpress.settings")

logs.configure()
_django = get_wsgi_application()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    # A body is read as JSON in UTF-8 whatever is said of it, and Django fails at charsets that do not exist.
    environ.pop("CONTENT_TYPE", None)
    return _django(environ, start_response)
