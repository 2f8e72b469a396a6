"""The values of a run that must not be shown."""

from collections.abc import Mapping

from ci_slim.image.instructions import fields_of
from ci_slim.redact import secrets_of
from ci_slim.settings import Settings


def secrets_in_environment(environment: Mapping[str, str]) -> set[str]:
    """The secrets among the environment variables: values whose name says that they are secret,
    and the token for GitLab's notes, whatever its name."""
    token = environment.get(environment.get("CI_SLIM_NOTE_VARIABLE", ""), "")
    return {*secrets_of([environment]), token}


def secrets_to_hide(settings: Settings, environment: Mapping[str, str]) -> set[str]:
    """All values that must not be shown: in environment variables, build arguments, build secrets
    and probes."""
    environments: list[Mapping[str, str]] = []
    named: set[str] = set()
    passwords = secrets_in_environment(environment)
    for image in settings.images:
        environments.append(image.run.env)
        environments += [service.env for service in image.run.services]
        environments += [image.build.args] if image.build else []
        passwords = passwords.union(*(probe.secrets() for probe in image.probes))
        for secret in image.build.secrets if image.build else ():
            fields = fields_of(secret)
            # Without a file, buildx takes the id as the name of an environment variable.
            named.add(fields.get("env", fields.get("id", "")))
    passwords |= {environment[name] for name in named if name in environment}
    return set(secrets_of(environments)) | passwords
