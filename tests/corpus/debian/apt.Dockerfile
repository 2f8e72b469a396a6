# smells: apt-command apt-lists apt-recommends
FROM debian:trixie-slim
RUN apt update && apt install -y jq
CMD ["jq", "--version"]
