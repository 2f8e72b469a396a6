# smells: build-stage npm-cache npm-dev
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libnode-dev make node-gyp nodejs npm python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY addon/ ./
RUN npm install
CMD ["node", "index.js"]
