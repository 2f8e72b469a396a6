# smells: none
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-minimal \
    && rm -rf /var/lib/apt/lists/*
COPY main.py /app/main.py
CMD ["python3", "/app/main.py"]
