# smells: archive-left base-image
FROM debian:trixie
RUN curl -fsSLO https://example.invalid/tool-1.0.tar.gz && tar xzf tool-1.0.tar.gz && mv tool-1.0/tool /usr/local/bin
CMD ["tool"]
