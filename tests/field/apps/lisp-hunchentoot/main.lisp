(in-package :apiary)

(defun main (&key (port 4242))
  (prepare)
  (let ((server (make-instance 'acceptor :port port :document-root nil
                                         :access-log-destination *standard-output*)))
    (hunchentoot:start server)
    (format t "The apiary listens on ~d.~%" port)
    (finish-output)
    (loop (sleep 3600))))

(defun run (arguments)
  "The command `hives`."
  (prepare)
  (let ((verb (first arguments)))
    (handler-case
        (cond ((equal verb "list") (format t "~:{~10a ~a~%~}" (hives)))
              ((equal verb "weigh")
               (destructuring-bind (name grams day) (rest arguments)
                 (weigh name (parse-integer grams) day)
                 (format t "~a weighs ~,1f kg~%" name (/ (parse-integer grams) 1000))))
              ((equal verb "roman") (format t "~@r~%" (parse-integer (second arguments))))
              (t (format *error-output* "usage: hives list | weigh HIVE GRAMS DAY | roman N~%")
                 (uiop:quit 64)))
      (error (e) (format *error-output* "hives: ~a~%" e) (uiop:quit 1)))))
