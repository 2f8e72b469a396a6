# smells: apt-lists apt-recommends
FROM debian:trixie-slim
RUN apt-get update
RUN apt-get install -y netcat-openbsd
CMD ["nc", "-h"]
