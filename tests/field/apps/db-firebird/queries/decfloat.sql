select cast(1.1 as decfloat(34)) / 3 from rdb$database;
