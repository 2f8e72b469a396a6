# smells: apk-cache
FROM alpine:3.20
RUN apk add --virtual .build gcc musl-dev && apk del .build
CMD ["true"]
