(define-module (tea formats lisp)
  #:use-module (ice-9 pretty-print)
  #:use-module (tea teas)
  #:export (render))

(define (render teas)
  (call-with-output-string
   (lambda (port) (pretty-print `(teas ,@(map (lambda (tea) (list (tea-name tea) (tea-price tea))) teas)) port))))
