# smells: build-order
FROM debian:trixie-slim
WORKDIR /app
COPY . .
RUN apt-get update && apt-get install -y --no-install-recommends less && rm -rf /var/lib/apt/lists/*
CMD ["less", "--version"]
