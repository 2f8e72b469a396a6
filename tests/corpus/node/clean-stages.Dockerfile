# smells: none
FROM --platform=$BUILDPLATFORM node:22 AS build
WORKDIR /app
COPY package.json ./
RUN npm install && npm run build
FROM nginx:1.27-alpine
COPY --from=build /app/dist /usr/share/nginx/html
