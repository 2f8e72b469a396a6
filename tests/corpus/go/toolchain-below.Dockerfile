# smells: base-image go-symbols
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /hello .
FROM golang:1.24
COPY --from=build /hello /usr/local/bin/hello
CMD ["hello"]
