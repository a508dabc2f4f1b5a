"""How gunicorn serves the application: `gunicorn --config python:rexmatrix.server`."""

from rexmatrix.env import Env
from rexmatrix.start import require_settings

require_settings()
env = Env()

wsgi_app = "rexmatrix.wsgi:application"
bind = env.text("REXMATRIX_BIND", "127.0.0.1:8000")
# Two processes keep both cores of a small machine busy; threads wait for the database, not the
# processor. SQLite has one writer at a time, so more would only queue.
workers = env.number("REXMATRIX_WEB_PROCESSES", 2, least=1)
threads = env.number("REXMATRIX_WEB_THREADS", 4, least=1)
worker_class = "gthread"
preload_app = True
timeout = 60
graceful_timeout = 15
loglevel = "warning"
control_socket_disable = True
# Django alone decides which proxy header it believes (REXMATRIX_TRUSTED_PROXY_COUNT).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
