"""Each rule: a Dockerfile that has what it looks for, and what becomes of it; and one that only
looks like it."""

import pytest

from ci_slim.advise.bases import Bases
from ci_slim.advise.dockerignore import ignored
from ci_slim.advise.finding import Context, Facts
from ci_slim.advise.patch import SourceFile, Sources, applied, patched
from ci_slim.advise.rules import RULES
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import read_dockerfile

LISTS = "rm -rf /var/lib/apt/lists/*"
LISTS_MOUNT = "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked "

HAS = [
    # apt
    (
        "apt-lists",
        "FROM debian\nRUN apt-get update && apt-get install -y a\n",
        f"FROM debian\nRUN apt-get update && apt-get install -y a && {LISTS}\n",
    ),
    (
        "apt-lists",
        "FROM debian\nRUN set -e; \\\n  apt-get update; \\\n  apt-get install a;\n",
        f"FROM debian\nRUN set -e; \\\n  apt-get update; \\\n  apt-get install a"
        f" \\\n    && {LISTS};\n",
    ),
    (
        "apt-lists",
        "FROM debian\nRUN apt-get update\nRUN apt-get install -y a\nRUN apt-get install -y b\n",
        "FROM debian\nRUN apt-get update \\\n    && apt-get install -y a && "
        f"{LISTS}\nRUN apt-get update && apt-get install -y b && {LISTS}\n",
    ),
    (
        "apt-lists",
        "FROM debian\nRUN apt-get update && a\nRUN apt-get -y dist-upgrade\n",
        f"FROM debian\nRUN apt-get update && a && {LISTS}\n"
        f"RUN apt-get update && apt-get -y dist-upgrade && {LISTS}\n",
    ),
    (
        "apt-lists",
        "FROM debian\nRUN <<EOF\napt-get update\napt-get install -y a\nEOF\n",
        f"FROM debian\nRUN <<EOF\napt-get update\napt-get install -y a && {LISTS}\nEOF\n",
    ),
    (
        "apt-lists",
        "FROM debian\nRUN apt-get update && a # why\n",
        f"FROM debian\nRUN apt-get update && a && {LISTS} # why\n",
    ),
    ("apt-lists", "FROM debian\nRUN apt-get update &\n", None),
    (
        "apt-lists",
        "FROM debian\nRUN if a; then apt-get update; fi\n",
        f"FROM debian\nRUN if a; then apt-get update; fi && {LISTS}\n",
    ),
    (
        "apt-recommends",
        "FROM debian\nRUN apt-get update && apt-get -y install a b\n",
        "FROM debian\nRUN apt-get update && apt-get -y install --no-install-recommends a b\n",
    ),
    (
        "apt-command",
        "FROM debian\nRUN apt update && DEBIAN_FRONTEND=noninteractive apt install -y a\n",
        "FROM debian\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y a\n",
    ),
    (
        "apt-archives",
        "FROM debian\nRUN rm /etc/apt/apt.conf.d/docker-clean && apt-get install a\n",
        "FROM debian\nRUN rm /etc/apt/apt.conf.d/docker-clean && apt-get install a "
        "&& apt-get clean\n",
    ),
    ("apt-upgrade", "FROM debian\nRUN apt-get update && apt-get -y upgrade\n", None),
    # other package managers
    (
        "apk-cache",
        "FROM alpine\nRUN apk update && apk add --virtual .b gcc\n",
        "FROM alpine\nRUN apk add --no-cache --virtual .b gcc\n",
    ),
    (
        "dnf-cache",
        "FROM fedora\nRUN dnf install -y a\n",
        "FROM fedora\nRUN dnf install -y a && dnf clean all\n",
    ),
    (
        "dnf-cache",
        "FROM ubi\nRUN microdnf install a\n",
        "FROM ubi\nRUN microdnf install a && microdnf clean all\n",
    ),
    (
        "zypper-cache",
        "FROM suse\nRUN zypper -n in a\n",
        "FROM suse\nRUN zypper -n in a && zypper clean --all\n",
    ),
    (
        "weak-packages",
        "FROM fedora\nRUN dnf -y install a && dnf install -y b\n",
        "FROM fedora\nRUN dnf -y install --setopt=install_weak_deps=False a "
        "&& dnf install --setopt=install_weak_deps=False -y b\n",
    ),
    (
        "weak-packages",
        "FROM suse\nRUN zypper -n in a && zypper clean -a\n",
        "FROM suse\nRUN zypper -n in --no-recommends a && zypper clean -a\n",
    ),
    ("package-upgrade", "FROM alpine\nRUN apk --no-cache upgrade\n", None),
    ("package-upgrade", "FROM ubi\nRUN microdnf -y update && microdnf clean all\n", None),
    ("package-upgrade", "FROM suse\nRUN zypper --non-interactive dup\n", None),
    # languages
    (
        "pip-cache",
        "FROM python\nRUN pip3 install -r r.txt && python3 -m pip install b\n",
        "FROM python\nRUN pip3 install --no-cache-dir -r r.txt "
        "&& python3 -m pip install --no-cache-dir b\n",
    ),
    (
        "npm-cache",
        "FROM node\nRUN npm ci\n",
        "FROM node\nRUN npm ci && npm cache clean --force\n",
    ),
    ("npm-dev", "FROM node\nRUN npm ci\n", "FROM node\nRUN npm ci --omit=dev\n"),
    ("yarn-cache", "FROM node\nRUN yarn\n", "FROM node\nRUN yarn && yarn cache clean\n"),
    (
        "pnpm-store",
        "FROM node\nRUN pnpm install\n",
        "FROM node\nRUN pnpm install && pnpm store prune\n",
    ),
    (
        "composer-cache",
        "FROM php\nRUN composer install\n",
        "FROM php\nRUN composer install && composer clear-cache\n",
    ),
    (
        "conda-cache",
        "FROM conda\nRUN conda install -y a\n",
        "FROM conda\nRUN conda install -y a && conda clean --all --yes\n",
    ),
    (
        "go-cache",
        "FROM golang\nRUN go build -o /a .\n",
        "FROM golang\nRUN go build -o /a . && go clean -cache -modcache\n",
    ),
    (
        "cargo-cache",
        "FROM rust\nRUN cargo install --path .\n",
        "FROM rust\nRUN cargo install --path . && rm -rf /usr/local/cargo/registry "
        "/root/.cargo/registry\n",
    ),
    (
        "bundle-cache",
        "FROM ruby\nRUN bundle install\n",
        "FROM ruby\nRUN bundle install && rm -rf /usr/local/bundle/cache\n",
    ),
    (
        "maven-cache",
        "FROM maven\nRUN mvn -B package\n",
        "FROM maven\nRUN mvn -B package && rm -rf /root/.m2/repository\n",
    ),
    (
        "gradle-cache",
        "FROM gradle\nRUN ./gradlew build\n",
        "FROM gradle\nRUN ./gradlew build && rm -rf /root/.gradle /home/gradle/.gradle\n",
    ),
    (
        "go-symbols",
        "FROM golang AS b\nRUN go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n",
        'FROM golang AS b\nRUN go build -ldflags "-s -w" -o /a .\nFROM scratch\n'
        "COPY --from=b /a /a\n",
    ),
    (
        "go-symbols",
        "FROM golang\nRUN go build -ldflags='-X main.v=1' .\n",
        "FROM golang\nRUN go build -ldflags='-s -w -X main.v=1' .\n",
    ),
    # a cache is mounted where the Dockerfile does so already
    (
        "apt-lists",
        "# syntax=docker/dockerfile:1\nFROM debian\nRUN apt-get update && apt-get install -y a\n"
        "RUN --network=host apt-get install -y b\nRUN apt-get update && apt-get install -y c && "
        f"{LISTS}\n",
        f"# syntax=docker/dockerfile:1\nFROM debian\nRUN {LISTS_MOUNT}apt-get update && apt-get "
        f"install -y a\nRUN {LISTS_MOUNT}--network=host apt-get update && apt-get install -y b\n"
        f"RUN apt-get update && apt-get install -y c && {LISTS}\n",
    ),
    (
        "apt-lists",  # an update alone becomes one RUN with what follows
        "# syntax=docker/dockerfile:1\nFROM debian\nRUN apt-get update\n"
        "RUN apt-get install -y a\n",
        f"# syntax=docker/dockerfile:1\nFROM debian\nRUN {LISTS_MOUNT}apt-get update \\\n    && "
        "apt-get install -y a\n",
    ),
    (
        "pip-cache",
        "# syntax=docker/dockerfile:1\nFROM python\nRUN pip install a\n",
        "# syntax=docker/dockerfile:1\nFROM python\n"
        "RUN --mount=type=cache,target=/root/.cache/pip pip install a\n",
    ),
    (
        "npm-cache",
        "FROM node\nRUN --mount=type=cache,target=/x x\nRUN <<E\nnpm ci\nE\n",
        "FROM node\nRUN --mount=type=cache,target=/x x\n"
        "RUN --mount=type=cache,target=/root/.npm <<E\nnpm ci\nE\n",
    ),
    (
        "go-cache",
        "# syntax = docker.io/docker/dockerfile:1.7\nFROM golang\nRUN go mod download\n"
        "RUN --mount=type=secret,id=a go build .\n",
        "# syntax = docker.io/docker/dockerfile:1.7\nFROM golang\n"
        "RUN --mount=type=cache,target=/root/.cache/go-build "
        "--mount=type=cache,target=/go/pkg/mod go mod download\n"
        "RUN --mount=type=cache,target=/root/.cache/go-build "
        "--mount=type=cache,target=/go/pkg/mod --mount=type=secret,id=a go build .\n",
    ),
    (
        "composer-cache",  # the builder of another frontend may not have it
        "# syntax=example/frontend\nFROM php\nRUN composer install\n",
        "# syntax=example/frontend\nFROM php\nRUN composer install && composer clear-cache\n",
    ),
    (
        "debug-symbols",
        "FROM gcc AS b\nRUN gcc -g -O2 -o /a a.c\nFROM debian\nCOPY --from=b /a /a\n",
        "FROM gcc AS b\nRUN gcc -s -g -O2 -o /a a.c\nFROM debian\nCOPY --from=b /a /a\n",
    ),
    (
        "debug-symbols",
        "FROM rust AS b\nRUN a && \\\n    cargo build -r\nFROM debian\nCOPY --from=b /a /a\n",
        "FROM rust AS b\nRUN a && \\\n    CARGO_PROFILE_RELEASE_STRIP=symbols cargo build -r\n"
        "FROM debian\nCOPY --from=b /a /a\n",
    ),
    # layers
    (
        "copy-owner",
        "FROM a\nWORKDIR /app\nCOPY --link . .\nRUN chown -R 1000:1000 /app\n",
        "FROM a\nWORKDIR /app\nCOPY --link --chown=1000:1000 . .\nRUN chown 1000:1000 /app\n",
    ),
    (
        "copy-owner",
        "FROM a\nCOPY tool /usr/bin/tool\nRUN chmod 755 /usr/bin/tool\nRUN x\n",
        "FROM a\nCOPY --chmod=755 tool /usr/bin/tool\nRUN x\n",
    ),
    (
        "removed-later",
        "FROM a\nRUN make\nRUN rm -rf /src\n",
        "FROM a\nRUN make \\\n    && rm -rf /src\n",
    ),
    (
        "removed-later",
        "FROM a\nCOPY a.tgz /tmp/\nRUN tar xf /tmp/a.tgz && rm /tmp/a.tgz && x\n",
        "FROM a\nRUN --mount=type=bind,source=a.tgz,target=/tmp/a.tgz tar xf /tmp/a.tgz && x\n",
    ),
    (
        "archive-left",
        "FROM a\nRUN curl -fsSLo /tmp/a.tgz https://x/a && tar xf /tmp/a.tgz\n",
        "FROM a\nRUN curl -fsSLo /tmp/a.tgz https://x/a && tar xf /tmp/a.tgz "
        "&& rm -f /tmp/a.tgz\n",
    ),
    (
        "archive-left",
        "FROM a\nRUN wget https://x/y/a.zip; unzip a.zip\n",
        "FROM a\nRUN wget https://x/y/a.zip; unzip a.zip && rm -f a.zip\n",
    ),
    (
        "build-packages",
        "FROM a\nRUN apt-get install -y gcc libpq-dev libpq5 && pip install psycopg2\n",
        "FROM a\nRUN apt-get install -y gcc libpq-dev libpq5 && pip install psycopg2 "
        "&& apt-mark manual $(dpkg-query -f '${Package}\\n' -W 'lib*' | grep -v -e -dev) "
        "&& apt-get purge -y --auto-remove gcc libpq-dev\n",
    ),
    (
        "build-packages",
        "FROM alpine\nRUN apk add --no-cache build-base libffi libffi-dev && pip install a\n",
        "FROM alpine\nRUN apk add --no-cache build-base libffi libffi-dev && pip install a "
        "&& apk del build-base libffi-dev\n",
    ),
    (
        "build-packages",
        "FROM fedora\nRUN dnf -y install gcc-c++ openssl-devel openssl; make; dnf clean all\n",
        "FROM fedora\nRUN dnf -y install gcc-c++ openssl-devel openssl; make; dnf clean all "
        "&& dnf remove -y gcc-c++ openssl-devel\n",
    ),
    (
        "build-stage",
        "FROM debian\nRUN apt-get install -y gcc\nCOPY a.c /\nRUN gcc -o /a a.c\n",
        None,  # test_build_stage.py has what becomes of it
    ),
    (
        "build-order",
        "FROM debian\nCOPY . /app\nWORKDIR /app\nRUN apt-get update && apt-get install -y a\n"
        "RUN apk add b\nRUN make\n",
        "FROM debian\nRUN apt-get update && apt-get install -y a\nRUN apk add b\nCOPY . /app\n"
        "WORKDIR /app\nRUN make\n",
    ),
    # bases and stages
    ("base-image", "FROM python:3.12 AS x\n", "FROM python:3.12-slim AS x\n"),
    ("base-image", "FROM debian\n", "FROM debian:stable-slim\n"),
    (
        "base-image",
        "FROM golang:1.24 AS b\nFROM golang:1.24\nCOPY --from=b /a /a\n",
        "FROM golang:1.24 AS b\nFROM debian:trixie-slim\nCOPY --from=b /a /a\n",
    ),
    (
        "go-stages",
        "FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nUSER app\n"
        'EXPOSE 80\nENTRYPOINT ["/app"]',
        "FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\n"
        'USER app\nEXPOSE 80\nENTRYPOINT ["/app"]\n\nFROM scratch\n'
        "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
        "COPY --from=build /etc/passwd /etc/group /etc/\nCOPY --from=build /app /app\n"
        'WORKDIR /src\nUSER app\nEXPOSE 80\nENTRYPOINT ["/app"]\n',
    ),
    (
        "native-build",
        "FROM golang AS b\nRUN go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n",
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETOS\nARG TARGETARCH\n"
        'ARG TARGETVARIANT\nRUN CGO_ENABLED=0 GOOS="$TARGETOS" GOARCH="$TARGETARCH" '
        'GOARM="${TARGETVARIANT#v}" go build -o /a .\nFROM scratch\nCOPY --from=b /a /a\n',
    ),
    (
        "native-build",
        "from node AS web\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=web /dist /srv\n",
        "from --platform=$BUILDPLATFORM node AS web\nRUN npm ci && npm run build\nFROM nginx\n"
        "COPY --from=web /dist /srv\n",
    ),
]  # fmt: skip

