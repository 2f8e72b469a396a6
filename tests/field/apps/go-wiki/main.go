package main

import (
	"fmt"
	"html/template"
	"net/http"
	"os"
	"os/exec"
	"time"
)

type page struct{ Title, Body string }

func render(w http.ResponseWriter, name, title string) {
	body, err := os.ReadFile("data/" + title + ".txt")
	if err != nil {
		http.Redirect(w, &http.Request{Method: "GET"}, "/edit/"+title, http.StatusFound)
		return
	}
	t, err := template.ParseFiles("tmpl/" + name + ".html")
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	t.Execute(w, page{title, string(body)})
}

func main() {
	http.HandleFunc("/view/", func(w http.ResponseWriter, r *http.Request) { render(w, "view", r.URL.Path[6:]) })
	http.HandleFunc("/edit/", func(w http.ResponseWriter, r *http.Request) { render(w, "edit", r.URL.Path[6:]) })
	http.HandleFunc("/time", func(w http.ResponseWriter, r *http.Request) {
		zone, err := time.LoadLocation(r.FormValue("zone"))
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprint(w, time.Unix(0, 0).In(zone).Format("15:04"))
	})
	http.HandleFunc("/disk", func(w http.ResponseWriter, r *http.Request) {
		out, err := exec.Command("df", "-k", "/").Output()
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		w.Write(out)
	})
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("static"))))
	http.ListenAndServe(":8080", nil)
}
