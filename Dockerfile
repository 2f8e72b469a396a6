# The image that the GitHub Action and the GitLab component run: ci-slim, the tools that it copies
# into containers, and Docker's client with buildx.
#
# The tag is for builds by hand. A release passes the tag's digest in the registry, e.g.
# --build-arg BASE=debian:trixie-slim@sha256:…  (.github/workflows/release.yml).
ARG BASE=debian:trixie-slim

# Python packages are only downloaded and unpacked, so this stage runs natively for every platform.
FROM --platform=$BUILDPLATFORM ${BASE} AS packages
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        binutils-multiarch ca-certificates python3 python3-hatchling python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.txt ./
ARG TARGETARCH
# The dependencies come first, because they change less often than the code. They are locked, with
# hashes. `ca` is for networks with a custom CA: --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt
# cryptography (15 MB) is removed: PyGithub uses it only for GitHub Apps, and ci-slim is not one.
RUN --mount=type=secret,id=ca,required=false \
    case "$TARGETARCH" in \
        amd64) machine=x86_64 ;; \
        arm64) machine=aarch64 ;; \
        *) echo "no image is made for $TARGETARCH" >&2; exit 1 ;; \
    esac \
    && if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
    && python3 -m pip install --no-cache-dir --no-compile --only-binary=:all: --require-hashes \
        --platform "manylinux_2_28_$machine" --platform "manylinux2014_$machine" \
        --target /opt/ci-slim --requirement requirements.txt \
    && rm -r /opt/ci-slim/cryptography* \
    && find /opt/ci-slim -name '*.so' -exec strip --strip-unneeded {} +
COPY pyproject.toml README.md LICENSE ./
COPY ci_slim ci_slim
# Byte code is compiled here, because every job starts from a new container. It depends on the
# content of the sources and not on their times, so the same sources give the same layer.
RUN python3 -m pip install --no-cache-dir --no-compile --no-deps --no-build-isolation \
        --target /tmp/code . \
    && mkdir -p /opt/bin \
    && sed '1s|.*|#!/usr/bin/python3 -IBuXfaulthandler|' /tmp/code/bin/ci-slim > /opt/bin/ci-slim \
    && chmod 755 /opt/bin/ci-slim \
    && rm -r /tmp/code/bin /opt/ci-slim/bin \
    && cp -a /tmp/code/. /opt/ci-slim/ \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/ci-slim

# Docker's client and buildx: Debian trixie's buildx 0.13 does not know version 2 of GitHub's cache
# service (buildx 0.21 and newer do). These are packages of Debian sid, pinned by version and checksum.
# snapshot.debian.org still has them when the mirrors have a newer version.
FROM --platform=$BUILDPLATFORM ${BASE} AS docker
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /packages
COPY docker-packages.sha256 /
ARG TARGETARCH
RUN --mount=type=secret,id=ca,required=false \
    if [ -s /run/secrets/ca ]; then export CURL_CA_BUNDLE=/run/secrets/ca; fi \
    && grep "_$TARGETARCH.deb\$" /docker-packages.sha256 > wanted \
    && while read -r _ path; do \
        for archive in http://deb.debian.org/debian https://snapshot.debian.org/archive/debian/20261030T000000Z; do \
            if curl -fsS --retry 3 --remote-name "$archive/pool/main/$path"; then break; fi; \
        done; \
    done < wanted \
    && sed 's#  .*/#  #' wanted | sha256sum --check --strict \
    && rm wanted

FROM ${BASE}
# ci-slim is always started with Python's isolated mode (-I). A job's working folder is the checkout of
# a pull request, so no modules may come from there, from PYTHONPATH or from the home folder.
# hadolint ignore=DL3008
RUN --mount=type=bind,from=docker,source=/packages,target=/packages \
    apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl findutils openssh-client python3 strace tar /packages/*.deb \
    && echo /opt/ci-slim > /usr/lib/python3/dist-packages/ci-slim.pth \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc /usr/share/man
COPY --from=packages /opt/bin/ci-slim /usr/local/bin/ci-slim
COPY --from=packages /opt/ci-slim /opt/ci-slim
ARG VERSION=1.0.0
ARG REVISION=""
LABEL org.opencontainers.image.title="ci-slim" \
      org.opencontainers.image.description="Builds, slims and proves container images for small machines" \
      org.opencontainers.image.source="https://github.com/ci-slim/ci-slim" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# A crash in a library's machine code would end the job without a word; faulthandler says where it was.
# GitHub starts actions as root, and the Docker socket belongs to root.
ENTRYPOINT ["/usr/bin/python3", "-IBuXfaulthandler", "-m", "ci_slim.action.step"]
