# smells: none
FROM debian:trixie-slim
COPY hello.c /src/hello.c
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && gcc -O2 -o /usr/local/bin/hello /src/hello.c \
    && apt-get purge -y --auto-remove gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* /src
CMD ["hello"]
