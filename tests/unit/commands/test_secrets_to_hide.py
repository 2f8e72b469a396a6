"""Which values of settings and environment are secrets."""

from ci_slim import settings
from ci_slim.commands.hidden import secrets_to_hide

TEXT = """version: 1
images:
  app:
    build:
      args: {API_KEY: in-arg, PLAIN: shown}
      secrets: ["id=npm,env=NPMRC", id=pip, "id=file,src=secret.txt"]
    run:
      env: {DB_PASSWORD: in-run}
      services: {db: {image: db, env: {ROOT_PASSWORD: in-service}}}
    probes:
      - {http: /, username: me, password: in-probe}
"""
ENVIRONMENT = {
    "NPMRC": "of-npm",
    "pip": "of-pip",
    "MY_PAT": "of-the-note",
    "CI_SLIM_NOTE_VARIABLE": "MY_PAT",
    "JOB_TOKEN": "of-the-job",
    "HOME": "/root",
}


def test_every_place_that_holds_a_secret_is_known() -> None:
    wanted = settings.parse(TEXT, "x.yml", ENVIRONMENT)
    assert secrets_to_hide(wanted, ENVIRONMENT) - {""} == {
        *("in-arg", "in-run", "in-service", "in-probe"),
        "bWU6aW4tcHJvYmU=",  # me:in-probe, as servers log it
        *("of-npm", "of-pip", "of-the-note", "of-the-job"),
    }
