# smells: go-symbols native-build
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -ldflags "-X main.version=2" -o /hello .
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
