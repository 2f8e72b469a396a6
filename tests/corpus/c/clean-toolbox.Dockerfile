# smells: none
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev make \
    && rm -rf /var/lib/apt/lists/*
COPY hello.c Makefile /src/
WORKDIR /src
CMD ["sh", "-c", "make hello && ./hello"]
