CREATE TABLE users (address TEXT PRIMARY KEY, box TEXT NOT NULL);
INSERT INTO users VALUES ('ida@vineyard.example', 'ida/'), ('bo@vineyard.example', 'bo.mbox'), ('spam@vineyard.example', 'spam/'), ('harvest@vineyard.example', 'h/'), ('nobody@vineyard.example', 'n/');
