(define-module (tea formats table)
  #:use-module (ice-9 format)
  #:use-module (tea teas)
  #:export (render))

(define (render teas)
  (string-concatenate (map (lambda (tea) (format #f "~10a|~8,2f~%" (tea-name tea) (tea-price tea))) teas)))
