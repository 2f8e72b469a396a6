# smells: none
FROM node:22-alpine
WORKDIR /app
COPY package.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
CMD ["node", "server.js"]
