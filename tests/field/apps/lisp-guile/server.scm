;; A small shop, as in the manual's chapter "Web".
(use-modules (web server) (web request) (web response) (web uri) (sxml simple)
             (ice-9 match) (rnrs bytevectors) (tea teas))

(define (page title . body)
  (values '((content-type . (text/html (charset . "utf-8"))))
          (lambda (port)
            (display "<!doctype html>" port)
            (sxml->xml `(html (head (title ,title)) (body (h1 ,title) ,@body)) port))))

(define (format-named name)
  (module-ref (resolve-interface `(tea formats ,(string->symbol name))) 'render))

(define (fails status text)
  (values (build-response #:code status #:headers '((content-type . (text/plain)))) text))

(define (handler request body)
  (match (split-and-decode-uri-path (uri-path (request-uri request)))
    (() (page "Teas" `(ul ,@(map (lambda (tea) `(li ,(tea-name tea))) (teas)))))
    (("export" form)
     (catch 'misc-error
       (lambda () (values '((content-type . (text/plain))) ((format-named form) (teas))))
       (lambda _ (fails 404 "no such format"))))
    (("match" pattern)
     (let ((search (module-ref (resolve-interface '(tea search)) 'search)))
       (values '((content-type . (text/plain))) (string-join (search pattern (teas)) "\n"))))
    (("date" day)
     (let ((julian (module-ref (resolve-interface '(tea dates)) 'weekday)))
       (values '((content-type . (text/plain))) (julian day))))
    (("length")
     (if (eq? (request-method request) 'POST)
         (values '((content-type . (text/plain))) (number->string (bytevector-length body)))
         (fails 405 "POST only")))
    (("fails") (error "the kettle fell"))
    (_ (fails 404 "nothing here"))))

(define (main args)
  (run-server handler 'http '(#:port 8080 #:addr 0)))
