# An image for a NAS; compose.yaml beside this file says how it is run.
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY daemon ./daemon
COPY docs/man ./docs/man
# By way of the wheel, which holds the program alone; with what sends messages by mail, ntfy and the like.
RUN python -m venv /opt/retouchd \
 && python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && set -- /wheels/*.whl \
 && /opt/retouchd/bin/pip install --no-cache-dir "$1[notify]"

FROM python:3.13-slim
COPY --from=build /opt/retouchd /opt/retouchd
# Every line of it is commented out; "retouchd init" finds it and writes none of its own.
COPY config.example.toml /etc/retouchd/config.toml
# A new volume takes this mode over, so that whichever user is chosen can keep the history in it.
RUN mkdir --mode=1777 /state
# The last names the file that the key is in, and no key.
# hadolint ignore=DL3064
ENV PATH=/opt/retouchd/bin:$PATH \
    RETOUCHD_FOLDERS__ROOT=/photos \
    RETOUCHD_FOLDERS__STATE=/state/retouchd \
    RETOUCHD_ENDPOINT__API_KEY_FILE=/run/secrets/dench-api-key
USER 1000:1000
# Rarely, since each look starts the program. Why it is paused, if it is, tells "retouchd status".
HEALTHCHECK --interval=5m --timeout=30s --start-period=1m \
  CMD ["sh", "-c", "retouchd status --json | grep --quiet '\"running\": true'"]
# No engine has a setting for the umask.
ENTRYPOINT ["sh", "-c", "umask \"${UMASK:-022}\" && exec retouchd \"$@\"", "retouchd"]
CMD ["run"]
