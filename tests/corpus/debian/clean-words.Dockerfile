# smells: none
FROM debian:trixie-slim
# apt-get update; apt-get install -y vim
LABEL note="RUN apt-get install -y vim"
RUN echo "apt-get update && apt install x" > /etc/motd
CMD ["cat", "/etc/motd"]
