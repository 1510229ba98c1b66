# SyncState in a container: the embedded store in /data, which must be a volume.
#
#   docker build -t syncstate .
#   docker run -p 127.0.0.1:3000:3000 -v syncstate:/data --env-file syncstate.env syncstate
#
# Inside, the server listens on all of the container's addresses, which it only does with at least one key:
# see docs/how-to/run-behind-tls.md.
FROM python:3.11-slim AS built
WORKDIR /build
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /opt/syncstate \
    && /opt/syncstate/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY channels channels
COPY ingest ingest
COPY processor processor
COPY projections projections
COPY stock stock
COPY syncstate syncstate
COPY web web
RUN /opt/syncstate/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --home-dir /data syncstate && install -d -o syncstate -g syncstate /data
COPY --from=built /opt/syncstate /opt/syncstate
ENV PATH=/opt/syncstate/bin:$PATH PYTHONUNBUFFERED=1 SYNCSTATE_DATA=/data SYNCSTATE_HOST=0.0.0.0
USER syncstate
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '3000') + '/health', timeout=4)"]
ENTRYPOINT ["syncstate"]
CMD ["serve"]
