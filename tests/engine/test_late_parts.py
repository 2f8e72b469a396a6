"""Parts that a server opens only when somebody logs in or asks for them: a module of PAM, a way to
log in of SASL, a module of Lua, names of ports. No probe asks. Each works in the slim image, and is
lost without its rule. The rule that keeps packages which are installed by name is off, because it
would keep these, too."""

import json
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import NAMES

NGINX = r"""
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl nginx \
    libnginx-mod-http-auth-pam libnginx-mod-http-lua lua-cjson
RUN useradd tea && echo tea:leaf | chpasswd && mkdir -p /srv/site/private \
    && echo up > /srv/site/index.html && echo secret > /srv/site/private/index.html \
    && printf 'auth required pam_unix.so\naccount required pam_unix.so\n' > /etc/pam.d/kettle
RUN cat > /etc/nginx/nginx.conf <<'END'
user root;
include modules-enabled/*.conf;
events {}
http {
    server {
        listen 80;
        root /srv/site;
        location /private/ { auth_pam kettle; auth_pam_service_name kettle; }
        location /lua { content_by_lua_block { ngx.say(require("cjson").encode({tea = 1})) } }
    }
}
END
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
"""
KETTLE = r"""
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libsasl2-dev
RUN cat > /kettle.c <<'END'
#include <netdb.h>
#include <sasl/sasl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
    const char *ways = "";
    sasl_conn_t *server;
    struct servent *port;
    if (count < 2) {
        puts("up");
        fflush(stdout);
        for (;;) pause();
    }
    if (!strcmp(words[1], "port"))
        return !(port = getservbyname("ntp", "udp")) || puts(port->s_name) < 0;
    sasl_server_init(NULL, "kettle");
    sasl_server_new("kettle", "here", NULL, NULL, NULL, NULL, 0, &server);
    return sasl_listmech(server, NULL, "", " ", "", &ways, NULL, NULL) || puts(ways) < 0;
}
END
RUN gcc -o /kettle /kettle.c -lsasl2

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends libsasl2-2 libsasl2-modules netbase
COPY --from=build /kettle /usr/local/bin/kettle
CMD ["kettle"]
"""
CURL = "curl --silent --user tea:leaf http://127.0.0.1"


@pytest.mark.parametrize(
    ("dockerfile", "run", "rules", "asked"),
    [
        pytest.param(
            NGINX,
            {},
            ("system data", "lua modules"),
            {f"{CURL}/private/": "secret", f"{CURL}/lua": '{"tea":1}'},
            id="PAM and Lua",
        ),
        pytest.param(
            KETTLE,
            {"ready": {"log": "up"}},
            ("system data",),
            {"kettle ways": "SCRAM-SHA-256", "kettle port": "ntp"},
            id="SASL and names of ports",
        ),
    ],
)
def test_a_part_that_no_probe_asked_for_is_kept_by_its_rule(
    dockerfile: str,
    run: dict[str, object],
    rules: tuple[str, ...],
    asked: dict[str, str],
    overlay2: Store,
    tmp_path: Path,
) -> None:
    image, slim = f"{NAMES}/late", f"{NAMES}/late-slim"
    overlay2.build_text(dockerfile, image)
    try:
        for off, holds in (((), True), (rules, False)):
            _slim(overlay2, tmp_path, image, slim, run, ("named packages", *off))
            answers = _answers(overlay2, slim, asked)
            assert {call: text in answers[call] for call, text in asked.items()} == dict.fromkeys(
                asked, holds
            ), answers
    finally:
        overlay2.docker("rmi", "--force", image, slim, check=False)


def _slim(
    store: Store,
    folder: Path,
    image: str,
    slim: str,
    run: dict[str, object],
    without: tuple[str, ...],
) -> None:
    asked = {
        "image": image, "tag": slim, "run": run, "slim": {"without": list(without)},
        "keep": ["/usr/bin/curl"],
    }  # fmt: skip
    settings = folder / "settings.yml"
    settings.write_text(json.dumps({"version": 1, "images": {"late": asked}}))
    done = ci_slim(store, ["run", f"--config={settings}", f"--output={folder}/out"], folder)
    assert [each["outcome"] for each in done.platforms] == ["slimmed"], done.stderr


def _answers(store: Store, image: str, calls: dict[str, str]) -> dict[str, str]:
    """What the image answers to each command, in one container."""
    container = store.text("run", "--detach", image)
    try:
        return {
            call: store.docker("exec", container, *call.split(), check=False).stdout.decode()
            for call in calls
        }
    finally:
        store.docker("rm", "--force", container)
