# smells: apt-lists apt-recommends
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y less
CMD ["less", "--version"]
