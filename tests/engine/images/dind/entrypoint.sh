#!/bin/sh
# A Docker daemon in a privileged container. With DOCKER_TLS_CERTDIR it makes an authority and two
# certificates there, and listens at 2376 for clients who have the one in client/; without, at 2375.
set -eu

# signed FOLDER NAME EXTENSIONS: a key and a certificate of the authority.
signed() {
    mkdir -p "$1"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
        -keyout "$1/key.pem" -out "$1/request.pem"
    printf '%s\n' "$3" >"$1/extensions"
    openssl x509 -req -in "$1/request.pem" -CA "$tls/ca/cert.pem" -CAkey "$tls/ca/key.pem" \
        -days 2 -extfile "$1/extensions" -out "$1/new.pem"
    rm "$1/request.pem" "$1/extensions"
    cp "$tls/ca/cert.pem" "$1/ca.pem"
    mv "$1/new.pem" "$1/cert.pem"
}

# In cgroup 2 a group that has processes hands no controllers on to groups below it
# (docs.kernel.org/admin-guide/cgroup-v2.html, "No Internal Process Constraint").
groups=/sys/fs/cgroup
if [ -e "$groups/cgroup.controllers" ]; then
    mkdir -p "$groups/init"
    for process in $(cat "$groups/cgroup.procs"); do
        echo "$process" >"$groups/init/cgroup.procs" || true
    done
    sed 's/\</+/g' "$groups/cgroup.controllers" >"$groups/cgroup.subtree_control"
fi

tls=${DOCKER_TLS_CERTDIR:-}
# Meant for the job, whose variables a service has too; dockerd would heed them.
unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH
if [ -n "$tls" ]; then
    mkdir -p "$tls/ca"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=authority" -keyout "$tls/ca/key.pem" -out "$tls/ca/cert.pem"
    signed "$tls/server" server "subjectAltName=DNS:docker,DNS:localhost,DNS:$(hostname),IP:127.0.0.1
extendedKeyUsage=serverAuth"
    signed "$tls/client" client "extendedKeyUsage=clientAuth"
    set -- --host=tcp://0.0.0.0:2376 --tlsverify --tlscacert="$tls/server/ca.pem" \
        --tlscert="$tls/server/cert.pem" --tlskey="$tls/server/key.pem" "$@"
else
    set -- --host=tcp://0.0.0.0:2375 "$@"
fi
exec dockerd --host=unix:///var/run/docker.sock "$@"
