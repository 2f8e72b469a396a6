<?php
namespace Shop;
class Store {
    function count() {
        $db = new \PDO('sqlite::memory:');
        $db->exec('create table t (x)'); $db->exec('insert into t values (1)');
        return 'rows: ' . $db->query('select count(*) from t')->fetchColumn();
    }
}
