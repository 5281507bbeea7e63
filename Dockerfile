# syntax=docker/dockerfile:1

# htmx comes from npm; nothing else of Node is in the result.
FROM node:22-bookworm-slim AS node_modules
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY --from=node_modules /src/node_modules node_modules
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin prosektorweb \
    && install -D target/release/prosektorweb /out/prosektorweb

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin prosektorweb \
    && install -d -o prosektorweb -g prosektorweb /data
COPY --from=build /out/prosektorweb /usr/local/bin/prosektorweb
ENV APP_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data
USER prosektorweb
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["prosektorweb", "healthcheck"]
CMD ["prosektorweb", "serve"]
