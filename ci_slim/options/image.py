"""Options of an image: its names, its platforms and how it is built."""

from ci_slim.options.commands import ADVISE, BUILD, BUILDS, HARDEN, MANY, PUSH, RUN, SLIM
from ci_slim.options.option import Option, Type, in_file

UNPACK_LIMIT = (
    "the most bytes to which one layer may unpack; by default 64 GB, and above 1 GB no more than "
    "1100 times its compressed size"
)

OPTIONS: tuple[Option, ...] = (
    in_file("images.*.image", Type.REFERENCE, "an existing image, instead of `build`"),
    in_file("images.*.platforms", Type.PLATFORMS, "platforms of an existing image; "
            "as a flag also those to build", (),
            name="platform", flag="--platform", metavar="OS/ARCH[/VARIANT]", **MANY,
            commands=(RUN, BUILD, SLIM, ADVISE, HARDEN)),
    in_file("images.*.tag", Type.TEXT, "name of the slim image; {version} is filled in",
            flag="--tag", metavar="NAME[:TAG]", commands=(RUN, BUILD, SLIM, PUSH)),
    in_file("images.*.tags", Type.TEXTS, "another name to push under; {version} is filled in", (),
            name="also_tag", flag="--also-tag", metavar="NAME[:TAG]", commands=(RUN, BUILD, PUSH),
            **MANY),
    in_file("images.*.annotations", Type.VALUES, "an annotation of the index that is pushed", {},
            name="annotation", flag="--annotation", metavar="KEY=VALUE",
            commands=(RUN, BUILD, PUSH), **MANY),
    in_file("images.*.unpack_limit", Type.SIZE, UNPACK_LIMIT, name="unpack_limit",
            flag="--unpack-limit", metavar="SIZE",
            commands=(RUN, BUILD, SLIM, PUSH, ADVISE, HARDEN)),
    in_file("images.*.deltas.from", Type.RELEASES, "push a delta from each of this many earlier "
            "releases, or from each of these tags"),
    in_file("images.*.build.context", Type.TEXT, "folder or URL of the build context", ".",
            name="context", flag="--context", metavar="FOLDER", **BUILDS),
    in_file("images.*.build.dockerfile", Type.TEXT,
            "the Dockerfile; in the settings file relative to the context", "Dockerfile",
            name="dockerfile", flag="--dockerfile", metavar="FILE", **BUILDS),
    in_file("images.*.build.target", Type.TEXT, "the stage to build",
            name="target", flag="--target", metavar="STAGE", **BUILDS),
    in_file("images.*.build.args", Type.VALUES, "a build argument", {},
            name="build_arg", flag="--build-arg", metavar="KEY[=VALUE]", **MANY, **BUILDS),
    in_file("images.*.build.platforms", Type.PLATFORMS,
            "platforms to build; by default the daemon's own", ()),
    in_file("images.*.build.secrets", Type.SECRETS, "a secret for the build, in the syntax of "
            "buildx", (), name="secret", flag="--secret", metavar="id=NAME[,src=FILE]",
            **MANY, **BUILDS),
    in_file("images.*.build.cache_from", Type.TEXTS, "a cache to read, in the syntax of buildx", (),
            name="cache_from", flag="--cache-from", metavar="CACHE", **MANY, **BUILDS),
    in_file("images.*.build.cache_to", Type.TEXTS, "a cache to write, in the syntax of buildx", (),
            name="cache_to", flag="--cache-to", metavar="CACHE", **MANY, **BUILDS),
    in_file("images.*.build.contexts", Type.CONTEXTS, "an additional named build context", {},
            name="build_context", flag="--build-context", metavar="NAME=FOLDER", **MANY, **BUILDS),
    in_file("images.*.build.labels", Type.VALUES, "a label of the image", {},
            name="label", flag="--label", metavar="KEY=VALUE", **MANY, **BUILDS),
    in_file("images.*.build.ssh", Type.TEXTS, "an SSH agent or key for the build, in the syntax of "
            "buildx", (), name="ssh", flag="--ssh", metavar="default|ID[=SOCKET|KEY]",
            **MANY, **BUILDS),
    in_file("images.*.build.add_hosts", Type.TEXTS, "a host that the build can reach by name", (),
            name="add_host", flag="--add-host", metavar="HOST:IP", **MANY, **BUILDS),
    in_file("images.*.build.network", Type.TEXT, "network of the build's commands: default, none "
            "or host", name="network", flag="--network", metavar="MODE", **BUILDS),
    in_file("images.*.build.pull", Type.SWITCH, "always look for newer base images", False,
            name="pull", flag="--pull/--no-pull", **BUILDS),
    in_file("images.*.build.no_cache", Type.SWITCH, "build without the cache", False,
            name="no_cache", flag="--no-cache/--cache", **BUILDS),
    in_file("images.*.build.builder.name", Type.TEXT, "the buildx builder to use; ci-slim creates "
            "it if it does not exist, and never removes it", name="builder", flag="--builder",
            metavar="NAME", **BUILDS),
    in_file("images.*.build.builder.driver", Type.CHOICE, "driver of a builder that ci-slim "
            "creates", "docker-container",
            choices=("docker-container", "kubernetes", "remote")),
    in_file("images.*.build.builder.endpoint", Type.TEXT, "where ci-slim creates a builder: a "
            "Docker context, or an address such as tcp://buildkit:1234"),
    in_file("images.*.build.builder.options", Type.TEXTS, "an option of the driver, as key=value",
            ()),
)  # fmt: skip
