# smells: npm-dev yarn-cache
FROM node:20-alpine
WORKDIR /app
COPY package.json yarn.lock ./
RUN yarn install --frozen-lockfile
CMD ["node", "server.js"]
