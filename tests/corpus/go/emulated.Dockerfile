# smells: native-build
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /hello .
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
