# smells: build-packages build-stage
FROM debian:trixie-slim
WORKDIR /src
COPY hello.c Makefile ./
RUN apt-get update \
    && apt-get install -y --no-install-recommends make gcc libc6-dev \
    && make install \
    && rm -rf /var/lib/apt/lists/*
CMD ["hello"]
