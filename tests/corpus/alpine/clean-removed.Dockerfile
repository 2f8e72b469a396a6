# smells: none
FROM alpine:3.20
RUN apk add --update curl && rm -rf /var/cache/apk/*
CMD ["curl", "--version"]
