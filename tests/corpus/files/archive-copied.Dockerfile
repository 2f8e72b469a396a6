# smells: removed-later
FROM debian:trixie-slim
COPY data.tar.gz /tmp/
RUN mkdir /srv/data && tar xzf /tmp/data.tar.gz -C /srv/data && rm /tmp/data.tar.gz
CMD ["ls", "/srv/data"]
