# smells: pip-cache
FROM python:3.12-slim-bookworm
WORKDIR /app
COPY requirements.txt .
RUN python3 -m pip install --upgrade pip && python3 -m pip install -r requirements.txt
COPY main.py .
CMD ["python", "main.py"]
