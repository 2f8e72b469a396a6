# smells: base-image npm-cache npm-dev
FROM node:20
WORKDIR /app
COPY package.json ./
RUN npm install
COPY server.js .
CMD ["node", "server.js"]
