# smells: build-stage
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libyaml-dev \
    && rm -rf /var/lib/apt/lists/*
COPY version.c /src/version.c
RUN gcc -O2 -o /usr/local/bin/version /src/version.c -lyaml
CMD ["version"]
