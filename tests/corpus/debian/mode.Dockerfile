# smells: copy-owner
FROM debian:trixie-slim
COPY data/table.txt /srv/table.txt
RUN chmod 600 /srv/table.txt
CMD ["wc", "-l", "/srv/table.txt"]
