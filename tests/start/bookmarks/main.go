// Bookmarks keeps links in memory and shows them as a page or as JSON.
package main

import (
	"embed"
	"encoding/json"
	"flag"
	"html/template"
	"log"
	"net/http"
	"sync"
	"time"
)

//go:embed pages
var files embed.FS

type bookmark struct {
	Title string    `json:"title"`
	URL   string    `json:"url"`
	Added time.Time `json:"added"`
}

type shelf struct {
	sync.Mutex
	links []bookmark
}

func (s *shelf) add(w http.ResponseWriter, r *http.Request) {
	var b bookmark
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil || b.URL == "" {
		http.Error(w, "a bookmark needs a url", http.StatusBadRequest)
		return
	}
	b.Added = time.Now().UTC()
	s.Lock()
	defer s.Unlock()
	s.links = append(s.links, b)
	w.WriteHeader(http.StatusCreated)
}

func (s *shelf) list(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(s.links)
}

func (s *shelf) clock(w http.ResponseWriter, r *http.Request) {
	zone, err := time.LoadLocation(r.PathValue("zone"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Write([]byte(time.Now().In(zone).Format("-0700")))
}

func main() {
	listen := flag.String("listen", ":8080", "address")
	flag.Parse()
	s := &shelf{links: []bookmark{{Title: "Go", URL: "https://go.dev"}}}
	page := template.Must(template.ParseFS(files, "pages/*.tmpl"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		defer s.Unlock()
		page.ExecuteTemplate(w, "shelf.tmpl", s.links)
	})
	mux.HandleFunc("GET /api/bookmarks", s.list)
	mux.HandleFunc("POST /api/bookmarks", s.add)
	mux.HandleFunc("GET /api/offset/{zone}", s.clock)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok")) })
	log.Fatal(http.ListenAndServe(*listen, mux))
}
