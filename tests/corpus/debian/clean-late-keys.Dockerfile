# smells: none
FROM debian:trixie-slim
COPY team.list /etc/apt/sources.list.d/
RUN apt-get update && apt-get install -y --no-install-recommends less && rm -rf /var/lib/apt/lists/*
CMD ["less", "--version"]
