# smells: go-stages go-symbols base-image go-cache
FROM golang:1.24
WORKDIR /src
COPY go.mod main.go ./
RUN go build -o /usr/local/bin/hello .
CMD ["/usr/local/bin/hello"]