HAS_NOT = {
    "apt-lists": [
        "FROM debian\nRUN apt-get -o Acquire::Retries=3 install update\n",
        f"FROM debian\nRUN apt-get update && apt-get install -y a && {LISTS}\n",
        "FROM debian\nRUN --mount=type=cache,target=/var/lib/apt apt-get update\n",
        "FROM debian AS b\nRUN apt-get update\nFROM debian\nCOPY --from=b /a /a\n",
        "FROM debian\nRUN echo 'apt-get update'\n",
        "FROM debian\nRUN apt-get update && find /var/lib/apt/lists -type f -delete\n",
        'FROM debian\nSHELL ["pwsh", "-c"]\nRUN apt-get update\n',
    ],
    "apt-recommends": [
        "FROM debian\nRUN apt-get install -y --no-install-recommends a\n",
        "FROM debian\nRUN apt-get install -y --install-recommends a\n",
        "FROM debian\nRUN apt-get -o APT::Install-Recommends=false install -y a\n",
        "FROM debian\nRUN apt-get update\n",
    ],
    "apt-command": ["FROM debian\nRUN apt-get update && which apt && echo apt install\n"],
    "apt-archives": ["FROM debian\nRUN apt-get install -y a\n"],
    "apt-upgrade": ["FROM debian\nRUN apt-get install -y --only-upgrade a && pip upgrade\n"],
    "apk-cache": [
        "FROM alpine\nRUN apk add --no-cache a\n",
        "FROM alpine\nRUN apk add a && rm -rf /var/cache/apk/*\n",
        "FROM alpine\nRUN --mount=type=cache,target=/var/cache/apk apk add a\n",
    ],
    "dnf-cache": [
        "FROM fedora\nRUN dnf install -y a && dnf clean all\n",
        "FROM fedora\nRUN dnf install -y a && rm -rf /var/cache/*\n",
    ],
    "weak-packages": [
        "FROM fedora\nRUN dnf install -y --setopt=install_weak_deps=False a\n",
        "FROM fedora\nRUN echo install_weak_deps=False >>/etc/dnf/dnf.conf && dnf install -y a\n",
        "FROM suse\nRUN zypper in --no-recommends a\n",
        "FROM suse\nRUN zypper refresh && dnf search install\n",
        "FROM centos\nRUN yum install -y a\n",
        "FROM fedora AS b\nRUN dnf install -y a\nFROM fedora\nCOPY --from=b /a /a\n",
    ],
    "package-upgrade": [
        "FROM alpine\nRUN apk upgrade openssl\n",
        "FROM alpine\nRUN apk update && apk add --no-cache upgrade\n",
        "FROM fedora\nRUN dnf update -y openssl && dnf clean all\n",
        "FROM fedora AS b\nRUN dnf update -y\nFROM fedora\nCOPY --from=b /a /a\n",
        "FROM suse\nRUN zypper install patch\n",
    ],
    "zypper-cache": ["FROM suse\nRUN zypper in a && zypper clean -a\n"],
    "pip-cache": [
        "FROM python\nRUN pip install --no-cache-dir a\n",
        "FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a\n",
        "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip pip install a\n",
        "FROM python\nRUN pip list && pipx install a\n",
    ],
    "npm-cache": [
        "FROM node\nRUN npm ci && npm cache clean --force\n",
        "FROM node\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
        "FROM node\nRUN npm run install\n",
    ],
    "npm-dev": [
        "FROM node\nRUN npm ci --omit=dev\n",
        "FROM node\nENV NODE_ENV=production\nRUN npm ci\n",
        "FROM node\nRUN npm install -g pm2\n",
        "FROM node AS b\nRUN npm ci\nFROM node\nCOPY --from=b /dist /dist\n",
    ],
    "yarn-cache": ["FROM node\nRUN yarn build && yarn --version\n",
                   "FROM node\nRUN yarn install && yarn cache clean\n"],
    "pnpm-store": ["FROM node\nRUN pnpm install && pnpm store prune\n"],
    "composer-cache": ["FROM php\nRUN composer install --no-cache && composer dump-autoload\n"],
    "conda-cache": ["FROM conda\nRUN conda install a && conda clean -afy\n"],
    "go-cache": [
        "FROM golang\nRUN go build . && go clean -cache\n",
        "FROM golang\nRUN --mount=type=cache,target=/root/.cache/go-build go build .\n",
        "FROM golang AS b\nRUN go build .\nFROM scratch\nCOPY --from=b /a /a\n",
        "FROM golang\nRUN go version\n",
    ],
    "cargo-cache": ["FROM rust\nRUN cargo build && rm -rf ~/.cargo/registry\n",
                    "FROM rust\nRUN cargo --version\n"],
    "bundle-cache": ["FROM ruby\nRUN bundle install && rm -rf $GEM_HOME/cache\n",
                     "FROM ruby\nRUN bundle exec rake\n"],
    "maven-cache": ["FROM maven\nRUN mvn package && rm -rf ~/.m2\n",
                    "FROM maven\nRUN mvn --version\n",
                    "FROM maven AS b\nRUN mvn package\nFROM a\nCOPY --from=b /a /a\n"],
    "gradle-cache": ["FROM gradle\nRUN --mount=type=cache,target=/root/.gradle gradle build\n",
                     "FROM gradle\nRUN gradle build && rm -rf .gradle ~/.gradle\n"],
    "go-symbols": [
        'FROM golang\nRUN go build -ldflags "-s -w" .\n',
        "FROM golang\nRUN go test ./... && go vet\n",
        "FROM golang AS b\nRUN go build .\nFROM scratch\nCOPY a /a\n",
        "FROM golang\nRUN go build . && strip app\n",
    ],
    "debug-symbols": [
        "FROM gcc\nRUN gcc -O2 -o /a a.c\n",  # it has few symbols
        "FROM gcc\nRUN gcc -g -s -o /a a.c\n",
        "FROM gcc\nRUN gcc -g -c a.c\n",
        "FROM gcc\nRUN gcc -g -o /a a.c\nRUN strip /a\n",
        "FROM rust\nENV CARGO_PROFILE_RELEASE_STRIP=true\nRUN cargo install a\n",
        "FROM rust\nRUN RUSTFLAGS='-C strip=symbols' cargo build --release\n",
        "FROM rust\nRUN cargo test --release && cargo build\n",
        "FROM rust AS b\nRUN cargo build --release\nFROM debian\nCOPY a /a\n",
    ],
    "copy-owner": [
        "FROM a\nCOPY --chown=1:1 . /app\nRUN chown -R 1:1 /app\n",
        "FROM a\nCOPY . /app\nRUN make\nRUN chown -R 1:1 /app\n",  # what make made is changed too
        "FROM a\nCOPY . /app\nRUN useradd u && chown -R u /app\n",  # COPY does not know the user
        "FROM a\nCOPY . /app\nRUN chown -R 1:1 /data\n",
        "FROM a\nCOPY . /app\nRUN chmod -R go-w /app\n",
    ],
    "removed-later": [
        "FROM a\nRUN make && rm -rf /src\n",
        "FROM a\nRUN make\nRUN rm -rf /src && make b\n",
        "FROM a\nCOPY a.tgz /tmp/\nRUN tar xf /tmp/a.tgz && rm /tmp/other\n",
        "FROM a\nRUN make # all\nRUN rm -rf /src\n",
        "FROM a\nCOPY *.tgz /tmp/\nRUN rm /tmp/*.tgz && x\n",
        "FROM a AS b\nRUN make\nRUN rm /x\nFROM a\n",
    ],
    "archive-left": [
        "FROM a\nRUN curl -o /tmp/a.tgz https://x/a && tar xf /tmp/a.tgz && rm -rf /tmp/*\n",
        "FROM a\nRUN curl -fsSL https://x/a.tgz | tar xz\n",
        "FROM a\nRUN wget https://x/a.zip\n",  # nothing unpacks it: it may be wanted
        "FROM a\nRUN cd /tmp && wget https://x/a.zip && unzip a.zip && cd / && rm /tmp/a.zip\n",
    ],
    "build-packages": [
        "FROM alpine\nRUN apk add --virtual .b gcc && make && apk del .b\n",
        "FROM alpine AS b\nRUN apk add gcc && make\nFROM alpine\nCOPY --from=b /a /a\n",
        "FROM fedora\nRUN dnf -y install gcc && make && dnf -y remove gcc\n",
        "FROM ubi\nRUN microdnf install -y python3 && pip install a\n",
        "FROM a\nRUN apt-get install -y gcc && make && apt-get purge -y gcc\n",
        "FROM a\nRUN apt-get install -y gcc\n",  # what it is for is not in this RUN
        "FROM a\nRUN apt-get install -y libpq5 && pip install psycopg2\n",
    ],
    "build-stage": [
        "FROM debian\nRUN apt-get install -y gcc make\nCOPY a.c /\n",  # to be used in it
        "FROM debian\nRUN apt-get install -y gcc && make && apt-get purge -y gcc\nRUN make\n",
        "FROM debian AS b\nRUN apt-get install -y gcc\nRUN make\nFROM a\nCOPY --from=b /a /a\n",
        "FROM debian\nRUN apt-get install -y python3 python3-pip\nRUN pip install a\n",
    ],
    "build-order": [
        "FROM debian\nRUN apt-get install -y a\nCOPY . /app\n",
        "FROM debian\nCOPY a.list /etc/apt/sources.list.d/\nRUN apt-get install -y a\n",
        "FROM debian\nCOPY . /app\nRUN apt-get install -y /app/a.deb\n",
        "FROM debian\nCOPY . /app\nRUN /app/keys && apt-get install -y a\n",
        "FROM debian\nCOPY . /app\nUSER a\nRUN apk add a\n",
        "FROM debian\nARG V\nCOPY . /app\nRUN apt-get install -y a=$V\n",
        "FROM debian AS b\nFROM debian\nCOPY --from=b /a /a\nRUN apt-get install -y a\n",
    ],
    "base-image": [
        "FROM python:3.12-slim\n",
        "FROM scratch\n",
        "FROM python:3.12@sha256:0\n",
        "FROM registry.example/team/app:1\n",
        "ARG BASE=python:3.12\nFROM $BASE\n",
        "FROM python:3.12 AS b\nFROM scratch\nCOPY --from=b /a /a\n",
    ],
    "go-stages": [
        'FROM golang AS b\nRUN go build -o /a .\nFROM scratch\nENTRYPOINT ["/a"]\n',
        'FROM golang\nRUN go build -o /a .\nCMD ["go", "test"]\n',
        "FROM golang\nRUN go build -o /a .\nCMD /a && /b\n",
        'FROM python\nRUN go build -o /a .\nCMD ["/a"]\n',
    ],
    "native-build": [
        "FROM --platform=$BUILDPLATFORM golang AS b\nRUN go build .\nFROM scratch\n"
        "COPY --from=b /a /a\n",
        "FROM golang AS b\nRUN CGO_ENABLED=1 go build .\nFROM a\nCOPY --from=b /a /a\n",
        "FROM golang\nRUN go build .\n",
        "FROM debian AS b\nRUN apt-get install -y gcc && gcc a.c\nFROM a\nCOPY --from=b /a /a\n",
        'FROM debian AS b\nRUN x\nRUN ["make"]\nFROM a\nCOPY --from=b /a /a\n',
        "FROM debian AS b\nCOPY x /a\nFROM a\nCOPY --from=b /a /a\n",
    ],
}  # fmt: skip


