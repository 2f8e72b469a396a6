# smells: none
FROM debian:trixie-slim
RUN --mount=type=bind,source=data.tar.gz,target=/tmp/data.tar.gz \
    mkdir /srv/data && tar xzf /tmp/data.tar.gz -C /srv/data
CMD ["ls", "/srv/data"]
