# smells: build-packages
FROM alpine:3.21
WORKDIR /app
COPY hello.c .
RUN apk add --no-cache gcc musl-dev && gcc -O2 -o /usr/local/bin/hello hello.c
CMD ["hello"]