def subject(text: str) -> Subject:
    return Subject(read_dockerfile(text))


@pytest.mark.parametrize(("rule", "text", "after"), HAS)
def test_what_a_rule_finds_and_changes(rule: str, text: str, after: str | None) -> None:
    found = list(RULES[rule](subject(text)))
    if after is None:
        assert not any(each.changes for each in found)
        return
    first = found[0]
    assert applied(text, first.edits) == after
    assert first.rule == rule
    # What is bettered is not found again.
    again = [each for each in RULES[rule](subject(after)) if each.edits]
    assert again == [] or rule == "base-image"


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in HAS_NOT.items() for text in texts]
)
def test_what_only_looks_like_it(rule: str, text: str) -> None:
    assert [*RULES[rule](subject(text))] == []


def test_every_rule_has_both() -> None:
    # below, and in test_build_stage.py
    others = {"build-context", "duplicate-files", "overwritten-files", "pip-leftovers"}
    assert {rule for rule, _, _ in HAS} | others == set(RULES) == HAS_NOT.keys() | others


CONTEXT = {".git/pack": 5000, "web/node_modules/a.js": 9000, "tests/t.py": 10, "main.py": 4000}


def test_what_the_context_holds_that_no_image_needs() -> None:
    text = "FROM a\nWORKDIR /app\nCOPY . .\n"
    given = Subject(read_dockerfile(text), context=Context(CONTEXT))
    found = [*RULES["build-context"](given)]
    assert [each.ignores for each in found] == [("**/.git",), ("**/node_modules",)]
    assert [each.takes for each in found] == [("/app/.git",), ("/app/node_modules",)]
    files = Sources(SourceFile("Dockerfile", text), SourceFile(".dockerignore", "x"))
    assert patched(files, found).texts == {".dockerignore": "x\n**/.git\n**/node_modules\n"}


