# hoosh-proxy, in two stages. Both bases are arguments, so that a mirror or a base of your own can take their place:
#   docker build --build-arg BUILD_BASE=... --build-arg RUN_BASE=... -t hoosh-proxy .
ARG BUILD_BASE=swift:6.3-bookworm
ARG RUN_BASE=debian:bookworm-slim

FROM ${BUILD_BASE} AS build
# The C libraries' headers; the compiler is the base's. Versions are those of the base's Debian release.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        ca-certificates pkg-config libcurl4-openssl-dev libyaml-dev libpcre2-dev libssl-dev libhiredis-dev libsqlite3-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
# Not built here, but the package does not load without the folders of its test targets.
COPY Tests Tests
# Swift's runtime goes into the program; the C libraries stay Debian's, so that its security updates reach them.
# -s strips the symbols: 14 MB become 9.
RUN swift build -c release --product hoosh-proxy --static-swift-stdlib -Xlinker -s \
    && install -D -m 0755 "$(swift build -c release --product hoosh-proxy --static-swift-stdlib -Xlinker -s --show-bin-path)/hoosh-proxy" \
        /out/usr/local/bin/hoosh-proxy

FROM ${RUN_BASE}
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        ca-certificates libcurl4 libssl3 libyaml-0-2 libpcre2-8-0 libhiredis0.14 libsqlite3-0 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
COPY --from=build /out/ /
# A number, so that Kubernetes can see that it is not root. Nothing is written: the root file system may be read-only.
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["hoosh-proxy", "health"]
ENTRYPOINT ["hoosh-proxy"]
CMD ["--routes", "/etc/hoosh/routes.yaml"]
