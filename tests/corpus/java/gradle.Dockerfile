# smells: gradle-cache
FROM gradle:8.11-jdk21
WORKDIR /app
COPY build.gradle settings.gradle ./
COPY src src
RUN gradle --no-daemon installDist
CMD ["build/install/app/bin/app"]
