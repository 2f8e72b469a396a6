(in-package :apiary)

(defvar *path* (or (sb-posix:getenv "APIARY_DB") "/var/lib/apiary/apiary.db"))

(define-condition unknown-hive (error)
  ((name :initarg :name :reader hive-name))
  (:report (lambda (c s) (format s "There is no hive ~a." (hive-name c)))))

(defmacro with-db ((db) &body body)
  `(sqlite:with-open-database (,db *path* :busy-timeout 2000) ,@body))

(defun prepare ()
  (ensure-directories-exist *path*)
  (with-db (db)
    (sqlite:execute-non-query db "create table if not exists hive (name text primary key, queen text, since text)")
    (sqlite:execute-non-query db "create table if not exists weight (hive text, grams integer, day text)")
    (loop for (name queen since) in '(("linden" "Čebela" "2024-05-02") ("chestnut" "Ruža" "2025-06-11"))
          do (sqlite:execute-non-query db "insert or ignore into hive values (?, ?, ?)" name queen since))))

(defun hives ()
  (with-db (db) (sqlite:execute-to-list db "select name, queen, since from hive order by name")))

(defun hive (name)
  (or (find name (hives) :key #'first :test #'string=)
      (error 'unknown-hive :name name)))

(defun weigh (name grams day)
  (hive name)
  (check-type grams (integer 0 200000))
  (with-db (db)
    (sqlite:with-transaction db
      (sqlite:execute-non-query db "insert into weight values (?, ?, ?)" name grams day))))

(defun weights (name)
  (hive name)
  (with-db (db)
    (sqlite:execute-to-list db "select grams, day from weight where hive = ? order by day" name)))
