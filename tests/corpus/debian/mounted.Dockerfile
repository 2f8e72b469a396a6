# smells: apt-lists
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends jq
RUN --mount=type=cache,target=/var/cache/report \
    mkdir -p /srv && jq -n '{made: true}' | tee /srv/made.json > /var/cache/report/last.json
CMD ["jq", ".", "/srv/made.json"]
