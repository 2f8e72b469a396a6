# smells: maven-cache
FROM maven:3.9-eclipse-temurin-21
WORKDIR /app
COPY pom.xml .
COPY src src
RUN mvn -B -q package && cp target/app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
