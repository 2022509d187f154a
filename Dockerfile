# A static program in an empty image, run by a user that is not root: docker build -t mqttx-rs .
#
#   docker run --rm -p 1883:1883 mqttx-rs broker --bind 0.0.0.0
#   docker run --rm mqttx-rs pub -h broker.example -t car/ac -m on
FROM rust:1.95-alpine AS build
# `ring` compiles C and assembler; the C library of Alpine (musl) is linked statically.
RUN apk add --no-cache build-base ca-certificates
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY packaging/order.txt packaging/
COPY src src
COPY benches benches
RUN cargo build --release --locked --bin mqttx-rs && mkdir -p /empty/tmp /empty/home && chmod 1777 /empty/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /empty/tmp /tmp
COPY --from=build --chown=65532:65532 /empty/home /home/mqttx
COPY --from=build /src/target/release/mqttx-rs /usr/bin/mqttx-rs
ENV HOME=/home/mqttx PATH=/usr/bin
WORKDIR /home/mqttx
USER 65532:65532
EXPOSE 1883
ENTRYPOINT ["mqttx-rs"]
