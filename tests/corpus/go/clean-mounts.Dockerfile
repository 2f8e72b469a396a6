# syntax=docker/dockerfile:1
# smells: none
FROM --platform=$BUILDPLATFORM golang:1.24 AS build
WORKDIR /src
ARG TARGETARCH
RUN --mount=type=bind,target=. --mount=type=cache,target=/root/.cache/go-build \
    GOFLAGS=-ldflags=-s CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /hello .
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
