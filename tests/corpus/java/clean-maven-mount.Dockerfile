# syntax=docker/dockerfile:1
# smells: none
FROM maven:3.9-eclipse-temurin-21
WORKDIR /app
COPY pom.xml .
COPY src src
RUN --mount=type=cache,target=/root/.m2 mvn -B -q package && cp target/app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
