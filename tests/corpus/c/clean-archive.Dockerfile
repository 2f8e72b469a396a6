# smells: none
FROM debian:trixie-slim
RUN curl -fsSL https://example.invalid/tool-1.0.tar.gz | tar xz -C /usr/local/bin
CMD ["tool"]
