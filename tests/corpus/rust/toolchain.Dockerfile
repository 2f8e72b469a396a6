# smells: base-image cargo-cache debug-symbols
FROM rust:1.83
WORKDIR /src
COPY Cargo.toml ./
RUN cargo install --path .
CMD ["app"]
