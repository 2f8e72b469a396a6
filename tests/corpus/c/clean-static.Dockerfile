# smells: none
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY hello.c /hello.c
RUN gcc -static -O2 -o /hello /hello.c
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
