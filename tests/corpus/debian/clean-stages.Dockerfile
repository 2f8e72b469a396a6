# smells: none
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y gcc libc6-dev
RUN echo 'int main(void) { return 0; }' > /a.c && gcc -o /a /a.c
FROM debian:trixie-slim
COPY --from=build /a /usr/local/bin/a
CMD ["a"]
