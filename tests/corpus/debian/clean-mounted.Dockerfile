# smells: none
FROM debian:trixie-slim
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update \
    && apt-get install -y --no-install-recommends jq
CMD ["jq", "--version"]
