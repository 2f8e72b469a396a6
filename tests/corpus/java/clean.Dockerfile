# smells: none
FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /src
COPY pom.xml ./
RUN mvn -B package
FROM eclipse-temurin:21-jre-alpine
COPY --from=build /src/target/app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
