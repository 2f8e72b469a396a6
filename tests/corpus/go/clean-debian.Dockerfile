# smells: none
FROM --platform=$BUILDPLATFORM golang:1.24 AS build
WORKDIR /src
COPY go.mod main.go ./
ARG TARGETARCH
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -ldflags="-w -s" -o /out/hello .
FROM debian:trixie-slim
COPY --from=build --chmod=755 /out/hello /usr/local/bin/
ENTRYPOINT ["hello"]
