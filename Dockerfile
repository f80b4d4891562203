# The shop as one image for web, worker, beat and the commands of manage.py.

# --- Installation and build ------------------------------------------------------------------------------------------
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH

# First the packages, whose layer lasts until their lock changes. Each must have the hash written there.
COPY requirements/production.txt /tmp/production.txt
RUN pip install --require-hashes --only-binary :all: --requirement /tmp/production.txt

WORKDIR /app
COPY . .
ENV PYTHONPATH=/app
# Building needs settings, no server. These values are in no later stage.
RUN export DJANGO_SETTINGS_MODULE=project.settings.production \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    DATABASE_URL=postgres://nobody@nowhere/none REDIS_URL=redis://nowhere/0 \
 && python manage.py translations compile \
 && python manage.py collectstatic --no-input \
 && python -m compileall -q .

# --- The image that runs ---------------------------------------------------------------------------------------------
FROM python:3.11.14-slim-bookworm

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin amphi \
 && install --directory --owner amphi --group amphi /app /app/media
COPY --from=build /opt/venv /opt/venv
# The code belongs to root: the shop cannot change itself.
COPY --from=build /app /app

ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER amphi
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "project.wsgi", "--config", "python:project.web_server"]
