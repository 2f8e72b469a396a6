# smells: none
FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci && npm cache clean --force
COPY --chown=node:node server.js .
USER node
CMD ["node", "server.js"]
