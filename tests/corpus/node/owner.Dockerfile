# smells: copy-owner
FROM node:22-slim
WORKDIR /app
COPY server.js /app/
COPY public /app/public
RUN chown -R node:node /app/public
USER node
CMD ["node", "server.js"]
