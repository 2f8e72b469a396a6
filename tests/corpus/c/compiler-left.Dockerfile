# smells: apt-lists apt-recommends build-packages build-stage
FROM debian:trixie-slim
COPY hello.c /src/hello.c
RUN apt-get update && apt-get install -y gcc libc6-dev && gcc -O2 -o /usr/local/bin/hello /src/hello.c
CMD ["hello"]
