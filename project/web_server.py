"""gunicorn's settings in production: `gunicorn project.wsgi --config python:project.web_server`.

WEB_CONCURRENCY is the number of processes, PORT the port to listen on. Requests are logged by the shop itself, whose
lines hold no addresses of visitors and no query strings.
"""

import os

import project.patches.gunicorn  # noqa: F401  takes gunicorn's name off its answers

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
# gthread, whose threads meet complete requests only.
worker_class = "project.door.worker.DoorWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# Half-sent requests and idle connections among them; fewer than the files a process may commonly open.
worker_connections = 800
# A configuration that cannot work ends the server at once, in place of one worker after another.
preload_app = True
# Heartbeats in memory: on a slow disk they would take a busy worker for a dead one.
worker_tmp_dir = "/dev/shm"  # noqa: S108
timeout = 60
# Less than the grace the container gets.
graceful_timeout = 20
# Longer than a proxy keeps an idle connection open, so that the server never closes a connection just in use.
keepalive = 75
# No control socket: it would be a file in a home folder, which a container has not got.
control_socket_disable = True
# Whether a request came over HTTPS is told by proxies to Django alone, as far as TRUST_PROXY has it.
secure_scheme_headers: dict[str, str] = {}
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "project.logs.JsonLines"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
    },
}