def test_names_that_may_be_packages_count_at_the_top_only() -> None:
    files = {"src/build/a.py": 9000, "env/a.py": 9000, "my/pyvenv.cfg": 9, "my/lib": 9000,
             "docs/a": 2000, "src/docs/b": 2000}  # fmt: skip
    given = Subject(read_dockerfile("FROM a\nCOPY . /app\n"), context=Context(files))
    found = [*RULES["build-context"](given)]
    assert [each.ignores for each in found] == [("my",), ("docs",)]


@pytest.mark.parametrize(
    ("text", "ignores"),
    [
        ("FROM a\nCOPY . .\n", ".git\n**/node_modules"),
        ("FROM a\nCOPY main.py .\n", ""),
        ("FROM a AS b\nCOPY . .\nFROM a\nCOPY --from=b /x /x\n", ""),
    ],
)
def test_a_context_that_is_clean(text: str, ignores: str) -> None:
    context = Context(CONTEXT, ignored(ignores))
    assert [*RULES["build-context"](Subject(read_dockerfile(text), context=context))] == []


def test_a_native_build_matters_only_where_something_is_emulated() -> None:
    text = next(text for rule, text, _ in HAS if rule == "native-build")
    assert [*RULES["native-build"](Subject(read_dockerfile(text), emulated=False))] == []


