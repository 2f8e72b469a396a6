# smells: apt-upgrade
FROM debian:trixie-slim
RUN apt-get update && apt-get -y upgrade && rm -rf /var/lib/apt/lists/*
CMD ["true"]
