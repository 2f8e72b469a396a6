# Stands in for Docker Hub's golang:1.24 where the Hub cannot be reached (base-images.sh says when):
# Debian's Go 1.24 with the compilers and version control that the official image carries, its
# paths and its environment. Debian's Go is smaller than that image's, so Go's tools make up for it:
# the listener's fat image comes to about 1 GB from either.
FROM debian:trixie-slim
ENV GOLANG_VERSION=1.24.4 GOTOOLCHAIN=local GOPATH=/go
ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates curl g++ gcc git gnupg golang-1.24-doc golang-1.24-go golang-1.24-src \
        golang-golang-x-tools libc6-dev make mercurial openssh-client pkg-config procps sq \
        subversion wget \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s ../lib/go-1.24 /usr/local/go \
    && mkdir -p /go/src /go/bin \
    && chmod -R 1777 /go
WORKDIR /go
