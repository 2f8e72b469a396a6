# smells: apt-archives apt-lists
FROM debian:trixie-slim
# keep what was downloaded, to install it again
RUN rm -f /etc/apt/apt.conf.d/docker-clean \
    && apt-get update \
    && apt-get install -y --no-install-recommends bc
CMD ["bc", "--version"]
