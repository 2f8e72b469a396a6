#!/usr/bin/env bash
# Starts a Docker engine if none answers. A running engine is not changed.
set -euo pipefail
. "$(dirname "$0")/steps.sh"

engine_log=/var/log/ci-slim-dockerd.log

start_engine() {
    if [ -d /run/systemd/system ]; then
        if [ ! -e /etc/docker/daemon.json ] && stand_ins_wanted; then
            mkdir -p /etc/docker
            printf '{"registry-mirrors": ["http://%s"]}\n' "$registry" >/etc/docker/daemon.json
        fi
        systemctl start docker
    else
        local flags=()
        stand_ins_wanted && flags+=("--registry-mirror=http://$registry")
        # The pid file of a killed engine would prevent the start.
        if [ -e /var/run/docker.pid ] && ! kill -0 "$(cat /var/run/docker.pid)" 2>/dev/null; then
            rm -f /var/run/docker.pid
        fi
        detached "$engine_log" dockerd "${flags[@]}"
    fi
    local pid=${!:-} tries
    for tries in $(seq 300); do
        engine_answers && return 0
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then break; fi
        sleep 0.2
    done
    echo "dockerd did not answer after $((tries / 5)) s; the end of its log:"
    if [ -n "$pid" ]; then tail -n 15 "$engine_log"; else journalctl -u docker -n 15 --no-pager; fi
    return 1
}

engine_answers && exit 0
is_root || stop "no Docker engine answers, and only root can start one" \
    "sudo systemctl start docker, or sudo make setup; if it runs already, is $(id -un) in the group docker?"
step "started dockerd (its log: $engine_log)" start_engine
