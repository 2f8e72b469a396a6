# smells: none
FROM --platform=$BUILDPLATFORM gradle:8.11-jdk21 AS build
WORKDIR /app
COPY . .
RUN gradle --no-daemon installDist
FROM eclipse-temurin:21-jre-alpine
COPY --from=build /app/build/install/app /app
CMD ["/app/bin/app"]
