# One image for the web server and the task worker; docs/operator.md says how they are started.
FROM python:3.13-slim-bookworm AS packages
COPY requirements.lock /tmp/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes \
        --only-binary :all: -r /tmp/requirements.lock

FROM python:3.13-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home rexmatrix \
    && install -d -o rexmatrix -g rexmatrix -m 0700 /srv/rexmatrix
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY rexmatrix rexmatrix
COPY responsibilities responsibilities
COPY templates templates
COPY fixtures fixtures
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REXMATRIX_DATA_DIR=/srv/rexmatrix \
    REXMATRIX_STATIC_ROOT=/app/static \
    REXMATRIX_BIND=0.0.0.0:8000 \
    XDG_CACHE_HOME=/tmp/cache
# Static files need no secrets: the embedded default collects them, its key goes with the layer.
RUN python -m compileall -q rexmatrix responsibilities \
    && REXMATRIX_DATA_DIR=/tmp/build python manage.py collectstatic --no-input -v 0 \
    && rm -rf /tmp/build
USER rexmatrix
ENV REXMATRIX_ENV=production
VOLUME /srv/rexmatrix
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
    CMD ["python", "-m", "rexmatrix.probe"]
CMD ["gunicorn", "--config", "python:rexmatrix.server"]
