# smells: none
FROM python:3.12 AS build
RUN python -m venv /venv && /venv/bin/pip install flask
FROM python:3.12-slim
COPY --from=build /venv /venv
CMD ["/venv/bin/flask", "run"]
