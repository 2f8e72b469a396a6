# smells: archive-left
FROM debian:trixie-slim
RUN wget -q https://example.invalid/site.zip && unzip site.zip -d /srv && echo done
CMD ["ls", "/srv"]
