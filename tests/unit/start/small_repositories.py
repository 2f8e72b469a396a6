"""Ten small repositories of five ecosystems: their files, and what must be proposed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ci_slim.start import Repository, tells


@dataclass(frozen=True, slots=True)
class Small:
    """A repository, and the names of the probes that are proposed for each of its images."""

    name: str
    files: Mapping[str, str]
    probes: Mapping[str, tuple[str, ...]]
    env: Mapping[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()

    @property
    def repository(self) -> Repository:
        """As `read_repository` reads it."""
        texts = {path: text for path, text in self.files.items() if tells(path)}
        return Repository(self.name, frozenset(self.files), texts)


FASTAPI = Small(
    "python-fastapi",
    {
        "Dockerfile": (
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\n"
            'CMD ["uvicorn", "main:app", "--port", "8000"]\n'
        ),
        "requirements.txt": "fastapi==0.115\nuvicorn\n",
        "main.py": '@app.get("/items/{id}")\ndef item(id: int): ...\n',
    },
    {"python-fastapi": ("openapi /openapi.json",)},
    unreached=("python-fastapi: of the OpenAPI document, only GET operations are sent",),
)
FLASK = Small(
    "python-flask",
    {
        "Dockerfile": (
            "FROM python:3.13-slim\nENV PORT=5000\nCOPY app.py .\nEXPOSE $PORT\n"
            "HEALTHCHECK CMD curl -f http://localhost:${PORT}/healthz || exit 1\n"
        ),
        "app.py": '@app.route("/")\n@app.route("/orders/<int:n>")\n@app.route("/healthz")\n',
        "README.md": (
            "# Shop\n\n    curl -X POST http://localhost:5000/orders/1 \\\n"
            "      -H 'Content-Type: application/json' -d '{\"a\": 1}' | jq .\n\n"
            "Then open <http://127.0.0.1:5000/>. See https://example.org/docs.\n"
        ),
    },
    {"python-flask": ("GET /healthz", "POST /orders/1", "GET /")},
)
EXPRESS = Small(
    "node-express",
    {
        "docker/Dockerfile": "FROM node:22\nCOPY package.json src ./\nEXPOSE 3000\n",
        "package.json": '{"dependencies": {"express": "^5"}}',
        "src/server.js": "app.get('/users/:id', f)\napp.post('/users', f)\n",
    },
    {"node-express": ("GET /",)},
    unreached=(
        "node-express: no probe asks for /users/:id (src/server.js:1)",
        "node-express: no probe asks for /users (src/server.js:2)",
    ),
)
NODE_SITE = Small(
    "node-site",
    {
        "Dockerfile": (
            "FROM node:22 AS build\nRUN npm run build\n"
            "FROM nginx:1.27\nCOPY --from=build /dist /usr/share/nginx/html\nEXPOSE 80\n"
        ),
        "package.json": "{}",
        "index.html": "<a href=/about.html>about</a>",
    },
    {"node-site": ("crawl /",)},
)
GO_LISTENER = Small(
    "go-listener",
    {
        "Dockerfile": "FROM golang:1.24 AS b\nFROM scratch\nCOPY --from=b /x /x\nEXPOSE 5000\n",
        "go.mod": "module listener\n",
        "main.go": 'http.HandleFunc("/poc/api/v1.0/post", post)\n',
        "probeCmd.json": '{"commands": [{"method": "POST", "resource": "/poc/api/v1.0/post"}]}',
        "Makefile": (
            "slim:\n\tdocker-slim build --env MY_NODE_NAME=test_node \\\n"
            "\t  --http-probe-cmd-file probeCmd.json --include-path /etc/app fat_go_app\n"
        ),
    },
    {"go-listener": ("POST /poc/api/v1.0/post",)},
    env={"MY_NODE_NAME": "test_node"},
)
GO_API = Small(
    "go-api",
    {
        "Dockerfile": "FROM golang:1.24\nEXPOSE 8080 9090\n",
        "go.mod": "module api\n",
        "api/openapi.yaml": (
            "openapi: 3.0.0\npaths:\n  /pets:\n    get: {}\n  /pets/{id}:\n    get: {}\n"
            "  /orders:\n    post: {}\n"
        ),
    },
    {"go-api": ("openapi api/openapi.yaml",)},
    unreached=(
        "go-api: no probe is sent to port 9090",
        "go-api: of the OpenAPI document, only GET operations are sent",
    ),
)
JAVA = Small(
    "java-spring",
    {
        "Dockerfile": "FROM eclipse-temurin:21\nCOPY target/app.jar /\nEXPOSE 8080\n",
        "pom.xml": "<artifactId>springdoc-openapi-starter-webmvc-ui</artifactId>\n",
        "src/main/java/App.java": '@GetMapping("/hello")\n',
    },
    {"java-spring": ("openapi /v3/api-docs",)},
    unreached=("java-spring: of the OpenAPI document, only GET operations are sent",),
)
COMPOSE = Small(
    "ruby-compose",
    {
        "compose.yaml": (
            "services:\n"
            "  web:\n"
            "    build: {context: ., target: release}\n"
            "    ports: ['127.0.0.1:8088:4567']\n"
            "    environment:\n"
            "      DATABASE_URL: postgres://app:${DB_PASSWORD:-app}@db/app\n"
            "      SECRET: ${SESSION_SECRET}\n"
            "    depends_on: {db: {condition: service_healthy}, broker: {}}\n"
            "    volumes: ['data:/data', './web.conf:/etc/web.conf:ro']\n"
            "  db:\n"
            "    image: postgres:17\n"
            "    environment: [POSTGRES_PASSWORD=app]\n"
            "    depends_on: [broker]\n"
            "  broker: {image: 'eclipse-mosquitto:2', command: mosquitto -v}\n"
            "volumes: {data: {}}\n"
        ),
        "Dockerfile": "FROM ruby:3.4 AS base\nEXPOSE 4567\nFROM base AS release\nFROM base\n",
        "web.conf": "x\n",
        "app.rb": "get '/' do\nend\n",
        "README.md": "Open http://localhost:8088/hello\n",
    },
    {"web": ("GET /hello", "GET /")},
    env={"DATABASE_URL": "postgres://app:app@db/app", "SECRET": ""},
    services=("broker", "db"),
)
PHP = Small(
    "php-two",
    {
        "api/Dockerfile": "FROM php:8.4-apache\nCOPY index.php /var/www/html/\nEXPOSE 80\n",
        "api/index.php": "<?php echo 1;\n",
        "api/README.md": "`curl http://localhost/status`\n",
        "worker/Dockerfile": "FROM php:8.4-cli\nCOPY run.php /\n",
        "worker/run.php": "<?php\n",
        "Dockerfile.dev": "FROM php:8.4-cli\n",
    },
    {"api": ("GET /status", "crawl /"), "worker": ()},
    unreached=("worker: no probe was found, so only its start is observed",),
)
REDIS = Small(
    "broker",
    {"Dockerfile": "FROM redis:8\nEXPOSE 6379/tcp 5353/udp\n"},
    {"broker": ("tcp 6379",)},
)
REPOSITORIES = (
    FASTAPI, FLASK, EXPRESS, NODE_SITE, GO_LISTENER, GO_API, JAVA, COMPOSE, PHP, REDIS,
)  # fmt: skip
