module ci-slim.example/listener

go 1.24
