"""Settings files that several tests read: the one of the design, and wrong ones."""

from ci_slim.commands.flags import asked
from ci_slim.options import of_command
from ci_slim.requests import Asked

DESIGN = """\
version: 1
images:
  listener:
    build: {context: examples/listener, dockerfile: Dockerfile, target: null, args: {},
            platforms: [linux/arm/v6, linux/arm64, linux/amd64]}
    tag: registry.example/listener:{version}
    run:
      env: {MY_NODE_NAME: test_node, MONGO_CONN: "mongodb://mongo:80"}
      services: {mongo: {image: "mongo:7"}}
      ready: {http: /, within: 30s}
    probes:
      - http: POST /poc/api/v1.0/post
        headers: {Content-Type: application/json}
        body: '{"key1": "value1"}'
        expect: {status: 200}
      - exec: listener --version
      - crawl: /
    keep: [/usr/share/zoneinfo/**]
    drop: []
    budget: {pull: 12 MB, disk: 30 MB, update: 4 MB, growth: 2%, layers: 10,
             platforms: {linux/arm/v6: {pull: 10 MB}}}
baseline: {from: [registry, artifact, file], ref: main}
"""

IMAGE_REFUSALS = [
    # (keys of an image, line below it, column in it from 1, message, hint)
    ("biuld: {}", 1, 1, "unknown key `biuld`", "did you mean `build`?"),
    ("target: x\nbuild: {}", 1, 1, "unknown key `target`", "move `target` into `build`"),
    ("build: {taget: x}", 1, 9, "unknown key `taget` in `build`", "did you mean `target`?"),
    ("build: .", 1, 8, "`build` must be a mapping, not a text",
     "write indented lines `key: value` below `build`"),
    ("tag: x", 1, 1, "the image `app` has neither `build` nor `image`",
     "say how to build it (`build`), or name an existing image (`image`)"),
    ("build: {}\nimage: x", 2, 8, "the image `app` has both `build` and `image`",
     "remove one of the two"),
    ("image: x\ntag: 1.10", 2, 6, "`1.10` is a number here, but a text is expected",
     'put it in quotes: "1.10"'),
    ("image: x\ntag: true", 2, 6, "`true` is true or false here, but a text is expected",
     'put it in quotes: "true"'),
    ("image: x\ntag: ''", 2, 6, "the text is empty", "add it or remove the key"),
    ("image: x\ntag: [a]", 2, 6, "a text is expected, not a list", ""),
    ("image: x\ntag: a:{verison}", 2, 6, "`a:{verison}` is not a name for an image",
     "only {version} is filled in, not `{verison}`"),
    ("image: x\ntag: reg.io/App:1", 2, 6, "`reg.io/App:1` is not a name for an image",
     "write the repository in lower case: `reg.io/app:1`"),
    ("image: x\ntag: a@sha256:00", 2, 6, "`a@sha256:00` is not a name for an image",
     "a digest cannot be chosen: remove everything from the `@` on"),
    ("image: a b", 1, 8, "`a b` is not a name for an image", ""),
    ("image: x\nplatforms: linux/arm64", 2, 12, "`platforms` must be a list, not a text",
     "write it as a list: [linux/arm64]"),
    ("image: x\nplatforms: []", 2, 12, "the list of platforms is empty",
     "without this key, ci-slim uses the daemon's own platform"),
    ("image: x\nplatforms: [arm64, linux/aarch64]", 2, 20,
     "the platform linux/arm64 is listed twice", ""),
    ("image: x\nplatforms: [linux/amr64]", 2, 13, "`linux/amr64` names no known architecture",
     "did you mean `linux/arm64`?"),
    ("build: {}\nplatforms: [arm64]", 2, 1,
     "`platforms` belongs into `build` if the image is built", "move it below `build:`"),
    ("build: {secrets: [src=x]}", 1, 19, "the secret `src=x` has no id", "write id=NAME,src=x"),
    ("build: {secrets: ['id=x,file=y']}", 1, 19,
     "`id=x,file=y` is not a secret: `file` is unknown or has no value",
     "write id=NAME,src=FILE or id=NAME,env=VARIABLE"),
    ("image: x\nrun: {env: [A=b]}", 2, 12, "`env` must be a mapping, not a list",
     "write `KEY: value`, not `- KEY=value`"),
    ("image: x\nrun: {env: {A: }}", 2, 13, "`A` has no value",
     'write A: "" for an empty value, or A: ${A} to pass it on'),
    ("image: x\nrun: {env: {A=B: c}}", 2, 13, "`A=B` is not a name for a variable", ""),
    ("image: x\nrun: {env: {A: [b]}}", 2, 16, "a text is expected, not a list", ""),
    ("image: x\nrun: {command: [sleep, 10]}", 2, 24,
     "`10` is a whole number here, but a text is expected", 'put it in quotes: "10"'),
    ("image: x\nrun: {command: \"a 'b\"}", 2, 16,
     "`command` cannot be split into words: no closing quotation",
     "write it as a list of arguments"),
    ("image: x\nrun: {port: '80'}", 2, 13,
     '`port` must be a whole number from 1 to 65535, not the text "80"', "remove the quotes"),
    ("image: x\nrun: {port: 70000}", 2, 13,
     "`port` must be a whole number from 1 to 65535, not `70000`", ""),
    ("image: x\nrun: {port: 080}", 2, 13,
     "`port` must be a whole number from 1 to 65535, not `080`", ""),
    ("image: x\nrun: {stop_grace: 5}", 2, 19, "`5` needs a unit", "write `5s` for seconds"),
    ("image: x\nrun: {stop_grace: 5 sec}", 2, 19, "`sec` is no unit of time",
     "write ms, s, m or h"),
    ("image: x\nrun: {ready: soon}", 2, 14, "`soon` is not a condition for `ready`",
     "write {http: /path}, {port: 5000}, {log: REGEX}, auto or none"),
    ("image: x\nrun: {ready: {http: x}}", 2, 21, "`x` is not a path", "write `/x`"),
    ("image: x\nrun: {ready: {log: '['}}", 2, 20,
     "`[` is not a regular expression: unterminated character set at position 0", ""),
    ("image: x\nrun: {ready: {log: a, port: 1}}", 2, 15,
     "`log` cannot be combined with `http` or `port`",
     "choose one condition; `http` may have a `port`"),
    ("image: x\nrun: {services: {db: {}}}", 2, 18, "the service `db` has no image",
     "add `image: NAME` below it"),
    ("image: x\nrun: {services: {'a b': {image: x}}}", 2, 18,
     "`a b` is not a host name; the name of a service is its host name", ""),
    ("image: x\nkeep: /etc", 2, 7, "`keep` must be a list, not a text",
     "write it as a list: [/etc]"),
    ("image: x\ndrop: [etc/x]", 2, 8, "`etc/x` is not an absolute path in the image",
     "start it with `/`: `/etc/x` or `/**/etc/x`"),
    ("image: x\nkeep: [/a/../b]", 2, 8, "`/a/../b` contains `..`",
     "write the path without `..`, from the root of the image"),
    ('image: x\nslim: {enabled: "true"}', 2, 17,
     '`enabled` must be true or false, not the text "true"', "remove the quotes"),
    ('image: x\nrun: {env: {A: "a\\ud83d"}}', 2, 16,
     "this is half of a surrogate pair, which is not valid in UTF-8",
     "write the character itself, or as \\U0001F600"),
    ('image: x\nrun: {env: {A: "a\\0"}}', 2, 16, "the value of `A` contains a NUL character", ""),
    ("image: x\ntag: " + "a" * 256, 2, 6, f"`{'a' * 256}` is not a name for an image",
     "a name has at most 255 characters before its tag"),
    ("image: x\nslim: {enabled: yes}", 2, 17, "`enabled` must be true or false, not `yes`", ""),
    ("image: x\nslim: {layers: presreve}", 2, 16, "`presreve` is not a value of `layers`",
     "did you mean `preserve`?"),
    ("image: x\nbudget: {pull: 12 Mb}", 2, 16, "`Mb` is no unit of size",
     "did you mean `12 MB`?"),
    ("image: x\nbudget: {pull: 12 potatoes}", 2, 16, "`potatoes` is no unit of size",
     "write kB, MB, GB or MiB"),
    ("image: x\nbudget: {pull: 2%}", 2, 16,
     "`2%` is a percentage, and only `growth` may be one", "write 12 MB"),
    ("image: x\nbudget: {pull: 0o17}", 2, 16, "`0o17` is not a size",
     "write 12 MB, 12 MiB, 500 kB or a count of bytes"),
    ("image: x\nbudget: {growth: 2 percent}", 2, 18, "`percent` is no unit of size",
     "write kB, MB, GB or MiB"),
    ("image: x\nbudget: {layers: 0}", 2, 18,
     "`layers` must be a whole number from 1, not `0`", ""),
    ("image: x\nbudget: {platforms: {linux/amr64: {}}}", 2, 22,
     "`linux/amr64` names no known architecture", "did you mean `linux/arm64`?"),
    ("image: x\nplatforms: [arm/v6]\nbudget: {platforms: {linux/arm/v7: {pull: 1}}}", 3, 22,
     "a limit for linux/arm/v7, but the image is not made for that platform",
     "did you mean `linux/arm/v6`?"),
    ("image: x\nbudget: {platforms: {arm64: {}, linux/aarch64: {}}}", 2, 33,
     "the platform linux/arm64 is listed twice", ""),
    ("image: x\nprobes: {http: /}", 2, 9, "`probes` must be a list, not a mapping",
     "write each probe as an item of a list: `- http: /path`"),
    ("image: x\nprobes: [http]", 2, 10, "`probes` must be a mapping, not a text",
     "write each probe as `- http: /path` or the like"),
    ("image: x\nprobes:\n- http: /\n  epxect: {}", 4, 3, "unknown key `epxect` in `http`",
     "did you mean `expect`?"),
    ("image: x\nprobes:\n- http: /\n  expect: {stauts: 200}", 4, 12,
     "unknown key `stauts` in `expect`",
     "did you mean `status`?"),
    ("image: x\nprobes: [{file: x.json, http: /}]", 2, 25, "`http` does not go with `file`",
     "write the expected answers into the probe file, as `expect`"),
    ("image: x\nrun: {env: {A: '${NOPE}'}}", 2, 16,
     "the environment variable `NOPE` is not set",
     "set it, or write ${NOPE:-default}; $${NOPE} is the text itself"),
    ("image: x\nrun: {env: {A: '${X'}}", 2, 16, "`${` does not start a valid variable",
     "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
    ("image: x\nrun: {env: {A: '${X:?no}'}}", 2, 16,
     "`${` does not start a valid variable",
     "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"),
]  # fmt: skip


def flags(for_command: str = "run", /, **values: object) -> Asked:
    """What click makes of these flags, by their option's name: `flags(tag="x", env=("A=b",))`."""
    known = {option.name for option in of_command(for_command)}
    assert set(values) <= known, set(values) - known
    return asked(for_command, values)
