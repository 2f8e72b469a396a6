# smells: none
FROM debian:trixie-slim
ADD data.tar.gz /srv/data/
CMD ["ls", "/srv/data"]
