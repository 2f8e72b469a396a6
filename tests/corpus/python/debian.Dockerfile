# smells: apt-lists apt-recommends
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3-minimal
COPY main.py /app/main.py
CMD ["python3", "/app/main.py"]
