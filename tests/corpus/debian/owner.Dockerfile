# smells: copy-owner
FROM debian:trixie-slim
RUN useradd --uid 1500 app
COPY data /srv/data
RUN chown -R app:app /srv/data
USER app
CMD ["cat", "/srv/data/table.txt"]
