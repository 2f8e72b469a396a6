# smells: none
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends less \
    && rm -rf /var/lib/apt/lists/*
CMD ["less", "--version"]
