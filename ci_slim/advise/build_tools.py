"""Which programs build, and which packages only a build needs."""

BUILDS = (
    "make", "cmake", "ninja", "meson", "gcc", "g++", "cc", "c++", "clang", "./configure",
    "configure", "pip", "pip3", "python", "python3", "npm", "yarn", "pnpm", "gem", "bundle",
    "cargo", "go", "phpize", "docker-php-ext-install", "pecl", "cpanm", "luarocks", "mvn", "gradle",
)  # fmt: skip
"""Programs that a RUN builds or installs something with."""

_PACKAGES = frozenset(
    {
        "build-essential", "build-base", "alpine-sdk", "gcc-c++",
        "gcc", "g++", "cpp", "clang", "make", "cmake", "ninja-build", "meson",
        "autoconf", "automake", "libtool", "bison", "flex", "pkg-config", "pkgconf", "m4",
        "golang", "golang-go", "rustc", "cargo", "default-jdk", "default-jdk-headless", "maven",
        "gradle", "git", "subversion", "mercurial", "node-gyp", "python3-dev", "swig", "nasm",
        "yasm", "gfortran", "dpkg-dev", "fakeroot", "linux-headers", "cython3",
    }
)  # fmt: skip

_INSTALLERS = frozenset(
    {
        "python3-pip", "python3-venv", "python3-wheel", "python3-setuptools", "pipx", "npm",
        "yarnpkg", "composer", "bundler", "ruby-bundler",
    }
)  # fmt: skip


def is_installer(name: str) -> bool:
    """Whether a Debian package only installs packages of a language, by its name."""
    return name.partition("=")[0].partition(":")[0] in _INSTALLERS


def is_build_package(name: str) -> bool:
    """Whether only a build needs a package of a distribution, by its name."""
    bare = name.partition("=")[0].partition(":")[0]
    return bare in _PACKAGES or (bare.endswith(("-dev", "-devel")) and not bare.startswith("-"))
