# smells: none
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev python3-dev python3-venv
RUN python3 -m venv /opt/app \
    && /opt/app/bin/pip install --no-cache-dir --no-binary markupsafe markupsafe==3.0.2
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/app /opt/app
COPY escape.py /app/escape.py
CMD ["/opt/app/bin/python3", "/app/escape.py"]
