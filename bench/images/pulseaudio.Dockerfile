# examples/pulseaudio as it is often written: what apt fetches and recommends stays in the image.
FROM debian:trixie-slim
RUN apt-get update
RUN apt-get install -y pulseaudio pulseaudio-utils
RUN useradd --create-home player
COPY daemon.conf default.pa /etc/pulse/
USER player
EXPOSE 4713
CMD ["pulseaudio", "--daemonize=no", "--disallow-exit"]
