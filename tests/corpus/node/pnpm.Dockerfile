# smells: npm-dev pnpm-store
FROM node:22-slim
WORKDIR /app
COPY package.json ./
RUN corepack enable && pnpm install
CMD ["node", "server.js"]
