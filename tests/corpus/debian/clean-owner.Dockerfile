# smells: none
FROM debian:trixie-slim
RUN useradd --uid 1500 app
COPY --chown=app:app data /srv/data
USER app
CMD ["cat", "/srv/data/table.txt"]
