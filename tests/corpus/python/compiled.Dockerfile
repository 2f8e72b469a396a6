# smells: apt-lists apt-recommends build-packages build-stage pip-cache
FROM python:3.12-slim
RUN apt-get update && apt-get install -y gcc libpq-dev && pip install psycopg2
COPY main.py /app/main.py
CMD ["python", "/app/main.py"]
