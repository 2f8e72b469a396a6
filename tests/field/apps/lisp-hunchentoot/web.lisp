(in-package :apiary)

(eval-when (:compile-toplevel :load-toplevel :execute)
  (setf (cl-who:html-mode) :html5))

(defmacro page (title &body body)
  `(cl-who:with-html-output-to-string (out nil :prologue t)
     (:html (:head (:meta :charset "utf-8") (:title (cl-who:esc ,title))
                   (:link :rel "stylesheet" :href "/static/bees.css"))
            (:body (:h1 (cl-who:esc ,title)) ,@body))))

(defun json (value &optional (status hunchentoot:+http-ok+))
  (setf (hunchentoot:return-code*) status
        (hunchentoot:content-type*) "application/json; charset=utf-8")
  (with-output-to-string (out) (yason:encode value out)))

(defun object (&rest pairs)
  (alexandria:plist-hash-table pairs :test 'equal))

(defun tail (prefix)
  (subseq (hunchentoot:script-name*) (length prefix)))

(hunchentoot:define-easy-handler (health :uri "/health") ()
  (json (object "status" "ok" "hives" (length (hives)))))

(hunchentoot:define-easy-handler (index :uri "/") ()
  (page "Apiary"
    (:ul (loop for (name queen since) in (hives)
               do (cl-who:htm (:li (:a :href (cl-who:conc "/hives/" name) (cl-who:esc name))
                                   " queen " (cl-who:esc queen) " since " (cl-who:esc since)))))))

(hunchentoot:define-easy-handler (clock :uri "/clock") ((zone :init-form "Europe/Ljubljana"))
  (let ((found (progn (local-time:reread-timezone-repository)
                      (local-time:find-timezone-by-location-name zone))))
    (if found
        (json (object "zone" zone
                      "time" (local-time:format-timestring
                              nil (local-time:parse-timestring "2026-07-01T10:00:00Z")
                              :timezone found
                              :format '(:long-weekday " " :day " " :long-month " " :hour ":" (:min 2) " " :timezone))))
        (json (object "error" "No such zone") 400))))

(hunchentoot:define-easy-handler (login :uri "/login" :default-request-type :post) (name password)
  (cond ((and (equal name "ana")
              (string= (ironclad:byte-array-to-hex-string
                        (ironclad:digest-sequence :sha256 (flexi-streams:string-to-octets password :external-format :utf-8)))
                       "b812f03b11926ced35d70f389a75c6428da4da4d78d8731b702ac157d71940f8"))
         (hunchentoot:start-session)
         (setf (hunchentoot:session-value :name) name)
         (hunchentoot:redirect "/diary"))
        (t (setf (hunchentoot:return-code*) 403) "Wrong name or password")))

(hunchentoot:define-easy-handler (diary :uri "/diary") ()
  (multiple-value-bind (user password) (hunchentoot:authorization)
    (unless (and (equal user "ana") (equal password "propolis"))
      (hunchentoot:require-authorization "apiary")))
  (page "Diary" (:p "Two frames of brood in linden.")))

(defun one-hive ()
  (destructuring-bind (name queen since) (hive (tail "/hives/"))
    (ecase (hunchentoot:request-method*)
      ((:get :head)
       (json (object "name" name "queen" queen "since" since
                     "weights" (mapcar (lambda (row) (object "grams" (first row) "day" (second row)))
                                       (weights name)))))
      (:post
       (let ((sent (yason:parse (hunchentoot:raw-post-data :force-text t))))
         (weigh name (gethash "grams" sent) (gethash "day" sent))
         (json (object "weighed" name) 201))))))

(defun report ()
  (asdf:load-system "apiary/reports")
  (uiop:symbol-call :apiary :write-report (tail "/reports/")))

(defun upload ()
  (destructuring-bind (path file type) (hunchentoot:post-parameter "photo")
    (declare (ignore type))
    (json (object "file" file
                  "sha1" (ironclad:byte-array-to-hex-string (ironclad:digest-file :sha1 path))))))

(defun chunked ()
  (setf (hunchentoot:content-type*) "text/plain")
  (let ((out (flexi-streams:make-flexi-stream (hunchentoot:send-headers) :external-format :utf-8)))
    (dotimes (i 3) (format out "frame ~r~%" (1+ i)) (force-output out))))

(setf hunchentoot:*dispatch-table*
      (list 'hunchentoot:dispatch-easy-handlers
            (hunchentoot:create-prefix-dispatcher "/hives/" 'one-hive)
            (hunchentoot:create-prefix-dispatcher "/reports/" 'report)
            (hunchentoot:create-prefix-dispatcher "/photos" 'upload)
            (hunchentoot:create-regex-dispatcher "^/frames$" 'chunked)
            (hunchentoot:create-folder-dispatcher-and-handler "/static/" #p"/srv/apiary/static/")))

(defclass acceptor (hunchentoot:easy-acceptor) ())

(defmethod hunchentoot:acceptor-dispatch-request ((acceptor acceptor) request)
  (declare (ignore request))
  (handler-case (call-next-method)
    (unknown-hive (e) (json (object "error" (princ-to-string e)) 404))
    (type-error (e) (json (object "error" (format nil "~a is no weight" (type-error-datum e))) 400))))

(defmethod hunchentoot:acceptor-status-message ((acceptor acceptor) (code (eql 404)) &key &allow-other-keys)
  (page "Not found" (:p "The bees know no such flower.")))
