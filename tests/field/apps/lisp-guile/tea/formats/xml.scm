(define-module (tea formats xml)
  #:use-module (sxml simple)
  #:use-module (tea teas)
  #:export (render))

(define (render teas)
  (call-with-output-string
   (lambda (port)
     (sxml->xml `(teas ,@(map (lambda (tea) `(tea (@ (price ,(number->string (tea-price tea)))) ,(tea-name tea))) teas)) port))))
