# smells: apt-lists
FROM debian:trixie-slim
RUN <<SCRIPT
set -e
apt-get update
apt-get install -y --no-install-recommends file
SCRIPT
CMD ["file", "--version"]
