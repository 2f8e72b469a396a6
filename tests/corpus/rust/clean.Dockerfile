# smells: none
FROM rust:1.83 AS build
WORKDIR /src
COPY Cargo.toml ./
RUN cargo build --release && strip target/release/app
FROM debian:trixie-slim
COPY --from=build /src/target/release/app /usr/local/bin/app
CMD ["app"]
