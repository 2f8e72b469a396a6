# smells: debug-symbols
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY hello.c /src/
RUN gcc -g -static -O2 -o /hello /src/hello.c
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
