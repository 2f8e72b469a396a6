// Listener is the small service that the examples, the demo and the bench slim.
//
// It takes JSON on POST /poc/api/v1.0/post and answers with what it was sent and the node it
// runs on. It needs nothing but the standard library, so the image around it is the only thing
// there is to slim.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

const (
	address   = ":5000"
	largest   = 1 << 20 // bytes of a request's body
	shortWait = 5 * time.Second
)

// version is set by the linker: -X main.version=1.2.3
var version = "dev"

type settings struct {
	node     string
	database string // host and port of MONGO_CONN; its credentials stay out of the answers
}

type echo struct {
	Node     string          `json:"node"`
	Database string          `json:"database"`
	Platform string          `json:"platform"`
	Received json.RawMessage `json:"received"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("listener: ")
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Printf("listener %s %s/%s\n", version, runtime.GOOS, runtime.GOARCH)
		return
	}
	if len(os.Args) > 1 {
		log.Printf("unknown argument %q; the only one is --version", os.Args[1])
		os.Exit(2)
	}
	chosen, err := fromEnvironment(os.Getenv)
	if err != nil {
		log.Print(err)
		os.Exit(1)
	}
	if err := serve(chosen); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

// fromEnvironment names every variable that is missing at once, so that one start shows them all.
func fromEnvironment(get func(string) string) (settings, error) {
	var problems []error
	node := get("MY_NODE_NAME")
	if node == "" {
		problems = append(problems, errors.New("MY_NODE_NAME is not set: give this node's name"))
	}
	connection := get("MONGO_CONN")
	if connection == "" {
		problems = append(problems,
			errors.New("MONGO_CONN is not set: give the database as mongodb://HOST:PORT"))
		return settings{}, errors.Join(problems...)
	}
	parsed, err := url.Parse(connection)
	if err != nil || parsed.Scheme != "mongodb" || parsed.Host == "" {
		problems = append(problems, errors.New("MONGO_CONN is not of the form mongodb://HOST:PORT"))
		return settings{}, errors.Join(problems...)
	}
	return settings{node: node, database: parsed.Host}, errors.Join(problems...)
}

func serve(chosen settings) error {
	server := &http.Server{
		Addr:              address,
		Handler:           routes(chosen),
		ReadHeaderTimeout: shortWait,
	}
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer release()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("node %s listens on %s, database %s", chosen.node, address, chosen.database)
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	log.Print("stopping")
	deadline, cancel := context.WithTimeout(context.Background(), shortWait)
	defer cancel()
	return server.Shutdown(deadline)
}

func routes(chosen settings) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"status": "ok", "node": chosen.node})
	})
	mux.HandleFunc("POST /poc/api/v1.0/post", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
		if err != nil {
			reply(w, http.StatusRequestEntityTooLarge, map[string]string{"error": err.Error()})
			return
		}
		if !json.Valid(body) {
			reply(w, http.StatusBadRequest, map[string]string{"error": "the body is not JSON"})
			return
		}
		reply(w, http.StatusOK, echo{
			Node:     chosen.node,
			Database: chosen.database,
			Platform: runtime.GOOS + "/" + runtime.GOARCH,
			Received: body,
		})
	})
	return mux
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Printf("answer not sent: %v", err)
	}
}
