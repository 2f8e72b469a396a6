# smells: native-build
FROM node:20-slim AS web
WORKDIR /web
COPY package.json package-lock.json ./
RUN npm ci
COPY src src
RUN npm run build
FROM nginx:1.27-alpine
COPY --from=web /web/dist /usr/share/nginx/html