def of_base(text: str, bases: Bases) -> list[str]:
    given = Subject(read_dockerfile(text), bases=bases)
    return [each.edits[0].text for each in RULES["base-image"](given)]


@pytest.mark.parametrize(
    ("base", "pattern", "expected"),
    [
        ("team/full:1", "team/full:*", ["small:1"]),
        ("team/full:1", "team/full", ["small:1"]),
        ("team/full", "team/*", ["small:latest"]),
        ("team/full:1@sha256:ab", "team/full:1", ["small:1"]),
        ("team/full@sha256:ab", "team/full", []),  # there is no tag to fill in
        ("host:5000/full", "host:5000/full", ["small:latest"]),
        ("team/full:1", "team/full:2", []),
        ("team/full:1", "full:1", []),
        ("docker.io/library/debian:13-slim", "debian:*", ["small:13-slim"]),
        ("debian:13-slim", "docker.io/library/debian", ["small:13-slim"]),
        ("small:1", "*", []),  # that is the same image
    ],
)
def test_users_add_bases_for_a_pattern(base: str, pattern: str, expected: list[str]) -> None:
    assert of_base(f"FROM {base}\n", Bases({pattern: ("small:{tag}",)})) == expected


def test_bases_of_users_come_first_and_those_of_the_table_can_be_switched_off() -> None:
    own = {"python": ("team/python:{tag}", "python:3.12-slim")}
    text = "FROM python:3.12\nRUN a\n"
    assert of_base(text, Bases(own)) == [
        "team/python:3.12", "python:3.12-slim", "python:3.12-alpine",
    ]  # fmt: skip
    assert of_base(text, Bases(without=("python:*-alpine",))) == ["python:3.12-slim"]
    assert of_base(text, Bases(own, ("*",))) == ["team/python:3.12", "python:3.12-slim"]
    go = 'FROM golang\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nENTRYPOINT ["/app"]\n'
    for without, count in (((), 2), (("scratch",), 1), (("*",), 0)):
        given = Subject(read_dockerfile(go), bases=Bases(without=without))
        assert len([*RULES["go-stages"](given)]) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM node:22\nCOPY . .\n", "gcr.io/distroless/nodejs22-debian12"),
        ("FROM node:22-bookworm\nCOPY . .\nRUN a\n", ""),
        ("FROM node:18\nCOPY . .\n", ""),
        ("FROM python:3.13.1\nCOPY . .\n", "gcr.io/distroless/python3-debian13"),
        ("FROM python:3.1\nCOPY . .\n", ""),
        ("FROM golang AS b\nFROM golang\nCOPY --from=b /a /a\n",
         "gcr.io/distroless/static-debian12"),
    ],
)  # fmt: skip
def test_bases_without_a_shell_are_for_images_without_commands(text: str, expected: str) -> None:
    found = [each for each in of_base(text, Bases()) if "distroless" in each]
    assert found == ([expected] if expected else [])


