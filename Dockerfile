FROM python:3.11-slim-bookworm AS build
WORKDIR /app
# pip stays outside: the environment that is copied on holds what runs, and nothing that installs.
RUN python -m venv --without-pip /venv
COPY requirements/runtime.txt requirements/
RUN pip --python /venv install --no-cache-dir --disable-pip-version-check \
    --require-hashes --no-deps --only-binary :all: -r requirements/runtime.txt
COPY . .
RUN pip --python /venv install --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation --editable . \
    && python -m compileall -q askpress

FROM python:3.11-slim-bookworm
# The providers' and the site's certificates are checked against the system's store; a base without one stops here.
RUN test -s /etc/ssl/certs/ca-certificates.crt \
    && groupadd --gid 10001 askpress \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin askpress
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "-c", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "askpress.wsgi"]
