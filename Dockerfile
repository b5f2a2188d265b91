# Stage 1: an environment with everything, each downloaded file checked against its hash.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/familiar
ENV PATH=/opt/familiar/bin:$PATH
WORKDIR /src
# The dependencies change seldom: their layer is kept until requirements.txt changes.
COPY requirements.txt ./
RUN pip install --require-hashes --only-binary :all: -r requirements.txt
COPY deploy/build-requirements.txt ./deploy/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r deploy/build-requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY workflows ./workflows
COPY bot ./bot
COPY cogs ./cogs
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && pip install --no-deps --no-index /dist/*.whl \
    && pip check

# Stage 2: that environment and nothing that built it.
FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin familiar
COPY --from=build /opt/familiar /opt/familiar
ENV PATH=/opt/familiar/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Without these, glibc keeps the memory of pictures that are long gone, in an arena for each thread.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
# Where the charts' library remembers its fonts.
ENV MPLCONFIGDIR=/tmp/matplotlib
USER familiar
WORKDIR /data
VOLUME /data
# Exec form: SIGTERM reaches Familiar itself, which then keeps its unfinished jobs for the next start.
ENTRYPOINT ["familiar"]
CMD ["serve", "--config", "/data/config.toml"]
# Healthy is a Familiar that runs: one that waits for InvokeAI, or for Discord, is not mended by a restart.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
    CMD ["familiar", "doctor", "--config", "/data/config.toml", "--quick"]