def test_archives_are_seen_in_the_image() -> None:
    text = "FROM debian\nRUN apt-get install -y a\n"
    facts = Facts({"/var/cache/apt/archives/a.deb": 5})
    (found,) = RULES["apt-archives"](Subject(read_dockerfile(text), facts=facts))
    assert applied(text, found.edits).endswith("a && apt-get clean\n")


def test_the_platform_says_which_stages_the_image_has() -> None:
    text = "FROM debian AS fat-amd64\nRUN apt-get update\nFROM a AS fat-arm\nFROM fat-$TARGETARCH\n"
    for architecture, count in (("amd64", 1), ("arm", 0)):
        given = Subject(read_dockerfile(text), variables={"TARGETARCH": architecture})
        assert len([*RULES["apt-lists"](given)]) == count


def test_mounts_of_two_rules_come_before_the_command() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nFROM debian\nRUN apt-get update && apt-get install -y pip\n"
        "RUN apt-get install -y git && pip install flask\n"
    )
    given = Subject(read_dockerfile(text))
    found = [*RULES["apt-lists"](given), *RULES["pip-cache"](given)]
    edits = [edit for each in found for edit in each.edits]
    *_, last = applied(text, edits).splitlines()
    assert last == (
        f"RUN {LISTS_MOUNT}--mount=type=cache,target=/root/.cache/pip apt-get update && "
        "apt-get install -y git && pip install flask"
    )
