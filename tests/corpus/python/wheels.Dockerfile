# smells: build-stage
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev python3 python3-dev python3-pip \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --break-system-packages --no-binary markupsafe markupsafe==3.0.2
COPY escape.py /app/escape.py
CMD ["python3", "/app/escape.py"]
