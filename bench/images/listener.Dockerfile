# examples/listener in one stage: the toolchain is in the image.
FROM golang:1.24
WORKDIR /src
COPY go.mod main.go ./
RUN go build -o /usr/local/bin/listener .
EXPOSE 5000
ENTRYPOINT ["/usr/local/bin/listener"]
